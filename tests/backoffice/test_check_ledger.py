"""The check names what somebody altered past the rules, with the triggers off."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.shop import receive, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), (goods.recorded, ["R1"]))
    receive(store, manager, (goods.plain, 5), (goods.period, 5))
    sell(store, manager, (goods.strict, ["SN1"]), (goods.recorded, ["R9"]), (goods.period, 2))


def test_what_the_verbs_wrote_agrees(shop, capsys):
    call_command("check_ledger")
    assert "agree" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        (("UPDATE serials_serial SET place_id = (SELECT id FROM serials_place WHERE kind = 'shelf')"
         " WHERE key = 'SN1'"), "serial SN1 of SKU-STRICT: its last movement"),
        ("UPDATE serials_serial SET seq = 7 WHERE key = 'R1'", "serial R1 of SKU-RECORDED"),
        ("UPDATE serials_balance SET quantity = quantity + 1", "the balance says"),
        ("DELETE FROM serials_balance", "the balance says 0"),
        ("DELETE FROM serials_ledgerentry WHERE seq = 1 AND verified", "does not continue where"),
        ("UPDATE serials_ledgerentry SET quantity = 4 WHERE serial_id IS NULL AND quantity = 5",
         "the movements leave"),
        ("UPDATE warranty_term SET starts_on = starts_on - 1", "it begins on"),
        ("UPDATE warranty_term SET quantity = 1 WHERE quantity = 2", "does not agree with entry"),
        ("DELETE FROM warranty_card WHERE unit = 2", "covers 2 pieces and has 1 cards"),
        ("UPDATE documents_line SET quantity = 9 WHERE quantity = 2", "9 pieces on the line, 2"),
        ("UPDATE company_numbersequence SET last = last + 1 WHERE series = 'S'", "2 given, 1"),
    ],
)  # fmt: skip
def test_what_was_altered_by_hand_is_named(shop, capsys, tampering, told):
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(tampering)
        assert cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("check_ledger")
    assert told in capsys.readouterr().err
