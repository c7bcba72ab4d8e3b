"""The check names what somebody altered past the rules, with the triggers off."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from company.access import access_of
from company.models import Company, Membership, User
from documents.acknowledging import acknowledge_returns
from documents.posting import post_document
from tests.claims import claim, repair
from tests.lasting import lasting
from tests.shop import (
    arrive,
    bring_back,
    cancel,
    draft,
    exchange,
    give_back,
    identify,
    post,
    put,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)
from warranty import proving
from warranty.adjusting import override_end, revoke
from warranty.models import Card
from warranty.terms import Base, InRepair, MonthsOnce, SetTo, end_of_term, last_covered_day

pytestmark = pytest.mark.django_db


def tampered_with(statement: str) -> None:
    """Run a statement with the triggers off, as only a superuser could."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        assert cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")


@lasting
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


@lasting
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


TODAY = timezone.localdate()
LONG_AGO, LATER = TODAY - dt.timedelta(days=200), TODAY - dt.timedelta(days=100)


@lasting
def history(store, other_store, manager, goods, admin):
    """Years of trade: parts come back, replacements by every policy, serials entered late."""
    Membership.objects.create(user=manager, store=other_store, role="manager")
    Company.objects.update_or_create(id=1, defaults={"return_window_days": 0})
    receive(
        store, manager,
        (goods.strict, ["A1", "A2", "A3", "A4", "A5", "A6", "A7"]),
        (goods.recorded, ["Q1", "Q2", "Q5", "Q6", "Q7"]), (goods.period, 30), (goods.plain, 9),
        on=LONG_AGO,
    )  # fmt: skip
    sale = sell(
        store, manager,
        (goods.recorded, ["Q1", "Q2"]), (goods.period, 9), (goods.plain, 2),
        on=LONG_AGO,
    )  # fmt: skip
    give_back(sale, store, manager, (goods.recorded, ["Q1"]), (goods.period, 2), on=LATER)
    cancel(give_back(sale, store, manager, (goods.period, 3), (goods.plain, 1)), manager)
    for policy, unit, new in (
        ("inherit", "A1", "A4"), ("restart", "A2", "A5"), ("at_least", "A3", "A6"),
    ):  # fmt: skip
        Company.objects.update(replacement=policy)
        sold = sell(store, manager, (goods.strict, [unit]), on=LONG_AGO)
        card = Card.objects.get(term__serial_text=unit)
        repair(card, LONG_AGO + dt.timedelta(days=9), LONG_AGO + dt.timedelta(days=19), manager)
        repair(card, LONG_AGO + dt.timedelta(days=15), LONG_AGO + dt.timedelta(days=22), manager)
        swap = bring_back(sold, store, manager, (goods.strict, [unit]), kind="exchange")
        put(swap, manager, goods.period, 1, origin=sale.lines.get(product=goods.period))
        swap.lines.update(remark="changed their mind")
        for product, what in ((goods.strict, [new]), (goods.period, 2)):
            put(swap, manager, product, what)
        post(swap, manager)
    sent = transfer(store, other_store, manager, (goods.strict, ["A7"]), (goods.period, 4))
    arrive(sent, manager, (goods.period, 1))
    arrive(sent, manager, (goods.strict, ["A7"]), (goods.period, 2))
    return_to_supplier(other_store, manager, (goods.strict, ["A7"]))
    again = draft("receipt", store, manager, [(goods.strict, ["A7"])])
    acknowledge_returns(again.pk, by=access_of(manager), now=timezone.now())
    post(again, manager)
    bare = draft("sale", store, manager, [(goods.recorded, 3)])
    bare = post_document(bare.pk, by=access_of(manager), now=timezone.now(), without_serials="late")
    identify(bare, manager, (goods.recorded, ["Q3", "Q4"]))
    give_back(bare, store, manager, (goods.recorded, ["Q3"]))
    cancel(sell(store, manager, (goods.strict, ["A7"])), manager)
    adjusted(Card.objects.get(term__serial_text="A4"), manager, admin)
    connection.check_constraints()


def adjusted(card: Card, manager: User, admin: User) -> None:
    """Two repairs, an end that an admin set, another repair, and one of them taken back."""
    first, _ = (repair(card, TODAY, TODAY + dt.timedelta(days=days), manager) for days in (5, 7))
    at = {"by": access_of(admin), "now": timezone.now()}
    far = TODAY + dt.timedelta(days=1000)
    card.refresh_from_db()
    override_end(card.pk, ends_on=far, reason="promised", seen=card.ends_on, **at)
    repair(card, TODAY + dt.timedelta(days=6), TODAY + dt.timedelta(days=16), manager)
    card.refresh_from_db()
    revoke(first.pk, reason="a slip", seen=card.ends_on, **at)
    claim(card, TODAY + dt.timedelta(days=20))


def test_a_long_history_agrees(history, capsys):
    call_command("check_ledger")
    assert "agree" in capsys.readouterr().out


def posted(kind: str) -> str:
    return f"(SELECT min(id) FROM serials_posting WHERE kind = '{kind}')"


def revived(table: str, which: str) -> str:
    return f"UPDATE {table} SET void_on = NULL, voided_by_id = NULL WHERE {which}"


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE warranty_term SET ends_on = ends_on + 900 WHERE serial_text = 'A1'",
         "months: it ends on"),
        ("UPDATE warranty_term SET ends_on = ends_on - 1 WHERE replacement = 'restart'",
         "months: it ends on"),
        ("UPDATE warranty_term SET period_count = 2000000000 WHERE serial_text = 'A1'",
         "not on 9999-12-31"),
        (("UPDATE warranty_term SET ends_on = ends_on + 900 WHERE replacement = 'inherit'"
         " AND quantity = 1"), "by the policy inherit"),
        ("UPDATE warranty_term SET ends_on = starts_on WHERE replacement = 'at_least'",
         "by the policy at_least"),
        ((f"UPDATE warranty_card SET void_on = '{TODAY}', voided_by_id = {posted('transfer')}"
         " WHERE void_on IS NULL"), "which did not end it"),
        ((f"UPDATE warranty_card SET voided_by_id = {posted('cancellation')}"
         " WHERE void_on IS NOT NULL"), "which did not end it"),
        ("UPDATE warranty_card SET void_on = void_on + 1", "which did not end it"),
        ((f"UPDATE warranty_term SET voided_by_id = {posted('receipt')}"
         " WHERE void_on IS NOT NULL"), "which ended none of its cards"),
        (revived("warranty_card", "voided_by_id IN (SELECT id FROM serials_posting"
         " WHERE kind = 'cancellation')"), "which started its term, was cancelled"),
        (revived("warranty_card", "term_id IN (SELECT id FROM warranty_term WHERE quantity = 9)"
         f" AND voided_by_id = {posted('customer_return')}"),
         "line 2, and 0 cards are void by it"),
        (revived("warranty_card", "term_id IN (SELECT id FROM warranty_term"
         " WHERE serial_text = 'Q1')"), "took back 1 pieces"),
        ((f"UPDATE warranty_card SET void_on = '{TODAY}', voided_by_id = {posted('exchange')}"
         " WHERE void_on IS NULL AND term_id IN (SELECT id FROM warranty_term WHERE quantity = 9)"),
         "took back 1 pieces"),
        ((f"UPDATE warranty_card SET void_on = '{TODAY}', voided_by_id = {posted('exchange')}"
         " WHERE term_id IN (SELECT id FROM warranty_term WHERE serial_text = 'Q2')"),
         "took back 0 pieces"),
        ("DELETE FROM warranty_term WHERE serial_text = 'Q2'",
         "1 pieces have no term, though others of the line have"),
        ("DELETE FROM warranty_term WHERE serial_text = 'Q4'",
         "1 pieces have no term, though others of the line have"),
        (("DELETE FROM warranty_card WHERE term_id ="
         " (SELECT id FROM warranty_term WHERE serial_text = 'A4')"), "the numbers W of store KY1"),
        ("UPDATE warranty_card SET ends_on = ends_on + 1 WHERE void_on IS NULL",
         "its term and its adjustments come to"),
        (("UPDATE warranty_card SET ends_on = ends_on - 3 WHERE term_id IN"
         " (SELECT id FROM warranty_term WHERE serial_text = 'A4')"),
         "its term and its adjustments come to"),
        ("DELETE FROM warranty_adjustment WHERE kind = 'override'",
         "its term and its adjustments come to"),
        ("UPDATE warranty_adjustment SET days = days + 1 WHERE kind = 'repair'",
         "its term is extended by days"),
        ("UPDATE warranty_term SET on_repair = 'none'", "its term is extended by none"),
        ("UPDATE warranty_claim SET is_warranty = false", "not that of a repair under warranty"),
        ("UPDATE warranty_claim SET closed_on = closed_on + 1",
         "not that of a repair under warranty"),
        (("UPDATE warranty_claim SET serial_id = (SELECT id FROM serials_serial WHERE key = 'Q1')"
         " WHERE closed_on IS NULL"), "is of another unit than the card"),
        (("UPDATE warranty_card SET ends_on = ends_on + 10 WHERE term_id IN"
         " (SELECT id FROM warranty_term WHERE serial_text = 'A1')"), "by the policy inherit"),
        ("UPDATE documents_outstanding SET quantity = quantity + 5 WHERE purpose = 'return'",
         "(return): 8 pieces are said to be there to settle, the line has 3"),
        ("UPDATE documents_outstanding SET quantity = 9 WHERE purpose = 'arrive'",
         "(arrive): 9 pieces are said to be there to settle, the line has 4"),
        ("UPDATE documents_outstanding SET quantity = 2 WHERE purpose = 'identify'",
         "(identify): 2 pieces are said to be there to settle, the line has 3"),
        (("DELETE FROM documents_outstanding WHERE purpose = 'return' AND line_id IN"
         " (SELECT line_id FROM documents_outstanding WHERE purpose = 'identify')"),
         "may come back, arrive or be identified (return)"),
        ("UPDATE documents_outstanding SET purpose = 'arrive' WHERE purpose = 'identify'",
         "(arrive): 3 pieces are said to be there to settle, the line has 0"),
        ("UPDATE documents_lineserial SET key = 'ZZ' WHERE key = 'A1'", "serial ZZ is only on the"),
        ("DELETE FROM documents_lineserial WHERE key = 'Q4'", "serial Q4 is only in the ledger"),
        (("UPDATE documents_document SET effective_on = effective_on - 3"
         " WHERE kind = 'sale'"), "does not agree with its posting"),
        (("UPDATE serials_posting SET effective_on = effective_on - 9"
         " WHERE kind = 'receipt'"), "does not agree with its posting"),
        ("UPDATE documents_document SET number = number || 'X' WHERE kind = 'exchange'",
         "does not agree with its posting"),
        ("UPDATE documents_document SET kind = 'write_off' WHERE kind = 'supplier_return'",
         "does not agree with its posting"),
        (("UPDATE documents_document SET store_id = (SELECT id FROM company_store"
         " WHERE prefix = 'LV1') WHERE kind = 'receipt'"), "does not agree with its posting"),
        ("UPDATE serials_posting SET reference = reference || 'X' WHERE kind = 'cancellation'",
         "the posting that cancels it is"),
        (("UPDATE documents_document SET status = 'posted', cancellation_id = NULL"
         " WHERE status = 'cancelled'"), "is posted, and the posting that cancels it is"),
        ("UPDATE serials_serial SET moved_on = moved_on - 1 WHERE key = 'A4'",
         "serial A4 of SKU-STRICT: its last day is"),
        ("UPDATE serials_serial SET moved_on = moved_on + 1 WHERE key = 'A4'",
         "serial A4 of SKU-STRICT: its last day is"),
    ],
)  # fmt: skip
def test_what_was_altered_in_a_long_history_is_named(history, capsys, tampering, told):
    tampered_with(tampering)
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("check_ledger")
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("day", ["2024-02-29", "2023-12-31", "2024-01-31", "9998-06-30"])
@pytest.mark.parametrize(
    ("count", "unit"),
    [(0, "days"), (45, "days"), (3_000_000_000 // 2, "days"), (6, "weeks"), (1_000_000, "weeks"),
     (1, "months"), (13, "months"), (120_000, "months"), (3, "years"), (20_000, "years")],
)  # fmt: skip
def test_the_check_counts_a_term_as_the_sale_does(shop, capsys, day, count, unit):
    ends_on = last_covered_day(dt.date.fromisoformat(day), count, unit)
    tampered_with(
        f"UPDATE warranty_term SET starts_on = '{day}', ends_on = '{ends_on}',"
        f" period_count = {count}, period_unit = '{unit}'"
    )
    with pytest.raises(CommandError):
        call_command("check_ledger")
    said = capsys.readouterr().err
    assert "it begins on" in said
    assert "it ends on" not in said


SERIES = st.lists(
    st.one_of(
        st.builds(
            lambda on, days: InRepair(
                dt.date(2026, 1, 1) + dt.timedelta(days=on),
                dt.date(2026, 1, 1) + dt.timedelta(days=on + days),
            ),
            st.integers(0, 200),
            st.integers(0, 60),
        ),
        st.just(MonthsOnce(3)),
        st.builds(SetTo, st.dates(dt.date(2024, 1, 31), dt.date(2030, 12, 31))),
    ),
    max_size=6,
)
PERIODS = st.tuples(
    st.sampled_from(["2024-01-31", "2024-02-29", "2023-12-30", "9998-06-30"]),
    st.sampled_from(
        [(0, "days"), (45, "days"), (6, "weeks"), (1, "months"), (13, "months"), (3, "years"),
         (20_000, "years")]
    ),
)  # fmt: skip


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(PERIODS, SERIES)
def test_the_check_adds_up_adjustments_as_the_arithmetic_does(shop, admin, period, changes):
    day, (count, unit) = period
    starts_on = dt.date.fromisoformat(day)
    base = Base(starts_on, count, unit)
    with transaction.atomic():
        card = Card.objects.order_by("pk")[0]
        given = last_covered_day(starts_on, count, unit)
        tampered_with(
            f"UPDATE warranty_term SET starts_on = '{day}', ends_on = '{given}',"
            f" period_count = {count}, period_unit = '{unit}' WHERE id = {card.term_id}"
        )
        for seq, one in enumerate(changes, 1):
            in_repair = isinstance(one, InRepair)
            facts = {
                "kind": "'override'" if isinstance(one, SetTo) else "'repair'",
                "months": one.months if isinstance(one, MonthsOnce) else 0,
                "from": f"'{one.claimed_on}'" if in_repair else "'2026-01-01'",
                "to": f"'{one.back_on}'" if in_repair else "'2026-01-01'",
                "sets": f"'{one.ends_on}'" if isinstance(one, SetTo) else "NULL",
            }
            tampered_with(UNCHECKED.format(seq=seq, card=card.pk, by=admin.pk, **facts))
        ends_on = end_of_term(base, changes)
        tampered_with(f"UPDATE warranty_card SET ends_on = '{ends_on}' WHERE id = {card.pk}")
        said = [one for one in proving.differences() if card.number in one and "come to" in one]
        assert said == []
        other = "ends_on - 1" if ends_on == dt.date.max else "ends_on + 1"
        tampered_with(f"UPDATE warranty_card SET ends_on = {other} WHERE id = {card.pk}")
        said = [one for one in proving.differences() if card.number in one and "come to" in one]
        assert len(said) == 1
        transaction.set_rollback(True)


UNCHECKED = """
ALTER TABLE warranty_adjustment DROP CONSTRAINT IF EXISTS warranty_adjustment_says_what_it_does;
INSERT INTO warranty_adjustment (card_id, seq, kind, reason, from_on, to_on, days, months, sets_end,
    ends_before, ends_on, made_by_id, made_at)
VALUES ({card}, {seq}, {kind}, '', {from}, {to}, 0, {months}, {sets}, '2026-01-01', '2026-01-01',
    {by}, now())
"""
