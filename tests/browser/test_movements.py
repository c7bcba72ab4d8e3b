"""What happens after the sale, at the keyboard: returns, exchanges, transfers, cancelling."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from company.models import Membership
from company.rights import Role
from documents.models import Document, Kind
from products.models import Product
from serials.models import Serial
from tests.browser.keyboard import press, ready, scan
from tests.conftest import PASSWORD
from tests.shop import receive, return_to_supplier, sell
from warranty.models import Card, Term


def result(page: Page, outcome: str):
    return page.locator(f"#scan-result [data-result={outcome}]")


def post(page: Page, number: str) -> None:
    """Press F9 and see the posted document."""
    press(page, "F9")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)


def give_reason(page: Page, reason: str) -> None:
    """Write the reason beside the line; it is saved as the field is left."""
    ready(page).get_by_label("Reason").first.fill(reason)
    page.get_by_label("Reason").first.press("Tab")


def where(text: str) -> str:
    return Serial.objects.select_related("place").get(key=text).place.kind


@pytest.fixture
def phone(goods) -> Product:
    return goods.strict


def test_a_return_by_the_barcode_of_the_card(open_as, store, cashier, manager, phone):
    receive(store, manager, (phone, ["SN1"]))
    sell(store, manager, (phone, ["SN1"]))
    card = Card.objects.get()
    page = open_as(cashier, at="/documents/?kind=customer_return")
    page.get_by_role("button", name="New customer return").press("Enter")
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    expect(page.locator("#scan")).to_be_focused()
    scan(page, card.number)
    expect(result(page, "accepted")).to_contain_text("SN1")
    # Posting says what is missing, and the reason is asked for once.
    press(page, "F9")
    expect(page.locator(".refusals")).to_contain_text("Give the reason.")
    give_reason(page, "Changed their mind")
    expect(page.locator(".refusals")).to_have_count(0)
    post(page, "KY1-CR")
    assert where("SN1") == "shelf"
    card.refresh_from_db()
    assert card.void_on
    assert Term.objects.get().void_on


def test_an_exchange_straight_after_the_sale(open_as, store, cashier, manager, phone):
    receive(store, manager, (phone, ["SN1", "SN2"]))
    page = open_as(cashier)
    expect(page.locator("#scan")).to_be_focused()
    scan(page, "SN1")
    expect(page.locator(".chip")).to_contain_text("SN1")
    post(page, "KY1-S")
    page.get_by_role("button", name="Exchange").press("Enter")
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    # The sale had one unit: it is on the exchange already, as what comes back.
    expect(page.locator(".chip")).to_contain_text("SN1")
    expect(page.locator(".line")).to_contain_text("Comes back")
    scan(page, "SN2")
    expect(page.locator(".line")).to_have_count(2)
    expect(page.locator("#totals")).to_contain_text("To pay")
    give_reason(page, "Defective")
    expect(page.locator(".refusals")).to_have_count(0)
    post(page, "KY1-X")
    assert (where("SN1"), where("SN2")) == ("shelf", "customer")
    assert list(Card.objects.order_by("pk").values_list("void_on", flat=True))[1] is None
    expect(page.get_by_role("button", name="Print the warranty card")).to_be_visible()


def test_a_transfer_received_in_the_other_store(
    open_as, store, other_store, storekeeper, manager, phone
):
    receive(store, manager, (phone, ["SN1", "SN2"]))
    there = type(manager).objects.create_user("there", password=PASSWORD)
    Membership.objects.create(user=there, store=other_store, role=Role.STOREKEEPER)

    page = open_as(storekeeper, at="/documents/?kind=transfer")
    page.get_by_role("button", name="New transfer").press("Enter")
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    page.get_by_label("To store").select_option(other_store.name)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.locator("#scan").focus()
    for text in ("SN1", "SN2"):
        scan(page, text)
    expect(page.locator(".chip")).to_have_count(2)
    post(page, "KY1-T")
    assert where("SN1") == "transit"

    sent = Document.objects.get(kind=Kind.TRANSFER)
    page = open_as(there, at=f"/documents/{sent.pk}/")
    press(page, "F9")
    page.wait_for_url(lambda url: f"/documents/{sent.pk}/" not in url)
    expect(page.locator("#scan")).to_be_focused()
    scan(page, "SN1")
    expect(result(page, "accepted")).to_contain_text("SN1")
    scan(page, "SN9")
    expect(result(page, "refused")).to_contain_text("did not send it")
    post(page, "LV1-A")
    assert (where("SN1"), where("SN2")) == ("shelf", "transit")

    # What did not arrive stays on the way, and is shown.
    page.goto(f"/documents/{sent.pk}/")
    expect(page.locator("#h-way")).to_be_visible()
    expect(page.get_by_text("SN2").first).to_be_visible()
    page.get_by_role("button", name="Receive at once").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("LV1-A")
    assert where("SN2") == "shelf"


def test_a_unit_back_from_the_supplier_is_acknowledged(open_as, store, manager, phone):
    receive(store, manager, (phone, ["SN1"]))
    return_to_supplier(store, manager, (phone, ["SN1"]), reason="dead pixel")
    page = open_as(manager, at="/documents/?kind=receipt")
    page.get_by_role("button", name="New receipt").press("Enter")
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    scan(page, "SN1")
    expect(result(page, "asks")).to_contain_text("dead pixel")
    # The question has the focus: Enter answers it.
    expect(result(page, "asks").get_by_role("button")).to_be_focused()
    press(page, "Enter")
    expect(page.locator(".chip")).to_contain_text("SN1")
    page.get_by_label("Opening stock").check()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    post(page, "KY1-R")
    assert where("SN1") == "shelf"


def test_goods_move_without_serials_and_get_them_later(open_as, store, manager, phone):
    page = open_as(manager, at="/documents/?kind=receipt")
    page.get_by_role("button", name="New receipt").press("Enter")
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    scan(page, phone.sku)
    expect(page.locator(".line")).to_have_count(1)
    page.get_by_label("Quantity").fill("2")
    page.get_by_label("Quantity").press("Tab")
    page.get_by_label("Opening stock").check()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.get_by_role("link", name="Post without serial numbers").click()
    page.get_by_label("Reason").fill("The lorry waits")
    press(page, "F9")
    expect(page.get_by_role("heading", level=1)).to_contain_text("KY1-R")

    page.goto("/documents/without-serials/")
    page.get_by_role("button", name="Enter serial numbers").press("Enter")
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    expect(page.locator("#scan")).to_be_focused()
    scan(page, "SN1")
    expect(result(page, "accepted")).to_contain_text("1 of 2")
    post(page, "KY1-I")
    assert where("SN1") == "shelf"
    page.goto("/documents/without-serials/")
    expect(page.get_by_text("1 unit", exact=True)).to_be_visible()


def test_cancelling_names_what_is_in_the_way(open_as, store, manager, phone):
    received = receive(store, manager, (phone, ["SN1"]))
    sold = sell(store, manager, (phone, ["SN1"]))
    page = open_as(manager, at=f"/documents/{received.pk}/cancel/")
    expect(page.locator(".refusals")).to_contain_text(sold.number)
    page.get_by_role("link", name=f"Open {sold.number}").click()
    page.get_by_role("link", name="Cancel it").click()
    page.get_by_label("Reason").fill("Rung up twice")
    press(page, "F9")
    expect(page.get_by_text("Rung up twice")).to_be_visible()
    assert where("SN1") == "shelf"
    assert Card.objects.get().void_on
