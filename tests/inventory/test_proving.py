"""The check names what somebody altered of a closed count, with the triggers off."""

from __future__ import annotations

import pytest
from django.db import connection

from inventory.proving import differences
from tests.lasting import lasting
from tests.shop import receive

from .closing import close
from .conftest import begin, take

pytestmark = pytest.mark.django_db


@lasting
def closed(store, manager, goods):
    """A count with a unit found, one missing, one explained, and pieces short and over."""
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), (goods.plain, 5), (goods.period, 5))
    count = begin(store, manager)
    take(count, manager, "SN1")
    take(count, manager, "NEW", product_id=goods.strict.pk, as_serial=True)
    take(count, manager, goods.plain.sku, quantity=3)
    take(count, manager, goods.period.sku, quantity=6)
    receive(store, manager, (goods.strict, ["NEW"]))
    return close(count, manager)


def test_a_closed_count_agrees(closed):
    assert differences() == []


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE inventory_scan SET explained_by_id = NULL WHERE key = 'NEW'", "NEW was unknown"),
        ("UPDATE inventory_scan SET was_here = false WHERE key = 'SN1'", "SN1 was unknown"),
        ("UPDATE inventory_count SET units_missing = 7", "adds up to"),
        ("UPDATE inventory_count SET pieces_over = 7", "adds up to"),
        ("UPDATE inventory_productresult SET short = 0 WHERE in_units", "its documents have 1"),
        ("UPDATE inventory_productresult SET over = 9 WHERE NOT in_units AND over = 1",
         "over, its documents have 0 and 1"),
        ("UPDATE inventory_count SET shortage_id = NULL", "its documents have 0"),
        ("DELETE FROM inventory_expectedunit", "its rows are 0"),
        (("UPDATE inventory_scan SET taken_back_at = now(), taken_back_by_id = scanned_by_id"
          " WHERE key = 'SN1'"), "2 units expected, 1 scanned"),
        ("UPDATE inventory_count SET closed_on = closed_on + 1", "its document"),
        ("DELETE FROM serials_stocktaken", "not said to be counted"),
        ("UPDATE company_numbersequence SET last = last + 1 WHERE series = 'CN'", "2 given, 1"),
    ],
)  # fmt: skip
def test_what_was_altered_of_a_count_is_named(closed, tampering, told):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(tampering)
        assert cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert any(told in difference for difference in differences()), differences()
