"""A count finds the unit that a sale was written on: one press puts it right, the card prints."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from documents.models import Document
from inventory.models import Count, Scan
from serials.models import Serial
from tests.browser.judging import LOOKS, Judge
from tests.browser.keyboard import press, scan
from tests.inventory.conftest import begin, take
from tests.shop import receive, sell
from warranty.models import Card, CardPrint


def result(page: Page, outcome: str):
    return page.locator(f"#scan-result [data-result={outcome}]")


def where(text: str) -> str:
    return Serial.objects.select_related("place").get(key=text).place.kind


@pytest.fixture
def sale(store, manager, goods) -> Document:
    """SN-0118 was written, SN-0119 was handed over."""
    receive(store, manager, (goods.strict, ["SN-0118", "SN-0119", "SN-0200"]))
    return sell(store, manager, (goods.strict, ["SN-0118"]))


def test_a_swap_at_the_sale_is_put_right_at_the_keyboard(open_as, store, manager, sale):
    page = open_as(manager, at="/counts/start/")
    page.get_by_role("button", name="Start counting").press("Enter")
    page.wait_for_url(re.compile(r"/counts/\d+/"))
    expect(page.locator("#scan")).to_be_focused()
    scan(page, "SN-0200")
    expect(result(page, "accepted")).to_contain_text("SN-0200")
    scan(page, "SN-0118")
    expect(result(page, "unknown")).to_contain_text(sale.number)

    # The count misses the one and found the other: the card says which two, and why.
    page.get_by_role("link", name="Unknown").press("Enter")
    card = page.get_by_role("article", name="SN-0118")
    expect(card).to_contain_text("the only one of this product that is missing")
    card.get_by_role("link", name="Swap: SN-0118 lies here, SN-0119 was sold").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("SN-0119 was sold")
    old = Card.objects.get()
    expect(page.get_by_role("main")).to_contain_text(old.number)
    expect(page.get_by_role("button", name="Swap them")).to_be_focused()
    press(page, "Enter")

    # One press: the unit is in stock again, the other one sold, nothing is unknown.
    expect(page.get_by_text("Put right by correction")).to_be_visible()
    expect(page.get_by_text("Nothing is unknown")).to_be_visible()
    assert (where("SN-0118"), where("SN-0119")) == ("shelf", "customer")
    correction = Document.objects.get(kind="correction")
    assert correction.note == f"Count {Count.objects.get().number}"
    old.refresh_from_db()
    assert old.void_on == correction.effective_on
    new = Card.objects.get(void_on=None)
    expect(page.get_by_role("link", name=new.number)).to_be_visible()

    with page.expect_popup() as opened:
        press(page, "F8")
    opened.value.wait_for_url(re.compile(r"/cards/runs/"))
    expect(page.locator("#scan")).to_be_focused()
    assert CardPrint.objects.get().card == new


def test_without_scripts_it_works_as_well(open_as, store, manager, sale):
    page = open_as(manager, java_script_enabled=False, at="/counts/start/")
    page.get_by_role("button", name="Start counting").click()
    for text in ("SN-0200", "SN-0118"):
        page.locator("#scan").fill(text)
        page.locator("#scan").press("Enter")
        expect(page.locator("#scan-result")).to_contain_text(text)
    page.get_by_role("link", name="Unknown").click()
    page.get_by_role("link", name="Swap: SN-0118 lies here, SN-0119 was sold").click()
    page.get_by_role("button", name="Swap them").click()
    expect(page.get_by_text("Put right by correction")).to_be_visible()
    assert (where("SN-0118"), where("SN-0119")) == ("shelf", "customer")


def test_on_a_phone_another_unit_is_named_by_hand(open_as, store, manager, sale):
    page = open_as(manager, viewport={"width": 360, "height": 740}, at="/counts/start/")
    page.get_by_role("button", name="Start counting").click()
    page.wait_for_url(re.compile(r"/counts/\d+/"))
    scan(page, "SN-0118")
    expect(result(page, "unknown")).to_be_visible()
    page.goto(page.url.split("?")[0] + "?list=unknown")
    page.get_by_role("link", name="Other candidates").click()
    named = page.get_by_label("Serial number of the unit that went instead")
    named.fill("sn-0201")
    named.press("Enter")
    expect(page.locator(".error")).to_contain_text("sn-0201")
    expect(named).to_be_focused()
    named.fill("sn-0200")
    named.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("SN-0200 was sold")
    wide = page.locator("html").evaluate("html => html.scrollWidth")
    assert wide <= 360
    page.get_by_role("button", name="Swap them").press("Enter")
    expect(page.get_by_text("Put right by correction")).to_be_visible()
    assert (where("SN-0118"), where("SN-0200")) == ("shelf", "customer")


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(open_as, store, manager, storekeeper, goods, sale, look):
    count = begin(store, manager)
    for text in ("SN-0118", "UNHEARD-OF"):
        take(count, manager, text)
    scan_pk = Scan.objects.get(key="SN-0118").pk
    other = Serial.objects.get(key="SN-0119").pk
    one = f"/counts/{count.pk}/unknown/{scan_pk}/"
    opened = LOOKS[look] | ({"viewport": {"width": 320, "height": 780}} if "phone" in look else {})
    found = []
    for person, paths in (
        (manager, [f"/counts/{count.pk}/?list=unknown", one, f"{one}named/?went=SN-0"]),
        (manager, [f"{one}fix/{other}/"]),
        (storekeeper, [f"/counts/{count.pk}/?list=unknown", one]),
    ):
        # Axe measures with inline styles, which the policy of the pages refuses.
        page = open_as(person, bypass_csp=True, reduced_motion="reduce", **opened)
        judge = Judge(page, whole=look == "light, desk")
        for path in paths:
            page.goto(path)
            judge(path)
        found += judge.found
    assert found == []
