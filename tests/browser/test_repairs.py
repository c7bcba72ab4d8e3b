"""A repair at the counter: from the card's bar code to the hand-back, at the keyboard."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from playwright.sync_api import Page, expect

from company.access import access_of
from documents.models import Document
from repairs.models import Repair
from repairs.working import change_status
from serials.models import Serial
from tests.browser.keyboard import press, scan
from tests.shop import customer, receive, sell, take_in
from tests.warranty.pdfs import codes_of, text_of
from warranty.models import Card, CardPrint

DAYS = 7
"""How long it was in repair."""


@pytest.fixture
def sale(store, manager, goods) -> Document:
    """SN-0001 was sold a month ago; SN-0002 lies here."""
    now = timezone.now() - dt.timedelta(days=30)
    receive(store, manager, (goods.strict, ["SN-0001", "SN-0002"]), now=now)
    return sell(store, manager, (goods.strict, ["SN-0001"]), now=now)


def heading(page: Page):
    return page.get_by_role("heading", level=1)


def unit_page(page: Page, key: str) -> None:
    page.goto(f"/serials/{Serial.objects.get(key=key).pk}/")


def ready(repair: Repair, by) -> None:
    change_status(
        repair.pk, to="ready", version=repair.version, by=access_of(by), now=timezone.now()
    )


def test_a_claim_by_the_bar_code_of_the_card_makes_the_warranty_longer(open_as, manager, sale):
    card = Card.objects.get()
    page = open_as(manager, at=f"/cards/{card.number}/")
    with page.expect_popup() as opened:
        press(page, "F8")
    opened.value.wait_for_url(re.compile("/cards/runs/.*"))
    run = CardPrint.objects.get().run
    codes = codes_of(page.request.get(f"/cards/runs/{run.pk}/cards.pdf").body())
    (code,) = (one for one in codes if one != sale.number)

    # The customer brings the card: it is scanned, the rest is typed, one key takes it in.
    page.goto("/repairs/new/")
    expect(page.locator("#scan")).to_be_focused()
    scan(page, code)
    expect(page.get_by_label("Complaint")).to_be_focused()
    expect(page.get_by_role("main")).to_contain_text("Covered until")
    page.keyboard.type("Does not charge")
    page.get_by_label("Name", exact=True).fill("Iryna Bondar")
    page.get_by_label("Phone", exact=True).fill("067 000 11 22")
    came = sale.store.date_of(timezone.now()) - dt.timedelta(days=DAYS)
    page.get_by_label("Came on").fill(came.isoformat())
    press(page, "F9")
    expect(heading(page)).to_contain_text("Received")
    repair = Repair.objects.get()

    # Diagnosed, decided, mended, ready: the likeliest step is always one key away.
    press(page, "F9")
    expect(heading(page)).to_contain_text("Diagnosed")
    expect(page.locator("main [data-shortcut=F9]")).to_be_focused()  # what comes next
    page.get_by_role("button", name="Decide").press("Enter")
    expect(page.locator("#decision .pill")).to_contain_text("Under warranty")
    press(page, "F9")
    expect(heading(page)).to_contain_text("In work")
    press(page, "F9")
    expect(heading(page)).to_contain_text("Ready")
    until = card.ends_on + dt.timedelta(days=DAYS)
    promised = f"The warranty will end on {date_format(until)}, {DAYS} days later than now."
    expect(page.get_by_role("radio", name="Repaired")).to_be_checked()
    expect(page.get_by_role("main")).to_contain_text(promised)
    press(page, "F9")
    expect(heading(page)).to_contain_text("Handed back")
    expect(page.get_by_role("main")).to_contain_text(f"The warranty ends on {date_format(until)}")

    # The unit's page has the longer warranty and why; the act says it on paper.
    unit_page(page, "SN-0001")
    term = page.locator(".term")
    expect(term).to_contain_text(date_format(until))
    expect(term).to_contain_text(f"+ {DAYS} days in repair")
    expect(term).to_contain_text(repair.number)
    act = page.request.get(f"/repairs/{repair.pk}/act.pdf").body()
    assert f"extended until {date_format(until)}" in text_of(act)
    assert {repair.number, "SN-0001"} <= codes_of(act)

    # So has the page that the customer's QR code leads to.
    page.goto(reverse("public:card", args=[card.token]))
    expect(page.locator(".standing")).to_contain_text(f"until {date_format(until)}")


def test_a_replacement_is_scanned_and_has_a_card_of_its_own(open_as, store, manager, sale):
    repair = take_in(store, manager, "SN-0001", decided="warranty", customer=customer())
    ready(repair, manager)
    page = open_as(manager, at=f"/repairs/{repair.pk}/")
    box = page.get_by_label("The new unit: scan its serial number")
    expect(box).to_be_hidden()
    page.get_by_role("radio", name="Replaced").check()
    expect(box).to_be_visible()
    box.press("F9")  # without the new unit
    expect(page.locator(".error-summary")).to_contain_text("Scan the unit that is handed over")
    box.fill("sn-0002")
    box.press("F9")
    expect(heading(page)).to_contain_text("Handed back")
    repair.refresh_from_db()
    expect(page.get_by_role("link", name=repair.document.number).first).to_be_visible()

    old, new = Card.objects.order_by("pk")
    assert (old.void_on, new.void_on) == (store.date_of(timezone.now()), None)
    unit_page(page, "SN-0002")
    expect(page.get_by_role("link", name=new.number)).to_be_visible()
    expect(page.locator(".term").first).to_contain_text("In warranty")
    unit_page(page, "SN-0001")
    expect(heading(page)).to_contain_text("Defective")


def test_a_refused_claim_says_why_and_extends_nothing(open_as, store, technician, sale):
    before = Card.objects.get().ends_on
    repair = take_in(
        store, technician, "SN-0001", customer=customer(),
        now=timezone.now() - dt.timedelta(days=DAYS),
    )  # fmt: skip
    ready(repair, technician)
    page = open_as(technician, at=f"/repairs/{repair.pk}/")
    page.get_by_role("radio", name="Refused").check()
    press(page, "F9")
    expect(page.locator(".refusals[role=alert]")).to_contain_text("Decide first")

    page.get_by_role("radio", name="Paid by the customer").check()
    page.get_by_role("button", name="Decide").press("Enter")
    expect(page.locator(".error-summary")).to_contain_text("give the reason")
    page.get_by_role("textbox", name="Reason").fill("Liquid inside")
    page.get_by_role("button", name="Decide").press("Enter")
    expect(page.locator("#decision .pill")).to_contain_text("Paid by the customer")
    page.get_by_role("radio", name="Refused").check()
    press(page, "F9")
    expect(heading(page)).to_contain_text("Handed back")
    expect(page.get_by_role("main")).to_contain_text("Liquid inside")

    assert Card.objects.get().ends_on == before
    unit_page(page, "SN-0001")
    expect(page.locator(".timeline")).to_contain_text("Handed back: Refused")
    expect(page.locator(".timeline")).to_contain_text("Liquid inside")
    expect(page.locator(".term")).not_to_contain_text("days in repair")
    assert "Reason: Liquid inside" in text_of(
        page.request.get(f"/repairs/{repair.pk}/act.pdf").body()
    )


def test_the_intake_by_keyboard_alone(open_as, cashier, sale):
    page = open_as(cashier, at="/repairs/")
    press(page, "F2")
    expect(page.locator("#scan")).to_be_focused()
    scan(page, "NO-SUCH")
    expect(page.get_by_role("alert")).to_contain_text("NO-SUCH")
    expect(page.locator("#scan")).to_be_focused()
    page.keyboard.press("Control+A")
    scan(page, sale.number)
    expect(page.get_by_label("Complaint")).to_be_focused()
    press(page, "F9")
    expect(page.locator(".error-summary")).to_be_focused()
    page.keyboard.press("Tab")  # the first of the errors is a link to its field
    page.keyboard.press("Enter")
    expect(page.get_by_label("Complaint")).to_be_focused()
    page.keyboard.type("The screen stays dark")
    for text in ("Scratched", "Box and charger"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("Iryna Bondar")
    page.keyboard.press("Tab")
    page.keyboard.type("067 000 11 22")
    press(page, "F9")
    expect(heading(page)).to_contain_text("Received")
    repair = Repair.objects.get()
    said = (repair.complaint, repair.condition, repair.contents, repair.customer.name)
    assert said == ("The screen stays dark", "Scratched", "Box and charger", "Iryna Bondar")
    receipt = f"/repairs/{repair.pk}/intake.pdf"
    with page.context.expect_event("request", lambda sent: sent.url.endswith(receipt)):
        press(page, "F8")


def test_parts_and_work_are_entered_one_after_the_other(open_as, store, technician, sale):
    repair = take_in(store, technician, "SN-0001", customer=customer())
    page = open_as(technician, at=f"/repairs/{repair.pk}/")
    page.locator("#part").focus()
    scan(page, "SN-0002")
    expect(page.get_by_role("main")).to_contain_text("from stock")
    expect(page.locator("#part")).to_be_focused()
    page.get_by_label("Name", exact=True).fill("Cleaned")
    page.get_by_label("Price", exact=True).fill("100")
    page.get_by_label("Price", exact=True).press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Cleaned")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()


def test_on_a_phone_nothing_is_wider_than_the_window(open_as, store, cashier, technician, sale):
    page = open_as(
        cashier, viewport={"width": 390, "height": 780}, is_mobile=True, has_touch=True
    )  # fmt: skip
    repair = take_in(store, cashier, "SN-0001", customer=customer())
    for path in ("/repairs/", "/repairs/new/?scan=SN-0002", f"/repairs/{repair.pk}/"):
        page.goto(path)
        expect(heading(page)).to_be_visible()
        wide = page.locator("html").evaluate("page => page.scrollWidth > page.clientWidth")
        assert not wide, path
    page.goto("/repairs/")
    page.get_by_role("link", name=repair.number).tap()
    expect(heading(page)).to_contain_text(repair.number)
