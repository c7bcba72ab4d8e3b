"""A manager closes a count: refused while a unit is unknown, one key once it is not."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from inventory.models import Count, CountStatus
from tests.books import place_of
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
    page.get_by_role("link", name="Close the count").click()
    expect(page.locator("#refusals")).to_contain_text("SOLD1")
    expect(page.get_by_role("button", name="Close the count")).to_have_count(0)
    page.keyboard.press("F9")
    page.wait_for_url(re.compile(r"list=unknown"))
    expect(page.locator("#list")).to_contain_text("SOLD1")

    give_back(sale, store, manager, (goods.strict, ["SOLD1"]))
    page.goto(f"/counts/{count.pk}/close/")
    expect(page.get_by_role("region", name="Goes to missing")).to_contain_text("SN2")
    page.get_by_label("None of it is there: write off 5 pieces").check()
    page.keyboard.press("F9")
    page.wait_for_url(re.compile(r"/report/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(count.number)
    for words in ("SN2", "Customer return", sale.number.replace("-S", "-CR")):
        expect(page.locator("main")).to_contain_text(words)

    closed = Count.objects.get(pk=count.pk)
    assert (closed.status, closed.pieces_short) == (CountStatus.CLOSED, 5)
    assert (place_of("SN1"), place_of("SN2"), place_of("SOLD1")) == ("shelf", "missing", "shelf")
