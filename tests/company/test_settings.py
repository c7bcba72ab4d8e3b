"""What an admin sets up: policies, stores, people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company import second_factor
from company.access import access_of
from company.inviting import reset_access
from company.models import Company, Extension, Membership, Replacement, Store, User
from company.numbering import take_numbers
from company.people import close_account, reopen_account, save_person
from company.setup import save_policies, save_sign_in_policies, save_store
from company.throttling import unlock

NASTY = ["\0", "x" * 5_000, "9" * 5_000, "\u202e" * 2_000]
PASSWORD = "a-long-passphrase-7"


@pytest.fixture
def browser(admin: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(admin)


def errors_of(response: Any) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


@pytest.mark.parametrize("who", ["cashier", "storekeeper", "manager", "stranger"])
@pytest.mark.parametrize(
    "address",
    [
        "/settings/",
        "/settings/stores/",
        "/settings/stores/new/",
        "/settings/stores/{store}/",
        "/settings/people/",
        "/settings/people/new/",
        "/settings/people/{person}/",
        "/settings/people/{person}/invitation/",
        "/settings/sign-in/",
    ],
)
def test_only_an_admin_opens_the_settings(
    request, client_of: Callable[[User], Client], store: Store, who: str, address: str
) -> None:
    person = request.getfixturevalue(who)
    address = address.format(store=store.pk, person=person.pk)
    assert client_of(person).get(address).status_code == 403
    assert client_of(person).post(address).status_code == 403


def test_verbs_refuse_everybody_else(manager: User, store: Store) -> None:
    by = access_of(manager)
    for verb in (
        lambda: save_policies({}, by=by),
        lambda: save_store({}, by=by),
        lambda: save_person({}, roles=[], by=by),
        lambda: close_account(manager.pk, by=by),
        lambda: reopen_account(manager.pk, by=by),
        lambda: reset_access(manager.pk, by=by, now=timezone.now()),
        lambda: second_factor.reset(manager, by=by),
        lambda: unlock("manager", by=by),
        lambda: save_sign_in_policies({}, by=by),
    ):
        with pytest.raises(PermissionDenied):
            verb()


# Policies


def policies(**changes: object) -> dict[str, object]:
    return {
        "name": "Електроніка",
        "currency": "uah",
        "lock_date": "2026-01-31",
        "return_window_days": "14",
        "extension": "days",
        "extension_months": "3",
        "replacement": "restart",
        "replacement_days": "90",
        "public_address": "",
    } | changes


def test_admin_sets_the_policies_of_returns_and_replacements(browser: Client) -> None:
    answers = policies(return_window_days="30", replacement="at_least", replacement_days="120")
    assert browser.post("/settings/", answers).status_code == 302
    company = Company.objects.get()
    assert company.return_window_days == 30
    assert (company.replacement, company.replacement_days) == ("at_least", 120)


def test_no_return_window_is_zero_days(browser: Client) -> None:
    assert browser.post("/settings/", policies(return_window_days="0")).status_code == 302
    assert Company.objects.get().return_window_days == 0


def test_each_policy_for_replacements_has_its_sentence(browser: Client) -> None:
    page = browser.get("/settings/").text
    assert page.count("choice-card__text") == len(Replacement) + len(Extension)
    assert "until the day the exchanged unit would have been" in page
    assert "Meanwhile the warranty is paused." in page


@pytest.mark.parametrize("extension", Extension.values)
def test_admin_sets_what_a_repair_adds(browser: Client, extension: str) -> None:
    answers = policies(extension=extension, extension_months="6")
    assert browser.post("/settings/", answers).status_code == 302
    company = Company.objects.get()
    assert (company.extension, company.extension_months) == (extension, 6)


def test_months_are_asked_for_only_where_a_repair_adds_them(browser: Client) -> None:
    answers = policies(extension="none", extension_months="")
    assert browser.post("/settings/", answers).status_code == 302
    assert Company.objects.get().extension_months == 3
    errors = errors_of(
        browser.post("/settings/", policies(extension="months", extension_months=""))
    )
    assert errors == {"extension_months": ["Write the months as a whole number from 1 to 120."]}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://warranty.example.com/", "https://warranty.example.com"),
        ("warranty.example.com", "https://warranty.example.com"),
        ("http://shop.example.com:8080/w", "http://shop.example.com:8080/w"),
        ("", ""),
    ],
)
def test_admin_says_where_customers_reach_the_program(
    browser: Client, typed: str, kept: str
) -> None:
    assert browser.post("/settings/", policies(public_address=typed)).status_code == 302
    assert Company.objects.get().public_address == kept


@pytest.mark.parametrize(
    "typed",
    ["ftp://example.com", "https://", "javascript:alert(1)", "https://example.com/?a=1",
     "https://example.com/#a", "https://" + "x" * 200 + ".com"],
)  # fmt: skip
def test_what_is_no_address_is_refused_at_its_field(browser: Client, typed: str) -> None:
    response = browser.post("/settings/", policies(public_address=typed, name="Kept"))
    assert (response.status_code, set(errors_of(response))) == (422, {"public_address"})
    assert 'value="Kept"' in response.text


def test_days_that_no_policy_asks_for_stay_as_they_were(browser: Client) -> None:
    Company.current()
    Company.objects.update(replacement_days=77)
    answers = policies(replacement="inherit", replacement_days="")
    assert browser.post("/settings/", answers).status_code == 302
    assert Company.objects.get().replacement_days == 77


def test_a_wrong_number_of_days_is_told_with_its_limits(browser: Client) -> None:
    answers = policies(replacement="at_least", replacement_days="", return_window_days="-1")
    errors = errors_of(browser.post("/settings/", answers))
    assert errors == {
        "return_window_days": ["Write the days as a whole number from 0 to 3650."],
        "replacement_days": ["Write the days as a whole number from 1 to 3650."],
    }


def test_admin_sets_the_policies(browser: Client) -> None:
    response = browser.post("/settings/", policies(customer_required="on"))
    company = Company.objects.get()
    assert response.status_code == 302
    assert (company.currency, company.lock_date) == ("UAH", dt.date(2026, 1, 31))
    assert company.customer_required


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "EURO"),
        ("currency", "E1R"),
        ("name", ""),
        ("lock_date", "31.31.2026"),
        ("lock_date", "99999-01-01"),
        ("lock_date", (timezone.now() + dt.timedelta(days=3)).date().isoformat()),
        ("return_window_days", ""),
        ("return_window_days", "two weeks"),
        ("return_window_days", "40000"),
        ("replacement", ""),
        ("replacement", "forever"),
        ("extension", ""),
        ("extension", "forever"),
        ("extension_months", "0"),
        ("extension_months", "121"),
        ("replacement_days", "0"),
        ("replacement_days", "3651"),
        *(
            (field, text)
            for field in (
                "name",
                "currency",
                "lock_date",
                "return_window_days",
                "replacement",
                "extension",
                "extension_months",
                "public_address",
            )
            for text in NASTY
        ),
    ],
)
def test_policy_that_will_not_do_is_told_at_its_field(
    browser: Client, field: str, value: str
) -> None:
    response = browser.post("/settings/", policies(**{field: value}))
    assert (response.status_code, set(errors_of(response))) == (422, {field})


# Stores


def store_answers(**changes: object) -> dict[str, object]:
    return {
        "name": "Odesa",
        "prefix": "od1",
        "address": "",
        "phone": "",
        "time_zone": "Europe/Kyiv",
        "language": "en",
        "is_active": "on",
    } | changes


def test_admin_makes_and_changes_a_store(browser: Client) -> None:
    assert browser.post("/settings/stores/new/", store_answers()).status_code == 302
    made = Store.objects.get()
    assert made.prefix == "OD1"
    url = f"/settings/stores/{made.pk}/"
    page = browser.get(url).content.decode()
    assert '<option value="Europe/Kyiv" selected>Europe/Kyiv</option>' in page
    assert browser.post(url, store_answers(name="Odesa, port", is_active="")).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.is_active) == ("Odesa, port", False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Podil"}, "name"),
        ({"prefix": "ky1"}, "prefix"),
        ({"prefix": "1A"}, "prefix"),
        ({"prefix": "TOOLONG"}, "prefix"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"language": "xx"}, "language"),
        *(({field: text}, field) for field in store_answers() for text in NASTY
          if field != "is_active"),
    ],
)  # fmt: skip
def test_store_that_will_not_do_is_told_at_its_field(
    browser: Client, store: Store, changes: dict[str, str], field: str
) -> None:
    response = browser.post("/settings/stores/new/", store_answers(**changes))
    assert (response.status_code, set(errors_of(response))) == (422, {field})


@pytest.mark.parametrize("field", ["name", "prefix"])
def test_store_taken_between_check_and_save_is_a_field_error(
    admin: User, store: Store, field: str
) -> None:
    data = store_answers(prefix="OD1", is_active=True) | {field: getattr(store, field)}
    with pytest.raises(ValidationError) as refused:
        save_store(data, by=access_of(admin))
    assert set(refused.value.message_dict) == {field}


def test_prefix_stays_once_a_number_was_given(browser: Client, admin: User, store: Store) -> None:
    with transaction.atomic():
        take_numbers(store, "S", year=2026)
    url = f"/settings/stores/{store.pk}/"
    assert browser.post(url, store_answers(name="Podil 2", prefix="XX1")).status_code == 302
    store.refresh_from_db()
    assert (store.name, store.prefix) == ("Podil 2", "KY1")
    with pytest.raises(ValidationError):
        save_store(store_answers(prefix="XX1", is_active=True), by=access_of(admin), pk=store.pk)


# Lists


def test_lists_take_as_many_statements_for_many_rows(
    browser: Client, cashier: User, store: Store
) -> None:
    addresses = ["/settings/stores/", "/settings/people/", f"/settings/people/{cashier.pk}/"]

    def statements() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as made:
                assert browser.get(address).status_code == 200
            counts.append(len(made))
        return counts

    statements()
    before = statements()
    for number in range(8):
        place = Store.objects.create(name=f"Store {number}", prefix=f"S{number}")
        person = User.objects.create_user(f"person-{number}")
        Membership.objects.create(user=person, store=place, role="cashier")
        Membership.objects.create(user=cashier, store=place, role="manager")
    assert statements() == before
