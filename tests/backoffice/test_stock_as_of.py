"""The stock of a day gone by: what the ledger says of it, read the slow way and the fast way."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from backoffice.stock_choice import Chosen
from backoffice.stock_totals import all_products, totals_of
from backoffice.stock_units import page_of
from company.access import access_of
from company.models import Company, Membership, Store
from company.rights import Role
from documents.cancelling import CancellingRefused
from documents.models import Document, Kind, Status
from documents.posting import post_document
from serials.models import IN_STORE, LedgerEntry, Movement, PlaceKind, Serial
from serials.refusals import PostingRefused
from tests.documents.test_correcting import put_right
from tests.shop import (
    arrive,
    cancel,
    draft,
    give_back,
    identify,
    receive,
    sell,
    transfer,
    write_off,
)

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 11, 28)
NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
ANYWHERE = frozenset(PlaceKind) - {PlaceKind.OUTSIDE}


def day(number: int) -> dt.date:
    """A day of this November."""
    return dt.date(2026, 11, number)


@pytest.fixture(autouse=True)
def _on_that_day():
    with time_machine.travel(NOON):
        yield


def chosen(*stores: Store, on: dt.date, **more) -> Chosen:
    ids = [store.pk for store in stores]
    everywhere = len(ids) == Store.objects.count()
    return Chosen(**{
        "stores": ids, "own": ids, "day": on, "is_past": on < TODAY, "kinds": ANYWHERE,
        "everywhere": everywhere, **more,
    })  # fmt: skip


def where(*stores: Store, on: dt.date) -> dict[str, str]:
    """Every unit on the page, and its state with its store."""
    return {row.key: f"{row.kind} {row.store}" for row in page_of(chosen(*stores, on=on)).rows}


def read_slowly(*, on: dt.date) -> dict[str, str]:
    """The same by replaying the whole ledger, posting by posting."""
    entries = LedgerEntry.objects.exclude(serial=None).select_related(
        "posting__store", "posting__reversed_by", "serial", "to_place__store"
    )
    places: dict[str, str] = {}
    for entry in entries.order_by("seq"):
        posting = entry.posting
        reversal = getattr(posting, "reversed_by", None)
        if posting.effective_on > on or posting.kind == Movement.CANCELLATION:
            continue
        if reversal is not None and reversal.effective_on <= on:
            continue
        place = entry.to_place
        name = place.store.name if place.store else posting.store.name
        places[entry.serial.key] = f"{place.kind} {name}"
    return {key: place for key, place in places.items() if not place.startswith("outside")}


def pieces_slowly(*, on: dt.date) -> Counter[tuple[str, str]]:
    """Pieces by SKU and state in the company's hands, as all entries up to a day add up."""
    found: Counter[tuple[str, str]] = Counter()
    entries = LedgerEntry.objects.filter(posting__effective_on__lte=on)
    for entry in entries.select_related("product", "from_place", "to_place"):
        found[entry.product.sku, entry.from_place.kind] -= entry.quantity
        found[entry.product.sku, entry.to_place.kind] += entry.quantity
    held = IN_STORE | {PlaceKind.TRANSIT}
    return Counter({key: n for key, n in found.items() if key[1] in held and n})


def pieces(*stores: Store, on: dt.date) -> Counter[tuple[str, str]]:
    held = IN_STORE | {PlaceKind.TRANSIT}
    rows = all_products(chosen(*stores, on=on, kinds=frozenset(held)))
    names = (
        ("in_stock", "shelf"),
        ("defective",) * 2,
        ("set_aside", "blocked"),
        ("in_transit", "transit"),
    )
    found = {(row.sku, kind): getattr(row, name) for row in rows for name, kind in names}
    return Counter({key: n for key, n in found.items() if n})


def test_a_life_day_by_day(store, other_store, manager, goods):
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    receive(store, manager, (goods.strict, ["A"]), on=day(1))
    sent = transfer(store, other_store, manager, (goods.strict, ["A"]), on=day(3))
    arrive(sent, manager, (goods.strict, ["A"]), on=day(5))
    sale = sell(other_store, manager, (goods.strict, ["A"]), on=day(7))
    give_back(sale, other_store, manager, (goods.strict, ["A"]), on=day(9), defective=True)
    write_off(other_store, manager, (goods.strict, ["A"]), on=day(11), defective=True)
    told = [where(store, other_store, on=day(n)).get("A") for n in range(12) if n]
    assert [told[0], *told[1::2]] == [
        "shelf Podil", "shelf Podil", "transit Podil", "shelf Lviv", "customer Lviv",
        "defective Lviv",
    ]  # fmt: skip
    assert told[10] == "written_off Lviv"
    assert where(store, on=day(2)) == {"A": "shelf Podil"}
    assert where(other_store, on=day(2)) == {}
    assert where(other_store, on=day(4)) == where(store, on=day(4)) == {"A": "transit Podil"}
    assert where(store, on=day(6)) == {}


def test_a_document_cancelled_on_its_own_day_never_was(store, manager, goods):
    receive(store, manager, (goods.strict, ["A"]), on=day(1))
    cancel(sell(store, manager, (goods.strict, ["A"]), on=day(5)), manager)
    assert {where(store, on=day(n))["A"] for n in (1, 5, 6, 27)} == {"shelf Podil"}
    # A sale of an earlier day than the one that was cancelled: later in the chain, earlier in time.
    sell(store, manager, (goods.strict, ["A"]), on=day(3))
    assert where(store, on=day(2))["A"] == "shelf Podil"
    assert where(store, on=day(3))["A"] == where(store, on=day(6))["A"] == "customer Podil"


def test_a_document_cancelled_after_its_books_were_closed_stood_until_then(store, manager, goods):
    receive(store, manager, (goods.strict, ["A"]), on=day(1))
    sale = sell(store, manager, (goods.strict, ["A"]), on=day(5))
    Company.objects.update(lock_date=day(10))
    cancel(sale, manager, now=NOON - dt.timedelta(days=8))
    assert where(store, on=day(4))["A"] == "shelf Podil"
    assert where(store, on=day(5))["A"] == where(store, on=day(19))["A"] == "customer Podil"
    assert where(store, on=day(20))["A"] == where(store, on=day(28))["A"] == "shelf Podil"


def test_a_cancelled_receipt_leaves_nothing(store, manager, goods):
    cancel(receive(store, manager, (goods.strict, ["A"]), on=day(5)), manager)
    assert where(store, on=day(6)) == where(store, on=TODAY) == {}
    receive(store, manager, (goods.strict, ["A"]), on=day(3))
    assert where(store, on=day(2)) == {}
    assert where(store, on=day(3)) == {"A": "shelf Podil"}


def test_what_was_identified_later_was_there_from_the_day_of_its_document(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, 2)], on=day(5))
    moved = post_document(
        document.pk, by=access_of(manager), now=timezone.now(), without_serials="later"
    )
    held = frozenset({PlaceKind.SHELF})
    before = totals_of(chosen(store, on=day(6), kinds=held)).states[0]
    assert (before.pieces, before.without) == (2, 2)
    connection.check_constraints()
    identify(moved, manager, (goods.strict, ["A"]))
    assert where(store, on=day(4)) == {}
    assert where(store, on=day(5)) == {"A": "shelf Podil"}
    after = totals_of(chosen(store, on=day(6), kinds=held)).states[0]
    assert (after.pieces, after.without) == (2, 1)


def test_before_a_correction_it_is_told_what_was_believed(store, manager, goods):
    receive(store, manager, (goods.strict, ["A", "B"]), on=day(1))
    sell(store, manager, (goods.strict, ["A"]), on=day(5))
    connection.check_constraints()
    put_right(store, manager, goods.strict, "A", "B")
    believed = {"A": "customer Podil", "B": "shelf Podil"}
    assert where(store, on=day(5)) == where(store, on=day(27)) == believed
    assert where(store, on=TODAY) == {"A": "shelf Podil", "B": "customer Podil"}


def test_a_recorded_unit_is_where_it_was_said_to_be(store, manager, goods):
    receive(store, manager, (goods.recorded, ["R"]), on=day(1))
    sell(store, manager, (goods.recorded, ["R"]), on=day(5))
    assert where(store, on=day(4)) == {"R": "shelf Podil"}
    assert where(store, on=day(5)) == where(store, on=TODAY) == {"R": "customer Podil"}


def test_the_age_is_that_of_the_day(store, manager, goods):
    receive(store, manager, (goods.strict, ["A"]), on=day(1))
    (row,) = page_of(chosen(store, on=day(11))).rows
    assert (row.received_on, row.age) == (day(1), 10)
    assert page_of(chosen(store, on=day(11), older_than=10)).rows == []
    assert len(page_of(chosen(store, on=day(11), older_than=9)).rows) == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_fast_way_says_what_the_slow_way_says(store, other_store, manager, goods, seed):
    """A month at random, back-dated and cancelled as it comes; refusals are passed over."""
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    dice = random.Random(seed)
    stores, keys = (store, other_store), [f"U{nth}" for nth in range(6)]
    for _ in range(28):
        _something(dice, stores, keys, manager, goods)
    assert LedgerEntry.objects.filter(posting__kind=Movement.CANCELLATION).exists()
    assert Serial.objects.exists()
    for number in (*range(1, 29, 3), 28):
        on = day(number)
        assert where(*stores, on=on) == read_slowly(on=on), on
        assert pieces(*stores, on=on) == pieces_slowly(on=on), on
    own = [pieces(one, on=day(14)) for one in stores]
    for sku, kind in {key for found in own for key in found}:
        if kind != PlaceKind.TRANSIT:  # on its way between them, it is told by both
            assert sum(found[sku, kind] for found in own) == pieces_slowly(on=day(14))[sku, kind]
    transit = pieces_slowly(on=day(14))
    for sku in ("SKU-STRICT", "SKU-NONE"):
        assert {found[sku, "transit"] for found in own} == {transit[sku, "transit"]}


def _something(dice: random.Random, stores, keys, manager, goods) -> None:
    at, other = dice.sample(stores, 2)
    on = day(dice.randint(1, 28))
    lines = [
        (goods.strict, dice.sample(keys, dice.randint(1, 3))),
        (goods.plain, dice.randint(1, 3)),
    ]
    try:
        with transaction.atomic():
            match dice.choice(["in", "in", "out", "back", "send", "arrive", "cancel", "cancel"]):
                case "in":
                    receive(at, manager, *lines, on=on)
                case "out":
                    sell(at, manager, *lines, on=on)
                case "back":
                    sale = dice.choice(_posted(Kind.SALE))
                    serials = sale.lineserial_set.values_list("key", flat=True)
                    give_back(sale, at, manager, (goods.strict, [dice.choice(serials)]), on=on)
                case "send":
                    transfer(at, other, manager, *lines, on=on)
                case "arrive":
                    sent = dice.choice(_posted(Kind.TRANSFER))
                    serials = list(sent.lineserial_set.values_list("key", flat=True))
                    arrive(sent, manager, (goods.strict, serials), on=on)
                case "cancel":
                    cancel(
                        dice.choice(list(Document.objects.filter(status=Status.POSTED))), manager
                    )
            connection.check_constraints()
    except (PostingRefused, CancellingRefused, IndexError):
        pass


def _posted(*kinds: str) -> list[Document]:
    found = Document.objects.filter(status=Status.POSTED).order_by("pk")
    return list(found.filter(kind__in=kinds) if kinds else found)
