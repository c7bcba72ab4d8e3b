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

from company.access import access_of
from company.models import Company, Extension, Membership, Replacement, Store, User
from company.numbering import take_numbers
from company.people import save_person, set_password
from company.rights import Right
from company.setup import save_policies, save_store
from tests.at_once import at_once

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
        "/settings/people/{person}/password/",
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
        lambda: set_password(manager.pk, "x", by=by),
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


# People


def person_answers(**changes: object) -> dict[str, object]:
    return {
        "full_name": "Олена Коваль",
        "username": "olena",
        "password": PASSWORD,
        "language": "en",
        "is_active": "on",
        "roles": [],
    } | changes


def test_admin_makes_a_person_who_can_sign_in(
    browser: Client, client: Client, store: Store, other_store: Store
) -> None:
    roles = [f"{store.pk}:cashier", f"{store.pk}:technician", f"{other_store.pk}:manager"]
    response = browser.post("/settings/people/new/", person_answers(roles=roles))
    made = User.objects.get(username="olena")
    access = access_of(made)
    assert response.status_code == 302
    assert (made.get_full_name(), made.language, made.is_admin) == ("Олена Коваль", "en", False)
    assert access.can(Right.SELL, store.pk)
    assert not access.can(Right.RECEIVE, store.pk)
    assert access.can(Right.RECEIVE, other_store.pk)
    assert client.login(username="olena", password=PASSWORD)


def test_roles_are_replaced_by_the_grid(
    browser: Client, cashier: User, store: Store, other_store: Store
) -> None:
    url = f"/settings/people/{cashier.pk}/"
    kept = person_answers(username="cashier", roles=[f"{other_store.pk}:storekeeper"])
    assert browser.post(url, kept).status_code == 302
    assert list(Membership.objects.values_list("store_id", "role")) == [
        (other_store.pk, "storekeeper")
    ]
    browser.post(url, person_answers(username="cashier"))
    assert access_of(cashier).store_ids == ()


def test_page_shows_the_roles_a_person_has(browser: Client, cashier: User, store: Store) -> None:
    form = browser.get(f"/settings/people/{cashier.pk}/").context["form"]
    checked = [(row.name, box.label) for row, boxes in form.grid() for box in boxes if box.checked]
    assert checked == [("Podil", "Cashier")]


def test_change_of_a_person_keeps_the_password(browser: Client, cashier: User) -> None:
    answers = person_answers(username="cashier", password="something-else-9")
    browser.post(f"/settings/people/{cashier.pk}/", answers)
    cashier.refresh_from_db()
    assert cashier.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"username": "CASHIER"}, {"username"}),
        ({"username": "two words"}, {"username"}),
        ({"password": "12345678"}, {"password"}),
        ({"password": ""}, {"password"}),
        ({"username": "olena-koval", "password": "olena-koval"}, {"password"}),
        ({"language": "xx"}, {"language"}),
        ({"roles": ["1:king"]}, {"roles"}),
        ({"roles": ["999999:cashier"]}, {"roles"}),
        ({"roles": ["cashier", "", ":", "\0"]}, {"roles"}),
        *(({field: text}, {field}) for field in ("full_name", "username", "language", "roles")
          for text in ("\0", "x" * 5_000)),
    ],
)  # fmt: skip
def test_person_who_will_not_do_is_told_at_the_field(
    browser: Client, cashier: User, changes: dict[str, Any], fields: set[str]
) -> None:
    response = browser.post("/settings/people/new/", person_answers(**changes))
    assert (response.status_code, set(errors_of(response))) == (422, fields)


def test_name_taken_between_check_and_save_is_a_field_error(admin: User, cashier: User) -> None:
    data = person_answers(username="cashier", is_admin=False, is_active=True)
    with pytest.raises(ValidationError) as refused:
        save_person(data, roles=[], by=access_of(admin))
    assert set(refused.value.message_dict) == {"username"}


def test_admin_keeps_their_own_right_and_account(browser: Client, admin: User) -> None:
    url = f"/settings/people/{admin.pk}/"
    response = browser.post(url, person_answers(username="admin", is_active=""))
    assert (response.status_code, set(errors_of(response))) == (422, {"is_admin", "is_active"})
    admin.refresh_from_db()
    assert admin.is_admin
    assert admin.is_active


@pytest.mark.django_db(transaction=True)
def test_two_admins_cannot_take_each_others_right_at_once(admin: User) -> None:
    other = User.objects.create_user("boss", password=PASSWORD, is_admin=True)
    accesses = {admin: access_of(admin), other: access_of(other)}

    def demote(victim: User, by: User) -> object:
        data = person_answers(username=victim.username, is_admin=False, is_active=True)
        return save_person(data, roles=[], by=accesses[by], pk=victim.pk)

    results = at_once(lambda: demote(admin, other), lambda: demote(other, admin))
    assert [type(result) for result in results].count(PermissionDenied) == 1, results
    assert User.objects.filter(is_admin=True).count() == 1


def test_new_password_signs_the_person_out_everywhere(
    browser: Client, client_of: Callable[[User], Client], cashier: User
) -> None:
    theirs = client_of(cashier)
    answers = {"password": "a-new-passphrase-8"}
    url = f"/settings/people/{cashier.pk}/password/"
    assert browser.post(url, answers).status_code == 302
    assert theirs.get("/products/").status_code == 302
    assert Client().login(username="cashier", password="a-new-passphrase-8")


@pytest.mark.parametrize("password", ["", "12345678", "short", "\0" * 12, "x" * 5_000])
def test_weak_new_password_is_refused(browser: Client, cashier: User, password: str) -> None:
    url = f"/settings/people/{cashier.pk}/password/"
    response = browser.post(url, {"password": password})
    assert (response.status_code, set(errors_of(response))) == (422, {"password"})


def test_own_password_is_changed_where_the_old_one_is_asked(browser: Client, admin: User) -> None:
    response = browser.post(f"/settings/people/{admin.pk}/password/", {"password": PASSWORD})
    assert response.headers["Location"] == "/password/"


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
