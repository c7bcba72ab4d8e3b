"""The main flows by the keyboard alone, key by key, as docs/keystrokes.md counts them."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from company.access import access_of
from company.models import Membership, Store, User
from company.rights import Role
from documents.models import Document
from repairs.models import Repair
from repairs.working import change_status, decide
from tests.books import place_of
from tests.browser.keyboard import ready
from tests.inventory.conftest import begin
from tests.shop import customer, draft, post, receive, sell, supplier
from warranty.models import Card

TABLE = Path(__file__).parents[2] / "docs" / "keystrokes.md"
GTIN = "04006381333931"
NAMES = {"Control+Slash": "Ctrl+/", "Control+k": "Ctrl+K", "ArrowDown": "↓", "KeyW": "W"}
"""The keys that the table writes differently."""


def rows() -> dict[str, tuple[str, int, int]]:
    """The table: the keys of each flow, how many scans they are, and how many other actions."""
    cells = [line.strip("| \n").split(" | ") for line in TABLE.read_text().splitlines()]
    return {row[0]: (row[1], int(row[2]), int(row[3])) for row in cells if row[-1].isdigit()}


class Hands:
    """Somebody at the keyboard with a scanner. What they do is counted; nothing else is done."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done: list[str] = []
        self.flows: list[str] = []

    def scan(self, *texts: str) -> None:
        for text in texts:
            ready(self.page).keyboard.type(text)
            self.page.keyboard.press("Enter")
            self.done.append("scan")

    def press(self, key: str) -> None:
        ready(self.page).keyboard.press(key)
        self.done.append(NAMES.get(key, key))

    def write(self, what: str, text: str) -> None:
        """Type into the field the cursor is in: one action, however long."""
        ready(self.page).keyboard.type(text)
        self.done.append(f"({what})")

    def prints(self, key: str) -> None:
        """Press a key that opens the cards, ready to print, in a tab of their own."""
        with self.page.expect_popup() as opened:
            self.press(key)
        opened.value.wait_for_url(re.compile("/cards/runs/"))
        opened.value.close()

    @contextlib.contextmanager
    def flow(self, name: str) -> Iterator[None]:
        """One flow from the home page: its keys are those of the table, and so are the numbers."""
        self.page.goto("/")
        self.done.clear()
        yield
        runs = [(key, len(list(same))) for key, same in itertools.groupby(self.done)]
        keys = " · ".join(f"{n} × {key}" if n > 1 else key for key, n in runs)
        scans = self.done.count("scan")
        assert (keys, scans, len(self.done) - scans) == rows()[name]
        self.flows.append(name)

    def sees(self, locator: str, text: str | re.Pattern[str]) -> Locator:
        found = self.page.locator(locator).first
        expect(found).to_contain_text(text)
        return found

    def sees_title(self, text: str) -> None:
        self.sees("h1", text)

    def sees_focus(self, label: str) -> None:
        expect(self.page.get_by_label(label).first).to_be_focused()


ACCEPTED = "#scan-result [data-result=accepted]"
SALES = [
    "sale of one unit, its card printed",
    "sale of three units, their cards printed",
    "customer return by the card",
    "exchange, the new card printed",
]
REPAIRS = ["repair taken in by the card", "repair handed back", "warranty check", "a unit found"]
RECEIPT = ["receipt of 50 units"]
BETWEEN_STORES = [
    "transfer of three units, dispatched",
    "another store",
    "transfer, all of it received",
    "write-off of one unit",
]
COUNTS = ["count of 20 units, closed", "a swap found in an open count, put right"]


@pytest.fixture
def phone(goods):
    goods.strict.barcode = GTIN
    goods.strict.save()
    return goods.strict


@pytest.fixture
def chief(manager: User, other_store: Store) -> User:
    """A manager of both stores."""
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    return manager


def test_every_flow_of_the_table_is_pressed_here():
    assert sorted(rows()) == sorted(SALES + REPAIRS + RECEIPT + BETWEEN_STORES + COUNTS)


def test_sales_and_what_comes_back(open_as, store, cashier, manager, phone):
    receive(store, manager, (phone, [f"SN{n}" for n in range(1, 6)]))
    hands = Hands(open_as(cashier))

    with hands.flow("sale of one unit, its card printed"):
        hands.scan("SN1")
        hands.sees(".chip", "SN1")
        hands.press("F9")
        hands.sees_title("KY1-S")
        hands.prints("F8")
    card = Card.objects.get(term__serial_text="SN1")
    assert place_of("SN1") == "customer"

    with hands.flow("sale of three units, their cards printed"):
        for text in ("SN2", "SN3", "SN4"):
            hands.scan(text)
            hands.sees(ACCEPTED, text)
        hands.press("F9")
        hands.sees_title("KY1-S")
        hands.prints("F8")

    with hands.flow("customer return by the card"):
        hands.press("Control+Slash")
        hands.press("3")
        hands.sees_title("Customer return")
        hands.scan(card.number)
        hands.sees(ACCEPTED, "SN1")
        hands.press("F9")
        hands.sees_focus("Reason")
        hands.write("reason", "Changed their mind")
        hands.press("F9")
        hands.sees_title("KY1-CR")
    assert place_of("SN1") == "shelf"

    with hands.flow("exchange, the new card printed"):
        hands.press("Control+Slash")
        hands.press("4")
        hands.sees_title("Exchange")
        hands.scan("SN2")
        hands.sees(ACCEPTED, "SN2")
        hands.scan("SN5")
        hands.sees(ACCEPTED, "SN5")
        hands.press("F9")
        hands.sees_focus("Reason")
        hands.write("reason", "Defective")
        hands.press("F9")
        hands.sees_title("KY1-X")
        hands.prints("F8")
    assert (place_of("SN2"), place_of("SN5")) == ("shelf", "customer")

    assert hands.flows == SALES


def test_repairs_and_questions(open_as, store, cashier, manager, phone):
    receive(store, manager, (phone, ["SN8"]))
    sold = draft("sale", store, manager, [(phone, ["SN8"])])
    Document.objects.filter(pk=sold.pk).update(customer=customer())
    post(sold, manager)
    hands = Hands(open_as(cashier))

    with hands.flow("repair taken in by the card"):
        hands.press("Control+Slash")
        hands.press("9")
        hands.sees_title("Take in for repair")
        hands.scan(Card.objects.get().number)
        hands.sees_focus("Complaint")
        hands.write("complaint", "Does not charge")
        hands.press("F9")
        hands.sees_title("Received")
    repair = Repair.objects.get()
    by, now = access_of(manager), timezone.now()
    decide(repair.pk, payer="warranty", reason="", version=repair.version, by=by, now=now)
    repair.refresh_from_db()
    version = repair.version
    change_status(repair.pk, to="ready", result="repaired", version=version, by=by, now=now)

    with hands.flow("repair handed back"):
        hands.press("Control+k")
        hands.scan(repair.number)
        hands.sees_title("Ready")
        hands.press("F9")
        hands.sees_title("Handed back")

    with hands.flow("warranty check"):
        hands.press("Control+Slash")
        hands.press("KeyW")
        hands.sees_title("Warranty check")
        hands.scan("SN8")
        hands.sees(".verdict", "Covered")

    with hands.flow("a unit found"):
        hands.press("Control+k")
        hands.scan("SN8")
        hands.sees_title("SN8")

    assert hands.flows == REPAIRS


def test_fifty_units_come_in(open_as, store, storekeeper, manager, phone):
    came = draft("receipt", store, manager, [(phone, ["OLD"])])
    Document.objects.filter(pk=came.pk).update(is_opening=False, supplier=supplier())
    post(came, manager)
    hands = Hands(open_as(storekeeper))

    with hands.flow("receipt of 50 units"):
        hands.press("F2")
        hands.sees_title("Receipt")
        for n in range(50):
            hands.scan(f"]d201{GTIN}21S{n}")
        hands.sees(".line__progress", "50 of 50 serial numbers")
        hands.press("F9")
        hands.sees_title("KY1-R")
    assert Document.objects.get(pk__gt=came.pk).supplier == supplier()
    assert hands.flows == RECEIPT


def test_from_store_to_store(open_as, store, other_store, chief, phone):
    receive(other_store, chief, (phone, ["S1", "S2", "S3"]))
    hands = Hands(open_as(chief))  # in Lviv, the first of their stores

    with hands.flow("transfer of three units, dispatched"):
        hands.press("Control+Slash")
        hands.press("5")
        hands.sees_title("Transfer")
        for text in ("S1", "S2", "S3"):
            hands.scan(text)
            hands.sees(ACCEPTED, text)
        hands.press("F9")
        hands.sees_focus("To store")
        hands.press("P")
        hands.press("F9")
        hands.sees_title("LV1-T")
    sent = Document.objects.get(kind="transfer")

    with hands.flow("another store"):
        hands.press("Shift+F2")
        hands.press("ArrowDown")
        hands.press("Enter")
        hands.sees(".topbar__side", "Podil")

    with hands.flow("transfer, all of it received"):
        hands.press("Control+k")
        hands.scan(sent.number or "")
        hands.sees_title(sent.number or "")
        hands.press("F9")
        hands.sees("#h-coming", "On the way")
        hands.press("F8")
        hands.sees(".line__progress", "3 of 3")
        hands.press("F9")
        hands.sees_title("KY1-A")
    assert place_of("S2") == "shelf"

    with hands.flow("write-off of one unit"):
        hands.press("Control+Slash")
        hands.press("7")
        hands.sees_title("Write-off")
        hands.scan("S1")
        hands.sees(ACCEPTED, "S1")
        hands.press("F9")
        hands.sees_focus("Reason")
        hands.write("reason", "Damaged")
        hands.press("F9")
        hands.sees_title("KY1-WO")

    assert hands.flows == BETWEEN_STORES


def test_counting(open_as, store, manager, phone):
    units = [f"C{n}" for n in range(20)]
    receive(store, manager, (phone, units))
    hands = Hands(open_as(manager))

    with hands.flow("count of 20 units, closed"):
        hands.press("Control+Slash")
        hands.press("8")
        hands.sees_title("Start a count")
        hands.press("F9")
        hands.sees(".scan__label", "Scan serial numbers")
        hands.scan(*units)
        hands.sees(".counted__value", "20 of 20")
        hands.press("F9")
        hands.sees_title("Close count")
        hands.press("F9")
        hands.sees_title("Report of count")

    sell(store, manager, (phone, ["C1"]))
    begin(store, manager)
    with hands.flow("a swap found in an open count, put right"):
        hands.press("Control+Slash")
        hands.press("8")
        hands.sees_title("Start a count")
        hands.press("F9")
        hands.sees(".scan__label", "Scan serial numbers")
        hands.scan("C1")
        hands.sees("#scan-result [data-result=unknown]", "C1")
        hands.press("F4")
        hands.sees_title("C1")
        hands.press("Enter")
        hands.sees_title("was sold")
        hands.press("Enter")
        hands.sees("main", "Put right by correction")
    assert place_of("C1") == "shelf"
    assert hands.flows == COUNTS
