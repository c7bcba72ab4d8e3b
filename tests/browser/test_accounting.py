"""The assistant that starts serial accounting, as an admin meets it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from documents.models import Document, Kind
from products.models import Product
from tests.browser.keyboard import press, ready
from tests.documents.test_accounting import lay, place_of
from tests.shop import sell


def test_an_admin_starts_serial_accounting_for_goods_in_stock(open_as, store, admin, goods):
    lay(goods.period, place_of(store), admin, 3)
    page = open_as(admin, at=f"/products/{goods.period.pk}/edit/")
    page.get_by_role("link", name="Start serial accounting").click()

    # Choose, by the keyboard: the strictest is chosen already.
    expect(page.get_by_label("Strict warranty accounting")).to_be_checked()
    press(page, "F9")

    # Too few first: everything typed stays.
    column = page.get_by_role("textbox", name="Podil, in stock")
    expect(page.get_by_text("0 of 3 serial numbers")).to_be_visible()
    ready(page)
    column.fill("SN1\nSN2\nSN2")
    expect(page.get_by_text("2 of 3 serial numbers")).to_be_visible()
    press(page, "F9")
    expect(page.get_by_role("alert")).to_contain_text("2 things to mend")
    expect(column).to_have_value("SN1\nSN2\nSN2")

    ready(page)
    column.fill("SN1\nSN2\nSN3")
    expect(page.get_by_text("All there")).to_be_visible()
    press(page, "F9")

    # The preview says what will be done; nothing is done yet.
    expect(page.get_by_role("heading", name="This will be done")).to_be_visible()
    expect(page.get_by_text("a supplier return of 3 pieces")).to_be_visible()
    expect(page.locator(".chip")).to_have_text(["SN1", "SN2", "SN3"])
    assert not Document.objects.filter(kind=Kind.SUPPLIER_RETURN).exists()
    press(page, "F9")

    expect(page.get_by_role("heading", name="The accounting is changed")).to_be_visible()
    page.get_by_role("link", name=re.compile("KY1-R")).click()
    expect(page.locator(".chip")).to_have_count(3)
    assert Product.objects.get(pk=goods.period.pk).mode == "strict"
    sell(store, admin, (goods.period, ["SN2"]))


def test_it_works_without_javascript_and_back_to_no_serials(open_as, store, admin, goods):
    lay(goods.strict, place_of(store), admin, ["SN1", "SN2"])
    page = open_as(admin, java_script_enabled=False, at=f"/products/{goods.strict.pk}/")
    page.get_by_role("link", name="Change the accounting").press("Enter")
    page.get_by_label("No warranty accounting").check()
    page.get_by_role("button", name="Next").press("Enter")
    expect(page.get_by_text("There is nothing to enter")).to_be_visible()
    page.get_by_role("button", name="Show what will be done").press("Enter")
    page.get_by_role("button", name="Do all of it").press("Enter")
    expect(page.get_by_role("heading", name="The accounting is changed")).to_be_visible()
    assert Product.objects.get(pk=goods.strict.pk).mode == "none"
