"""The check names what somebody altered past the rules, with the triggers off."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from company.access import access_of
from company.models import Membership
from documents.posting import post_document
from tests.shop import (
    arrive,
    cancel,
    draft,
    exchange,
    give_back,
    identify,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)

pytestmark = pytest.mark.django_db


def tampered_with(statement: str) -> None:
    """Run a statement with the triggers off, as only a superuser could."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        assert cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")


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
    tampered_with(tampering)
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("check_ledger")
    assert told in capsys.readouterr().err


@pytest.fixture
def busy_shop(store, other_store, manager, goods):
    """Everything a shop does, some of it cancelled."""
    Membership.objects.create(user=manager, store=other_store, role="manager")
    receive(store, manager, (goods.strict, ["S1", "S2", "S3", "S4", "S5"]), (goods.period, 9))
    sale = sell(store, manager, (goods.strict, ["S1", "S2"]), (goods.period, 3))
    give_back(sale, store, manager, (goods.strict, ["S1"]), (goods.period, 1))
    exchange(sale, store, manager, [(goods.strict, ["S2"])], [(goods.strict, ["S3"])])
    write_off(store, manager, (goods.period, 1))
    sent = transfer(store, other_store, manager, (goods.strict, ["S4"]), (goods.period, 2))
    arrive(sent, manager, (goods.strict, ["S4"]))
    cancel(return_to_supplier(store, manager, (goods.strict, ["S5"])), manager)
    bare = draft("receipt", store, manager, [(goods.strict, 2)])
    bare = post_document(bare.pk, by=access_of(manager), now=timezone.now(), without_serials="late")
    identify(bare, manager, (goods.strict, ["S6"]))


def test_what_every_verb_wrote_agrees(busy_shop, capsys):
    connection.check_constraints()
    call_command("check_ledger")
    assert "agree" in capsys.readouterr().out


OF_RETURN = "(SELECT id FROM serials_posting WHERE kind = 'customer_return')"
CANCELLED = "(SELECT reverses_id FROM serials_posting WHERE kind = 'cancellation')"


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        (("UPDATE documents_outstanding SET settled = settled + 1 WHERE purpose = 'arrive'"
         " AND settled = 0"), "1 of 2 pieces are said to be settled, by documents 0"),
        ("UPDATE documents_outstanding SET settled = 0 WHERE purpose = 'return'",
         "0 of 2 pieces are said to be settled, by documents 2"),
        ("UPDATE documents_outstanding SET settled = 0 WHERE purpose = 'identify'",
         "0 of 2 pieces are said to be settled, by documents 1"),
        ("DELETE FROM documents_outstanding WHERE purpose = 'return'",
         "nothing says what may come back"),
        ("DELETE FROM documents_outstanding WHERE purpose = 'identify'",
         "nothing says what may come back"),
        (("UPDATE documents_document SET status = 'cancelled', cancellation_id = posting_id"
         " WHERE kind = 'transfer'"), "pieces are said to be settled"),
        (("UPDATE serials_ledgerentry SET to_place_id = (SELECT id FROM serials_place WHERE"
         " kind = 'defective' LIMIT 1) WHERE posting_id = (SELECT id FROM serials_posting"
         " WHERE kind = 'cancellation')"), "of kind cancellation stands for cancelling"),
        (("DELETE FROM serials_ledgerentry WHERE posting_id = (SELECT id FROM serials_posting"
         " WHERE kind = 'cancellation')"), "of kind cancellation stands for cancelling"),
        (("UPDATE documents_document SET cancellation_id = NULL, status = 'posted'"
         " WHERE status = 'cancelled'"), "has no document"),
        ((f"UPDATE warranty_card SET void_on = NULL, voided_by_id = NULL"
         f" WHERE voided_by_id = {OF_RETURN}"), "of its cards are not"),
        ((f"UPDATE warranty_term SET void_on = NULL, voided_by_id = NULL"
         f" WHERE voided_by_id = {OF_RETURN}"), "is valid, but the unit came back"),
        (("UPDATE warranty_term SET void_on = starts_on, voided_by_id = posting_id"
         " WHERE void_on IS NULL AND quantity > 1"), "is void: True, and 2 of its cards are not"),
        (f"UPDATE warranty_card SET voided_by_id = {CANCELLED} WHERE voided_by_id = {OF_RETURN}",
         "which was cancelled"),
        (("DELETE FROM serials_ledgerentry WHERE unidentified AND posting_id = (SELECT id FROM"
         " serials_posting WHERE kind = 'identification')"), "pieces without, the balance says"),
        (("UPDATE documents_line SET quantity = 5 WHERE document_id = (SELECT id FROM"
         " documents_document WHERE kind = 'identification')"), "5 pieces on the line, 1 in"),
        (("UPDATE documents_line SET quantity = 5 WHERE document_id = (SELECT id FROM"
         " documents_document WHERE kind = 'exchange') AND origin_id IS NULL"),
         "5 pieces on the line, 1 in"),
        ("DELETE FROM serials_posting WHERE kind = 'cancellation'", "has no posting"),
        ("UPDATE company_numbersequence SET last = last + 1 WHERE series = 'CR'", "2 given, 1"),
    ],
)  # fmt: skip
def test_what_was_altered_of_any_document_is_named(busy_shop, capsys, tampering, told):
    tampered_with(tampering)
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("check_ledger")
    assert told in capsys.readouterr().err
