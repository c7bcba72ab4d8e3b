"""Signing in and out, the current store, the language, one's own password."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from company.middleware import CURRENT_STORE
from company.models import Membership, Store, User

PASSWORD = "a-long-passphrase-7"


def current_store(browser: Client) -> Store | None:
    """The store the header of a page shows."""
    store = browser.get("/products/").context["current_store"]
    return store if isinstance(store, Store) else None


def sign_in(client: Client, name: str, password: str = PASSWORD, **extra: str):
    return client.post("/sign-in/", {"username": name, "password": password} | extra)


def test_person_signs_in_and_goes_on_where_they_wanted(client: Client, cashier: User) -> None:
    response = sign_in(client, "cashier", next="/products/?q=phone")
    assert response.headers["Location"] == "/products/?q=phone"
    assert client.get("/products/").status_code == 200


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\0"],
)
def test_sign_in_never_leads_away(client: Client, cashier: User, target: str) -> None:
    assert sign_in(client, "cashier", next=target).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"),
    [("cashier", "wrong"), ("nobody", PASSWORD), ("cashier", ""), ("\0", "x"), ("x" * 5_000, "x")],
)
def test_wrong_sign_in_is_refused(client: Client, cashier: User, name: str, password: str) -> None:
    assert sign_in(client, name, password).status_code == 422
    assert client.get("/products/").status_code == 302


def test_closed_account_is_told_the_same_as_a_wrong_password(client: Client, cashier: User) -> None:
    wrong = sign_in(client, "cashier", "wrong").context["form"].non_field_errors()
    User.objects.update(is_active=False)
    closed = sign_in(client, "cashier").context["form"].non_field_errors()
    assert closed == wrong


def test_closing_an_account_ends_its_sessions(
    client_of: Callable[[User], Client], cashier: User
) -> None:
    browser = client_of(cashier)
    User.objects.update(is_active=False)
    assert browser.get("/products/").status_code == 302


def test_sign_out_is_a_post(client_of: Callable[[User], Client], cashier: User) -> None:
    browser = client_of(cashier)
    assert browser.get("/sign-out/").status_code == 405
    assert browser.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert browser.get("/products/").status_code == 302


def test_sign_out_of_an_ended_session_is_no_dead_end(client: Client, db) -> None:
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"


# The current store


def test_person_switches_to_another_of_their_stores(
    client_of: Callable[[User], Client], cashier: User, other_store: Store
) -> None:
    Membership.objects.create(user=cashier, store=other_store, role="cashier")
    browser = client_of(cashier)
    for store in (other_store, Store.objects.get(prefix="KY1")):
        response = browser.post("/store/", {"store": store.pk, "next": "/products/"})
        assert response.headers["Location"] == "/products/"
        assert browser.session[CURRENT_STORE] == store.pk
        assert current_store(browser) == store


def test_store_of_others_is_404(
    client_of: Callable[[User], Client], cashier: User, other_store: Store
) -> None:
    browser = client_of(cashier)
    assert browser.post("/store/", {"store": other_store.pk}).status_code == 404
    assert CURRENT_STORE not in browser.session


def test_closed_store_is_404(
    client_of: Callable[[User], Client], cashier: User, store: Store
) -> None:
    Store.objects.update(is_active=False)
    assert client_of(cashier).post("/store/", {"store": store.pk}).status_code == 404


@pytest.mark.parametrize("chosen", ["", "x", "\0", "-1", "9" * 30, "9" * 5_000, "١"])
def test_no_store_at_all_is_404(
    client_of: Callable[[User], Client], cashier: User, chosen: str
) -> None:
    assert client_of(cashier).post("/store/", {"store": chosen}).status_code == 404


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "", "\0"])
def test_switch_never_leads_away(
    client_of: Callable[[User], Client], cashier: User, store: Store, target: str
) -> None:
    response = client_of(cashier).post("/store/", {"store": store.pk, "next": target})
    assert response.headers["Location"] == "/"


def test_switch_after_a_sign_in_is_no_dead_end(
    client_of: Callable[[User], Client], cashier: User
) -> None:
    assert client_of(cashier).get("/store/").headers["Location"] == "/"


def test_right_taken_away_takes_the_store_at_once(
    client_of: Callable[[User], Client], cashier: User, store: Store
) -> None:
    browser = client_of(cashier)
    browser.post("/store/", {"store": store.pk})
    Membership.objects.all().delete()
    assert current_store(browser) is None


# Language


def test_person_keeps_their_language(client_of: Callable[[User], Client], cashier: User) -> None:
    response = client_of(cashier).post("/language/", {"language": "uk", "next": "/products/"})
    assert response.headers["Location"] == "/products/"
    cashier.refresh_from_db()
    assert cashier.language == "uk"
    assert client_of(cashier).get("/products/").headers["Content-Language"] == "uk"


def test_language_is_chosen_before_the_sign_in_too(client: Client, db) -> None:
    client.post("/language/", {"language": "uk", "next": "/sign-in/"})
    assert 'lang="uk"' in client.get("/sign-in/").content.decode()


@pytest.mark.parametrize("code", ["", "xx", "\0", "u" * 5_000])
def test_language_nobody_speaks_changes_nothing(
    client_of: Callable[[User], Client], cashier: User, code: str
) -> None:
    assert client_of(cashier).post("/language/", {"language": code}).status_code == 302
    cashier.refresh_from_db()
    assert cashier.language == "en"


# One's own password


def test_person_changes_their_password_and_stays_signed_in(
    client_of: Callable[[User], Client], cashier: User
) -> None:
    here, elsewhere = client_of(cashier), client_of(cashier)
    new = "another-passphrase-8"
    answers = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/password/", answers).status_code == 302
    assert here.get("/products/").status_code == 200
    assert elsewhere.get("/products/").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "field"),
    [
        ("wrong", "another-passphrase-8", "another-passphrase-8", "old_password"),
        (PASSWORD, "another-passphrase-8", "other", "new_password2"),
        (PASSWORD, "short-words", "short-words", "new_password2"),
        (PASSWORD, "x" * 129, "x" * 129, "new_password1"),
        (PASSWORD, "\0", "\0", "new_password1"),
    ],
)
def test_password_that_will_not_do_is_refused(
    client_of: Callable[[User], Client],
    cashier: User,
    old: str,
    new: str,
    again: str,
    field: str,
) -> None:
    answers = {"old_password": old, "new_password1": new, "new_password2": again}
    response = client_of(cashier).post("/password/", answers)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    cashier.refresh_from_db()
    assert cashier.check_password(PASSWORD)
