"""Rules that hold whoever writes: each is tried with SQL, past the ORM and past our verbs."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from company.models import Company
from serials.models import LedgerEntry, Place, Posting, Serial
from serials.writing import next_posting_id
from tests.lasting import lasting
from tests.shop import draft, receive, sell

pytestmark = pytest.mark.django_db


def sql(statement: str, *parameters: Any) -> None:
    """Run one statement as if it were a transaction of its own, deferred rules and all."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS serials_entry_chain IMMEDIATE")  # as it is by itself
        named = len(parameters) == 1 and isinstance(parameters[0], dict)
        cursor.execute(statement, parameters[0] if named else parameters)
    connection.check_constraints()


def refused_by(constraint: str, statement: str, *parameters: Any) -> None:
    """The database itself refuses the statement, by the constraint of this name."""
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        sql(statement, *parameters)
    assert raised.value.__cause__.diag.constraint_name == constraint


INSERT = """
    INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id, quantity,
        from_place_id, to_place_id, seq, continues, verified)
    VALUES (%s, 1, %s, %s, 1, %s, %s, %s, %s, %s)
"""

MOVE = """
    WITH moved AS (
        UPDATE serials_serial SET seq = seq + 1, place_id = %(to)s WHERE id = %(serial)s
    )
    INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id, quantity,
        from_place_id, to_place_id, seq, continues, verified)
    SELECT %(posting)s, 1, product_id, id, 1, %(from)s, %(to)s, %(seq)s, %(continues)s, true
    FROM serials_serial WHERE id = %(serial)s
"""


def moves_refused_by(constraint: str, serial: Serial, **entry: int) -> None:
    """A verified movement with its serial's state, as a careless program would write it."""
    refused_by(constraint, MOVE, {"serial": serial.pk, **entry})


@lasting
def sold(store, manager, goods):
    """A unit that was received and sold: its serial, a posting to come, and the places."""
    receive(store, manager, (goods.strict, ["SN1"]))
    sell(store, manager, (goods.strict, ["SN1"]))
    places = {place.kind: place.pk for place in Place.objects.all()}
    return Serial.objects.get(), next_posting_id(), places


def test_a_unit_is_not_sold_twice(sold, store, manager, goods):
    serial, posting, at = sold
    receive(store, manager, (goods.strict, ["SN2"]))  # so that there is something to take
    way = {"posting": posting, "from": at["shelf"], "to": at["customer"]}
    # from the receipt once more: it has its successor already
    moves_refused_by("serials_entry_one_successor", serial, **way, seq=2, continues=1)
    # from the sale, as if the unit had come back: it lies at the customer, not on the shelf
    moves_refused_by("serials_entry_chain", serial, **way, seq=3, continues=2)


def test_no_movement_of_the_chain_is_left_out(sold):
    serial, posting, at = sold
    way = {"posting": posting, "from": at["customer"], "to": at["shelf"]}
    moves_refused_by("serials_entry_continues_previous", serial, **way, seq=5, continues=3)
    moves_refused_by("serials_entry_chain", serial, **way, seq=5, continues=4)


def test_a_chain_is_not_begun_again(sold):
    serial, posting, at = sold
    way = {"posting": posting, "from": at["outside"], "to": at["shelf"]}
    moves_refused_by("serials_entry_chain_is_not_begun_again", serial, **way, seq=3, continues=None)


def test_an_entry_moves_its_serial(sold):
    serial, posting, at = sold
    refused_by(
        "serials_entry_moves_its_serial",
        INSERT, posting, serial.product_id, serial.pk, at["customer"], at["shelf"], 3, 2, True,
    )  # fmt: skip


def test_entries_come_with_their_posting_and_never_later(sold, goods):
    _, _, at = sold
    old = Posting.objects.first()
    refused_by(
        "serials_entry_comes_with_its_posting",
        INSERT, old.pk, goods.plain.pk, None, at["outside"], at["shelf"], None, None, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "source", "target"),
    [("receipt", "customer", "shelf"), ("receipt", "outside", "customer"),
     ("sale", "outside", "customer"), ("sale", "shelf", "written_off")],
)  # fmt: skip
def test_a_posting_moves_goods_as_its_kind_does(sold, store, manager, goods, kind, source, target):
    _, posting, at = sold
    at["written_off"] = Place.objects.get_or_create(kind="written_off")[0].pk
    receive(store, manager, (goods.plain, 5))
    refused_by(
        "serials_posting_moves_as_its_kind",
        """
        WITH entry AS (
            INSERT INTO serials_ledgerentry (posting_id, line, product_id, quantity,
                from_place_id, to_place_id, verified)
            VALUES (%(posting)s, 1, %(product)s, 1, %(from)s, %(to)s, false)
        )
        INSERT INTO serials_posting (id, kind, store_id, effective_on, reference, posted_at,
            posted_by_id)
        VALUES (%(posting)s, %(kind)s, %(store)s, '2026-07-01', 'X', now(), %(by)s)
        """,
        {
            "posting": posting,
            "product": goods.plain.pk,
            "from": at[source],
            "to": at[target],
            "kind": kind,
            "store": store.pk,
            "by": manager.pk,
        },
    )


def test_balances_follow_the_entries_and_nothing_else(sold, store, manager, goods):
    receive(store, manager, (goods.plain, 5))
    for statement in (
        "UPDATE serials_balance SET quantity = quantity + 1",
        "UPDATE serials_balance SET quantity = 0",
        "DELETE FROM serials_balance",
        """
        INSERT INTO serials_balance (product_id, place_id, quantity)
        SELECT product_id, place_id, 7 FROM serials_balance LIMIT 1
        """,
    ):
        refused_by("serials_balance_follows_entries", statement)


@pytest.mark.parametrize(
    "change", ["seq = 1", "key = 'OTHER'", "text = 'other'", "seq = seq + 2", "seq = seq"]
)
def test_a_serial_goes_forward_and_keeps_its_name(sold, change):
    refused_by("serials_serial_moves_forward", f"UPDATE serials_serial SET {change}")


def test_a_number_sequence_never_goes_back(sold):
    for statement in (
        "UPDATE company_numbersequence SET last = last - 1",
        "DELETE FROM company_numbersequence",
    ):
        refused_by("company_sequence_goes_forward", statement)


def test_a_chain_begins_outside(sold, goods):
    _, posting, at = sold
    refused_by(
        "serials_entry_chain_begins_outside",
        """
        WITH new AS (
            INSERT INTO serials_serial (product_id, text, key, place_id, seq, is_verified,
                moved_on)
            VALUES (%s, 'X', 'X', %s, 1, true, '2026-01-01') RETURNING id, product_id, place_id
        )
        INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id, quantity,
            from_place_id, to_place_id, seq, verified)
        SELECT %s, 1, product_id, id, 1, %s, place_id, 1, true FROM new
        """,
        goods.strict.pk,
        at["customer"],
        posting,
        at["shelf"],
    )


def test_a_strict_unit_does_not_move_unverified(sold):
    serial, posting, at = sold
    refused_by(
        "serials_entry_strict_is_verified",
        INSERT, posting, serial.product_id, serial.pk, at["customer"], at["shelf"], 3, None,
        False,
    )  # fmt: skip


def test_a_serial_moves_only_as_its_own_product(sold, goods):
    serial, posting, at = sold
    refused_by(
        "serials_entry_serial_of_product",
        INSERT, posting, goods.recorded.pk, serial.pk, at["customer"], at["shelf"], 3, None,
        False,
    )  # fmt: skip


@pytest.mark.parametrize("mode", ["strict", "recorded"])
def test_a_product_with_serials_does_not_move_without(sold, goods, mode):
    _, posting, at = sold
    product = getattr(goods, mode)
    refused_by(
        "serials_entry_needs_serial",
        INSERT, posting, product.pk, None, at["outside"],
        at["shelf"], None, None, False,
    )  # fmt: skip


def test_an_entry_names_a_product_and_places_there_are(sold, goods):
    _, posting, at = sold
    row = (None, at["outside"], at["shelf"], None, None, False)
    refused_by("serials_entry_product", INSERT, posting, 999_999, *row)
    row = (None, 999_999, at["shelf"], None, None, False)
    refused_by("serials_entry_places", INSERT, posting, goods.plain.pk, *row)


def test_an_entry_moves_something_somewhere(sold, goods):
    _, posting, at = sold
    row = (posting, goods.plain.pk, None, at["shelf"], at["shelf"], None, None, False)
    refused_by("serials_entry_moves", INSERT, *row)
    refused_by(
        "serials_entry_quantity_positive",
        INSERT.replace("%s, 1, %s, %s, 1", "%s, 1, %s, %s, 0"),
        posting, goods.plain.pk, None, at["outside"], at["shelf"], None, None, False,
    )  # fmt: skip


@pytest.mark.parametrize("table", ["serials_ledgerentry", "serials_posting"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_the_ledger_is_append_only(sold, table, statement):
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        sql(statement.format(table))
    assert raised.value.__cause__.diag.constraint_name.endswith("_append_only")


def test_no_posting_is_dated_before_the_lock_date(sold, store, manager):
    Company.objects.update_or_create(id=1, defaults={"lock_date": dt.date(2026, 6, 1)})
    refused_by(
        "serials_posting_not_before_lock_date",
        """
        INSERT INTO serials_posting (kind, store_id, effective_on, reference, posted_at,
            posted_by_id) VALUES ('sale', %s, '2026-05-31', 'X', now(), %s)
        """,
        store.pk,
        manager.pk,
    )


def test_a_balance_is_not_negative(sold, store, manager, goods):
    _, posting, at = sold
    receive(store, manager, (goods.plain, 1))
    refused_by(
        "serials_balance_not_negative",
        INSERT.replace("%s, 1, %s, %s, 1", "%s, 1, %s, %s, 2"),
        posting, goods.plain.pk, None, at["shelf"], at["customer"], None, None, False,
    )  # fmt: skip


def test_a_serial_exists_once_per_product(sold):
    refused_by(
        "serials_once_per_product",
        """
        INSERT INTO serials_serial (product_id, text, key, place_id, seq, is_verified, moved_on)
        SELECT product_id, 'again', key, place_id, seq, is_verified, moved_on
        FROM serials_serial
        """,
    )


@pytest.mark.parametrize(("mode", "to"), [("strict", "recorded"), ("strict", "none"),
                                          ("plain", "strict"), ("period", "recorded")])  # fmt: skip
def test_accounting_with_serials_begins_and_ends_at_zero_stock(store, manager, goods, mode, to):
    product = getattr(goods, mode)
    receive(store, manager, (product, ["SN1"] if product.asks_serials else 1))
    change = "UPDATE products_product SET mode = %s WHERE id = %s"
    refused_by("serials_mode_changes_at_zero_stock", change, to, product.pk)
    sell(store, manager, (product, ["SN1"] if product.asks_serials else 1))
    sql(change, to, product.pk)


def test_accounting_without_serials_changes_freely(store, manager, goods):
    receive(store, manager, (goods.plain, 1))
    sql("UPDATE products_product SET mode = 'period' WHERE id = %s", goods.plain.pk)


def test_a_posted_document_does_not_change(sold, store, manager, goods):
    refused_by("documents_posted_is_frozen", "UPDATE documents_document SET note = 'x'")
    refused_by("documents_posted_is_frozen", "DELETE FROM documents_document")
    refused_by("documents_line_frozen", "UPDATE documents_line SET quantity = 2")
    refused_by("documents_lineserial_frozen", "DELETE FROM documents_lineserial")
    refused_by(
        "documents_lineserial_frozen",
        """
        INSERT INTO documents_lineserial (line_id, document_id, product_id, text, key)
        SELECT line_id, document_id, product_id, 'x', 'X' FROM documents_lineserial
        """,
    )


def test_a_document_is_posted_with_its_posting_and_number(store, manager, goods):
    draft("receipt", store, manager, [(goods.plain, 1)])
    refused_by(
        "documents_posted_has_posting",
        "UPDATE documents_document SET status = 'posted', effective_on = '2026-01-01'",
    )


POST = """
    UPDATE documents_document SET status = 'posted', number = %s, posting_id = %s,
        effective_on = %s WHERE id = %s
"""


@pytest.fixture
def free_posting(store, manager) -> Posting:
    """A posting that no document has."""
    return Posting.objects.create(
        kind="receipt", store=store, effective_on=dt.date(2026, 7, 1), reference="free",
        posted_at=dt.datetime.now(dt.UTC), posted_by=manager,
    )  # fmt: skip


def test_a_posted_line_has_a_serial_for_each_unit(store, manager, goods, free_posting):
    document = draft("receipt", store, manager, [(goods.strict, ["A", "B"])])
    document.lines.update(quantity=3, mode="strict", sku="x", product_name="x")
    to_post = ("free", free_posting.pk, "2026-07-01", document.pk)
    refused_by("documents_serial_for_each_unit", POST, *to_post)


def test_a_document_agrees_with_its_posting(store, other_store, manager, goods, free_posting):
    rule = "documents_agrees_with_posting"
    document = draft("receipt", store, manager, [(goods.plain, 1)])
    document.lines.update(mode="none", sku="x", product_name="x")
    refused_by(rule, POST, "other", free_posting.pk, "2026-07-01", document.pk)
    refused_by(rule, POST, "free", free_posting.pk, "2026-07-02", document.pk)
    sale = draft("sale", store, manager, [(goods.plain, 1)])
    refused_by(rule, POST, "free", free_posting.pk, "2026-07-01", sale.pk)


def test_the_state_of_a_document_is_one_there_is(sold):
    refused_by(
        "documents_status_known",
        """
        INSERT INTO documents_document (kind, store_id, status, number, effective_on, author_id,
            created_at, is_opening, note, posting_id, without_serials, cancel_reason)
        SELECT 'receipt', store_id, 'bogus', 'N', effective_on, posted_by_id, now(), false, '', id,
            '', ''
        FROM serials_posting LIMIT 1
        """,
    )


def test_nothing_moves_into_or_out_of_a_posted_document(sold, store, manager, goods):
    document = draft("receipt", store, manager, [(goods.plain, 1)])
    refused_by(
        "documents_line_frozen",
        """
        UPDATE documents_line SET position = 9, document_id =
            (SELECT id FROM documents_document WHERE status = 'posted' LIMIT 1)
        WHERE document_id = %s
        """,
        document.pk,
    )
    for table in ("documents_document", "documents_line", "documents_lineserial"):
        with pytest.raises(IntegrityError) as raised, transaction.atomic():
            sql(f"TRUNCATE {table} CASCADE")
        assert raised.value.__cause__.diag.constraint_name.endswith("_append_only")


def test_a_serial_stands_on_a_document_once_whatever_its_line(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, ["A"])])
    second = document.lines.create(product=goods.strict, position=2)
    refused_by(
        "documents_serial_once",
        """
        INSERT INTO documents_lineserial (line_id, document_id, product_id, text, key)
        VALUES (%s, %s, %s, 'a', 'A')
        """,
        second.pk,
        document.pk,
        goods.strict.pk,
    )
    refused_by(
        "documents_serial_of_line",
        """
        INSERT INTO documents_lineserial (line_id, document_id, product_id, text, key)
        VALUES (%s, %s, %s, 'b', 'B')
        """,
        second.pk,
        document.pk,
        goods.recorded.pk,
    )


def test_a_serial_is_only_where_a_movement_put_it(sold):
    serial, _, at = sold
    rule = "serials_serial_is_where_its_entry_put_it"
    moved = "UPDATE serials_serial SET seq = seq + 1, place_id = %s WHERE id = %s"
    refused_by(rule, moved, at["shelf"], serial.pk)


def test_serials_and_places_are_never_deleted(sold):
    refused_by("serials_serial_append_only", "DELETE FROM serials_serial")
    refused_by("serials_place_stays", "DELETE FROM serials_place")
    refused_by("serials_place_stays", "UPDATE serials_place SET kind = kind")


def test_numbers_and_references_are_given_once(sold):
    assert LedgerEntry.objects.count() == 2
    refused_by(
        "serials_posting_reference_once",
        """
        INSERT INTO serials_posting (kind, store_id, effective_on, reference, posted_at,
            posted_by_id)
        SELECT kind, store_id, effective_on, reference, posted_at, posted_by_id
        FROM serials_posting LIMIT 1
        """,
    )
