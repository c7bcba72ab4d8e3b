"""Closing a count while others sell, scan, receive or close it too."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from company.access import access_of
from documents.models import Document, Kind
from inventory.answers import ScanAnswer, Verdict
from inventory.closing import CountNotClosed, close_count
from inventory.models import Count, CountStatus, Scan
from inventory.starting import start_count
from serials.refusals import PostingRefused
from tests.at_once import Behind, at_once
from tests.books import books_agree, pieces, place_of
from tests.shop import draft, post, receive

from .conftest import begin, take

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 12


@pytest.fixture
def close(manager):
    """Close a count as the manager would."""
    return lambda count: close_count(count.pk, by=access_of(manager), now=timezone.now())


def test_two_close_at_once_and_it_is_closed_once(store, manager, goods, close):
    for nth in range(ROUNDS):
        receive(store, manager, (goods.strict, [f"SN{nth}"]))
        count = begin(store, manager)
        first, second = at_once(lambda: close(count), lambda: close(count))
        assert first.shortage_id == second.shortage_id
        assert Document.objects.filter(kind=Kind.SHORTAGE).count() == nth + 1
    books_agree()


def test_a_unit_sold_as_the_count_closes_is_sold_or_missing_but_not_both(
    store, manager, goods, close
):
    for nth in range(ROUNDS):
        unit = f"SN{nth}"
        receive(store, manager, (goods.strict, [unit, f"OTHER{nth}"]), (goods.plain, 2))
        count = begin(store, manager)
        take(count, manager, goods.plain.sku, quantity=1)
        sale = draft("sale", store, manager, [(goods.strict, [unit]), (goods.plain, 1)])
        sold, closed = at_once(lambda: post(sale, manager), lambda: close(count))
        assert isinstance(closed, Count), closed
        if isinstance(sold, Document):
            assert (place_of(unit), closed.units_missing) == ("customer", 1)
        else:
            assert isinstance(sold, PostingRefused), sold
            assert (place_of(unit), closed.units_missing) == ("missing", 2)
        if rest := pieces(goods.plain):
            post(draft("sale", store, manager, [(goods.plain, rest)]), manager)
    books_agree()


def test_a_sale_waits_for_a_count_that_is_being_closed(store, manager, goods, close):
    receive(store, manager, (goods.strict, ["SN1"]))
    count = begin(store, manager)
    sale = draft("sale", store, manager, [(goods.strict, ["SN1"])])
    with transaction.atomic():
        close(count)
        selling = Behind(lambda: post(sale, manager))
        selling.waits_for_us()
    refused = selling.outcome()
    assert isinstance(refused, PostingRefused), refused
    assert place_of("SN1") == "missing"


def test_closing_waits_for_a_sale_and_sees_it(store, manager, goods, close):
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 1))
    count = begin(store, manager)
    sale = draft("sale", store, manager, [(goods.strict, ["SN1"]), (goods.plain, 1)])
    with transaction.atomic():
        post(sale, manager)
        closing = Behind(lambda: close(count))
        closing.waits_for_us()
    closed = closing.outcome()
    assert (closed.shortage, place_of("SN1")) == (None, "customer")
    books_agree()


def test_closing_waits_for_a_scan_and_sees_it(store, manager, storekeeper, goods, close):
    receive(store, manager, (goods.strict, ["SN1"]))
    count = begin(store, manager)
    with transaction.atomic():
        take(count, storekeeper, "SN1")
        take(count, storekeeper, "NEVER", product_id=goods.strict.pk, as_serial=True)
        closing = Behind(lambda: close(count))
        closing.waits_for_us()
    refused = closing.outcome()
    assert isinstance(refused, CountNotClosed), refused
    assert [scan.text for scan in refused.unknown] == ["NEVER"]
    assert place_of("SN1") == "shelf"


def test_a_scan_waits_for_closing_and_is_refused(store, manager, storekeeper, goods, close):
    receive(store, manager, (goods.strict, ["SN1"]))
    count = begin(store, manager)
    with transaction.atomic():
        close(count)
        scanning = Behind(lambda: take(count, storekeeper, "SN1"))
        scanning.waits_for_us()
    answer = scanning.outcome()
    assert isinstance(answer, ScanAnswer), answer
    assert answer.verdict == Verdict.REFUSED
    assert not Scan.objects.exists()


def test_a_backdated_receipt_waits_for_closing_and_is_refused(store, manager, goods, close):
    yesterday = store.date_of(timezone.now()) - dt.timedelta(days=1)
    receive(store, manager, (goods.plain, 1))
    count = begin(store, manager)
    receipt = draft("receipt", store, manager, [(goods.strict, ["SN1"])], on=yesterday)
    with transaction.atomic():
        close(count)
        receiving = Behind(lambda: post(receipt, manager))
        receiving.waits_for_us()
    refused = receiving.outcome()
    assert isinstance(refused, PostingRefused), refused
    assert [one.code for one in refused.refusals] == ["changed_meanwhile"]


def test_counts_of_two_stores_close_at_once(store, other_store, manager, other_manager, goods):
    for nth in range(ROUNDS):
        counts = []
        for at, person in ((store, manager), (other_store, other_manager)):
            receive(at, person, (goods.strict, [f"{at.prefix}-{nth}"]), (goods.plain, 1))
            started = start_count(at, scope="all", by=access_of(person), now=timezone.now())
            take(started, person, goods.plain.sku, quantity=nth % 2 + 1)
            counts.append((started, person))
        results = at_once(
            *(
                lambda one=one, person=person: close_count(
                    one.pk, by=access_of(person), now=timezone.now()
                )
                for one, person in counts
            )
        )
        assert [getattr(one, "status", one) for one in results] == [CountStatus.CLOSED] * 2
    books_agree()
