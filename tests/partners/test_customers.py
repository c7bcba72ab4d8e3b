"""Customers: found by name, phone or e-mail, however the phone was written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from company.keyset import PAGE_SIZE
from company.models import User
from partners.models import Customer
from partners.queries import find_customers

NASTY = ["\0", "x" * 5_000, "9" * 5_000, "1e999999", "%", "\\", "é\u202e\ufeff" * 2_000]


@pytest.fixture
def iryna(db) -> Customer:
    return Customer.objects.create(
        name="Ірина Бондар", phone="+380 (67) 123-45-67", email="iryna@example.com"
    )


@pytest.mark.parametrize(
    "text",
    [
        "ірина",
        "бондар ірина",
        "ІРИНА 4567",
        "iryna@",
        "+380 (67) 123-45-67",
        "380671234567",
        "067 123 45 67",
        "671234567",
        "4567",
        "123-45",
        "067 12",
    ],
)
def test_customer_is_found(iryna: Customer, text: str) -> None:
    Customer.objects.create(name="Somebody else", phone="050 000 00 00")
    assert find_customers(text) == [iryna]


@pytest.mark.parametrize("text", ["380671234568", "Олег", "ірина 9999", "_", "%"])
def test_customer_who_does_not_fit_is_not_found(iryna: Customer, text: str) -> None:
    assert find_customers(text) == []


def test_customer_with_a_number_for_a_name_is_found(db) -> None:
    shop = Customer.objects.create(name="Крамниця 24")
    assert find_customers("24") == [shop]


@pytest.mark.parametrize("text", NASTY)
def test_nothing_typed_breaks_the_search(iryna: Customer, text: str) -> None:
    assert isinstance(find_customers(text), list)


def test_search_returns_the_first_few_by_name(db) -> None:
    Customer.objects.bulk_create(Customer(name=f"Oleh {number:02}") for number in range(30))
    assert [found.name for found in find_customers("oleh", limit=2)] == ["Oleh 00", "Oleh 01"]


def test_whole_number_is_found_by_its_index(db) -> None:
    Customer.objects.bulk_create(
        Customer(name=f"N {number}", phone=f"+380 50 {number:07}") for number in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE partners_customer")
    plan = Customer.objects.fitting("050 0000 123").explain()
    assert "partners_customer_by_phone" in plan


def test_digits_follow_the_phone_whoever_writes_it(iryna: Customer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE partners_customer SET phone = '050 1-2-3'")
    iryna.refresh_from_db()
    assert iryna.phone_digits == "050123"


def test_cashier_writes_a_customer_down(client_of: Callable[[User], Client], cashier: User) -> None:
    answers = {"name": "Олег", "phone": "067 1", "email": ""}
    response = client_of(cashier).post("/partners/customers/new/", answers)
    assert response.headers["Location"] == "/partners/customers/"
    assert Customer.objects.get().phone == "067 1"


def test_cashier_changes_a_customer(
    client_of: Callable[[User], Client], cashier: User, iryna: Customer
) -> None:
    browser = client_of(cashier)
    page = browser.get(f"/partners/customers/{iryna.pk}/")
    assert page.status_code == 200
    browser.post(f"/partners/customers/{iryna.pk}/", {"name": "Ірина Коваль"})
    iryna.refresh_from_db()
    assert (iryna.name, iryna.phone) == ("Ірина Коваль", "")


@pytest.mark.parametrize("field", ["name", "phone", "email"])
@pytest.mark.parametrize("text", NASTY)
def test_nothing_typed_breaks_the_form(
    client_of: Callable[[User], Client], cashier: User, field: str, text: str
) -> None:
    answers = {"name": "Олег", "phone": "", "email": ""} | {field: text}
    response = client_of(cashier).post("/partners/customers/new/", answers)
    assert response.status_code in {302, 422}
    if response.status_code == 422:
        assert set(response.context["form"].errors) == {field}


@pytest.mark.parametrize("query", ["q=%00", "q=" + "x" * 200, "after=%00.1", "before=1.%00"])
def test_nothing_in_the_address_breaks_the_list(
    client_of: Callable[[User], Client], cashier: User, iryna: Customer, query: str
) -> None:
    assert client_of(cashier).get(f"/partners/customers/?{query}").status_code == 200


def test_statements_do_not_grow_with_the_rows(
    client_of: Callable[[User], Client], cashier: User, iryna: Customer
) -> None:
    browser = client_of(cashier)
    browser.get("/partners/customers/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/partners/customers/")
    Customer.objects.bulk_create(Customer(name=f"N {number}") for number in range(60))
    with CaptureQueriesContext(connection) as many:
        response = browser.get("/partners/customers/")
    assert len(response.context["page"].rows) == PAGE_SIZE
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("who", "sees", "writes"),
    [
        ("cashier", 200, 200),
        ("manager", 200, 200),
        ("admin", 200, 200),
        ("storekeeper", 200, 403),
        ("stranger", 403, 403),
    ],
)
def test_who_sees_and_writes_customers(
    request, client_of: Callable[[User], Client], iryna, store, who: str, sees: int, writes: int
) -> None:
    browser = client_of(request.getfixturevalue(who))
    assert browser.get("/partners/customers/").status_code == sees
    assert browser.get("/partners/customers/new/").status_code == writes
    assert browser.get(f"/partners/customers/{iryna.pk}/").status_code == writes
