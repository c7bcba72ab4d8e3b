"""The product's main job at the keyboard: receive, sell by scanner, print the card."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from documents.models import Document
from partners.models import Supplier
from products.models import Product
from serials.models import Serial
from tests.browser.keyboard import press, ready, scan
from tests.conftest import PASSWORD
from tests.shop import draft, receive
from tests.warranty.pdfs import codes_of, text_of
from warranty.models import Card, CardPrint

BARCODE = "4006381333931"


def start(page: Page, button: str) -> None:
    """Press a button by the keyboard and wait for its draft, ready to scan."""
    page.get_by_role("button", name=button).press("Enter")
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    expect(page.locator("#scan")).to_be_focused()


def result(page: Page, outcome: str):
    return page.locator(f"#scan-result [data-result={outcome}]")


@pytest.fixture
def phone(goods) -> Product:
    goods.strict.barcode = BARCODE
    goods.strict.save()
    return goods.strict


def test_receive_sell_and_print_without_touching_the_mouse(open_as, manager, phone):
    Supplier.objects.create(name="Wholesale")
    page = open_as(manager)

    # Receive: the barcode, then three serials one right after another.
    page.get_by_text("More documents").press("Enter")
    start(page, "New receipt")
    for text in (BARCODE, "SN-0001", "SN-0002", "SN-0003", "SN-0002"):
        scan(page, text)
    expect(result(page, "repeated")).to_contain_text("SN-0002")
    expect(page.locator(".line__progress")).to_contain_text("3 of 3 serial numbers")
    expect(page.locator(".chip")).to_have_count(3)
    page.get_by_label("Supplier", exact=True).select_option("Wholesale")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    press(page, "F9")
    expect(page.get_by_role("heading", level=1)).to_contain_text("KY1-R")
    assert Serial.objects.filter(place__kind="shelf").count() == 3

    # Sell one: scan, one key to post, one key to print.
    page.goto("/")
    expect(page.locator("#scan")).to_be_focused()
    scan(page, "sn-0002")
    expect(page.locator(".chip")).to_contain_text("SN-0002")
    press(page, "F9")
    expect(page.get_by_role("heading", level=1)).to_contain_text("KY1-S")
    with page.expect_popup() as opened:
        press(page, "F8")
    # The card is a real PDF that says and encodes what was sold.
    opened.value.wait_for_url(re.compile("/cards/runs/.*"))
    run = CardPrint.objects.get().run
    pdf = page.request.get(f"/cards/runs/{run.pk}/cards.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    sale = Document.objects.get(kind="sale")
    words = text_of(pdf.body())
    for expected in (phone.name, "SN-0002", sale.number, Card.objects.get().number):
        assert expected in words
    assert {"SN-0002", sale.number} <= codes_of(pdf.body())


def test_a_refused_scan_says_where_the_unit_is_and_links_there(open_as, store, manager, phone):
    receive(store, manager, (phone, ["SN1"]))
    sold = draft("sale", store, manager, [(phone, ["SN1"])])
    page = open_as(manager, at=f"/documents/{sold.pk}/")
    press(page, "F9")
    number = re.compile(r"KY1-S\d{4}-000001")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)

    start(page, "New sale")
    scan(page, "SN1")
    expect(result(page, "refused")).to_contain_text(number)
    expect(page.locator("#scan")).to_be_focused()
    result(page, "refused").get_by_role("link").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)


def test_posting_waits_for_scans_under_way_and_for_a_number_being_typed(
    open_as, store, manager, goods
):
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 9))
    page = open_as(manager)
    start(page, "New sale")
    scan(page, goods.plain.sku)
    quantity = page.get_by_label("Quantity")
    expect(quantity).to_have_value("1")
    scan(page, "SN1")
    expect(page.locator(".chip")).to_have_count(1)
    quantity.first.fill("4")
    press(page, "F9")  # while the cursor is still in the quantity

    expect(page.get_by_role("heading", level=1)).to_contain_text("KY1-S")
    assert Document.objects.get(kind="sale").lines.get(product=goods.plain).quantity == 4


def test_a_wrong_number_stays_as_typed_with_its_reason_and_nothing_is_posted(
    open_as, store, manager, goods
):
    receive(store, manager, (goods.plain, 9))
    page = open_as(manager)
    start(page, "New sale")
    scan(page, goods.plain.sku)
    page.get_by_label("Quantity").fill("many")
    press(page, "F9")

    expect(page.get_by_text("Write the quantity as a whole number.")).to_be_visible()
    expect(page.get_by_label("Quantity")).to_have_value("many")
    press(page, "F9")
    expect(page.get_by_label("Quantity")).to_be_focused()
    assert not Document.objects.filter(kind="sale", status="posted").exists()


def test_posting_with_units_missing_says_what_is_missing(open_as, manager, phone):
    page = open_as(manager)
    page.get_by_text("More documents").press("Enter")
    start(page, "New receipt")
    scan(page, BARCODE)
    page.get_by_label("Quantity").fill("2")
    press(page, "Tab")
    expect(page.get_by_text("0 of 2 serial numbers", exact=True)).to_be_visible()
    page.locator("#scan").press("F9")

    expect(page.locator("#refusals")).to_contain_text("0 of 2 serial numbers entered")
    expect(page.locator("#refusals")).to_contain_text("Choose the supplier")


def test_a_column_of_serials_is_pasted_into_a_line(open_as, store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, 1)])
    page = open_as(manager, at=f"/documents/{document.pk}/")
    page.get_by_text("Paste a column of serial numbers").press("Enter")
    page.get_by_label("Serials, one in a line").fill("A1\nA2\nA2\n" + "x" * 90)
    page.get_by_role("button", name="Add", exact=True).press("Enter")

    expect(page.get_by_text("2 added, 1 was there already and counts once")).to_be_visible()
    expect(page.get_by_label("Serials, one in a line")).to_have_value("x" * 90)
    expect(page.locator(".chip")).to_have_count(2)


def test_the_pages_work_without_javascript(open_as, store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    page = open_as(manager, java_script_enabled=False)
    page.get_by_role("button", name="New sale").press("Enter")
    page.locator("#scan").fill("SN1")
    page.locator("#scan").press("Enter")
    expect(result(page, "accepted")).to_contain_text("SN1")
    page.get_by_role("button", name="Sell").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("KY1-S")


def test_scans_made_while_signed_out_are_kept_and_sent_after_signing_in(
    open_as, store, manager, goods
):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    page = open_as(manager)
    start(page, "New sale")
    scan(page, "SN1")
    expect(page.locator(".chip")).to_have_count(1)
    page.context.clear_cookies(name="sessionid")
    scan(page, "SN2")
    page.wait_for_url(re.compile("/sign-in/"))
    page.get_by_label("Password").wait_for()
    ready(page).keyboard.type(manager.username)
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    expect(page.locator(".chip")).to_have_count(2)


def test_a_key_pressed_before_the_scripts_are_there_is_not_lost(open_as, store, manager, goods):
    sold = draft("sale", store, manager, [(goods.plain, 1)])
    receive(store, manager, (goods.plain, 1))
    page = open_as(manager)
    late: list[Route] = []
    page.route("**/js/sound.js", lambda route: late.append(route))
    page.goto(f"/documents/{sold.pk}/", wait_until="commit")
    page.get_by_role("button", name="Sell").wait_for()
    page.keyboard.press("F9")
    assert page.evaluate("document.readyState") != "complete"
    late.pop().continue_()

    expect(page.get_by_role("heading", level=1)).to_contain_text("KY1-S")
