"""Rules of counts that hold whoever writes: tried with SQL."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from company.access import access_of
from company.constraints import broken_constraint
from inventory.models import Count, Scan, Scope
from inventory.pausing import abandon_count, pause_count
from serials.models import Posting
from tests.lasting import lasting
from tests.shop import receive, sell

from .conftest import begin, take

pytestmark = pytest.mark.django_db


def refused_by(*statements: str) -> str:
    """Run statements as a transaction; the rule that refused them, or nothing."""
    connection.check_constraints()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.check_constraints()
            transaction.set_rollback(True)
    except IntegrityError as error:
        return broken_constraint(error)
    return ""


SCANNED = """
    INSERT INTO inventory_scan (nonce, count_id, product_id, serial_id, text, key, was_here,
        quantity, is_defective, source, scanned_at, scanned_by_id)
    SELECT gen_random_uuid(), counting.id, serial.product_id, serial.id, serial.text, serial.key,
        true, 1, false, 'scan', now(), counting.started_by_id
    FROM inventory_count counting, serials_serial serial WHERE serial.key = 'B'
"""
EXPECTED = """
    INSERT INTO inventory_expectedunit (count_id, serial_id, product_id, seq)
    SELECT counting.id, serial.id, serial.product_id, serial.seq
    FROM inventory_count counting, serials_serial serial WHERE serial.key = 'LATER'
"""
CLOSE = """
    UPDATE inventory_count SET status = 'closed', ended_at = now(), ended_by_id = started_by_id,
        closed_on = current_date
"""


@lasting
def count(store, manager, goods) -> Count:
    """A count with A scanned, B and C not."""
    receive(store, manager, (goods.strict, ["A", "B", "C"]))
    count = begin(store, manager)
    take(count, manager, "A")
    receive(store, manager, (goods.strict, ["LATER"]))
    return count


@pytest.fixture
def ended(count, manager) -> Count:
    return abandon_count(count.pk, by=access_of(manager), now=timezone.now())


def test_what_is_written_while_it_is_open_goes_through(count):
    assert refused_by(SCANNED) == ""
    assert refused_by(EXPECTED) == ""
    assert refused_by(CLOSE) == ""


@pytest.mark.parametrize("stop", [pause_count, abandon_count])
def test_nothing_is_counted_while_it_is_not_open(count, manager, stop):
    stop(
        count.pk,
        by=access_of(manager),
        **({"now": timezone.now()} if stop is abandon_count else {}),
    )
    assert refused_by(SCANNED) == "inventory_scan_written_while_open"
    assert refused_by(EXPECTED) == "inventory_expectedunit_written_while_open"


def test_products_are_not_added_to_a_count_that_is_not_open(store, manager, goods):
    count = begin(store, manager, scope=Scope.PRODUCTS, products=[goods.strict])
    added = f"INSERT INTO inventory_count_products (count_id, product_id) VALUES ({count.pk}, {goods.plain.pk})"  # noqa: E501
    assert refused_by(added) == ""
    pause_count(count.pk, by=access_of(manager))
    assert refused_by(added) == "inventory_count_products_written_while_open"


BACK = "UPDATE inventory_scan SET taken_back_at = now(), taken_back_by_id = scanned_by_id"


def test_a_scan_is_taken_back_once_also_in_a_pause(count, manager):
    pause_count(count.pk, by=access_of(manager))
    assert refused_by(BACK) == ""
    rule = "inventory_scan_taken_back_or_explained"
    assert refused_by(BACK, "UPDATE inventory_scan SET taken_back_at = now() + '1s'") == rule
    put_back = "UPDATE inventory_scan SET taken_back_at = NULL, taken_back_by_id = NULL"
    assert refused_by(BACK, put_back) == rule


@pytest.mark.parametrize(
    "change",
    ["was_here = false", "text = 'X'", "key = 'X'", "quantity = 2", "scanned_at = now() + '1s'",
     "nonce = gen_random_uuid()", "serial_id = NULL, was_here = false", "product_id = NULL",
     "id = id + 1000", "source = 'file'"],
)  # fmt: skip
def test_of_a_scan_nothing_else_changes(count, change):
    rule = refused_by(f"UPDATE inventory_scan SET {change}")
    assert rule in {"inventory_scan_taken_back_or_explained", "inventory_scan_of_unit_or_pieces"}


def test_scans_of_an_ended_count_are_frozen(ended):
    assert refused_by(BACK) == "inventory_scan_frozen"
    explained = "UPDATE inventory_scan SET explained_by_id = (SELECT min(id) FROM serials_posting)"
    assert refused_by(explained) == "inventory_scan_frozen"


@pytest.mark.parametrize(
    "change", ["status = 'open', ended_at = NULL, ended_by_id = NULL", "note = 'x'",
               "units_counted = 7", "ended_at = now() + '1s'"],
)  # fmt: skip
def test_an_ended_count_does_not_change(ended, change):
    assert refused_by(f"UPDATE inventory_count SET {change}") == "inventory_count_frozen"


@pytest.mark.parametrize(
    "change", ["number = 'X'", "started_at = now() + '1s'", "scope = 'products'",
               "store_id = (SELECT max(id) FROM company_store)"],
)  # fmt: skip
def test_a_count_keeps_its_store_and_scope(count, other_store, change):
    assert refused_by(f"UPDATE inventory_count SET {change}") == "inventory_count_keeps_its_scope"


@pytest.mark.parametrize(
    "table",
    ["inventory_scan", "inventory_expectedunit", "inventory_count", "inventory_count_products"],
)
def test_nothing_of_a_count_is_deleted(store, manager, goods, table):
    receive(store, manager, (goods.strict, ["A"]))
    count = begin(store, manager, scope=Scope.PRODUCTS, products=[goods.strict])
    take(count, manager, "A")
    assert refused_by(f"DELETE FROM {table}") == f"{table}_append_only"
    assert refused_by(f"TRUNCATE {table} CASCADE").endswith("_append_only")


@pytest.mark.parametrize("table", ["inventory_expectedunit", "inventory_count_products"])
def test_what_was_expected_and_of_which_products_stays(store, manager, goods, table):
    receive(store, manager, (goods.strict, ["A"]))
    begin(store, manager, scope=Scope.PRODUCTS, products=[goods.strict])
    assert refused_by(f"UPDATE {table} SET product_id = product_id") == f"{table}_append_only"


# Not closed while a unit is unknown


def explain(count: Count, key: str, posting: Posting) -> str:
    return f"""
        UPDATE inventory_scan SET explained_by_id = {posting.pk}
        WHERE count_id = {count.pk} AND key = '{key}'
    """


def test_a_count_is_not_closed_while_a_unit_is_unknown(count, store, manager, goods):
    take(count, manager, "NEW")
    assert refused_by(CLOSE) == "inventory_closed_is_explained"
    wrong = sell(store, manager, (goods.strict, ["C"])).posting
    assert refused_by(explain(count, "NEW", wrong), CLOSE) == "inventory_closed_is_explained"
    other = receive(store, manager, (goods.strict, ["OTHER"])).posting
    assert refused_by(explain(count, "NEW", other), CLOSE) == "inventory_closed_is_explained"
    right = receive(store, manager, (goods.strict, ["NEW"])).posting
    assert refused_by(CLOSE) == "inventory_closed_is_explained"
    assert refused_by(explain(count, "NEW", right), CLOSE) == ""


def test_what_another_store_received_explains_nothing(
    count, other_store, other_manager, manager, goods
):
    take(count, manager, "NEW")
    elsewhere = receive(other_store, other_manager, (goods.strict, ["NEW"])).posting
    assert refused_by(explain(count, "NEW", elsewhere), CLOSE) == "inventory_closed_is_explained"


def test_what_came_of_another_product_explains_nothing(count, store, manager, goods):
    take(count, manager, "NEW", context=goods.strict.pk)
    assert Scan.objects.get(key="NEW").product == goods.strict
    other = receive(store, manager, (goods.recorded, ["NEW"])).posting
    assert refused_by(explain(count, "NEW", other), CLOSE) == "inventory_closed_is_explained"


def test_an_unknown_scan_taken_back_stops_nothing(count, manager):
    take(count, manager, "NEW")
    assert refused_by(f"{BACK} WHERE key = 'NEW'", CLOSE) == ""


def test_a_count_is_not_written_closed_either(store, other_store, manager, count):
    take(count, manager, "NEW")
    assert refused_by("UPDATE inventory_count SET status = 'paused'", CLOSE) == (
        "inventory_closed_is_explained"
    )
