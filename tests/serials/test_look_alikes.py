"""Which serials look alike, and that the look-up goes by its index."""

from __future__ import annotations

import unicodedata

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from serials.look_alikes import COMPARED_AS, SIGNS, alike_known, skeleton
from serials.text import serial_key
from tests.shop import receive


@pytest.mark.parametrize(
    ("new", "known"),
    [
        ("SN-O1", "SN-01"),
        ("АВС", "ABC"),  # Cyrillic
        ("СЕНКМОРТХ", "CEHKMOPTX"),  # Cyrillic
        ("В8", "BB"),
        ("І1l", "1I1"),
        ("З5", "3S"),
    ],
)
def test_these_look_alike(new, known):
    assert new != known
    assert skeleton(serial_key(new)) == skeleton(serial_key(known))


@pytest.mark.parametrize(("new", "other"), [("SN-1", "SN-2"), ("A1", "A11"), ("Ж1", "X1")])
def test_these_do_not(new, other):
    assert skeleton(serial_key(new)) != skeleton(serial_key(other))


def test_signs_are_those_of_keys_and_become_signs_that_stay():
    assert len(SIGNS) == len(COMPARED_AS) == len(set(SIGNS))
    assert all(serial_key(sign) == sign for sign in SIGNS)
    assert all(skeleton(sign) == sign for sign in COMPARED_AS)
    assert unicodedata.is_normalized("NFKC", SIGNS)


@pytest.mark.django_db
def test_known_serials_of_the_product_that_look_alike(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN-O1", "SN-2"]), (goods.recorded, ["SN-З"]))
    strict = goods.strict.pk
    keys = ["SN-01", "SN-O1", "SN-2", "SN-3", "ЅN-2"]
    found = alike_known([(strict, key) for key in keys])
    assert found == {(strict, "SN-01"): "SN-O1", (strict, "ЅN-2"): "SN-2"}
    assert alike_known([(goods.recorded.pk, "SN-3")]) == {(goods.recorded.pk, "SN-3"): "SN-З"}


@pytest.mark.django_db
def test_it_is_one_statement_by_the_index(store, manager, goods):
    receive(store, manager, (goods.strict, [f"SN-{nth}" for nth in range(50)]))
    with CaptureQueriesContext(connection) as captured:
        alike_known([(goods.strict.pk, f"SN-{nth}O") for nth in range(300)])
        alike_known([])
    assert len(captured) == 1
    with connection.cursor() as cursor:
        for way in ("seqscan", "hashjoin", "mergejoin"):  # few rows: any of them would do
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute("EXPLAIN " + captured[0]["sql"])
        plan = " ".join(row[0] for row in cursor.fetchall())
    assert "serials_by_looks" in plan
