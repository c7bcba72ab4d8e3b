"""Rules of documents and of what they settle that hold whoever writes: tried with SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from company.access import access_of
from company.constraints import broken_constraint
from documents.models import Document, Kind, Outstanding, ReturnedCard
from documents.posting import post_document
from serials.models import Posting
from tests.lasting import lasting
from tests.shop import (
    arrive,
    cancel,
    draft,
    give_back,
    identify,
    post,
    receive,
    sell,
    transfer,
)
from warranty.models import Card

pytestmark = pytest.mark.django_db


def refused_by(*statements: str, before: Callable[[], object] = lambda: None) -> str:
    """Run statements, after `before`, as a transaction; the rule that refused them, or nothing."""
    connection.check_constraints()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            before()
            for statement in statements:
                cursor.execute(statement)
            connection.check_constraints()
    except IntegrityError as error:
        return broken_constraint(error)
    return ""


def posted_by_hand(document: Document, *, reason: str = "") -> str:
    """A statement that says a draft is posted, by a posting that moves nothing."""
    posting = Posting.objects.create(
        kind=document.kind, store=document.store, effective_on=dt.date(2026, 7, 1),
        reference="free", posted_at=timezone.now(), posted_by=document.author,
    )  # fmt: skip
    return f"""
        UPDATE documents_document SET status = 'posted', number = 'free',
            posting_id = {posting.pk}, effective_on = '2026-07-01', without_serials = '{reason}'
        WHERE id = {document.pk}
    """


@lasting
def receipt(store, manager, goods) -> Document:
    return receive(store, manager, (goods.plain, 5))


@lasting
def cancelled(receipt, manager) -> Document:
    return cancel(receipt, manager)


# Posted, then cancelled, and nothing else


CANCEL = """
    UPDATE documents_document SET status = 'cancelled', cancel_reason = 'x', cancellation_id =
        (SELECT id FROM serials_posting WHERE kind = 'cancellation' ORDER BY id LIMIT 1)
"""


@pytest.mark.parametrize(
    "change",
    ["note = 'x'", "status = 'posted'", "status = 'draft'", "cancel_reason = 'other'",
     "cancellation_id = NULL", "status = 'cancelled'", "effective_on = effective_on - 1"],
)  # fmt: skip
def test_a_cancelled_document_does_not_change(cancelled, change):
    rule = refused_by(f"UPDATE documents_document SET {change}")
    assert rule == "documents_posted_is_frozen"


def test_a_cancelled_document_is_not_deleted(cancelled):
    assert refused_by("DELETE FROM documents_document") == "documents_posted_is_frozen"
    assert refused_by("UPDATE documents_line SET quantity = 1") == "documents_line_frozen"


@pytest.mark.parametrize(
    "change",
    ["note = 'x'", "number = 'other'", "effective_on = effective_on - 1", "posting_id = NULL",
     "is_opening = NOT is_opening", "without_serials = 'x'", "kind = 'sale'",
     "to_store_id = store_id", "author_id = author_id + 1"],
)  # fmt: skip
def test_cancelling_changes_nothing_else(cancelled, store, manager, goods, change):
    other = receive(store, manager, (goods.plain, 5))
    rule = refused_by(f"{CANCEL}, {change} WHERE id = {other.pk}")
    assert rule == "documents_posted_is_frozen"


def test_a_document_is_cancelled_by_a_posting_that_cancels_its_own(store, manager, goods):
    first, second = (receive(store, manager, (goods.plain, 5)) for _ in range(2))
    cancel(first, manager)
    of_second = f"WHERE id = {second.pk}"
    # that of another document is taken already; one of nobody's does not cancel it
    assert "cancellation" in refused_by(f"{CANCEL} {of_second}")
    own = f"status = 'cancelled', cancel_reason = 'x', cancellation_id = {second.posting_id}"
    rule = refused_by(f"UPDATE documents_document SET {own} {of_second}")
    assert rule == "documents_cancelled_is_undone"


def test_what_is_cancelled_has_its_cancellation_and_what_is_not_has_none(receipt):
    rule = "documents_cancelled_has_cancellation"
    assert refused_by("UPDATE documents_document SET status = 'cancelled'") == rule
    drafted = """
        INSERT INTO documents_document (kind, store_id, status, author_id, created_at,
            is_opening, note, without_serials, cancel_reason, cancellation_id)
        SELECT 'sale', store_id, 'draft', author_id, now(), false, '', '', '', posting_id
        FROM documents_document
    """
    assert refused_by(drafted) == rule


def test_what_is_cancelled_has_nothing_left_to_settle_and_no_later_documents(
    store, manager, goods, receipt
):
    sale = sell(store, manager, (goods.plain, 2))
    line = sale.lines.get()
    left = (
        "INSERT INTO documents_outstanding (line_id, purpose, quantity, settled) "
        f"VALUES ({line.pk}, 'return', 2, 0)"
    )
    rule = "documents_cancelled_has_no_later_ones"
    assert refused_by(left, before=lambda: cancel(sale, manager)) == rule

    give_back(sale, store, manager, (goods.plain, 2))
    connection.check_constraints()
    reversal = f"""
        INSERT INTO serials_posting (id, kind, store_id, effective_on, reference, posted_at,
            posted_by_id, reverses_id)
        SELECT -1, 'cancellation', store_id, effective_on, 'x', now(), posted_by_id, id
        FROM serials_posting WHERE id = {sale.posting_id}
    """
    entry = f"""
        INSERT INTO serials_ledgerentry (posting_id, line, product_id, quantity, from_place_id,
            to_place_id, verified)
        SELECT -1, line, product_id, quantity, to_place_id, from_place_id, false
        FROM serials_ledgerentry WHERE posting_id = {sale.posting_id}
    """
    drop = f"DELETE FROM documents_outstanding WHERE line_id = {line.pk}"
    cancelled = (
        "UPDATE documents_document SET status = 'cancelled', cancel_reason = 'x', "
        f"cancellation_id = -1 WHERE id = {sale.pk}"
    )
    assert refused_by(entry, reversal, drop, cancelled) == rule


# What is left to settle


def test_no_more_is_settled_than_there_was(store, manager, goods, receipt):
    sell(store, manager, (goods.plain, 2))
    rule = refused_by("UPDATE documents_outstanding SET settled = 3")
    assert rule == "documents_settled_at_most_all"
    rule = refused_by("UPDATE documents_outstanding SET quantity = 0")
    assert rule == "documents_outstanding_positive"
    rule = refused_by("UPDATE documents_outstanding SET purpose = 'x'")
    assert rule == "documents_outstanding_purpose_known"
    again = (
        "INSERT INTO documents_outstanding (line_id, purpose, quantity, settled) "
        "SELECT line_id, purpose, quantity, settled FROM documents_outstanding"
    )
    assert refused_by(again) == "documents_outstanding_once"


@pytest.mark.parametrize(
    ("tampering", "rule"),
    [
        ("UPDATE documents_outstanding SET settled = 0", "documents_settled_is_counted"),
        ("UPDATE documents_outstanding SET settled = 2", "documents_settled_is_counted"),
        ("DELETE FROM documents_outstanding", "documents_settles_its_origins"),
    ],
)
def test_what_is_settled_is_what_documents_settled(store, manager, goods, receipt, tampering, rule):
    sale = sell(store, manager, (goods.plain, 3))
    found = refused_by(tampering, before=lambda: give_back(sale, store, manager, (goods.plain, 1)))
    assert found == rule


def test_a_return_arrival_or_identification_says_what_it_settles(store, manager, goods, receipt):
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [(goods.plain, 1)])
    rule = refused_by(before=lambda: post(back, manager))
    assert rule == "documents_line_names_its_origin"


def test_nothing_else_names_an_origin(store, manager, goods, receipt):
    sale = sell(store, manager, (goods.plain, 1))
    second = draft(Kind.SALE, store, manager, [(goods.plain, 1)])
    second.lines.update(origin=sale.lines.get(), mode="none", sku="x", product_name="x")
    assert refused_by(posted_by_hand(second)) == "documents_line_names_its_origin"


def test_only_what_was_sold_comes_back(store, manager, goods, receipt):
    """A line of a receipt has nothing that could come back, arrive or be identified."""
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [(goods.plain, 1)])
    sale = sell(store, manager, (goods.plain, 1))
    back.lines.update(origin=sale.lines.get(), remark="x")
    moved = f"UPDATE documents_line SET origin_id = {receipt.lines.get().pk} "
    rule = refused_by(
        moved + f"WHERE id = {back.lines.get().pk}", before=lambda: post(back, manager)
    )
    assert rule == "documents_line_frozen"
    back.lines.update(origin=receipt.lines.get(), mode="none", sku="x", product_name="x")
    assert refused_by(posted_by_hand(back)) == "documents_settles_its_origins"


# Moved without serials


@pytest.fixture
def bare(store, manager, goods) -> Document:
    """Two strict units received without their serials."""
    document = draft("receipt", store, manager, [(goods.strict, 2)])
    return post_document(
        document.pk, by=access_of(manager), now=timezone.now(), without_serials="late"
    )


@pytest.mark.parametrize(
    ("reason", "unidentified", "rule"),
    [
        ("", 1, "documents_serial_for_each_unit"),
        ("late", 0, "documents_serial_for_each_unit"),
        ("late", 2, "documents_serial_for_each_unit"),
        ("late", 1, ""),
    ],
)
def test_units_without_a_serial_have_a_reason(store, manager, goods, reason, unidentified, rule):
    document = draft("receipt", store, manager, [(goods.strict, ["A", "B"])])
    document.lines.update(
        quantity=3, unidentified=unidentified, mode="strict", sku="x", product_name="x"
    )
    assert refused_by(posted_by_hand(document, reason=reason)) == rule


def test_accounting_stays_while_units_wait_for_their_serials(store, manager, goods, bare):
    sale = draft("sale", store, manager, [(goods.strict, 2)])
    sale = post_document(
        sale.pk, by=access_of(manager), now=timezone.now(), without_serials="a queue"
    )
    to_none = f"UPDATE products_product SET mode = 'none' WHERE id = {goods.strict.pk}"
    assert refused_by(to_none) == "documents_mode_waits_for_serials"
    identify(bare, manager, (goods.strict, ["A", "B"]))
    assert refused_by(to_none) == "documents_mode_waits_for_serials"
    identify(sale, manager, (goods.strict, ["A", "B"]))
    assert refused_by(to_none) == ""


# Where it goes, and what it goes on from


def test_a_transfer_goes_to_another_store(store, other_store, manager, goods):
    rule = "documents_goes_to_another_store"
    sent = draft(Kind.TRANSFER, store, manager, [], to_store=other_store)
    own = f"UPDATE documents_document SET to_store_id = store_id WHERE id = {sent.pk}"
    assert refused_by(own) == rule
    sale = draft(Kind.SALE, store, manager, [])
    away = f"UPDATE documents_document SET to_store_id = {other_store.pk} WHERE id = {sale.pk}"
    assert refused_by(away) == rule


@pytest.mark.parametrize("kind", Kind.values)
def test_only_what_continues_one_goes_on_from_a_document(
    store, other_store, manager, goods, receipt, kind
):
    goes_on = kind in {Kind.ARRIVAL, Kind.CORRECTION, Kind.IDENTIFICATION}
    origin = receipt.pk if goes_on else None
    document = Document.objects.create(kind=kind, store=store, author=manager, origin_id=origin)
    other = "NULL" if goes_on else str(receipt.pk)
    rule = refused_by(f"UPDATE documents_document SET origin_id = {other} WHERE id = {document.pk}")
    assert rule == "documents_continues_its_origin"


def test_what_settled_something_is_kept_with_it(store, other_store, admin, goods):
    receive(store, admin, (goods.plain, 2))
    sent = transfer(store, other_store, admin, (goods.plain, 2))
    arrive(sent, admin, (goods.plain, 1))
    row = Outstanding.objects.get(line__document=sent)
    assert (row.purpose, row.quantity, row.settled) == ("arrive", 2, 1)
    connection.check_constraints()
    assert refused_by(f"DELETE FROM documents_line WHERE document_id = {sent.pk}") != ""


def test_a_card_stands_on_a_line_once(store, manager, goods):
    receive(store, manager, (goods.period, 2))
    sale = sell(store, manager, (goods.period, 2))
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    line = back.lines.create(product=goods.period, position=1, origin=sale.lines.get())
    card = Card.objects.get(unit=1)
    ReturnedCard.objects.create(line=line, card=card)
    again = f"INSERT INTO documents_returnedcard (line_id, card_id) VALUES ({line.pk}, {card.pk})"
    assert refused_by(again) == "documents_card_once_per_line"
