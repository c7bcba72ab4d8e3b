"""Closing a count: what goes to missing, what keeps it from being closed, what is settled by it."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.models import Store, User
from documents.correcting import correct, look_at
from documents.models import Document, Kind, Status
from documents.posting import post_document
from inventory.closing import CountNotClosed, close_count
from inventory.holding import NotUnderWay
from inventory.models import Count, CountStatus, ProductResult, Scan, Scope
from inventory.pausing import abandon_count, pause_count
from inventory.pieces import set_total
from inventory.taking_back import take_back
from products.models import Product, ProductType
from serials.models import Posting, StockTaken
from serials.text import read_serial
from tests.books import books_agree, pieces, place_of, refusals_of
from tests.shop import (
    arrive,
    cancel,
    draft,
    exchange,
    give_back,
    post,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)

from .closing import close
from .conftest import begin, take

pytestmark = pytest.mark.django_db


def take_all(count: Count, by: User, *texts: str) -> None:
    for text in texts:
        take(count, by, text)


def unknown_of(count: Count, by: User) -> list[str]:
    """The counted units that keep a count from being closed."""
    with pytest.raises(CountNotClosed) as raised:
        close(count, by)
    assert Count.objects.get(pk=count.pk).is_under_way
    return [scan.text for scan in raised.value.unknown]


def explained(text: str) -> Posting | None:
    return Scan.objects.get(text=text, taken_back_at=None).explained_by


def figures(count: Count) -> dict[str, int]:
    """The figures of a count that are not zero, without their common words."""
    names = [
        f"{what}_{which}"
        for what, words in (
            ("units", ("expected", "counted", "missing", "unknown")),
            ("pieces", ("expected", "counted", "short", "over")),
        )
        for which in words
    ]
    return {name: value for name in names if (value := getattr(count, name))}


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


# What keeps it open


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
