"""At the counter: a scan of the card's bar code, and the answer is there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils.formats import date_format
from playwright.sync_api import Page, expect

from company.models import User
from tests.browser.keyboard import ready, scan
from tests.shop import receive, sell
from warranty.models import Card

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_bar_code_of_a_card_says_covered_until(
    open_as: Callable[..., Page], store, manager, cashier: User, goods
) -> None:
    """The card's bars are the serial number of its unit: scanned, they answer at once."""
    receive(store, manager, (goods.strict, ["SN-0001", "SN-0002"]))
    sell(store, manager, (goods.strict, ["SN-0001"]))
    card = Card.objects.select_related("term").get()
    until = date_format(card.ends_on, "DATE_FORMAT")
    page = open_as(cashier, at="/warranty/")
    ready(page)
    expect(page.locator("#scan")).to_be_focused()

    scan(page, card.term.serial_text)
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("Covered")
    expect(verdict).to_contain_text(f"until {until}")
    expect(verdict).to_have_attribute("data-tone", "good")
    expect(page).to_have_url(re.compile(r"/warranty/\?q=SN-0001$"))
    expect(page.locator("#scan")).to_be_focused()
    expect(page.locator("#scan")).to_have_value("")

    scan(page, "SN-0002")
    expect(page.locator(".verdict")).to_contain_text("Not sold")
    scan(page, "NOBODY")
    expect(page.locator("[data-result=unknown]")).to_contain_text("Nothing found")
    expect(page.locator(".verdict")).to_have_count(0)

    page.reload()
    expect(page.locator("[data-result=unknown]")).to_contain_text("NOBODY")


def test_without_scripts_the_box_asks_by_its_address(
    open_as: Callable[..., Page], store, manager, cashier: User, goods
) -> None:
    receive(store, manager, (goods.strict, ["SN-0001"]))
    sell(store, manager, (goods.strict, ["SN-0001"]))
    page = open_as(cashier, java_script_enabled=False, at="/warranty/")
    page.fill("#scan", "0001")
    page.press("#scan", "Enter")
    expect(page.locator(".verdict")).to_contain_text("Covered")
