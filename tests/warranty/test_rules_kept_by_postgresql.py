"""Rules of terms and cards that hold whoever writes: each is tried with SQL, past the ORM."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from company.access import access_of
from partners.models import Customer
from serials.models import LedgerEntry
from tests.lasting import lasting
from tests.shop import receive, sell
from warranty.models import Card, Term
from warranty.printing import request_print

pytestmark = pytest.mark.django_db


def sql(statement: str, *parameters: object) -> int:
    """Run one statement as if it were a transaction of its own; how many rows it wrote."""
    connection.check_constraints()  # what is deferred would be in the way of TRUNCATE
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return int(cursor.rowcount)


def refused_by(constraint: str, statement: str, *parameters: object) -> None:
    """The database itself refuses the statement, by the constraint of this name."""
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        sql(statement, *parameters)
    assert raised.value.__cause__.diag.constraint_name == constraint


TERM_OF_ENTRY = """
    INSERT INTO warranty_term (posting_id, sale_id, entry_id, line, product_id, serial_id, quantity,
        product_name, sku, serial_text, period_count, period_unit, starts_on, ends_on, void_on,
        voided_by_id)
    SELECT posting_id, posting_id, id, {line}, product_id, serial_id, {quantity},
        'x', 'x', '', 12, '{unit}',
        '2026-01-31', '{ends}', {void}, CASE WHEN {void} IS NOT NULL THEN posting_id END
    FROM serials_ledgerentry WHERE id = %s
"""


def term_of_entry(*, line="line", quantity="quantity", unit="months", ends="2027-01-31",
                  void="NULL") -> str:  # fmt: skip
    return TERM_OF_ENTRY.format(line=line, quantity=quantity, unit=unit, ends=ends, void=void)


BY_A_POSTING = "voided_by_id = (SELECT max(id) FROM serials_posting)"


@lasting
def unwarranted(store, manager, goods) -> int:
    """The entry of sold pieces that have no term yet."""
    receive(store, manager, (goods.plain, 3))
    sell(store, manager, (goods.plain, 3))
    return LedgerEntry.objects.get(to_place__kind="customer", product=goods.plain).pk


def test_a_term_is_of_goods_that_went_to_a_customer(sale, goods):
    receipts = LedgerEntry.objects.filter(from_place__kind="outside")
    assert set(receipts.values_list("product", flat=True)) == {goods.strict.pk, goods.period.pk}
    for entry in receipts:
        refused_by("warranty_term_of_goods_sold", term_of_entry(), entry.pk)


def test_one_wrong_term_among_many_is_found(sale, unwarranted):
    free = "WHERE id NOT IN (SELECT entry_id FROM warranty_term)"
    every = term_of_entry().replace("WHERE id = %s", free)
    refused_by("warranty_term_of_goods_sold", every)
    sql(every + " AND to_place_id IN (SELECT id FROM serials_place WHERE kind = 'customer')")


def test_a_term_says_what_its_entry_says(unwarranted):
    rule = "warranty_term_agrees_with_entry"
    refused_by(rule, term_of_entry(line="line + 1"), unwarranted)
    refused_by(rule, term_of_entry(quantity="quantity + 1"), unwarranted)
    of_none = term_of_entry().replace("posting_id, id, ", "posting_id, -1, ")
    refused_by(rule, of_none, unwarranted)
    sql(term_of_entry(), unwarranted)


def test_a_period_is_counted_in_a_unit_there_is(unwarranted):
    for unit in ("hours", "month", "MONTHS", ""):
        refused_by("warranty_term_period_unit_known", term_of_entry(unit=unit), unwarranted)
    for unit in ("days", "weeks", "months", "years"):
        with transaction.atomic():
            sql(term_of_entry(unit=unit), unwarranted)
            transaction.set_rollback(True)


def test_a_term_does_not_end_before_it_starts(sale, unwarranted):
    rule = "warranty_term_ends_after_start"
    refused_by(rule, term_of_entry(ends="2026-01-30"), unwarranted)
    refused_by(rule, "UPDATE warranty_term SET ends_on = starts_on - 1")
    assert (
        sql("""
        WITH terms AS (UPDATE warranty_term SET ends_on = starts_on RETURNING id, ends_on)
        UPDATE warranty_card SET ends_on = terms.ends_on FROM terms WHERE terms.id = term_id
    """)
        == 5
    )


def test_nothing_is_void_before_its_term_starts(sale, unwarranted):
    rule = "warranty_term_void_from_start"
    refused_by(rule, term_of_entry(void="'2026-01-30'"), unwarranted)
    refused_by(rule, f"UPDATE warranty_term SET void_on = starts_on - 1, {BY_A_POSTING}")
    assert sql(f"UPDATE warranty_term SET void_on = starts_on, {BY_A_POSTING}") == 3

    day_before = "(SELECT starts_on FROM warranty_term WHERE id = term_id) - 1"
    rule = "warranty_card_void_from_start"
    every = "UPDATE warranty_card SET void_on = {0}, " + BY_A_POSTING
    refused_by(rule, every.format(day_before))
    one = every + " WHERE id = (SELECT max(id) FROM warranty_card)"
    refused_by(rule, one.format(day_before))
    assert sql(every.format(f"{day_before} + 1")) == 5


def test_what_is_void_is_void_by_a_posting_and_what_is_valid_by_none(sale):
    for table in ("term", "card"):
        rule = f"warranty_{table}_void_by_a_posting"
        refused_by(rule, f"UPDATE warranty_{table} SET void_on = '2999-01-01'")
        refused_by(rule, f"UPDATE warranty_{table} SET {BY_A_POSTING}")


@pytest.mark.parametrize(
    "change",
    [
        "id = id + 100000",
        "posting_id = posting_id + 1",
        "entry_id = -entry_id",
        "line = line + 1",
        "product_id = product_id + 1",
        "serial_id = CASE WHEN serial_id IS NULL THEN 1 END",
        "quantity = CASE quantity WHEN 1 THEN 2 ELSE 1 END, serial_id = NULL",
        "quantity = quantity + 1 WHERE serial_id IS NULL",
        "starts_on = starts_on + 1",
        "starts_on = starts_on - 1",
        "product_name = product_name || 'x'",
        "sku = 'OTHER'",
        "serial_text = 'OTHER'",
        "period_count = period_count + 1",
        "period_unit = 'days'",
        "customer_id = NULL, ends_on = ends_on + 1, sku = 'OTHER'",
    ],
)
def test_what_a_term_was_started_with_stays(sale, change):
    refused_by("warranty_term_frozen", f"UPDATE warranty_term SET {change}")


def test_the_end_of_a_term_its_day_of_voiding_and_its_customer_may_change(sale):
    Customer.objects.create(name="Iryna")
    iryna = "(SELECT max(id) FROM partners_customer)"
    assert sql(f"UPDATE warranty_term SET customer_id = {iryna}") == 3
    later = "SET ends_on = ends_on + 14"
    assert sql(f"WITH t AS (UPDATE warranty_term {later}) UPDATE warranty_card {later}") == 5
    void = f"void_on = starts_on, {BY_A_POSTING}"
    valid = "void_on = NULL, voided_by_id = NULL"
    assert sql(f"UPDATE warranty_term SET {void}, customer_id = NULL") == 3
    assert sql(f"UPDATE warranty_term SET {valid}, sku = sku, line = line") == 3
    void = f"void_on = '2999-01-01', {BY_A_POSTING}"
    assert sql(f"UPDATE warranty_card SET {void}, number = number") == 5
    assert sql(f"UPDATE warranty_card SET {valid}") == 5


@pytest.mark.parametrize(
    "change",
    [
        "id = id + 100000",
        "number = 'X' || number",
        f"number = lower(number), void_on = '2999-01-01', {BY_A_POSTING}",
        "unit = unit + 100",
        "term_id = (SELECT max(id) FROM warranty_term), unit = id",
    ],
)
def test_a_card_keeps_its_number_and_its_unit(sale, change):
    refused_by("warranty_card_frozen", f"UPDATE warranty_card SET {change}")


def test_a_card_is_of_a_unit_that_was_sold(sale):
    insert = """
        INSERT INTO warranty_card (number, term_id, unit, ends_on)
        SELECT 'X' || id, id, quantity + {0}, ends_on FROM warranty_term
    """
    refused_by("warranty_card_of_a_unit_sold", insert.format("1"))
    refused_by(
        "warranty_card_of_a_unit_sold",
        insert.format("CASE WHEN id = (SELECT max(id) FROM warranty_term) THEN 1 ELSE 0 END")
        + " ORDER BY id DESC LIMIT 1",
    )
    refused_by("warranty_one_card_per_unit", insert.format("0"))
    refused_by("warranty_card_unit_positive", insert.format("- quantity"))


@pytest.mark.parametrize("table", ["warranty_term", "warranty_card"])
def test_terms_and_cards_are_never_deleted(sale, cashier, table):
    rule = f"{table}_keeps_rows"
    refused_by(rule, f"DELETE FROM {table}")
    refused_by(rule, f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})")
    refused_by(rule, f"TRUNCATE {table} CASCADE")
    assert (Term.objects.count(), Card.objects.count()) == (3, 5)


def test_a_copy_is_printed_once_and_the_first_is_number_one(sale, cashier):
    request_print(
        sale.posting_id, by=access_of(cashier), now=dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
    )
    again = """
        INSERT INTO warranty_cardprint (run_id, card_id, copy)
        SELECT run_id, card_id, {0} FROM warranty_cardprint
    """
    refused_by("warranty_copy_once", again.format("copy"))
    refused_by("warranty_copy_positive", again.format("0"))
