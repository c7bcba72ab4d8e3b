"""Signing in by keyboard alone, and what is typed when a sign-in ends: in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from company.access import access_of
from company.inviting import invitation_token
from company.models import Session, User
from company.people import save_person
from company.till import set_pin
from repairs.models import Repair
from tests.browser.conftest import SLOW_MACHINE_MS
from tests.browser.keyboard import press, ready, scan
from tests.conftest import PASSWORD
from tests.shop import Goods, receive, sell

CHOSEN = "seven purple teapots"


def code_at(person: User, step: int) -> str:
    """What the app shows `step` half minutes from now."""
    device = TOTPDevice.objects.get(user=person)
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * step
    return f"{totp.token():06}"


def type_at(page: Page, name: str, text: str) -> None:
    """Type where the focus is, once it is in this field; then Enter."""
    page.locator(f"[name={name}]:focus").wait_for()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_from_the_invitation_to_a_switch_at_the_till_by_keyboard(
    chromium: Browser, live_server: LiveServer, transactional_db: None, store, cashier: User
) -> None:
    admin = User.objects.create_user("admin", password=PASSWORD, is_admin=True)
    data = {"username": "olena", "full_name": "Olena", "language": "en", "is_admin": False}
    roles = [(store.pk, "manager")]
    olena = save_person(data, roles=roles, by=access_of(admin), now=timezone.now())
    set_pin(cashier, "4071", now=timezone.now())
    context = chromium.new_context(base_url=live_server.url)
    context.set_default_timeout(SLOW_MACHINE_MS)
    page = context.new_page()
    try:
        # The invited person chooses a password: it can be looked at, and is pasted whole.
        page.goto(f"/welcome/{invitation_token(olena)}/")
        ready(page).locator("#id_password").focus()
        page.keyboard.insert_text(CHOSEN)
        press(page, "Tab")
        press(page, "Space")
        expect(page.locator("#id_password")).to_have_attribute("type", "text")
        press(page, "Shift+Tab")
        press(page, "Enter")
        # Signs in; the name is there already.
        expect(page.locator("#id_username")).to_have_value("olena")
        type_at(page, "password", CHOSEN)
        expect(page.locator(".rail")).to_be_attached()
        # Sets up the second factor.
        page.goto("/account/second-factor/")
        expect(page.locator("img.qr")).to_be_visible()
        ready(page)
        type_at(page, "code", code_at(olena, -1))
        expect(page.locator(".codes li")).to_have_count(10)
        page.context.clear_cookies(name="sessionid")
        # Signs in with a code.
        page.goto("/products/")
        page.locator("[name=username]:focus").wait_for()
        page.keyboard.type("olena")
        press(page, "Tab")
        type_at(page, "password", CHOSEN)
        type_at(page, "code", code_at(olena, 0))
        expect(page).to_have_url(re.compile("/products/$"))
        # The cashier signs in here once; then a key and the PIN do: six presses in all.
        press(page, "Shift+F8")
        expect(page.get_by_role("heading")).to_have_text("Who is at the till?")
        page.goto("/sign-in/?username=cashier&next=/products/")
        type_at(page, "password", PASSWORD)
        expect(page).to_have_url(re.compile("/products/$"))
        press(page, "Shift+F8")
        expect(page.get_by_text("with the password")).to_be_visible()  # Olena has no PIN
        for key in "24071":
            press(page, key)
        expect(page).to_have_url(re.compile("/products/$"))
        expect(page.locator(".topbar")).to_contain_text("cashier")
        # A wrong PIN, then the right one: the person stays chosen.
        press(page, "Shift+F8")
        expect(page.get_by_role("heading")).to_have_text("Who is at the till?")
        for key in "21111":
            press(page, key)
        expect(page.get_by_role("alert")).to_contain_text("4 tries are left")
        for key in "4071":
            press(page, key)
        expect(page).to_have_url(re.compile("/products/$"))
    finally:
        context.close()


def sign_in_again(page: Page, person: User) -> None:
    page.locator("[name=username]:focus").wait_for()
    page.keyboard.type(person.username)
    press(page, "Tab")
    type_at(page, "password", PASSWORD)


def test_long_form_after_the_sign_in_ended_is_not_typed_twice(
    open_as: Callable[..., Page], store, manager: User, goods: Goods
) -> None:
    receive(store, manager, (goods.strict, ["SN1"]))
    sell(store, manager, (goods.strict, ["SN1"]))
    page = open_as(manager, at="/repairs/new/?scan=SN1")
    complaint = "Does not charge.\nThe customer says: since the <rain> on Monday."
    ready(page).get_by_label("Complaint").fill(complaint)
    page.get_by_label("Name", exact=True).fill("Iryna Bondar")
    page.get_by_label("Phone", exact=True).fill("067 000 11 22")
    Session.objects.all().delete()
    # A search asks by itself, and does not lead away from what is typed.
    page.get_by_label("Find the customer").fill("Bondar")
    expect(page.get_by_text("You are signed out by now")).to_be_visible()
    expect(page.get_by_label("Complaint")).to_have_value(complaint)
    press(page, "F9")
    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    sign_in_again(page, manager)
    expect(page.get_by_role("button", name="Send it now")).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Received")
    assert Repair.objects.get().complaint.splitlines() == complaint.splitlines()


def test_fragment_that_meets_an_ended_sign_in_keeps_its_form(
    open_as: Callable[..., Page], store, manager: User, goods: Goods
) -> None:
    receive(store, manager, (goods.strict, ["SN1", "SN2", "SN3"]))
    page = open_as(manager)
    press(page, "F2")
    page.locator("[data-scan] [name=scan]:focus").wait_for()
    scan(page, "SN1")
    expect(page.locator(".chip")).to_have_count(1)
    page.get_by_text("Paste a column of serial numbers").click()
    page.locator("textarea[name=serials]").fill("SN2\nSN3")
    Session.objects.all().delete()
    page.locator("details[open] form:has(textarea)").get_by_role("button", name="Add").click()
    sign_in_again(page, manager)
    expect(page.get_by_role("button", name="Send it now")).to_be_focused()
    press(page, "Enter")
    expect(page.locator(".chip")).to_have_count(3)


def test_form_under_way_is_not_overtaken_by_what_its_page_asks_for(
    open_as: Callable[..., Page], store, manager: User, goods: Goods
) -> None:
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    page = open_as(manager)
    press(page, "F2")
    page.locator("[data-scan] [name=scan]:focus").wait_for()
    with page.expect_response("**/refusals/"):  # what the scan sets off
        scan(page, "SN1")
    page.get_by_text("Paste a column of serial numbers").click()
    page.locator("textarea[name=serials]").fill("SN2")
    Session.objects.all().delete()
    on_its_way: list[Route] = []
    page.route("**/paste/", lambda route: on_its_way.append(route), times=1)
    with page.expect_request("**/paste/"):
        page.locator("details[open] form:has(textarea)").get_by_role("button", name="Add").click()
    with page.expect_response("**/refusals/") as asked:
        page.evaluate(
            """() => document.dispatchEvent(
                new CustomEvent("scan:answered", { detail: { scan: "", result: "" } }))"""
        )
    assert "hx-redirect" in asked.value.headers
    expect(page.get_by_text("You are signed out by now")).to_be_visible()
    (form,) = on_its_way
    form.continue_()
    sign_in_again(page, manager)
    expect(page.get_by_role("button", name="Send it now")).to_be_focused()
    press(page, "Enter")
    expect(page.locator(".chip")).to_have_count(2)


pytestmark = pytest.mark.django_db(transaction=True)
