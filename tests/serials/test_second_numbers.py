"""A number names one unit of a product, as its own or as its second one, whoever writes it."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from serials.models import SecondNumber, Serial
from serials.second_numbers import change_second, second_of
from tests.at_once import Behind
from tests.second_numbers import FIRST, NEXT, SECOND, THIRD, receive_pairs, with_imeis
from tests.shop import receive

ENTER = """
    INSERT INTO serials_secondnumber (product_id, serial_id, text, key, entered_by_id, reason)
    SELECT product_id, id, %s, %s, %s, 'by hand' FROM serials_serial WHERE key = %s
"""
BRING = """
    INSERT INTO serials_serial (product_id, key, text, place_id, seq, is_verified, moved_on)
    SELECT product_id, %s, %s, place_id, 1, true, moved_on FROM serials_serial WHERE key = %s
"""


def sql(statement: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def refused_by(constraint: str, statement: str, *parameters: object) -> None:
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        sql(statement, *parameters)
    assert raised.value.__cause__.diag.constraint_name == constraint


@pytest.fixture
def phone(goods):
    return with_imeis(goods.strict)


def change(text: str, entered: str, *, by, reason: str = "read from the box") -> None:
    unit = Serial.objects.get(key=text)
    change_second(unit.pk, entered, reason=reason, by=by, now=timezone.now())


@pytest.mark.django_db
class TestRawSqlIsRefused:
    @pytest.fixture(autouse=True)
    def shelf(self, store, manager, phone):
        receive_pairs(store, manager, phone, FIRST, SECOND)
        receive(store, manager, (phone, [NEXT]))

    def test_a_second_number_that_is_a_units_own(self, manager):
        refused_by("serials_second_number_is_free", ENTER, FIRST, FIRST, manager.pk, NEXT)

    def test_a_second_number_that_another_unit_has(self, manager):
        refused_by("serials_second_number_once", ENTER, SECOND, SECOND, manager.pk, NEXT)

    def test_two_second_numbers_of_a_unit(self, manager):
        refused_by("serials_one_second_number_a_unit", ENTER, THIRD, THIRD, manager.pk, FIRST)

    def test_a_serial_that_is_a_second_number(self):
        refused_by("serials_serial_is_no_second", BRING, SECOND, SECOND, FIRST)

    def test_a_unit_of_another_product(self, manager, goods):
        refused_by(
            "serials_second_number_of_its_product",
            ENTER.replace("SELECT product_id", f"SELECT {goods.recorded.pk}"),
            THIRD, THIRD, manager.pk, NEXT,
        )  # fmt: skip

    def test_what_was_entered_changes_or_goes(self):
        stays = "serials_second_number_stays"
        refused_by(stays, "UPDATE serials_secondnumber SET key = %s", THIRD)
        refused_by("serials_secondnumber_append_only", "DELETE FROM serials_secondnumber")
        connection.check_constraints()
        refused_by("serials_secondnumber_append_only", "TRUNCATE serials_secondnumber")

    def test_one_that_nobody_entered_or_nobody_took_off(self, manager):
        refused_by(
            "serials_second_number_by_somebody",
            ENTER.replace("'by hand'", "''"), THIRD, THIRD, manager.pk, NEXT,
        )  # fmt: skip
        refused_by(
            "serials_second_number_off_by_somebody",
            "UPDATE serials_secondnumber SET removed_at = now()",
        )

    def test_it_is_free_again_once_taken_off(self, manager):
        change(FIRST, "", by=manager)
        with transaction.atomic():
            sql(BRING, SECOND, SECOND, FIRST)
            transaction.set_rollback(True)  # no movement brought it
        refused_by(
            "serials_second_number_stays", "UPDATE serials_secondnumber SET removed_at = NULL"
        )


@pytest.mark.django_db(transaction=True)
def test_a_second_number_waits_for_a_receipt_under_way_and_is_refused(store, manager, phone):
    receive(store, manager, (phone, [FIRST]))
    with transaction.atomic():
        receive(store, manager, (phone, [THIRD]))
        behind = Behind(lambda: sql(ENTER, THIRD, THIRD, manager.pk, FIRST))
        behind.waits_for_us()
    is_refused(behind.outcome(), "serials_second_number_is_free")


@pytest.mark.django_db(transaction=True)
def test_a_new_serial_waits_for_a_second_number_and_is_refused(store, manager, phone):
    receive(store, manager, (phone, [FIRST]))
    with transaction.atomic():
        sql(ENTER, THIRD, THIRD, manager.pk, FIRST)
        behind = Behind(lambda: sql(BRING, THIRD, THIRD, FIRST))
        behind.waits_for_us()
    is_refused(behind.outcome(), "serials_serial_is_no_second")


def is_refused(outcome: object, constraint: str) -> None:
    assert isinstance(outcome, IntegrityError), outcome
    assert outcome.__cause__.diag.constraint_name == constraint


@pytest.mark.django_db
class TestByHand:
    @pytest.fixture(autouse=True)
    def shelf(self, store, manager, phone):
        receive(store, manager, (phone, [FIRST, NEXT]))

    def second(self) -> str:
        found = second_of(Serial.objects.get(key=FIRST).pk)
        return found.text if found else ""

    def test_it_is_entered_corrected_and_taken_off_and_all_of_it_is_kept(self, manager):
        for entered in (SECOND, THIRD, ""):
            change(FIRST, f" {entered} ", by=manager, reason=f"now {entered}")
            assert self.second() == entered
        kept = SecondNumber.objects.order_by("pk").values_list("text", "reason", "removed_because")
        assert list(kept) == [
            (SECOND, f"now {SECOND}", f"now {THIRD}"),
            (THIRD, f"now {THIRD}", "now"),
        ]

    @pytest.mark.parametrize(
        ("entered", "reason", "field", "words"),
        [
            (SECOND, " ", "reason", "Give the reason"),
            (FIRST, "x", "second", "is the unit's own number"),
            (NEXT, "x", "second", f"it names the unit {NEXT}"),
            ("352099001762019", "x", "second", "is not an IMEI"),
            ("", "x", "second", "This is what stands there"),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field(self, manager, entered, reason, field, words):
        with pytest.raises(ValidationError) as wrong:
            change(FIRST, entered, by=manager, reason=reason)
        assert list(wrong.value.message_dict) == [field]
        assert words in wrong.value.message_dict[field][0]
        assert self.second() == ""
