"""Sign-ins: listed, ended at once, over when they rest or are a week old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.devices import device_of
from company.models import Company, Session, User
from company.sessions import forget_ended_sessions, sessions_of
from company.setup import save_sign_in_policies

PASSWORD = "a-long-passphrase-7"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"


def sign_in(username: str, password: str = PASSWORD, **headers: str) -> Client:
    client = Client(**headers)
    client.post("/sign-in/", {"username": username, "password": password})
    return client


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome on Windows"),
        (CHROME + " Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17) Version/17.0 Safari/604.1", "Safari on iPhone"),
        ("(Linux; Android 14) SamsungBrowser/23 Chrome/115", "Samsung Internet on Android"),
        ("curl/8", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_browser_is_told_in_words(agent: str, words: str) -> None:
    assert device_of(agent) == words


def test_person_sees_where_they_are_signed_in_and_ends_another(cashier: User) -> None:
    here = sign_in("cashier", HTTP_USER_AGENT=CHROME, REMOTE_ADDR="192.0.2.7")
    there = sign_in("cashier", HTTP_USER_AGENT="Firefox/1 Android", REMOTE_ADDR="192.0.2.8")
    page = here.get("/account/")
    mine, other = page.context["sessions"]
    assert (mine.device, mine.address, mine.is_this) == ("Chrome on Windows", "192.0.2.7", True)
    assert (other.device, other.address, other.is_this) == (
        "Firefox on Android",
        "192.0.2.8",
        False,
    )
    assert there.session.session_key not in page.text
    here.post("/account/sign-ins/end/", {"session": other.reference})
    assert there.get("/products/").status_code == 302
    assert here.get("/products/").status_code == 200


def test_person_ends_all_others_at_once(cashier: User) -> None:
    here, *others = (sign_in("cashier") for _ in range(3))
    here.post("/account/sign-ins/end/")
    assert [each.get("/products/").status_code for each in (here, *others)] == [200, 302, 302]


def test_nobody_ends_the_sign_in_of_another_but_an_admin(
    cashier: User, manager: User, admin: User
) -> None:
    theirs = sign_in("cashier")
    (session,) = sessions_of(cashier, now=timezone.now())
    for reference in (session.reference, "", "x", "\0"):
        sign_in("manager").post("/account/sign-ins/end/", {"session": reference})
    assert theirs.get("/products/").status_code == 200
    boss = sign_in("admin")
    boss.post(f"/settings/people/{cashier.pk}/sign-out/", {"session": session.reference})
    assert theirs.get("/products/").status_code == 302
    assert boss.get("/products/").status_code == 200


def test_sign_in_that_rests_too_long_is_over(cashier: User, admin: User) -> None:
    data = {"idle_minutes": 30, "second_factor": "optional", "pins_allowed": True}
    save_sign_in_policies(data, by=access_of(admin))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        used, resting = sign_in("cashier"), sign_in("cashier")
        for _ in range(3):
            clock.shift(dt.timedelta(minutes=20))
            assert used.get("/products/").status_code == 200
        assert resting.get("/products/").status_code == 302


def test_page_that_asks_by_itself_keeps_no_sign_in_alive(cashier: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = sign_in("cashier")
        for _ in range(3):
            clock.shift(dt.timedelta(hours=5))
            answer = browser.get("/products/", headers={"HX-Request": "true"})
        assert "HX-Redirect" in answer.headers


def test_sign_in_ends_after_a_week_however_busy(cashier: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = sign_in("cashier")
        for _ in range(16):
            clock.shift(dt.timedelta(hours=10))
            browser.post("/store/", {"store": cashier.memberships.get().store_id})
            assert browser.get("/products/").status_code == 200
        clock.shift(dt.timedelta(hours=10))
        assert browser.get("/products/").status_code == 302
        forget_ended_sessions(now=timezone.now())
        assert not Session.objects.filter(user=cashier).exists()


def test_shorter_rest_counts_for_who_is_signed_in_already(cashier: User, admin: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = sign_in("cashier")
        data = {"idle_minutes": 10, "second_factor": "optional", "pins_allowed": True}
        save_sign_in_policies(data, by=access_of(admin))
        clock.shift(dt.timedelta(minutes=11))
        assert browser.get("/products/").status_code == 302


def test_till_may_have_a_shorter_rest(cashier: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = sign_in("cashier")
        browser.post("/account/till/", {"minutes": "5"})
        browser.post("/sign-out/")
        browser.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
        clock.shift(dt.timedelta(minutes=6))
        assert browser.get("/products/").status_code == 302
        elsewhere = sign_in("cashier")
        clock.shift(dt.timedelta(minutes=6))
        assert elsewhere.get("/products/").status_code == 200


def test_being_seen_is_written_once_a_minute(cashier: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = sign_in("cashier")

        def writes() -> int:
            with CaptureQueriesContext(connection) as made:
                browser.get("/products/")
            return sum("UPDATE" in each["sql"] for each in made)

        clock.shift(dt.timedelta(seconds=30))
        assert writes() == 0
        clock.shift(dt.timedelta(seconds=31))
        assert writes() == 1
        assert writes() == 0


def test_key_changes_at_the_sign_in(client: Client, cashier: User) -> None:
    client.get("/sign-in/")
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    client.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()


def test_changed_password_ends_other_sign_ins_and_keeps_the_limits_of_this_one(
    cashier: User,
) -> None:
    Company.current()
    Company.objects.update(idle_minutes=77)
    here, there = sign_in("cashier"), sign_in("cashier")
    new = "another-passphrase-8"
    here.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert Session.objects.get(user=cashier).idle_minutes == 77
    assert here.get("/products/").status_code == 200
    assert there.get("/products/").status_code == 302


def test_what_decides_who_signs_in_asks_for_the_password_again(
    client_of: Callable[[User], Client], admin: User
) -> None:
    browser = client_of(admin)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=3)):
        browser.get("/products/")
        asked = browser.get("/settings/people/new/")
        assert asked.headers["Location"] == "/confirm/?next=/settings/people/new/"
        wrong = browser.post("/confirm/", {"password": "wrong", "next": "/settings/people/new/"})
        assert wrong.status_code == 422
        answers = {"username": "olena", "full_name": "Olena", "language": "en"}
        kept = browser.post("/settings/people/new/", answers)
        assert kept.status_code == 422
        held = kept.context["held"].signed()
        again = browser.post("/confirm/", {"password": PASSWORD, "held": held})
        assert dict(again.context["held"].fields) == answers
        assert browser.get("/settings/people/new/").status_code == 200
