"""Phones with two IMEIs at the counter: received by scans, sold by the second, no mouse."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from serials.models import Serial
from tests.browser.keyboard import press, ready, scan
from tests.browser.test_accessible import Judge
from tests.second_numbers import FIRST, NEXT, SECOND, with_imeis
from tests.shop import draft


def test_two_imeis_are_received_by_scans_and_the_phone_is_sold_by_the_second(
    open_as, store, manager, goods
):
    phone = with_imeis(goods.strict)
    page = open_as(manager)
    receipt = draft("receipt", store, manager, [])
    page.goto(f"/documents/{receipt.pk}/")
    expect(page.locator("#scan")).to_be_focused()
    result = page.locator("#scan-result [data-result=accepted]")

    scan(ready(page), phone.sku)
    expect(result).to_contain_text("Each unit has two numbers")
    press(page, "F6")
    expect(page.locator(".line__pairs [aria-pressed=true]")).to_be_visible()
    scan(page, FIRST)
    expect(result).to_contain_text("Now scan its second number")
    scan(page, SECOND)
    expect(page.locator(".chip")).to_have_text(re.compile(rf"{FIRST}.*{SECOND}", re.DOTALL))
    judge = Judge(page)
    judge("a receipt in pairs")
    scan(page, NEXT)
    expect(result).to_contain_text(NEXT)
    press(page, "F7")
    expect(result).to_contain_text("It has one number only")
    expect(page.locator("#scan")).to_be_focused()
    press(page, "F9")
    expect(page.get_by_role("heading", level=1)).to_contain_text("KY1-R")

    page.goto(f"/serials/{Serial.objects.get(key=FIRST).pk}/")
    judge("a unit with two numbers")
    assert judge.found == []

    sale = draft("sale", store, manager, [])
    page.goto(f"/documents/{sale.pk}/")
    expect(page.locator("#scan")).to_be_focused()
    scan(ready(page), SECOND)
    expect(result).to_contain_text(FIRST)
    expect(result).to_contain_text(f"{SECOND} is its second number.")
    expect(page.locator(".chip")).to_have_text(re.compile(FIRST))
