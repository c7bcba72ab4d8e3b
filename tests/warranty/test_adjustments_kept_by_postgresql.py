"""Rules of adjustments and claims that hold whoever writes: each is tried past the ORM."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from company.access import access_of
from company.models import Company
from tests.claims import claim, close, repair
from tests.documents.test_correcting import put_right
from tests.lasting import lasting
from tests.shop import receive, sell
from tests.warranty.test_rules_kept_by_postgresql import refused_by, sql
from warranty.adjusting import override_end, revoke
from warranty.models import Adjustment, Card, Claim

SOLD = dt.date(2026, 1, 31)
BASE = dt.date(2027, 1, 31)
day = dt.date

pytestmark = pytest.mark.django_db


@lasting
def card(store, manager, goods) -> Card:
    """A unit sold on 31 January with 12 months, and repaired for ten days."""
    receive(store, manager, (goods.strict, ["A1", "B1", "C1"]), on=SOLD)
    sell(store, manager, (goods.strict, ["A1"]), on=SOLD)
    card = Card.objects.get()
    repair(card, day(2026, 3, 1), day(2026, 3, 11), manager)
    card.refresh_from_db()
    return card


@pytest.fixture
def other(card, store, manager, goods) -> Card:
    """A card of another unit, to take from."""
    sell(store, manager, (goods.strict, ["B1"]), on=SOLD)
    return Card.objects.get(term__serial_text="B1")


@pytest.fixture
def repaired(card, manager) -> Claim:
    """A claim of the card under warranty that closed without extending it: 1 to 5 April."""
    opened = claim(card, day(2026, 4, 1))
    close(opened, day(2026, 4, 5), manager, extends=False)
    return opened


ROW = """
    INSERT INTO warranty_adjustment (card_id, seq, kind, claim_id, reason, from_on, to_on, days,
        months, sets_end, revokes_id, ends_before, ends_on, made_by_id, made_at)
    VALUES ({card}, {seq}, '{kind}', {claim}, '{reason}', {from_on}, {to_on}, {days}, {months},
        {sets_end}, {revokes}, '{before}', '{ends}', (SELECT min(id) FROM company_user), now())
"""


def adjustment(card: Card, **facts: object) -> str:
    """An adjustment of the card together with the end it says, as one statement."""
    row = {
        "card": card.pk, "seq": card.adjustments.count() + 1, "claim": "NULL", "reason": "",
        "from_on": "NULL", "to_on": "NULL", "days": 0, "months": 0, "sets_end": "NULL",
        "revokes": "NULL", "before": card.ends_on, "ends": card.ends_on,
    } | facts  # fmt: skip
    return (
        f"WITH made AS ({ROW.format(**row)} RETURNING card_id, ends_on)"
        " UPDATE warranty_card SET ends_on = made.ends_on FROM made"
        " WHERE warranty_card.id = made.card_id"
    )


def by_repair(card: Card, of: Claim, **facts: object) -> str:
    return adjustment(
        card,
        **{"kind": "repair", "claim": of.pk, "from_on": "'2026-04-01'", "to_on": "'2026-04-05'",
           "days": 4, "ends": card.ends_on + dt.timedelta(days=4)} | facts,
    )  # fmt: skip


def override(card: Card, ends: object = "2028-05-31", **facts: object) -> str:
    named = {"kind": "override", "reason": "x", "sets_end": f"'{ends}'", "ends": ends}
    return adjustment(card, **named | facts)


def alone(statement: str) -> str:
    """The adjustment of a statement without the end of its card."""
    return statement.partition(" RETURNING")[0].removeprefix("WITH made AS (")


def holds(statement: str) -> None:
    """The database accepts the statement, with what it judges at the end; it is undone."""
    with transaction.atomic():
        assert sql(statement) == 1
        connection.check_constraints()
        transaction.set_rollback(True)


def judged(constraint: str, statement: str) -> None:
    """The statement is refused when the transaction ends."""

    def at_the_end() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)
            connection.check_constraints()

    with pytest.raises(IntegrityError) as raised:
        at_the_end()
    assert raised.value.__cause__.diag.constraint_name == constraint


# The end


def test_what_these_tests_write_is_otherwise_sound(card, repaired):
    holds(by_repair(card, repaired))
    holds(override(card))


def test_the_end_of_a_card_is_that_of_its_last_adjustment(card):
    rule = "warranty_card_end_is_reckoned"
    judged(rule, "UPDATE warranty_card SET ends_on = ends_on + 1")
    judged(rule, "UPDATE warranty_card SET ends_on = '2027-01-31'")


def test_the_end_of_a_card_without_adjustments_is_that_of_its_term(other):
    rule = "warranty_card_end_is_reckoned"
    judged(rule, f"UPDATE warranty_card SET ends_on = ends_on + 1 WHERE id = {other.pk}")
    judged(rule, f"UPDATE warranty_term SET ends_on = ends_on + 1 WHERE id = {other.term_id}")
    holds(f"""
        WITH term AS (
            UPDATE warranty_term SET ends_on = ends_on + 1 WHERE id = {other.term_id}
            RETURNING id, ends_on
        )
        UPDATE warranty_card SET ends_on = term.ends_on FROM term WHERE term.id = term_id
    """)


def test_an_adjustment_takes_its_card_along(card, repaired):
    judged("warranty_card_end_is_reckoned", alone(by_repair(card, repaired)))


def test_a_new_card_ends_with_its_term(card):
    new = """
        INSERT INTO warranty_card (number, term_id, unit, ends_on)
        SELECT 'X', id, 1, ends_on + 1 FROM warranty_term
    """
    sql("SET LOCAL session_replication_role = replica")
    sql("DELETE FROM warranty_adjustment")
    sql("UPDATE warranty_claim SET card_id = NULL, is_warranty = NULL")
    sql("DELETE FROM warranty_card")
    sql("SET LOCAL session_replication_role = origin")
    refused_by("warranty_card_end_is_reckoned", new)
    holds(new.replace(" + 1", ""))


def test_a_card_does_not_end_before_its_term_begins(card):
    refused_by("warranty_card_ends_after_start", "UPDATE warranty_card SET ends_on = '2026-01-30'")


# The chain


def test_an_adjustment_continues_from_the_end_before_it(card, repaired, other):
    rule = "warranty_adjustment_continues"
    judged(rule, by_repair(card, repaired, before="2027-01-31"))
    judged(rule, override(card, before="2028-01-01"))
    judged(rule, override(other, before="2028-01-01"))


def test_no_number_of_the_chain_is_left_out(card, other):
    judged("warranty_adjustment_continues", override(card, seq=3))
    judged("warranty_adjustment_continues", override(other, seq=2))


def test_two_adjustments_never_continue_from_one(card, repaired):
    refused_by("warranty_adjustment_once", by_repair(card, repaired, seq=1))


def test_the_chain_begins_with_one(card):
    refused_by("warranty_adjustment_seq_positive", override(card, seq=0))


def test_an_adjustment_does_not_end_before_the_term_begins(card):
    early = dt.date(2026, 1, 30)
    refused_by("warranty_card_ends_after_start", override(card, ends=early))
    both = f"{alone(override(card, ends=early))}; {override(card, seq=3, before=early)}"
    judged("warranty_adjustment_ends_after_start", both)


# What an adjustment says


@pytest.mark.parametrize(
    "facts",
    [
        {"claim": "NULL"},
        {"from_on": "NULL"},
        {"to_on": "NULL"},
        {"from_on": "'2026-04-05'", "to_on": "'2026-04-01'"},
        {"sets_end": "'2028-01-01'"},
        {"ends": "2027-01-01"},
        {"kind": "gift"},
    ],
)
def test_a_repair_names_its_claim_and_its_days_and_never_shortens(card, repaired, facts):
    refused_by("warranty_adjustment_says_what_it_does", by_repair(card, repaired, **facts))


@pytest.mark.parametrize(
    "facts",
    [
        {"reason": ""},
        {"sets_end": "NULL"},
        {"sets_end": "'2028-05-30'"},
        {"days": 1},
        {"months": 1},
        {"kind": "revocation"},
    ],
)
def test_an_override_sets_a_day_and_says_why(card, facts):
    refused_by("warranty_adjustment_says_what_it_does", override(card, **facts))


@pytest.fixture
def first(card) -> Adjustment:
    return Adjustment.objects.get()


def revocation(card: Card, of: Adjustment, **facts: object) -> str:
    named = {"kind": "revocation", "reason": "x", "revokes": of.pk, "ends": "2027-01-31"}
    return adjustment(card, **named | facts)


@pytest.mark.parametrize("facts", [{"reason": ""}, {"revokes": "NULL"}, {"days": 1}])
def test_what_takes_back_names_what_and_why(card, first, facts):
    refused_by("warranty_adjustment_says_what_it_does", revocation(card, first, **facts))


def test_an_adjustment_is_taken_back_once(card, first, admin):
    holds(revocation(card, first))
    revoke(
        first.pk, reason="x", seen=card.ends_on, by=access_of(admin), now=timezone.now()
    )  # fmt: skip
    card.refresh_from_db()
    refused_by("warranty_adjustment_revokes_id_key", revocation(card, first))


def test_only_an_own_and_earlier_adjustment_is_taken_back(card, first, other, admin):
    rule = "warranty_adjustment_revokes_its_own"
    judged(rule, revocation(other, first))
    taken_back = revoke(
        first.pk, reason="x", seen=card.ends_on, by=access_of(admin), now=timezone.now()
    )
    card.refresh_from_db()
    judged(rule, revocation(card, taken_back))


# The claim of an adjustment


def test_an_adjustment_is_by_a_closed_claim_under_warranty_of_its_card(
    card, repaired, other, manager
):
    rule = "warranty_adjustment_of_a_claim"
    judged(rule, by_repair(card, repaired, to_on="'2026-04-06'"))
    judged(rule, by_repair(card, repaired, from_on="'2026-03-31'"))
    judged(rule, by_repair(other, repaired))
    still = claim(card, day(2026, 4, 1))
    judged(rule, by_repair(card, still))
    paid = claim(other, day(2026, 4, 1), is_warranty=False)
    close(paid, day(2026, 4, 5), manager)
    judged(rule, by_repair(other, paid))


def test_only_a_unit_mixed_up_takes_the_adjustments_of_another(
    card, repaired, store, manager, goods
):
    put_right(store, manager, goods.strict, "A1", "B1")
    new = Card.objects.get(void_on=None)
    (claimed,) = Claim.objects.filter(adjustments__card=card)
    # The claim that extended the old card may extend this one; another of the old card may not.
    again = {"from_on": "'2026-03-01'", "to_on": "'2026-03-11'", "days": 10}
    holds(by_repair(new, claimed, **again))
    judged("warranty_adjustment_of_a_claim", by_repair(new, repaired))


# What stays


@pytest.mark.parametrize(
    "change",
    ["days = days + 1", "ends_on = ends_on + 1", "reason = 'x'", "card_id = card_id",
     "claim_id = NULL", "made_at = now()"],
)  # fmt: skip
def test_an_adjustment_stays_as_it_was_written(card, change):
    refused_by("warranty_adjustment_frozen", f"UPDATE warranty_adjustment SET {change}")


def test_no_adjustment_and_no_claim_is_deleted(card):
    for table in ("adjustment", "claim"):
        rule = f"warranty_{table}_keeps_rows"
        refused_by(rule, f"DELETE FROM warranty_{table}")
        refused_by(rule, f"TRUNCATE warranty_{table} CASCADE")


def test_the_token_of_a_card_stays(card):
    refused_by("warranty_card_frozen", "UPDATE warranty_card SET token = gen_random_uuid()")


def test_no_two_cards_have_one_token(card, other):
    sql("SET LOCAL session_replication_role = replica")
    refused_by(
        "warranty_card_token_key",
        f"UPDATE warranty_card SET token = '{card.token}' WHERE id = {other.pk}",
    )


@pytest.mark.parametrize(
    "change",
    ["on_repair = 'none'", "on_repair = 'months', on_repair_months = 3",
     "on_replacement = 'inherit'", "on_replacement = 'at_least', on_replacement_days = 9"],
)  # fmt: skip
def test_the_policies_of_a_term_stay(card, change):
    refused_by("warranty_term_frozen", f"UPDATE warranty_term SET {change}")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("on_repair_months = 3", "warranty_term_repair_policy_whole"),
        ("on_repair = 'months'", "warranty_term_repair_policy_whole"),
        ("on_repair = 'weeks'", "warranty_term_repair_policy_whole"),
        ("on_replacement_days = 3", "warranty_term_replacement_policy_whole"),
        ("on_replacement = 'at_least'", "warranty_term_replacement_policy_whole"),
        ("on_replacement = 'never'", "warranty_term_replacement_policy_whole"),
    ],
)
def test_the_policies_of_a_term_are_whole(card, change, rule):
    sql("SET LOCAL session_replication_role = replica")
    refused_by(rule, f"UPDATE warranty_term SET {change}")


# Claims


@pytest.mark.parametrize(
    "change",
    ["reference = 'x'", "claimed_on = claimed_on - 1", "serial_id = NULL", "card_id = NULL",
     "store_id = store_id + 1", "product_id = product_id + 1"],
)  # fmt: skip
def test_what_a_claim_is_about_stays(card, change):
    claim(card, day(2026, 5, 1), is_warranty=False)
    refused_by(
        "warranty_claim_frozen", f"UPDATE warranty_claim SET {change} WHERE closed_on IS NULL"
    )


@pytest.mark.parametrize("change", ["is_warranty = false", "closed_on = NULL", "id = id"])
def test_a_closed_claim_stays(card, change):
    refused_by("warranty_claim_frozen", f"UPDATE warranty_claim SET {change}")


ANOTHER = """
    INSERT INTO warranty_claim (reference, store_id, product_id, serial_id, card_id, claimed_on,
        closed_on, is_warranty)
    SELECT 'X', store_id, product_id, {serial}, {card}, {claimed}, {closed}, {is_warranty}
    FROM warranty_claim LIMIT 1
"""


def another(**facts: object) -> str:
    blank = {"serial": "NULL", "card": "NULL", "claimed": "'2026-05-01'", "closed": "NULL",
             "is_warranty": "NULL"}  # fmt: skip
    return ANOTHER.format(**blank | facts)


def test_a_unit_and_a_piece_are_in_one_open_claim(card):
    claim(card, day(2026, 5, 1))
    refused_by("warranty_one_open_claim_per_serial", another(serial="serial_id"))
    refused_by("warranty_one_open_claim_per_card", another(card="card_id"))
    holds(another(serial="serial_id", card="card_id", closed="'2026-05-02'"))
    holds(another())


def test_a_claim_closes_on_its_day_or_later(card):
    rule = "warranty_claim_closed_after_claimed"
    refused_by(rule, another(closed="'2026-04-30'"))
    holds(another(closed="'2026-05-01'"))


def test_a_claim_under_warranty_names_a_card(card):
    refused_by("warranty_claim_under_warranty_has_a_card", another(is_warranty="true"))
    holds(another(is_warranty="false"))


def test_a_number_of_a_repair_order_is_of_one_claim(card):
    opened = claim(card, day(2026, 5, 1))
    refused_by("warranty_claim_reference_key", another().replace("'X'", f"'{opened.reference}'"))


# The company's defaults that become policies are whole, too


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("extension = 'weeks'", "company_extension_known"),
        ("extension_months = 0", "company_extension_months_in_range"),
        ("extension_months = 121", "company_extension_months_in_range"),
        ("replacement = 'never'", "company_replacement_known"),
    ],
)
def test_the_company_has_policies_there_are(db, change, rule):
    Company.current()
    refused_by(rule, f"UPDATE company_company SET {change}")


def test_an_end_that_was_set_agrees_past_the_verbs(card, admin):
    override_end(
        card.pk, ends_on=day(2028, 5, 31), reason="x", seen=card.ends_on,
        by=access_of(admin), now=timezone.now(),
    )  # fmt: skip
    connection.check_constraints()
    assert Card.objects.get(pk=card.pk).ends_on == day(2028, 5, 31)
