"""Closing a count: what goes to missing, who closes, and what is settled by it."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from documents.models import Document, Kind, Status
from documents.posting import post_document
from inventory.closing import CountNotClosed, close_count
from inventory.holding import NotUnderWay
from inventory.models import Count, CountStatus, ProductResult, Scan, Scope
from inventory.pausing import abandon_count, pause_count
from inventory.pieces import set_total
from products.models import Product, ProductType
from tests.books import books_agree, pieces, place_of
from tests.shop import (
    cancel,
    draft,
    give_back,
    post,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)

from .closing import close, explained, figures, take_all
from .conftest import begin, take

pytestmark = pytest.mark.django_db


def lines_of(document: Document) -> list[tuple[str, int, bool, list[str]]]:
    return [
        (line.sku, line.quantity, line.is_defective, [one.text for one in line.serials.all()])
        for line in document.lines.prefetch_related("serials")
    ]


# What goes to missing


def test_what_nobody_scanned_goes_to_missing_by_a_document(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2", "SN3"]), (goods.recorded, ["R1", "R2"]))
    count = begin(store, manager)
    take_all(count, manager, "SN2", "R1")
    closed = close(count, manager)
    assert (closed.status, closed.ended_by) == (CountStatus.CLOSED, manager)
    assert closed.closed_on == store.date_of(timezone.now())
    assert (closed.shortage.kind, closed.shortage.status) == (Kind.SHORTAGE, Status.POSTED)
    assert lines_of(closed.shortage) == [
        (goods.recorded.sku, 1, False, ["R2"]),
        (goods.strict.sku, 2, False, ["SN1", "SN3"]),
    ]
    assert closed.number in closed.shortage.lines.first().remark
    assert closed.surplus is None
    places = {key: place_of(key) for key in ("SN1", "SN2", "SN3", "R1", "R2")}
    assert places == {
        "SN1": "missing", "SN2": "shelf", "SN3": "missing", "R1": "shelf", "R2": "missing",
    }  # fmt: skip
    assert (pieces(goods.strict), pieces(goods.recorded)) == (1, 1)
    assert figures(closed) == {"units_expected": 5, "units_counted": 2, "units_missing": 3}
    books_agree()


def test_a_count_that_found_everything_has_no_documents(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 3))
    count = begin(store, manager)
    take_all(count, manager, "SN1")
    take(count, manager, goods.plain.sku, quantity=3)
    closed = close(count, manager)
    assert (closed.shortage, closed.surplus) == (None, None)
    assert figures(closed) == {
        "units_expected": 1, "units_counted": 1, "pieces_expected": 3, "pieces_counted": 3,
    }  # fmt: skip
    books_agree()


def test_defective_units_are_missing_from_the_defective_side(store, manager, goods):
    receive(store, manager, (goods.strict, ["OK1"]))
    post(draft("receipt", store, manager, [(goods.strict, ["BAD"])], defective=True), manager)
    closed = close(begin(store, manager), manager)
    assert lines_of(closed.shortage) == [
        (goods.strict.sku, 1, False, ["OK1"]),
        (goods.strict.sku, 1, True, ["BAD"]),
    ]
    assert (pieces(goods.strict), pieces(goods.strict, "defective")) == (0, 0)
    books_agree()


def test_only_what_is_in_scope_is_missing(store, other_store, chief, goods):
    cables = ProductType.objects.create(name="Cables")
    cable = Product.objects.create(sku="CAB", name="Cable", type=cables, mode="strict")
    receive(store, chief, (goods.strict, ["SN1"]), (cable, ["C1"]))
    receive(other_store, chief, (cable, ["C2"]))
    close(begin(store, chief, scope=Scope.TYPE, product_type=cables), chief)
    assert [place_of(key) for key in ("SN1", "C1", "C2")] == ["shelf", "missing", "shelf"]
    close(begin(store, chief, scope=Scope.PRODUCTS, products=[goods.strict]), chief)
    assert [place_of(key) for key in ("SN1", "C1", "C2")] == ["missing", "missing", "shelf"]
    books_agree()


def test_pieces_that_differ_are_short_or_over(store, manager, goods):
    receive(store, manager, (goods.plain, 10), (goods.period, 4))
    count = begin(store, manager)
    take(count, manager, goods.plain.sku, quantity=5)
    take(count, manager, goods.plain.sku, quantity=2)
    take(count, manager, goods.period.sku, quantity=6)
    closed = close(count, manager)
    assert lines_of(closed.shortage) == [(goods.plain.sku, 3, False, [])]
    assert lines_of(closed.surplus) == [(goods.period.sku, 2, False, [])]
    assert (pieces(goods.plain), pieces(goods.period)) == (7, 6)
    assert figures(closed) == {
        "pieces_expected": 14, "pieces_counted": 13, "pieces_short": 3, "pieces_over": 2,
    }  # fmt: skip
    books_agree()


def test_pieces_of_each_side_are_judged_by_themselves(store, manager, goods):
    receive(store, manager, (goods.plain, 5))
    post(draft("receipt", store, manager, [(goods.plain, 5)], defective=True), manager)
    count = begin(store, manager)
    take(count, manager, goods.plain.sku, quantity=6)
    set_total(
        count.pk, product_id=goods.plain.pk, quantity=1, is_defective=True,
        by=access_of(manager), now=timezone.now(),
    )  # fmt: skip
    closed = close(count, manager)
    assert lines_of(closed.shortage) == [(goods.plain.sku, 4, True, [])]
    assert lines_of(closed.surplus) == [(goods.plain.sku, 1, False, [])]
    assert (pieces(goods.plain), pieces(goods.plain, "defective")) == (6, 1)
    books_agree()


def test_pieces_sold_after_they_were_counted_are_not_short(store, manager, goods):
    receive(store, manager, (goods.plain, 10))
    count = begin(store, manager)
    take(count, manager, goods.plain.sku, quantity=9)
    sell(store, manager, (goods.plain, 4))
    close(count, manager)
    assert pieces(goods.plain) == 5
    books_agree()


def test_pieces_counted_in_parts_are_judged_by_the_last_moment(store, manager, goods):
    receive(store, manager, (goods.plain, 10))
    count = begin(store, manager)
    take(count, manager, goods.plain.sku, quantity=3)
    sell(store, manager, (goods.plain, 2))  # from the shelf that is not counted yet
    take(count, manager, goods.plain.sku, quantity=5)
    assert close(count, manager).shortage is None
    assert pieces(goods.plain) == 8
    books_agree()


def test_a_text_scanned_without_a_product_finds_the_unit_it_is_of(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    count = begin(store, manager)
    Scan.objects.create(
        nonce=uuid.uuid4(), count=count, text="SN1", key="SN1",
        scanned_at=timezone.now(), scanned_by=manager,
    )  # fmt: skip
    closed = close(count, manager)
    assert (place_of("SN1"), place_of("SN2")) == ("shelf", "missing")
    assert explained("SN1").kind == "receipt"
    assert figures(closed) == {
        "units_expected": 2, "units_counted": 1, "units_missing": 1, "units_unknown": 1,
    }  # fmt: skip
    books_agree()


def test_no_more_pieces_are_short_than_there_still_are(store, manager, goods):
    receive(store, manager, (goods.plain, 10))
    count = begin(store, manager)
    take(count, manager, goods.plain.sku, quantity=2)
    sell(store, manager, (goods.plain, 7))
    closed = close(count, manager)
    assert lines_of(closed.shortage) == [(goods.plain.sku, 3, False, [])]
    assert closed.results.get().left == 5
    assert pieces(goods.plain) == 0
    books_agree()


def test_what_nobody_counted_stays_and_is_told(store, manager, goods):
    receive(store, manager, (goods.plain, 10))
    closed = close(begin(store, manager), manager)
    assert (closed.shortage, pieces(goods.plain)) == (None, 10)
    result = closed.results.get()
    assert (result.expected, result.counted, result.in_units) == (10, None, False)
    assert figures(closed) == {}
    books_agree()


def test_what_nobody_counted_is_none_when_a_person_says_so(store, manager, goods):
    receive(store, manager, (goods.plain, 10), (goods.period, 2))
    count = begin(store, manager)
    take(count, manager, goods.period.sku, quantity=2)
    with pytest.raises(CountNotClosed, match="10 pieces now that nobody counted, not 9"):
        close(count, manager, zero_uncounted=9)
    closed = close(count, manager, zero_uncounted=10)
    assert lines_of(closed.shortage) == [(goods.plain.sku, 10, False, [])]
    assert (pieces(goods.plain), pieces(goods.period)) == (0, 2)
    assert figures(closed) == {
        "pieces_expected": 12, "pieces_counted": 2, "pieces_short": 10,
    }  # fmt: skip
    books_agree()


def test_a_recorded_number_that_is_one_too_many_is_not_written_off(store, manager, goods):
    """R9 was sold though R1 left: one piece lies there, and it is R2."""
    receive(store, manager, (goods.recorded, ["R1", "R2"]))
    sell(store, manager, (goods.recorded, ["R9"]))
    count = begin(store, manager)
    take_all(count, manager, "R2")
    closed = close(count, manager)
    assert (closed.shortage, pieces(goods.recorded)) == (None, 1)
    assert closed.results.get().left == 1
    books_agree()


def test_units_without_serials_are_told_and_stay(store, manager, goods):
    loose = draft("receipt", store, manager, [(goods.strict, 3)])
    post_document(
        loose.pk, by=access_of(manager), now=timezone.now(), without_serials="the lorry waits"
    )
    receive(store, manager, (goods.strict, ["SN1"]))
    closed = close(begin(store, manager), manager)
    assert pieces(goods.strict) == 3
    assert (closed.results.get().loose, closed.units_missing) == (3, 1)
    books_agree()


def test_an_empty_count_of_an_empty_store_closes(store, manager, goods):
    closed = close(begin(store, manager), manager)
    assert (closed.status, closed.results.count()) == (CountStatus.CLOSED, 0)


# What moves while people count


def test_a_unit_sold_after_it_was_scanned_is_not_missing(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    count = begin(store, manager)
    take(count, manager, "SN1")
    sell(store, manager, (goods.strict, ["SN1"]))
    closed = close(count, manager)
    assert (closed.shortage, place_of("SN1")) == (None, "customer")
    assert figures(closed) == {"units_expected": 1, "units_counted": 1}
    books_agree()


def test_units_that_left_unscanned_are_not_missing(store, other_store, chief, goods):
    receive(store, chief, (goods.strict, ["SOLD", "SENT", "GONE", "BROKEN", "STAYS"]))
    count = begin(store, chief)
    sell(store, chief, (goods.strict, ["SOLD"]))
    transfer(store, other_store, chief, (goods.strict, ["SENT"]))
    return_to_supplier(store, chief, (goods.strict, ["GONE"]))
    write_off(store, chief, (goods.strict, ["BROKEN"]))
    closed = close(count, chief)
    assert lines_of(closed.shortage) == [(goods.strict.sku, 1, False, ["STAYS"])]
    assert figures(closed) == {"units_expected": 5, "units_missing": 1}
    books_agree()


def test_a_unit_received_since_the_start_is_not_missing(store, manager, goods):
    count = begin(store, manager)
    receive(store, manager, (goods.strict, ["LATER"]))
    assert close(count, manager).shortage is None
    books_agree()


def test_a_unit_sold_and_brought_back_was_seen(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    count = begin(store, manager)
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    give_back(sale, store, manager, (goods.strict, ["SN1"]))
    cancel(sell(store, manager, (goods.strict, ["SN2"])), manager)
    assert close(count, manager).shortage is None
    books_agree()


# Who closes, and how often


def test_closing_twice_closes_once(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    count = begin(store, manager)
    first, second = close(count, manager), close(count, manager)
    assert (second.shortage_id, second.ended_at) == (first.shortage_id, first.ended_at)
    assert Document.objects.filter(kind=Kind.SHORTAGE).count() == 1


def test_a_paused_count_closes_and_an_abandoned_one_does_not(store, manager, goods):
    by, now = access_of(manager), timezone.now()
    count = begin(store, manager)
    pause_count(count.pk, by=by)
    assert close(count, manager).status == CountStatus.CLOSED
    other = begin(store, manager)
    abandon_count(other.pk, by=by, now=now)
    with pytest.raises(NotUnderWay):
        close(other, manager)


def test_only_the_stores_manager_closes(store, manager, storekeeper, cashier, other_manager):
    count = begin(store, storekeeper)
    for person in (storekeeper, cashier):
        with pytest.raises(PermissionDenied):
            close(count, person)
    with pytest.raises(Count.DoesNotExist):
        close(count, other_manager)
    assert close(count, manager).ended_by == manager


def test_what_a_count_found_stays_as_it_was(store, manager, goods):
    receive(store, manager, (goods.plain, 1))
    closed = close(begin(store, manager), manager)
    more = (
        "INSERT INTO inventory_productresult (count_id, product_id, in_units, is_defective,"
        f' expected, short, over, "left", loose) VALUES ({closed.pk}, {goods.strict.pk}, false,'
        " false, 1, 0, 0, 0, 0)"
    )
    for statement, told in (
        ("UPDATE inventory_productresult SET expected = 7", "append-only"),
        ("DELETE FROM inventory_productresult", "append-only"),
        (more, "nothing is added"),
    ):
        with (
            pytest.raises(IntegrityError, match=told),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert ProductResult.objects.count() == 1


# How many statements


def test_closing_takes_the_same_number_of_statements_whatever_was_counted(store, manager, goods):
    def statements(units: int, tag: str) -> int:
        texts = [f"{tag}{nth}" for nth in range(units)]
        receive(store, manager, (goods.strict, texts), (goods.plain, units))
        found = [f"{tag}F{nth}" for nth in range(units)]
        count = begin(store, manager)
        for text in found:
            take(count, manager, text, product_id=goods.strict.pk, as_serial=True)
        take(count, manager, goods.plain.sku, quantity=1)
        receive(store, manager, (goods.strict, found))
        connection.check_constraints()
        with CaptureQueriesContext(connection) as queries:
            close_count(count.pk, by=access_of(manager), now=timezone.now())
        return len(queries)

    few = statements(3, "A")
    assert statements(60, "B") == few
    assert few < 75
