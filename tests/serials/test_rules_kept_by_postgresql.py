"""Rules that hold whoever writes: each is tried with SQL, past the ORM and past our verbs."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from company.models import Company
from serials.models import LedgerEntry, Place, Posting, Serial
from tests.shop import draft, receive, sell

pytestmark = pytest.mark.django_db


def sql(statement: str, *parameters: object) -> None:
    """Run one statement as if it were a transaction of its own, deferred rules and all."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    connection.check_constraints()


def refused_by(constraint: str, statement: str, *parameters: object) -> None:
    """The database itself refuses the statement, by the constraint of this name."""
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        sql(statement, *parameters)
    assert raised.value.__cause__.diag.constraint_name == constraint


INSERT = """
    INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id, quantity,
        from_place_id, to_place_id, seq, continues, verified)
    VALUES (%s, 1, %s, %s, 1, %s, %s, %s, %s, %s)
"""


@pytest.fixture
def sold(store, manager, goods):
    """A unit that was received and sold: its serial, the sale's posting, and the places."""
    receive(store, manager, (goods.strict, ["SN1"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    places = {place.kind: place.pk for place in Place.objects.all()}
    return Serial.objects.get(), sale.posting, places


def test_a_unit_is_not_sold_twice(sold):
    serial, posting, at = sold
    again = (posting.pk, serial.product_id, serial.pk, at["shelf"], at["customer"])
    # from the receipt once more: it has its successor already
    refused_by("serials_entry_one_successor", INSERT, *again, 2, 1, True)
    # from the sale, as if the unit had come back: it lies at the customer, not on the shelf
    refused_by("serials_entry_chain", INSERT, *again, 3, 2, True)


def test_no_movement_of_the_chain_is_left_out(sold):
    serial, posting, at = sold
    row = (posting.pk, serial.product_id, serial.pk, at["customer"], at["shelf"])
    refused_by("serials_entry_continues_previous", INSERT, *row, 5, 3, True)
    refused_by("serials_entry_chain", INSERT, *row, 5, 4, True)


def test_a_chain_begins_outside(sold, goods):
    _, posting, at = sold
    refused_by(
        "serials_entry_chain_begins_outside",
        """
        WITH new AS (
            INSERT INTO serials_serial (product_id, text, key, place_id, seq, moved_on)
            VALUES (%s, 'X', 'X', %s, 1, '2026-01-01') RETURNING id, product_id, place_id
        )
        INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id, quantity,
            from_place_id, to_place_id, seq, verified)
        SELECT %s, 1, product_id, id, 1, %s, place_id, 1, true FROM new
        """,
        goods.strict.pk,
        at["customer"],
        posting.pk,
        at["shelf"],
    )


def test_a_strict_unit_does_not_move_unverified(sold):
    serial, posting, at = sold
    refused_by(
        "serials_entry_strict_is_verified",
        INSERT, posting.pk, serial.product_id, serial.pk, at["customer"], at["shelf"], 3, None,
        False,
    )  # fmt: skip


def test_a_serial_moves_only_as_its_own_product(sold, goods):
    serial, posting, at = sold
    refused_by(
        "serials_entry_serial_of_product",
        INSERT, posting.pk, goods.recorded.pk, serial.pk, at["customer"], at["shelf"], 3, None,
        False,
    )  # fmt: skip


@pytest.mark.parametrize("mode", ["strict", "recorded"])
def test_a_product_with_serials_does_not_move_without(sold, goods, mode):
    _, posting, at = sold
    product = getattr(goods, mode)
    refused_by(
        "serials_entry_needs_serial",
        INSERT, posting.pk, product.pk, None, at["outside"],
        at["shelf"], None, None, False,
    )  # fmt: skip


def test_an_entry_names_a_product_and_places_there_are(sold, goods):
    _, posting, at = sold
    row = (None, at["outside"], at["shelf"], None, None, False)
    refused_by("serials_entry_product", INSERT, posting.pk, 999_999, *row)
    row = (None, 999_999, at["shelf"], None, None, False)
    refused_by("serials_entry_places", INSERT, posting.pk, goods.plain.pk, *row)


def test_an_entry_moves_something_somewhere(sold, goods):
    _, posting, at = sold
    row = (posting.pk, goods.plain.pk, None, at["shelf"], at["shelf"], None, None, False)
    refused_by("serials_entry_moves", INSERT, *row)
    refused_by(
        "serials_entry_quantity_positive",
        INSERT.replace("%s, 1, %s, %s, 1", "%s, 1, %s, %s, 0"),
        posting.pk, goods.plain.pk, None, at["outside"], at["shelf"], None, None, False,
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


def test_a_balance_is_not_negative(store, manager, goods):
    receive(store, manager, (goods.plain, 1))
    refused_by("serials_balance_not_negative", "UPDATE serials_balance SET quantity = quantity - 2")


def test_a_serial_exists_once_per_product(sold):
    refused_by(
        "serials_once_per_product",
        """
        INSERT INTO serials_serial (product_id, text, key, place_id, seq, moved_on)
        SELECT product_id, 'again', key, place_id, seq, moved_on
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


def test_a_posted_line_has_a_serial_for_each_unit(sold, store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, ["A", "B"])])
    document.lines.update(quantity=3, mode="strict", sku="x", product_name="x")
    posting = Posting.objects.create(
        kind="receipt", store=store, effective_on=dt.date(2026, 7, 1), reference="free",
        posted_at=dt.datetime.now(dt.UTC), posted_by=manager,
    )  # fmt: skip
    refused_by(
        "documents_serial_for_each_unit",
        """
        UPDATE documents_document SET status = 'posted', number = 'free', posting_id = %s,
            effective_on = '2026-07-01' WHERE id = %s
        """,
        posting.pk,
        document.pk,
    )


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
    elsewhere = "UPDATE serials_serial SET place_id = %s WHERE id = %s"
    rule = "serials_serial_is_where_its_entry_put_it"
    refused_by(rule, elsewhere, at["shelf"], serial.pk)
    refused_by(rule, "UPDATE serials_serial SET seq = 3 WHERE id = %s", serial.pk)


def test_serials_and_places_are_never_deleted(sold):
    refused_by("serials_serial_append_only", "DELETE FROM serials_serial")
    refused_by("serials_place_append_only", "DELETE FROM serials_place")


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
