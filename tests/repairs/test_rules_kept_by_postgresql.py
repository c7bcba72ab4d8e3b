"""Rules of repairs that hold whoever writes: tried with SQL."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from company.access import access_of
from company.constraints import broken_constraint
from repairs.handing_back import cancel_repair
from repairs.models import Repair
from repairs.proving import differences
from tests.lasting import lasting
from tests.shop import hand_back, lend, receive, take_in, take_loaner_back, use_part
from warranty.models import Card

from .conftest import JUST_BEFORE, WEEK_AGO

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


@lasting(at=JUST_BEFORE)
def repair(store, technician, sold) -> Repair:
    return take_in(store, technician, "A", decided="warranty", now=WEEK_AGO)


@lasting(at=JUST_BEFORE)
def own(store, technician, sold) -> Repair:
    return take_in(store, technician, "B", own=True)


@lasting(at=JUST_BEFORE)
def ended(repair, technician, goods) -> Repair:
    """Handed back, with a part of stock and a loaner that came back."""
    use_part(repair, technician, goods.plain)
    take_loaner_back(lend(repair, technician, goods.plain), technician)
    return hand_back(repair, technician, "repaired")


def stepped(*statuses: str) -> str:
    """SQL that adds steps to every repair there is."""
    return ";".join(
        f"""
        INSERT INTO repairs_step (repair_id, status, note, made_by_id, made_at)
        SELECT id, '{status}', '', taken_in_by_id, now() FROM repairs_repair
        """
        for status in statuses
    )


ENDS = "ended_at = now(), ended_by_id = taken_in_by_id"
HANDED_BACK = f"""
    UPDATE repairs_repair SET status = 'handed_back', result = 'repaired', {ENDS},
        decided = coalesce(nullif(decided, ''), 'customer'), decided_by_id = taken_in_by_id
"""
CLOSED = "UPDATE warranty_claim SET closed_on = claimed_on + 7"


def test_what_the_verbs_write_goes_through(repair):
    assert refused_by(HANDED_BACK, stepped("ready", "handed_back"), CLOSED) == ""
    assert refused_by("UPDATE repairs_repair SET status = 'ready'", stepped("ready")) == ""


@pytest.mark.parametrize("change", ["note = 'x'", "status = 'ready'", "made_at = now()"])
def test_steps_are_append_only(repair, change):
    assert refused_by(f"UPDATE repairs_step SET {change}") == "repairs_step_append_only"
    assert refused_by("DELETE FROM repairs_step") == "repairs_step_append_only"
    assert refused_by("TRUNCATE repairs_step") == "repairs_step_append_only"


def test_a_status_is_that_of_the_last_step(repair):
    rule = "repairs_status_is_its_last_step"
    assert refused_by("UPDATE repairs_repair SET status = 'ready'") == rule
    assert refused_by(stepped("ready")) == rule


def test_a_step_follows_the_one_before_it(repair):
    assert refused_by(stepped("agreed")) == "repairs_step_follows"
    assert refused_by(stepped("handed_back")) == "repairs_step_follows"
    assert refused_by(stepped("received")) == "repairs_step_follows"
    assert refused_by(stepped("in_work", "cancelled")) == "repairs_step_follows"


@pytest.mark.parametrize(
    "change",
    ["number = 'X'", "product_id = product_id + 1", "serial_id = NULL", "claim_id = claim_id + 1",
     "store_id = store_id + 1", "sold_on_id = NULL", "proposed = 'customer'", "is_own = true",
     "serial_text = 'Z'", "product_name = 'Z'", "sku = 'Z'", "taken_in_at = now()",
     "id = id + 1000"],
)  # fmt: skip
def test_what_a_repair_is_about_never_changes(repair, change):
    assert refused_by(f"UPDATE repairs_repair SET {change}") == "repairs_repair_frozen"


@pytest.mark.parametrize(
    "change",
    ["status = 'ready', ended_at = NULL, ended_by_id = NULL", "result = 'refused'",
     "diagnosis = 'x'", "decided = 'customer'", "customer_id = customer_id + 1",
     "document_id = NULL, agreed_amount = 1", "version = version + 1"],
)  # fmt: skip
def test_an_ended_repair_is_frozen(ended, change):
    assert refused_by(f"UPDATE repairs_repair SET {change}") == "repairs_ended_frozen"


def test_a_repair_stays(ended):
    assert refused_by("DELETE FROM repairs_repair") == "repairs_repair_append_only"
    assert refused_by("TRUNCATE repairs_repair CASCADE") != ""
    assert refused_by("DELETE FROM repairs_loan") in {
        "repairs_loan_append_only", "repairs_of_an_ended_repair",
    }  # fmt: skip
    for table in ("repairs_charge", "repairs_loan"):
        assert refused_by(f"TRUNCATE {table}") == f"{table}_append_only"


CHARGED = """
    INSERT INTO repairs_charge (repair_id, kind, name, quantity, unit_price, added_by_id, added_at)
    SELECT id, 'work', 'More', 1, 5, taken_in_by_id, now() FROM repairs_repair
"""


LENT = """
    INSERT INTO repairs_loan (repair_id, product_id, serial_text, out_id, note, lent_on)
    SELECT repair_id, product_id, '', document_id, '', current_date FROM repairs_charge
"""


@pytest.mark.parametrize(
    "change",
    [CHARGED, "UPDATE repairs_charge SET unit_price = 0", "DELETE FROM repairs_charge",
     LENT],
)  # fmt: skip
def test_charges_and_loans_of_an_ended_repair_are_frozen(ended, change):
    assert refused_by(change) == "repairs_of_an_ended_repair"


def test_a_charge_keeps_what_it_is_for(repair, technician, goods):
    use_part(repair, technician, goods.plain)
    assert refused_by("UPDATE repairs_charge SET product_id = NULL, document_id = NULL") == (
        "repairs_charge_frozen"
    )
    assert refused_by("UPDATE repairs_charge SET unit_price = 3") == ""
    assert refused_by("UPDATE repairs_charge SET quantity = 2") == (
        "repairs_part_left_by_its_document"
    )
    assert refused_by("DELETE FROM repairs_charge") == "repairs_part_went_back"


def test_a_part_of_stock_left_by_a_document_of_parts(store, repair, technician, manager, goods):
    receipt = receive(store, manager, (goods.plain, 1))
    part = f"""
        INSERT INTO repairs_charge (repair_id, kind, name, quantity, unit_price, product_id,
            document_id, added_by_id, added_at)
        SELECT id, 'part', 'P', 1, 5, {goods.plain.pk}, {receipt.pk}, taken_in_by_id, now()
        FROM repairs_repair
    """
    assert refused_by(part) == "repairs_part_left_by_its_document"


def test_a_loan_is_by_documents_of_this_store(store, repair, technician, manager, goods):
    receipt = receive(store, manager, (goods.plain, 1))
    loan = f"""
        INSERT INTO repairs_loan (repair_id, product_id, serial_text, out_id, note, lent_on)
        SELECT id, {goods.plain.pk}, '', {receipt.pk}, '', current_date FROM repairs_repair
    """
    assert refused_by(loan) == "repairs_loan_by_its_documents"
    lend(repair, technician, goods.plain)
    assert refused_by(f"UPDATE repairs_loan SET back_id = {receipt.pk}, returned_on = lent_on") == (
        "repairs_loan_by_its_documents"
    )
    assert refused_by("UPDATE repairs_loan SET lent_on = lent_on - 1") == "repairs_loan_frozen"
    assert refused_by("DELETE FROM repairs_loan") == "repairs_loan_append_only"


def test_nothing_lent_is_out_when_it_was_handed_back(repair, technician, goods):
    lend(repair, technician, goods.plain)
    assert refused_by(HANDED_BACK, stepped("ready", "handed_back"), CLOSED) == (
        "repairs_no_loaner_out"
    )


def test_a_repair_ends_with_its_claim(repair):
    assert refused_by(HANDED_BACK, stepped("ready", "handed_back")) == (
        "repairs_ended_with_its_claim"
    )
    assert refused_by(CLOSED) == "repairs_ended_with_its_claim"


def test_a_claim_says_what_was_decided(repair):
    assert refused_by("UPDATE warranty_claim SET is_warranty = false") == (
        "repairs_claim_as_decided"
    )
    assert refused_by("UPDATE repairs_repair SET decided = 'customer'") == (
        "repairs_claim_as_decided"
    )


def test_a_claim_is_about_the_goods_of_its_repair(repair, technician, goods):
    other = f"""
        INSERT INTO warranty_claim (reference, store_id, product_id, claimed_on)
        VALUES ('OTHER', {repair.store_id}, {goods.plain.pk}, current_date)
    """
    second = f"""
        INSERT INTO repairs_repair (number, store_id, claim_id, status, result, is_own,
            customer_id, product_id, serial_id, product_name, sku, serial_text, complaint,
            condition, contents, diagnosis, work_done, proposed, decided, decision_reason,
            sent_to_name, taken_in_by_id, taken_in_at, version)
        SELECT 'R-2', store_id, (SELECT id FROM warranty_claim WHERE reference = 'OTHER'), status,
            result, is_own, customer_id, product_id, serial_id, product_name, sku, serial_text,
            complaint, condition, contents, diagnosis, work_done, proposed, '', '',
            sent_to_name, taken_in_by_id, taken_in_at, version
        FROM repairs_repair WHERE id = {repair.pk}
    """
    step = stepped("received") + " WHERE number = 'R-2'"
    assert refused_by(other, second, step) == "repairs_claim_is_of_its_goods"


def test_own_stock_is_set_aside_and_put_back(repair, own):
    assert refused_by(
        "UPDATE repairs_repair SET status = 'cancelled', ended_at = now(), "
        f"ended_by_id = taken_in_by_id WHERE id = {own.pk}",
        stepped("cancelled") + f" WHERE id = {own.pk}",
        f"UPDATE warranty_claim SET closed_on = claimed_on WHERE id = {own.claim_id}",
    ) == ("repairs_own_is_put_back")
    assert refused_by(
        f"UPDATE repairs_repair SET put_back_id = {own.set_aside_id} WHERE id = {repair.pk}"
    ) == ("repairs_own_is_put_back")


def test_a_document_is_of_the_result(repair, own):
    assert refused_by(
        f"UPDATE repairs_repair SET document_id = {own.set_aside_id} WHERE id = {repair.pk}"
    ) == ("repairs_document_of_its_result")


EXTENDED = """
    INSERT INTO warranty_adjustment (card_id, seq, kind, claim_id, reason, from_on, to_on, days,
        months, ends_before, ends_on, made_by_id, made_at)
    SELECT card.id, 1, 'repair', claim.id, '', claim.claimed_on, claim.closed_on, 7, 0,
        card.ends_on, card.ends_on + 7, repair.taken_in_by_id, now()
    FROM warranty_claim claim JOIN warranty_card card ON card.id = claim.card_id
    JOIN repairs_repair repair ON repair.claim_id = claim.id;
    UPDATE warranty_card card SET ends_on = ends_on + 7
    FROM warranty_claim claim WHERE claim.card_id = card.id
"""


def test_only_what_was_repaired_extends_a_term(repair, technician):
    hand_back(repair, technician, "no_fault")
    assert Card.objects.filter(claims=repair.claim_id).exists()
    assert refused_by(EXTENDED) == "repairs_only_repaired_extends"


def test_a_cancelled_repair_extends_nothing(repair, technician):
    cancel_repair(
        repair.pk, reason="x", version=repair.version, by=access_of(technician),
        now=timezone.now(),
    )  # fmt: skip
    assert refused_by(EXTENDED) == "repairs_only_repaired_extends"


BROKEN = {
    "UPDATE repairs_repair SET status = 'ready'": "its last step says",
    "UPDATE warranty_claim SET closed_on = claimed_on + 9": "its claim was closed on",
    "UPDATE warranty_claim SET reference = reference || '/OTHER'": "are about different goods",
    "UPDATE warranty_claim SET is_warranty = false": "its claim says",
    "UPDATE serials_serial SET place_id = (SELECT id FROM serials_place WHERE kind = 'customer')": (
        "is not set aside"
    ),
    "UPDATE repairs_charge SET quantity = 9": "is charged, its document",
    "UPDATE company_numbersequence SET last = last + 1 WHERE series = 'RP'": "series RP of store",
}


@pytest.mark.parametrize(("harm", "told"), BROKEN.items())
def test_the_check_names_what_does_not_agree(repair, own, technician, goods, harm, told):
    use_part(repair, technician, goods.plain)
    lend(repair, technician, goods.plain)
    connection.check_constraints()
    assert differences() == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(harm)
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert any(told in one for one in differences()), differences()
