"""Wrong passwords: a few from one place, then a pause; the same for names there are not."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from company.models import User
from company.throttling import wrong_passwords

PASSWORD = "a-long-passphrase-7"
SHUT, WRONG = 429, 422


@pytest.fixture(autouse=True)
def _counted(settings) -> None:
    settings.AXES_ENABLED = True


def attempt(name: str, password: str = "wrong", address: str = "192.0.2.1", **more: str) -> int:
    client = Client(REMOTE_ADDR=address, **more)
    return client.post("/sign-in/", {"username": name, "password": password}).status_code


def test_fifth_wrong_password_shuts_the_door_for_a_quarter_of_an_hour(cashier: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert [attempt("cashier") for _ in range(5)] == [WRONG] * 4 + [SHUT]
        clock.shift(dt.timedelta(minutes=10))
        assert attempt("Cashier ", PASSWORD) == SHUT  # the right one is not even looked at
        client = Client(REMOTE_ADDR="192.0.2.1")
        page = client.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
        assert "Try again in 5 minutes" in page.text
        clock.shift(dt.timedelta(minutes=6))
        assert attempt("cashier", PASSWORD) == 302


def test_name_nobody_has_is_told_the_same(cashier: User) -> None:
    def pages(name: str, address: str) -> list[list[str]]:
        client = Client(REMOTE_ADDR=address)
        answers = [
            client.post("/sign-in/", {"username": name, "password": "wrong"}) for _ in range(6)
        ]
        return [each.context["form"].non_field_errors() for each in answers]

    assert pages("cashier", "192.0.2.1") == pages("nobody", "192.0.2.2")


def test_another_place_and_another_name_are_let_in(cashier: User, manager: User) -> None:
    for _ in range(6):
        attempt("cashier")
    assert attempt("cashier", PASSWORD, address="192.0.2.2") == 302
    assert attempt("manager", PASSWORD) == 302


def test_one_place_that_tries_many_names_is_shut_out(cashier: User) -> None:
    assert {attempt(f"name-{nth}") for nth in range(29)} == {WRONG}
    assert attempt("name-30") == SHUT
    assert attempt("cashier", PASSWORD) == SHUT


def test_right_password_starts_the_count_anew(cashier: User) -> None:
    for _ in range(3):
        assert [attempt("cashier") for _ in range(4)] == [WRONG] * 4
        assert attempt("cashier", PASSWORD) == 302


def test_nobody_lifts_the_pause_of_another_by_signing_in(cashier: User, manager: User) -> None:
    assert [attempt("manager") for _ in range(4)] == [WRONG] * 4
    assert attempt("cashier", PASSWORD) == 302
    assert attempt("manager") == SHUT
    assert attempt("cashier", PASSWORD) == 302
    assert attempt("manager", PASSWORD) == SHUT


def test_signing_in_does_not_forget_the_other_names_tried_there(cashier: User) -> None:
    for nth in range(29):
        assert attempt(f"name-{nth}") == WRONG
        assert attempt("cashier", PASSWORD) == 302
    assert attempt("name-30") == SHUT


def test_behind_a_proxy_each_address_counts_for_itself(cashier: User, settings) -> None:
    settings.TRUSTED_PROXIES = 1
    for _ in range(6):
        attempt("cashier", HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert attempt("cashier", PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.1") == SHUT
    assert attempt("cashier", PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.2") == 302
    made_up = "198.51.100.2, 198.51.100.1"
    assert attempt("cashier", PASSWORD, HTTP_X_FORWARDED_FOR=made_up) == SHUT


def test_admin_lets_a_person_try_again_at_once(cashier: User, admin: User) -> None:
    for _ in range(6):
        attempt("cashier")
    assert wrong_passwords("cashier", now=timezone.now()) == 5
    boss = Client()
    boss.post("/sign-in/", {"username": "admin", "password": PASSWORD})
    url = f"/settings/people/{cashier.pk}/"
    assert "5 wrong passwords lately" in boss.get(url).text
    boss.post(f"{url}unlock/")
    assert attempt("cashier", PASSWORD) == 302


def test_own_password_asked_again_is_counted_too(cashier: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.1")
    client.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
    for _ in range(5):
        client.post("/confirm/", {"password": "wrong"})
    assert "Too many wrong passwords" in client.post("/confirm/", {"password": PASSWORD}).text
