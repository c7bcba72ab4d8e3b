"""What PostgreSQL itself refuses, whoever writes: raw SQL past the ORM."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from company.constraints import broken_constraint
from company.models import Company, Pin, Store, Till, TillPerson, User
from tests.at_once import Behind


def write(sql: str, *parameters: str | int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def rule_broken_by(sql: str, *parameters: str | int) -> str:
    with pytest.raises(IntegrityError) as refused:
        write(sql, *parameters)
    return broken_constraint(refused.value)


@pytest.mark.django_db
def test_there_is_one_company() -> None:
    Company.current()
    sql = """
        INSERT INTO company_company (id, name, currency, customer_required, return_window_days,
            replacement, replacement_days, extension, extension_months, public_address)
        VALUES (2, '', '', false, 14, 'restart', 90, 'days', 3, '')
    """
    assert rule_broken_by(sql) == "company_only_one"
    assert rule_broken_by("UPDATE company_company SET id = 7") == "company_only_one"


def test_role_is_known(cashier: User) -> None:
    sql = "UPDATE company_membership SET role = 'king'"
    assert rule_broken_by(sql) == "company_role_known"


def test_role_is_held_once(cashier: User, store: Store) -> None:
    sql = "INSERT INTO company_membership (user_id, store_id, role) VALUES (%s, %s, 'cashier')"
    assert rule_broken_by(sql, cashier.pk, store.pk) == "company_role_once"


@pytest.mark.parametrize(
    ("column", "rule"),
    [("prefix", "company_store_prefix_key"), ("name", "company_store_name_key")],
)
def test_store_has_its_own_name_and_prefix(
    store: Store, other_store: Store, column: str, rule: str
) -> None:
    sql = f"UPDATE company_store SET {column} = %s WHERE id = %s"
    assert rule_broken_by(sql, getattr(store, column), other_store.pk) == rule


@pytest.mark.parametrize(
    "change", ["is_admin = false", "is_active = false", "password = '!'", None]
)
def test_last_admin_who_can_sign_in_stays(admin: User, cashier: User, change: str | None) -> None:
    sql = f"UPDATE company_user SET {change}" if change else "DELETE FROM company_user"
    assert rule_broken_by(f"{sql} WHERE id = %s", admin.pk) == "company_an_admin_stays"
    User.objects.create_user("invited", is_admin=True)  # without a password: can't take over
    assert rule_broken_by(f"{sql} WHERE id = %s", admin.pk) == "company_an_admin_stays"
    User.objects.create_user("boss", password="a-long-passphrase-7", is_admin=True)
    write(f"{sql} WHERE id = %s", admin.pk)


@pytest.mark.django_db(transaction=True)
def test_last_two_admins_cannot_leave_at_once() -> None:
    pks = [
        User.objects.create_user(name, password="a-long-passphrase-7", is_admin=True).pk
        for name in ("admin", "boss")
    ]
    sql = "UPDATE company_user SET is_active = false WHERE id = %s"
    with transaction.atomic():
        write(sql, pks[0])
        other = Behind(lambda: write(sql, pks[1]))
        other.waits_for_us()
    refused = other.outcome()
    assert isinstance(refused, IntegrityError)
    assert broken_constraint(refused) == "company_an_admin_stays"


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("UPDATE company_company SET idle_minutes = 4", "company_idle_minutes_in_range"),
        ("UPDATE company_company SET idle_minutes = 10081", "company_idle_minutes_in_range"),
        ("UPDATE company_company SET second_factor = 'x'", "company_second_factor_known"),
        ("UPDATE company_tillperson SET wrong_pins = 6", "company_wrong_pins_are_few"),
        ("UPDATE company_till SET idle_minutes = 0", "company_till_idle_minutes_in_range"),
        ("UPDATE company_pin SET digits = 3", "company_pin_digits_in_range"),
    ],
)
def test_limits_of_signing_in_are_kept(cashier: User, sql: str, rule: str) -> None:
    Company.current()
    now = timezone.now()
    till = Till.objects.create(secret_hash="x", made_at=now)
    TillPerson.objects.create(till=till, user=cashier, password_at=now)
    Pin.objects.create(user=cashier, code="x", digits=4, set_at=now)
    assert rule_broken_by(sql) == rule
