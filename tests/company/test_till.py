"""Switching people at the till: by a key and a PIN, where the password was given before."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.utils import timezone

from company.access import access_of
from company.models import Company, Session, Till, TillPerson, User
from company.people import close_account
from company.second_factor import remove
from company.till import check_pin, forget_old_tills, people_here, set_pin, take_over
from tests.at_once import Behind
from tests.company.test_second_factor import code_of, enrol
from tests.shop import draft

PASSWORD = "a-long-passphrase-7"
PIN = "4071"


@pytest.fixture
def till(cashier: User, manager: User) -> Client:
    """A browser on which a cashier and a manager signed in; nobody is now."""
    browser = Client()
    for person in (cashier, manager):
        set_pin(person, PIN, now=timezone.now())
        browser.post("/sign-in/", {"username": person.username, "password": PASSWORD})
        browser.post("/sign-out/")
    return browser


def switch(browser: Client, person: User, pin: str = PIN, **more: str):
    return browser.post("/till/", {"person": str(person.pk), "pin": pin} | more)


def who_is_in(browser: Client) -> str | None:
    page = browser.get("/products/")
    return page.context["user"].username if page.status_code == 200 else None


def test_manager_takes_over_on_the_page_the_cashier_left(
    till: Client, cashier: User, manager: User, goods
) -> None:
    switch(till, cashier)
    page = f"/documents/{draft('sale', cashier.memberships.get().store, cashier, []).pk}/"
    assert till.get(page).status_code == 200
    locked = till.post("/till/lock/", {"next": page})
    assert who_is_in(till) is None
    assert locked.headers["Location"] == f"/till/?next={page.replace('/', '%2F')}"
    names = till.get(locked.headers["Location"]).context["people"]
    assert [(each.key, each.name, each.digits) for each in names] == [
        (1, "cashier", 4), (2, "manager", 4),
    ]  # fmt: skip
    answer = switch(till, manager, next=page)
    assert answer.headers["Location"] == page
    assert till.get(page).status_code == 200
    assert who_is_in(till) == "manager"


def test_who_may_not_see_the_page_comes_home(till: Client, cashier: User, manager: User) -> None:
    page = "/settings/"
    switch(till, manager, next=page)
    assert till.get(page).headers["Location"] == "/"
    assert till.get(page).status_code == 403  # asked for again, it is said


def test_session_is_a_new_one_and_asks_for_the_password_where_it_matters(
    till: Client, cashier: User, manager: User
) -> None:
    switch(till, cashier)
    first = till.session.session_key
    till.post("/till/lock/")
    assert not Session.objects.filter(pk=first).exists()
    switch(till, manager)
    assert till.session.session_key != first
    assert till.get("/account/pin/").headers["Location"].startswith("/confirm/")
    assert till.get("/products/").status_code == 200


def test_fifth_wrong_pin_asks_for_the_password(till: Client, cashier: User) -> None:
    said = [switch(till, cashier, "1111").context["said"] for _ in range(5)]
    assert said[0] == "That is not the PIN. 4 tries are left."
    assert said[3] == "That is not the PIN. 1 try is left."
    assert said[4] == "Too many wrong PINs. Sign in with your password."
    switch(till, cashier)
    assert who_is_in(till) is None
    page = till.get("/till/")
    assert [each.digits for each in page.context["people"]] == [0, 4]
    till.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
    till.post("/till/lock/")
    switch(till, cashier)
    assert who_is_in(till) == "cashier"


def test_many_guesses_at_once_are_no_more_than_five(transactional_db: None) -> None:
    person, now = User.objects.create_user("x", password=PASSWORD), timezone.now()
    set_pin(person, PIN, now=now)
    here = Till.objects.create(secret_hash="x", made_at=now)
    TillPerson.objects.create(till=here, user=person, password_at=now, wrong_pins=4)
    with transaction.atomic():
        TillPerson.objects.select_for_update().get()  # both have read it before either counts
        guesses = [Behind(lambda: take_over(here, person.pk, "1111", now=now)) for _ in range(2)]
        for each in guesses:
            each.waits_for_us()
    assert all(isinstance(each.outcome(), ValidationError) for each in guesses)
    assert TillPerson.objects.get().wrong_pins == 5


def test_pin_works_only_where_the_password_was_given(till: Client, cashier: User) -> None:
    elsewhere = Client()
    switch(elsewhere, cashier)
    assert who_is_in(elsewhere) is None
    forged = Client()
    forged.cookies["till"] = "x" * 43
    switch(forged, cashier)
    assert who_is_in(forged) is None


def test_pin_works_for_thirty_days_after_the_password(till: Client, cashier: User) -> None:
    for days, expected in ((29, "cashier"), (31, None)):
        with time_machine.travel(timezone.now() + dt.timedelta(days=days)):
            switch(till, cashier)
            assert who_is_in(till) == expected
            till.post("/till/lock/")
    forget_old_tills(now=timezone.now() + dt.timedelta(days=31))
    assert (TillPerson.objects.count(), Till.objects.count()) == (0, 0)


@pytest.mark.parametrize("how", ["policy", "closed", "password", "factor", "forgotten", "no pin"])
def test_what_ends_the_trust_of_a_till(till: Client, cashier: User, admin: User, how: str) -> None:
    Company.current()
    if how == "policy":
        Company.objects.update(pins_allowed=False)
    elif how == "closed":
        close_account(cashier.pk, by=access_of(admin))
    elif how == "factor":
        remove(cashier)
    else:
        other = till if how == "forgotten" else Client()
        other.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
        new = "another-passphrase-8"
        path, data = {
            "password": (
                "/password/",
                {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
            ),
            "forgotten": ("/account/till/forget/", {}),
            "no pin": ("/account/pin/remove/", {}),
        }[how]
        other.post(path, data)
        till.post("/sign-out/")
    switch(till, cashier)
    assert who_is_in(till) is None


def test_person_sets_their_own_pin(client: Client, cashier: User) -> None:
    client.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
    assert client.post("/account/pin/", {"new_pin": "1234"}).status_code == 422
    assert client.post("/account/pin/", {"new_pin": "902817"}).status_code == 302
    client.post("/till/lock/")
    switch(client, cashier, "902817")
    assert who_is_in(client) == "cashier"
    cashier.refresh_from_db()
    assert "902817" not in cashier.pin.code


@pytest.mark.parametrize(
    "pin", ["1111", "1234", "9876", "1212", "12341234", "123", "123456789", "12a4", "١٢٧٤", ""]
)
def test_pin_that_is_guessed_first_is_refused(pin: str) -> None:
    with pytest.raises(ValidationError):
        check_pin(pin)


@pytest.mark.parametrize("chosen", ["", "0", "x", "-1", "9" * 30, "\0", "١"])
def test_nobody_chosen_is_nobody_in(till: Client, chosen: str) -> None:
    assert till.post("/till/", {"person": chosen, "pin": PIN}).status_code in {200, 422}
    assert who_is_in(till) is None


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "\0"])
def test_switch_never_leads_away(till: Client, cashier: User, target: str) -> None:
    assert till.post("/till/lock/", {"next": target}).headers["Location"] == "/till/?next=%2F"
    assert switch(till, cashier, next=target).headers["Location"] == "/"


def test_second_factor_is_asked_once_on_each_browser(till: Client, cashier: User) -> None:
    """A till that took the code once lets the PIN do; the password alone is not enough."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        TillPerson.objects.all().delete()
        enrol(cashier)
        clock.shift(dt.timedelta(seconds=60))
        till.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
        switch(till, cashier)
        assert who_is_in(till) is None
        till.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
        till.post("/sign-in/code/", {"code": code_of(cashier)})
        till.post("/till/lock/")
        switch(till, cashier)
        assert who_is_in(till) == "cashier"


def test_nine_people_have_a_key_and_keep_it(till: Client, cashier: User) -> None:
    here, now = Till.objects.get(), timezone.now()
    for nth in range(9):
        person = User.objects.create_user(f"a{nth}")
        TillPerson.objects.create(till=here, user=person, password_at=now)
    rows = people_here(here, now=now)
    assert [each.key for each in rows] == list(range(1, 10))
    assert [each.username for each in rows[:3]] == ["cashier", "manager", "a0"]
