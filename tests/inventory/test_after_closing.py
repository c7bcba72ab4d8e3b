"""What a closed count means for later documents: its day, and what is found afterwards."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from company.models import Store
from inventory.models import Scope
from serials.models import StockTaken
from tests.books import books_agree, pieces, place_of, refusals_of
from tests.shop import (
    cancel,
    draft,
    post,
    receive,
    sell,
)

from .closing import close
from .conftest import begin, take

pytestmark = pytest.mark.django_db


# The day of the count


@pytest.fixture
def days(store: Store):
    """A day so many days before today."""
    today = store.date_of(timezone.now())
    return lambda ago: today - dt.timedelta(days=ago)


def test_what_was_counted_takes_no_earlier_document(store, manager, goods, days):
    receive(store, manager, (goods.plain, 5), on=days(9))
    close(begin(store, manager, scope=Scope.PRODUCTS, products=[goods.plain]), manager)
    late = draft("receipt", store, manager, [(goods.plain, 1)], on=days(1))
    assert refusals_of(lambda: post(late, manager)) == [("before_count", None, None)]
    mixed = draft(
        "receipt", store, manager, [(goods.plain, 1), (goods.strict, ["S1"])], on=days(1)
    )  # fmt: skip
    assert refusals_of(lambda: post(mixed, manager)) == [("before_count", None, None)]
    receive(store, manager, (goods.strict, ["S2"]), on=days(1))
    receive(store, manager, (goods.plain, 1))
    books_agree()


def test_a_count_of_everything_covers_everything_in_its_store(
    store, other_store, chief, goods, days
):
    close(begin(store, chief), chief)
    late = draft("receipt", store, chief, [(goods.strict, ["S1"])], on=days(1))
    assert refusals_of(lambda: post(late, chief)) == [("before_count", None, None)]
    receive(other_store, chief, (goods.strict, ["S2"]), on=days(1))


def test_postgresql_takes_no_posting_before_the_count(store, manager, goods, days):
    receipt = receive(store, manager, (goods.plain, 5), on=days(9))
    close(begin(store, manager, scope=Scope.TYPE, product_type=goods.plain.type), manager)

    def past_the_verb() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('serials_posting_id_seq')")
            (posting_id,) = cursor.fetchone()
            cursor.execute(
                """
                INSERT INTO serials_ledgerentry (posting_id, line, product_id, quantity,
                    from_place_id, to_place_id, verified, unidentified)
                SELECT %s, 1, product_id, 1, from_place_id, to_place_id, false, false
                FROM serials_ledgerentry WHERE posting_id = %s
                """,
                [posting_id, receipt.posting_id],
            )
            cursor.execute(
                """
                INSERT INTO serials_posting
                    (id, kind, store_id, effective_on, reference, posted_at, posted_by_id)
                VALUES (%s, 'receipt', %s, %s, 'PAST', now(), %s)
                """,
                [posting_id, store.pk, days(1), manager.pk],
            )

    with pytest.raises(IntegrityError, match="the stock was counted after"), transaction.atomic():
        past_the_verb()


def test_an_earlier_document_is_cancelled_with_todays_date(store, manager, goods, days):
    receipt = receive(store, manager, (goods.plain, 5), on=days(9))
    count = begin(store, manager)
    take(count, manager, goods.plain.sku, quantity=5)
    close(count, manager)
    assert cancel(receipt, manager).cancellation.effective_on == days(0)
    books_agree()


def test_counting_again_moves_the_day_on(store, manager, goods, days):
    first, second = timezone.now() - dt.timedelta(days=3), timezone.now()
    close(begin(store, manager), manager, now=first)
    close(begin(store, manager), manager, now=second)
    assert StockTaken.objects.get().counted_on == days(0)


# Afterwards


def test_cancelling_the_shortage_brings_everything_back(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 4))
    count = begin(store, manager)
    take(count, manager, goods.plain.sku, quantity=3)
    closed = close(count, manager)
    cancel(closed.shortage, manager)
    assert (place_of("SN1"), pieces(goods.plain)) == ("shelf", 4)
    books_agree()


def test_a_missing_unit_that_is_found_comes_back_by_a_surplus(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    close(begin(store, manager), manager)
    found = draft("surplus", store, manager, [(goods.strict, ["SN1"])])
    found.lines.update(remark="behind the shelf")
    post(found, manager)
    assert (place_of("SN1"), place_of("SN2")) == ("shelf", "missing")
    books_agree()


def test_only_missing_units_come_back_by_a_surplus(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    sell(store, manager, (goods.strict, ["SN2"]))
    found = draft("surplus", store, manager, [(goods.strict, ["SN1", "SN2", "SN9"])])
    found.lines.update(remark="behind the shelf")
    assert {serial for _code, _line, serial in refusals_of(lambda: post(found, manager))} == {
        "SN1", "SN2", "SN9",
    }  # fmt: skip
