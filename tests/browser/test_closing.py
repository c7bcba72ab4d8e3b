"""A manager closes a count: refused while a unit is unknown, one key once it is not."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from documents.models import Document
from inventory.models import Count, CountStatus
from tests.books import books_agree, place_of
from tests.browser.keyboard import press, scan
from tests.inventory.conftest import begin, take
from tests.shop import give_back, receive, sell


def test_a_count_is_refused_while_a_unit_is_unknown_then_closed_by_one_key(
    open_as, store, manager, goods
):
    receive(store, manager, (goods.strict, ["SN1", "SN2", "SOLD1"]), (goods.plain, 5))
    sale = sell(store, manager, (goods.strict, ["SOLD1"]))
    count = begin(store, manager)
    take(count, manager, "SN1")
    take(count, manager, "SOLD1")

    page: Page = open_as(manager)
    page.goto(f"/counts/{count.pk}/")
    page.get_by_role("button", name="Close…").click()
    expect(page.locator("#refusals")).to_contain_text("SOLD1")
    expect(page.get_by_role("button", name="Close the count")).to_have_count(0)
    press(page, "F9")
    page.wait_for_url(re.compile(r"list=unknown"))
    expect(page.locator("#list")).to_contain_text("SOLD1")

    give_back(sale, store, manager, (goods.strict, ["SOLD1"]))
    page.goto(f"/counts/{count.pk}/close/")
    expect(page.get_by_role("region", name="Goes to missing")).to_contain_text("SN2")
    page.get_by_label("None of it is there: write off 5 pieces").check()
    press(page, "F9")
    page.wait_for_url(re.compile(r"/report/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(count.number)
    for words in ("SN2", "Customer return", sale.number.replace("-S", "-CR")):
        expect(page.locator("main")).to_contain_text(words)

    closed = Count.objects.get(pk=count.pk)
    assert (closed.status, closed.pieces_short) == (CountStatus.CLOSED, 5)
    assert (place_of("SN1"), place_of("SN2"), place_of("SOLD1")) == ("shelf", "missing", "shelf")


def test_a_swap_at_the_sale_is_found_put_right_by_one_press_and_the_count_closes(
    open_as, store, manager, goods
):
    """SN-0118 was written on the sale, SN-0119 was handed over: the whole way, by the keyboard."""
    receive(store, manager, (goods.strict, ["SN-0118", "SN-0119", "SN-0200"]))
    sale = sell(store, manager, (goods.strict, ["SN-0118"]))
    page: Page = open_as(manager)
    page.goto("/counts/start/")
    page.get_by_role("button", name="Start counting").press("Enter")
    page.wait_for_url(re.compile(r"/counts/\d+/"))
    for serial, outcome in (("SN-0200", "accepted"), ("SN-0118", "unknown")):
        scan(page, serial)
        answer = page.locator(f"#scan-result [data-result={outcome}]")
        expect(answer).to_contain_text(serial)

    # Refused: the page says which unit, and where the records have it.
    page.get_by_role("button", name="Close…").press("Enter")
    expect(page.locator("#refusals")).to_contain_text("SN-0118")
    expect(page.locator("#refusals")).to_contain_text(sale.number)
    press(page, "F9")
    page.wait_for_url(re.compile(r"list=unknown"))

    # One press, after a look at what it changes.
    page.get_by_role("link", name="Swap: SN-0118 lies here, SN-0119 was sold").press("Enter")
    expect(page.get_by_role("button", name="Swap them")).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_text("Put right by correction")).to_be_visible()

    page.get_by_role("button", name="Close…").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Close count")
    press(page, "F9")
    page.wait_for_url(re.compile(r"/report/$"))
    correction = Document.objects.get(kind="correction")
    expect(page.locator("main")).to_contain_text(correction.number or "")
    closed = Count.objects.get()
    assert (closed.status, closed.units_missing, closed.units_unknown) == ("closed", 0, 1)
    places = [place_of(serial) for serial in ("SN-0118", "SN-0119", "SN-0200")]
    assert places == ["shelf", "customer", "shelf"]
    books_agree()
