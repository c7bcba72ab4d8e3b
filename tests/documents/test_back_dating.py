"""Documents dated in the past: not before what they rest on, and every unit's days in order."""

from __future__ import annotations

import datetime as dt
import functools

import pytest
from django.utils import timezone

from company.models import Company
from documents.models import Document
from serials.models import Serial
from tests.books import books_agree, refusals_of
from tests.shop import (
    arrive,
    bring_back,
    cancel,
    draft,
    exchange,
    give_back,
    post,
    receive,
    return_to_supplier,
    sell,
    transfer,
)
from warranty.models import Term

pytestmark = pytest.mark.django_db


@pytest.fixture
def ago(store):
    """A day so many days before today."""
    today = store.date_of(timezone.now())
    return lambda days: today - dt.timedelta(days=days)


def moved_on(serial: str) -> dt.date:
    return Serial.objects.values_list("moved_on", flat=True).get(key=serial)


def test_a_units_days_never_go_back(store, other_store, manager, goods, ago):
    receive(store, manager, (goods.strict, ["SN1"]), on=ago(3))
    for kind in ("sale", "write_off", "supplier_return", "transfer"):
        to_store = other_store if kind == "transfer" else None
        document = draft(
            kind, store, manager, [(goods.strict, ["SN1"])], on=ago(4), to_store=to_store
        )
        assert refusals_of(functools.partial(post, document, manager)) == [
            ("moved_later", 1, "SN1")
        ]
        Document.objects.filter(pk=document.pk).update(effective_on=ago(3))
        cancel(post(document, manager), manager)
    books_agree()


def test_the_days_of_a_whole_life(store, manager, goods, ago):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), on=ago(9))
    sale = sell(store, manager, (goods.strict, ["SN1"]), on=ago(8))
    back = give_back(sale, store, manager, (goods.strict, ["SN1"]), on=ago(7))
    again = sell(store, manager, (goods.strict, ["SN1"]), on=ago(7))
    swap = exchange(
        again, store, manager, [(goods.strict, ["SN1"])], [(goods.strict, ["SN2"])], on=ago(5)
    )
    assert [moved_on("SN1"), moved_on("SN2")] == [ago(5), ago(5)]
    first, second = Term.objects.filter(serial__key="SN1").order_by("pk")
    assert (first.starts_on, first.void_on) == (ago(8), ago(7))
    assert (second.starts_on, second.void_on) == (ago(7), ago(5))
    for document, day in ((swap, 7), (again, 7), (back, 8), (sale, 9)):
        cancel(document, manager)
        assert moved_on("SN1") == ago(day)
        books_agree()


def test_a_cancelled_document_gives_its_days_free(store, manager, goods, ago):
    receipt = receive(store, manager, (goods.strict, ["SN1"]), on=ago(1))
    cancel(receipt, manager)
    receive(store, manager, (goods.strict, ["SN1"]), on=ago(6))
    cancel(sell(store, manager, (goods.strict, ["SN1"])), manager)
    sell(store, manager, (goods.strict, ["SN1"]), on=ago(5))
    books_agree()


def test_a_return_is_not_dated_before_its_sale(store, manager, goods, ago):
    receive(store, manager, (goods.plain, 2), on=ago(3))
    sale = sell(store, manager, (goods.plain, 2), on=ago(2))
    back = bring_back(sale, store, manager, (goods.plain, 1), on=ago(3))
    assert refusals_of(lambda: post(back, manager)) == [("before_origin", 1, None)]
    give_back(sale, store, manager, (goods.plain, 1), on=ago(2))
    books_agree()


def test_the_window_is_counted_from_the_day_of_the_document(store, manager, cashier, goods, ago):
    """A return entered late is judged by the day on which the goods came back."""
    Company.objects.update_or_create(id=1, defaults={"return_window_days": 14})
    receive(store, manager, (goods.plain, 2), on=ago(20))
    sale = sell(store, manager, (goods.plain, 2), on=ago(20))
    late = bring_back(sale, store, cashier, (goods.plain, 1))
    assert refusals_of(lambda: post(late, cashier)) == [("window_over", 1, None)]
    dated = bring_back(sale, store, cashier, (goods.plain, 1), on=ago(6))
    assert refusals_of(lambda: post(dated, cashier)) == [("back_dating", None, None)]
    post(dated, manager)
    books_agree()


@pytest.mark.parametrize("kind", ["sale", "write_off", "supplier_return", "transfer"])
def test_recorded_units_and_pieces_are_dated_freely(store, other_store, manager, goods, ago, kind):
    """Their chains are not verified; what they ask for is in stock today."""
    receive(store, manager, (goods.recorded, ["R1"]), (goods.plain, 1), on=ago(1))
    to_store = other_store if kind == "transfer" else None
    document = draft(
        kind, store, manager, [(goods.recorded, ["R1"]), (goods.plain, 1)], on=ago(5),
        to_store=to_store,
    )  # fmt: skip
    post(document, manager)
    books_agree()


@pytest.mark.parametrize("kind", ["receipt", "sale", "write_off", "supplier_return", "transfer"])
def test_only_a_manager_dates_back_and_nobody_before_the_lock_date(
    store, other_store, manager, storekeeper, cashier, goods, ago, kind
):
    receive(store, manager, (goods.plain, 5), on=ago(9))
    Company.objects.update_or_create(id=1, defaults={"lock_date": ago(4)})
    to_store = other_store if kind == "transfer" else None

    def dated(days: int) -> Document:
        lines = [(goods.plain, 1)]
        return draft(kind, store, manager, lines, on=ago(days), to_store=to_store)

    too_early = dated(5)
    assert refusals_of(lambda: post(too_early, manager)) == [("before_lock_date", None, None)]
    clerk = {"receipt": storekeeper, "transfer": storekeeper, "sale": cashier}.get(kind)
    if clerk:
        early = dated(1)
        assert refusals_of(lambda: post(early, clerk)) == [("back_dating", None, None)]
    assert post(dated(4), manager).effective_on == ago(4)
    tomorrow = dated(-1)
    assert refusals_of(lambda: post(tomorrow, manager)) == [("date_in_future", None, None)]
    books_agree()


def test_the_year_of_a_number_is_that_of_the_date(store, manager, goods):
    day = dt.date(2024, 12, 31)
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 1), on=day)
    assert return_to_supplier(store, manager, (goods.plain, 1), on=day).number == (
        "KY1-SR2024-000001"
    )
    sell(store, manager, (goods.strict, ["SN1"]), on=day)
    assert Term.objects.get().cards.get().number == "KY1-W2024-000001"


def test_a_transfer_of_long_ago_arrives_today(store, other_store, chief, goods, ago):
    receive(store, chief, (goods.strict, ["SN1"]), on=ago(9))
    sent = transfer(store, other_store, chief, (goods.strict, ["SN1"]), on=ago(8))
    arrival = arrive(sent, chief, (goods.strict, ["SN1"]))
    assert arrival.effective_on == ago(0)
    assert moved_on("SN1") == ago(0)
    books_agree()
