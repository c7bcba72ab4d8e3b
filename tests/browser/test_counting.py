"""Two people count one store, each at a browser of their own."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from company.access import access_of
from documents.models import Document
from inventory.models import Count, CountStatus, Scan
from inventory.pausing import pause_count
from tests.browser.keyboard import press, scan
from tests.inventory.conftest import begin
from tests.shop import receive, sell


def answer(page: Page, result: str):
    return page.locator(f"#scan-result [data-result={result}]")


@pytest.fixture
def sold(store, manager, goods) -> Document:
    """Three phones lie here and five cables; a fourth phone was sold."""
    receive(store, manager, (goods.strict, ["SN1", "SN2", "SN3", "SOLD1"]), (goods.plain, 5))
    return sell(store, manager, (goods.strict, ["SOLD1"]))


def test_two_browsers_scan_into_one_count(open_as, sold, store, manager, storekeeper, goods):
    first = open_as(storekeeper, at="/counts/")
    press(first, "F2")
    expect(first.get_by_role("heading", level=1)).to_contain_text("Start a count")
    press(first, "F9")
    first.wait_for_url(re.compile(r"/counts/\d+/"))
    count = Count.objects.get()
    expect(first.locator("#scan")).to_be_focused()

    second = open_as(manager, at=first.url)
    expect(second.locator("#scan")).to_be_focused()

    scan(first, "SN1")
    expect(answer(first, "accepted")).to_contain_text("Expected")
    scan(second, "SN2")
    expect(answer(second, "accepted")).to_contain_text("SN2")
    # Each sees the other's scan without doing anything, and the figures follow.
    for page, other in ((first, "SN2"), (second, "SN1")):
        expect(page.locator("#feed")).to_contain_text(other)
        expect(page.locator("#live .counted__value")).to_contain_text("2 of 3")
        expect(page.locator("#list")).not_to_contain_text(other)
        expect(page.locator("#list")).to_contain_text("SN3")
        expect(page.locator("#scan")).to_be_focused()

    # The same unit again, and one that was sold.
    scan(second, "SN1")
    expect(answer(second, "repeated")).to_contain_text(storekeeper.username)
    scan(second, "SOLD1")
    expect(answer(second, "unknown")).to_contain_text(sold.number)
    expect(first.locator("#n-unknown")).to_have_text("1")

    # A product is chosen, then a serial number nobody has seen.
    scan(first, goods.strict.sku)
    expect(answer(first, "chosen")).to_be_visible()
    expect(first.locator("#scan-context")).to_contain_text(goods.strict.name)
    scan(first, "NEW-1")
    expect(answer(first, "unknown")).to_contain_text("Never seen")
    assert Scan.objects.get(key="NEW-1").product == goods.strict

    # Pieces: two scans, then the total is said.
    scan(second, goods.plain.sku)
    expect(answer(second, "accepted")).to_contain_text("1 piece counted")
    scan(second, goods.plain.sku)
    expect(answer(second, "accepted")).to_contain_text("2 pieces counted")
    second.get_by_label("In all").fill("5")
    second.get_by_label("In all").press("Enter")
    expect(answer(second, "accepted")).to_contain_text("5 pieces counted")

    # The first takes back what the second scanned.
    row = first.locator("#feed li", has_text="SOLD1")
    row.get_by_role("button", name="Take back").click()
    expect(first.locator("#n-unknown")).to_have_text("1")
    expect(second.locator("#feed")).to_contain_text(f"taken back by {storekeeper.username}")

    # Somebody pauses: both pages say so by themselves.
    first.get_by_role("button", name="Pause").click()
    expect(first.locator("#scan")).to_have_count(0)
    expect(second.locator("#scan")).to_have_count(0)
    expect(second.get_by_text("The count is paused")).to_be_visible()
    press(second, "F9")
    expect(second.locator("#scan")).to_be_focused()
    expect(first.locator("#scan")).to_be_visible()
    count.refresh_from_db()
    assert count.status == CountStatus.OPEN


def test_a_scan_typed_while_somebody_pauses_is_kept_and_refused_in_words(
    open_as, sold, store, manager, storekeeper
):
    count = begin(store, manager)
    page = open_as(storekeeper, at=f"/counts/{count.pk}/")
    expect(page.locator("#scan")).to_be_focused()
    page.route("**/live/**", lambda route: route.fulfill(status=204))
    pause_count(count.pk, by=access_of(manager))
    scan(page, "SN1")
    expect(answer(page, "refused")).to_contain_text("paused")
    assert not Scan.objects.exists()


def test_a_question_is_answered_at_the_keyboard(open_as, sold, store, manager, goods):
    receive(store, manager, (goods.strict, ["X1"]), (goods.recorded, ["X1"]))
    count = begin(store, manager)
    page = open_as(manager, at=f"/counts/{count.pk}/")
    expect(page.locator("#scan")).to_be_focused()
    scan(page, "X1")
    expect(answer(page, "asks").get_by_role("button").first).to_be_focused()
    press(page, "Enter")
    expect(answer(page, "accepted")).to_contain_text("X1")
    expect(page.locator("#scan")).to_be_focused()
    assert Scan.objects.get().was_here


def test_a_hidden_page_asks_for_nothing(open_as, sold, store, manager):
    count = begin(store, manager)
    page = open_as(manager, bypass_csp=True, at=f"/counts/{count.pk}/")
    expect(page.locator("#scan")).to_be_focused()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })"
    )
    page.wait_for_timeout(4500)
    assert asked == []
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => false, configurable: true })"
    )
    with page.expect_request("**/live/**"):
        pass


def test_what_is_scanned_after_a_scan_was_taken_back_is_no_second_press(
    open_as, sold, store, manager
):
    """The pointer still rests on the feed, the button pressed last still had the focus."""
    count = begin(store, manager)
    page = open_as(manager, at=f"/counts/{count.pk}/")
    scan(page, "SN1")
    expect(answer(page, "accepted")).to_contain_text("SN1")
    page.locator("#feed").get_by_role("button", name="Take back SN1").click()
    expect(page.locator("#feed")).to_contain_text("taken back by")
    expect(page.locator("#scan")).to_be_focused()
    page.get_by_role("link", name="Counted").focus()
    page.keyboard.type("SN2")
    page.keyboard.press("Enter")
    expect(answer(page, "accepted")).to_contain_text("SN2")
    assert set(Scan.objects.filter(taken_back_at=None).values_list("key", flat=True)) == {"SN2"}


def test_a_scanner_does_not_end_a_pause(open_as, sold, store, manager):
    count = begin(store, manager)
    pause_count(count.pk, by=access_of(manager))
    page = open_as(manager, at=f"/counts/{count.pk}/")
    page.keyboard.type("SN1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    count.refresh_from_db()
    assert count.status == CountStatus.PAUSED
    press(page, "F9")
    expect(page.locator("#scan")).to_be_focused()


def test_after_a_total_is_set_the_next_scan_goes_into_the_box(open_as, sold, store, manager, goods):
    count = begin(store, manager)
    page = open_as(manager, at=f"/counts/{count.pk}/")
    scan(page, goods.plain.sku)
    page.locator("#answer-total").fill("4")
    page.keyboard.press("Enter")

    expect(answer(page, "accepted")).to_contain_text("4")
    expect(page.locator("#scan")).to_be_focused()
    scan(page, "SN1")
    expect(answer(page, "accepted")).to_contain_text("SN1")
