"""What PostgreSQL itself refuses, whoever writes: raw SQL past the ORM."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from company.constraints import broken_constraint
from company.models import Company, Store, User


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
