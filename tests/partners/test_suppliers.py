"""Suppliers: one of each name, written by those who receive goods."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection
from django.test import Client

from company.access import access_of
from company.constraints import broken_constraint
from company.models import User
from partners.models import Supplier
from partners.saving import save_customer, save_supplier


@pytest.fixture
def electra(db) -> Supplier:
    return Supplier.objects.create(name="ТОВ Електра", phone="+380 44 1", email="e@example.com")


def answers(**changes: object) -> dict[str, object]:
    return {"name": "ТОВ Електра", "phone": "", "email": "", "is_active": "on"} | changes


def test_storekeeper_makes_and_changes_a_supplier(
    client_of: Callable[[User], Client], storekeeper: User
) -> None:
    browser = client_of(storekeeper)
    assert browser.post("/partners/suppliers/new/", answers()).status_code == 302
    made = Supplier.objects.get()
    browser.post(f"/partners/suppliers/{made.pk}/", answers(name="Електра", is_active=""))
    made.refresh_from_db()
    assert (made.name, made.is_active) == ("Електра", False)


def test_supplier_name_is_unique(
    client_of: Callable[[User], Client], storekeeper: User, electra: Supplier
) -> None:
    response = client_of(storekeeper).post("/partners/suppliers/new/", answers())
    assert response.status_code == 422
    assert response.context["form"].errors == {"name": ["Another supplier has this name."]}


def test_name_taken_between_check_and_save_is_a_field_error(
    storekeeper: User, electra: Supplier
) -> None:
    data = answers(is_active=True)
    with pytest.raises(ValidationError) as refused:
        save_supplier(data, by=access_of(storekeeper))
    assert refused.value.message_dict == {"name": ["Another supplier has this name."]}


def test_database_keeps_the_name_unique(electra: Supplier) -> None:
    sql = "INSERT INTO partners_supplier (name, phone, email, is_active) VALUES (%s, '', '', true)"
    with connection.cursor() as cursor, pytest.raises(IntegrityError) as refused:
        cursor.execute(sql, [electra.name])
    assert broken_constraint(refused.value) == "partners_supplier_name_key"


def test_verbs_ask_for_the_right(stranger: User) -> None:
    with pytest.raises(PermissionDenied):
        save_supplier({}, by=access_of(stranger))
    with pytest.raises(PermissionDenied):
        save_customer({}, by=access_of(stranger))


@pytest.mark.parametrize("text", ["електра", "44 1", "E@EXAMPLE"])
def test_supplier_is_found(
    client_of: Callable[[User], Client], cashier: User, electra: Supplier, text: str
) -> None:
    Supplier.objects.create(name="Other")
    response = client_of(cashier).get("/partners/suppliers/", {"q": text})
    assert response.context["page"].rows == [electra]


@pytest.mark.parametrize("field", ["name", "phone", "email"])
@pytest.mark.parametrize("text", ["\0", "x" * 5_000])
def test_hostile_text_is_an_error_at_its_field(
    client_of: Callable[[User], Client], storekeeper: User, field: str, text: str
) -> None:
    response = client_of(storekeeper).post("/partners/suppliers/new/", answers(**{field: text}))
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {field}


@pytest.mark.parametrize(
    ("who", "writes"),
    [("storekeeper", 200), ("manager", 200), ("admin", 200), ("cashier", 403), ("stranger", 403)],
)
def test_everybody_sees_suppliers_and_receivers_write_them(
    request, client_of: Callable[[User], Client], electra, store, who: str, writes: int
) -> None:
    browser = client_of(request.getfixturevalue(who))
    assert browser.get("/partners/suppliers/").status_code == 200
    assert browser.get("/partners/suppliers/new/").status_code == writes
    assert browser.get(f"/partners/suppliers/{electra.pk}/").status_code == writes
