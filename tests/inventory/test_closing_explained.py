"""What keeps a count open until it is explained."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from company.access import access_of
from company.models import User
from documents.correcting import correct, look_at
from documents.models import Document, Kind
from inventory.closing import CountNotClosed
from inventory.models import Count
from inventory.taking_back import take_back
from serials.text import read_serial
from tests.books import books_agree, place_of
from tests.shop import (
    arrive,
    cancel,
    exchange,
    give_back,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)

from .closing import close, explained, figures, take_all
from .conftest import begin, take

pytestmark = pytest.mark.django_db


def unknown_of(count: Count, by: User) -> list[str]:
    """The counted units that keep a count from being closed."""
    with pytest.raises(CountNotClosed) as raised:
        close(count, by)
    assert Count.objects.get(pk=count.pk).is_under_way
    return [scan.text for scan in raised.value.unknown]


def test_a_unit_of_another_record_keeps_the_count_open(store, other_store, chief, goods):
    receive(store, chief, (goods.strict, ["SOLD", "GONE", "BROKEN", "SENT", "HERE"]))
    receive(other_store, chief, (goods.strict, ["THERE"]))
    sell(store, chief, (goods.strict, ["SOLD"]))
    return_to_supplier(store, chief, (goods.strict, ["GONE"]))
    write_off(store, chief, (goods.strict, ["BROKEN"]))
    transfer(store, other_store, chief, (goods.strict, ["SENT"]))
    count = begin(store, chief)
    for text in ("SOLD", "GONE", "BROKEN", "SENT", "THERE", "HERE"):
        take(count, chief, text)
    take(count, chief, "NEVER", product_id=goods.strict.pk, as_serial=True)
    assert unknown_of(count, chief) == ["SOLD", "GONE", "BROKEN", "SENT", "THERE", "NEVER"]
    assert place_of("HERE") == "shelf"
    assert not Document.objects.filter(kind=Kind.SHORTAGE).exists()


def test_a_text_of_no_known_product_keeps_the_count_open(store, manager, goods):
    count = begin(store, manager)
    take(count, manager, "WHAT", product_id=None, as_serial=True)
    assert unknown_of(count, manager) == ["WHAT"]
    receive(store, manager, (goods.strict, ["WHAT"]))
    closed = close(count, manager)
    assert explained("WHAT").kind == "receipt"
    assert figures(closed) == {"units_unknown": 1}
    books_agree()


def test_a_scan_taken_back_keeps_nothing_open(store, manager, goods):
    count = begin(store, manager)
    answer = take(count, manager, "NEVER", product_id=goods.strict.pk, as_serial=True)
    take_back(count.pk, answer.scan_id, by=access_of(manager), now=timezone.now())
    assert close(count, manager).units_unknown == 0
    books_agree()


def test_what_was_sold_is_explained_by_its_return(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    count = begin(store, manager)
    take(count, manager, "SN1")
    assert unknown_of(count, manager) == ["SN1"]
    back = give_back(sale, store, manager, (goods.strict, ["SN1"]))
    closed = close(count, manager)
    assert explained("SN1") == back.posting
    assert (closed.shortage, place_of("SN1")) == (None, "shelf")
    assert figures(closed) == {"units_unknown": 1}
    books_agree()


def test_what_was_sold_is_explained_by_an_exchange_or_by_cancelling(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2", "SN3"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    other = sell(store, manager, (goods.strict, ["SN2"]))
    count = begin(store, manager)
    take_all(count, manager, "SN1", "SN2", "SN3")
    swapped = exchange(
        sale, store, manager, back=[(goods.strict, ["SN1"])], out=[(goods.strict, ["SN3"])]
    )
    assert unknown_of(count, manager) == ["SN2"]
    cancelled = cancel(other, manager)
    close(count, manager)
    assert (explained("SN1"), explained("SN2")) == (swapped.posting, cancelled.cancellation)
    books_agree()


def test_what_was_on_the_way_is_explained_by_its_arrival(store, other_store, chief, goods):
    receive(other_store, chief, (goods.strict, ["SN1"]))
    sent = transfer(other_store, store, chief, (goods.strict, ["SN1"]))
    count = begin(store, chief)
    take(count, chief, "SN1")
    assert unknown_of(count, chief) == ["SN1"]
    arrived = arrive(sent, chief, (goods.strict, ["SN1"]))
    close(count, chief)
    assert explained("SN1") == arrived.posting
    books_agree()


def test_what_was_never_seen_is_explained_by_its_receipt(store, manager, goods):
    count = begin(store, manager)
    take(count, manager, "NEW", product_id=goods.strict.pk, as_serial=True)
    receipt = receive(store, manager, (goods.strict, ["NEW"]))
    close(count, manager)
    assert explained("NEW") == receipt.posting
    books_agree()


def test_a_receipt_elsewhere_explains_nothing(store, other_store, chief, goods):
    count = begin(store, chief)
    take(count, chief, "NEW", product_id=goods.strict.pk, as_serial=True)
    receive(other_store, chief, (goods.strict, ["NEW"]))
    assert unknown_of(count, chief) == ["NEW"]


def test_a_receipt_that_was_cancelled_explains_nothing(store, manager, goods):
    count = begin(store, manager)
    take(count, manager, "NEW", product_id=goods.strict.pk, as_serial=True)
    cancel(receive(store, manager, (goods.strict, ["NEW"])), manager)
    assert unknown_of(count, manager) == ["NEW"]


def test_what_came_and_was_sold_again_is_explained(store, manager, goods):
    count = begin(store, manager)
    take(count, manager, "NEW", product_id=goods.strict.pk, as_serial=True)
    receipt = receive(store, manager, (goods.strict, ["NEW"]))
    sell(store, manager, (goods.strict, ["NEW"]))
    close(count, manager)
    assert explained("NEW") == receipt.posting
    books_agree()


def test_a_swap_is_explained_by_its_correction_and_nothing_is_missing(store, manager, goods):
    """B went, and A was written on the sale: the count finds A and misses B."""
    receive(store, manager, (goods.strict, ["A", "B"]))
    sell(store, manager, (goods.strict, ["A"]))
    count = begin(store, manager)
    take(count, manager, "A")
    assert unknown_of(count, manager) == ["A"]
    texts = {"lies": read_serial("A"), "went": read_serial("B")}
    seen = look_at(store, goods.strict, **texts, by=access_of(manager)).seen
    correction = correct(
        store, goods.strict, **texts, seen=seen, by=access_of(manager), now=timezone.now()
    )
    closed = close(count, manager)
    assert explained("A") == correction.posting
    assert (place_of("A"), place_of("B"), closed.shortage) == ("shelf", "customer", None)
    assert figures(closed) == {"units_expected": 1, "units_unknown": 1}
    books_agree()


def test_postgresql_closes_no_count_with_an_unknown_unit(store, manager, goods):
    count = begin(store, manager)
    take(count, manager, "NEW", product_id=goods.strict.pk, as_serial=True)

    def past_the_verb() -> None:
        Count.objects.filter(pk=count.pk).update(
            status="closed",
            ended_at=timezone.now(),
            ended_by=manager,
            closed_on=store.date_of(timezone.now()),
        )
        connection.check_constraints()

    with pytest.raises(IntegrityError, match="is in no record of the store"), transaction.atomic():
        past_the_verb()
