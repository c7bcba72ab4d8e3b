"""People: invited, changed, closed and opened again; there always is an admin."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.inviting import (
    LinkIsOver,
    choose_password,
    forgotten_token,
    invitation_token,
    person_of,
    reset_access,
)
from company.keyset import PAGE_SIZE
from company.models import Membership, Store, TillPerson, User
from company.people import close_account, save_person
from company.people_queries import State, people
from company.rights import Right
from company.tasks import mail_link
from tests.at_once import at_once
from tests.company.test_second_factor import enrol

PASSWORD = "a-long-passphrase-7"
CHOSEN = "seven purple teapots"


@pytest.fixture
def browser(admin: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(admin)


@pytest.fixture
def invited(admin: User) -> User:
    data = person_answers(is_admin=False)
    return save_person(data, roles=[], by=access_of(admin), now=timezone.now())


def errors_of(response: Any) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def person_answers(**changes: object) -> dict[str, object]:
    return {
        "full_name": "Олена Коваль",
        "username": "olena",
        "email": "olena@shop.example",
        "language": "en",
        "roles": [],
    } | changes


def test_admin_invites_a_person_who_chooses_a_password(
    browser: Client, store: Store, other_store: Store
) -> None:
    roles = [f"{store.pk}:cashier", f"{store.pk}:technician", f"{other_store.pk}:manager"]
    made = browser.post("/settings/people/new/", person_answers(roles=roles), follow=True)
    olena = User.objects.get(username="olena")
    access = access_of(olena)
    assert (olena.get_full_name(), olena.email, olena.is_admin) == (
        "Олена Коваль", "olena@shop.example", False,
    )  # fmt: skip
    assert access.can(Right.SELL, store.pk)
    assert not access.can(Right.RECEIVE, store.pk)
    assert access.can(Right.RECEIVE, other_store.pk)

    link = made.context["link"]
    assert link in made.text
    assert "data:image/svg+xml" in made.text
    phone = Client()
    page = phone.get(link)
    assert "Олена Коваль" in page.text
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page.headers["Cache-Control"]
    answer = phone.post(link, {"password": CHOSEN})
    assert answer.headers["Location"] == "/sign-in/?username=olena"
    answer = phone.post("/sign-in/", {"username": "olena", "password": CHOSEN})
    assert answer.headers["Location"] == "/"
    assert "works no longer" in Client().get(link).text


def test_link_is_used_once_even_by_two_at_once(transactional_db: None) -> None:
    admin = User.objects.create_user("admin", password=PASSWORD, is_admin=True)
    now = timezone.now()
    olena = save_person(person_answers(is_admin=False), roles=[], by=access_of(admin), now=now)
    token = invitation_token(olena)
    results = at_once(
        lambda: choose_password(token, CHOSEN, now=now),
        lambda: choose_password(token, "another good phrase", now=now),
    )
    assert sorted(type(each).__name__ for each in results) == ["LinkIsOver", "User"]


@pytest.mark.parametrize("hours", [71, 73])
def test_invitation_lasts_three_days(invited: User, hours: int) -> None:
    token, later = invitation_token(invited), timezone.now() + dt.timedelta(hours=hours)
    if hours < 72:
        assert person_of(token, now=later) == invited
    else:
        with pytest.raises(LinkIsOver):
            person_of(token, now=later)


def test_newer_link_and_a_closed_account_end_a_link(admin: User, invited: User) -> None:
    now, first = timezone.now(), invitation_token(invited)
    again = reset_access(invited.pk, by=access_of(admin), now=now)
    with pytest.raises(LinkIsOver):
        person_of(first, now=now)
    second = invitation_token(again)
    assert person_of(second, now=now) == invited
    close_account(invited.pk, by=access_of(admin))
    with pytest.raises(LinkIsOver):
        person_of(second, now=now)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: "f" + token[1:],
        lambda token: re.sub(r"-\d+-", "-9999999999-", token),
        lambda token: re.sub(r"-\d+-", "-" + "9" * 15 + "-", token),
        lambda token: "i1-1-x-x",
        lambda token: "i-1-x",
        lambda token: "i" + "9" * 30 + "-1-x",
        lambda token: "x",
        lambda token: "i١-١-x",
    ],
)
def test_link_of_somebodys_own_making_is_none(
    client: Client, invited: User, change: Callable[[str], str]
) -> None:
    token = change(invitation_token(invited))
    assert client.get(f"/welcome/{token}/").status_code == 404
    assert client.post(f"/welcome/{token}/", {"password": CHOSEN}).status_code == 404
    invited.refresh_from_db()
    assert not invited.has_usable_password()


@pytest.mark.parametrize(
    "password",
    ["", "short-words", "password1234", "olena@shop.example", "x" * 129, "\0" * 12],
)
def test_password_that_will_not_do_is_told_at_its_field(
    client: Client, invited: User, password: str
) -> None:
    response = client.post(f"/welcome/{invitation_token(invited)}/", {"password": password})
    assert (response.status_code, set(errors_of(response))) == (422, {"password"})


@pytest.mark.parametrize("password", ["длинная фраза", "x y" * 42 + "zz", " begins with a blank"])
def test_any_long_text_is_a_password(client: Client, invited: User, password: str) -> None:
    client.post(f"/welcome/{invitation_token(invited)}/", {"password": password})
    invited.refresh_from_db()
    assert invited.check_password(password)


def test_reset_takes_the_password_and_signs_out_everywhere(
    browser: Client, client_of: Callable[[User], Client], cashier: User
) -> None:
    theirs = client_of(cashier)
    page = browser.post(f"/settings/people/{cashier.pk}/reset/", follow=True)
    assert page.context["link"]
    assert theirs.get("/products/").status_code == 302
    assert not Client().login(username="cashier", password=PASSWORD)


def test_closing_signs_out_at_once_and_opening_gives_back(
    browser: Client, client_of: Callable[[User], Client], cashier: User
) -> None:
    theirs = client_of(cashier)
    browser.post(f"/settings/people/{cashier.pk}/close/")
    assert theirs.get("/products/").status_code == 302
    assert not Client().login(username="cashier", password=PASSWORD)
    browser.post(f"/settings/people/{cashier.pk}/reopen/")
    assert theirs.get("/products/").status_code == 302  # signed out for good
    assert Client().login(username="cashier", password=PASSWORD)


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
    cashier.refresh_from_db()
    assert cashier.check_password(PASSWORD)


def test_page_shows_the_roles_a_person_has(browser: Client, cashier: User, store: Store) -> None:
    form = browser.get(f"/settings/people/{cashier.pk}/").context["form"]
    checked = [(row.name, box.label) for row, boxes in form.grid() for box in boxes if box.checked]
    assert checked == [("Podil", "Cashier")]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"username": "CASHIER"}, {"username"}),
        ({"username": "two words"}, {"username"}),
        ({"email": "nobody"}, {"email"}),
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
    data = person_answers(username="cashier", is_admin=False)
    with pytest.raises(ValidationError) as refused:
        save_person(data, roles=[], by=access_of(admin), now=timezone.now())
    assert set(refused.value.message_dict) == {"username"}


def test_admin_keeps_their_own_right_account_and_password(browser: Client, admin: User) -> None:
    url = f"/settings/people/{admin.pk}/"
    response = browser.post(url, person_answers(username="admin"))
    assert (response.status_code, set(errors_of(response))) == (422, {"is_admin"})
    page = browser.post(f"{url}close/", follow=True)
    assert "can&#x27;t close your own account" in page.text
    assert browser.post(f"{url}reset/").status_code == 403
    admin.refresh_from_db()
    assert admin.is_admin
    assert admin.is_active
    assert admin.has_usable_password()


@pytest.mark.django_db(transaction=True)
def test_two_admins_cannot_take_each_others_right_at_once(admin: User) -> None:
    other = User.objects.create_user("boss", password=PASSWORD, is_admin=True)
    accesses = {admin: access_of(admin), other: access_of(other)}

    def demote(victim: User, by: User) -> object:
        data = person_answers(username=victim.username, is_admin=False)
        return save_person(data, roles=[], by=accesses[by], pk=victim.pk)

    results = at_once(lambda: demote(admin, other), lambda: demote(other, admin))
    assert [type(result) for result in results].count(PermissionDenied) == 1, results
    assert User.objects.filter(is_admin=True).count() == 1


def test_list_says_who_is_active_invited_and_closed(
    browser: Client, client_of: Callable[[User], Client], admin: User, invited: User, cashier: User
) -> None:
    close_account(cashier.pk, by=access_of(admin))
    seen = {
        value: [row.person.username for row in people(value, now=timezone.now()).rows]
        for value in (None, *State)
    }
    assert seen == {
        None: ["admin", "olena"],
        State.ACTIVE: ["admin"],
        State.INVITED: ["olena"],
        State.CLOSED: ["cashier"],
    }
    (row,) = people(State.INVITED, now=timezone.now() + dt.timedelta(days=4)).rows
    assert (row.link_is_over, row.seen_at) == (True, None)
    (me,) = people(State.ACTIVE, now=timezone.now()).rows
    assert me.seen_at is not None
    for state in ("", "active", "invited", "closed", "nonsense", "\0"):
        assert browser.get("/settings/people/", {"state": state}).status_code == 200


def test_people_pages_hang_together(browser: Client) -> None:
    User.objects.bulk_create(User(username=f"person-{nth:03}") for nth in range(PAGE_SIZE + 10))
    first = people(None, now=timezone.now())
    second = people(None, now=timezone.now(), after=first.after)
    names = [row.person.username for row in first.rows + second.rows]
    assert names == sorted(User.objects.values_list("username", flat=True))
    assert browser.get("/settings/people/", {"after": first.after}).status_code == 200


def test_forgotten_password_is_mailed_and_nobody_learns_who_exists(
    client: Client, cashier: User, settings, monkeypatch
) -> None:
    settings.EMAIL_HOST = "mail.example"
    User.objects.filter(pk=cashier.pk).update(email="cashier@shop.example")
    deferred: list[dict[str, Any]] = []
    monkeypatch.setattr(mail_link, "defer", lambda **job: deferred.append(job))
    pages = [
        client.post("/sign-in/forgotten/", {"who": who}).text
        for who in ("cashier", "CASHIER@shop.example", "nobody", "nobody@shop.example")
    ]
    assert all(job.pop("request_id") for job in deferred)
    assert deferred == [{"user_id": cashier.pk, "origin": "http://testserver/"}] * 2
    plain = [re.sub(r'value="[^"]*"|"X-CSRFToken": "[^"]*"', "", page) for page in pages]
    assert len(dict.fromkeys(plain)) == 1

    mail_link(**deferred[0])
    link = re.search(r"http://testserver(/welcome/\S+)", mail.outbox[0].body)
    client.post(link[1], {"password": CHOSEN})
    cashier.refresh_from_db()
    assert cashier.check_password(CHOSEN)
    assert client.get(link[1]).status_code == 404


def test_forgotten_link_lasts_an_hour_and_ends_with_a_sign_in(cashier: User) -> None:
    now = timezone.now()
    token = forgotten_token(cashier, now=now)
    assert person_of(token, now=now + dt.timedelta(minutes=59)) == cashier
    with pytest.raises(LinkIsOver):
        person_of(token, now=now + dt.timedelta(minutes=61))
    User.objects.filter(pk=cashier.pk).update(last_login=now)
    with pytest.raises(LinkIsOver):
        person_of(token, now=now)


def test_without_mail_the_page_says_whom_to_ask(client: Client, cashier: User) -> None:
    assert "Ask an admin" in client.get("/sign-in/forgotten/").text
    client.post("/sign-in/forgotten/", {"who": "cashier"})
    assert mail.outbox == []


def test_choosing_a_password_ends_what_was_known_on_tills(
    client: Client, admin: User, cashier: User
) -> None:
    client.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
    assert TillPerson.objects.count() == 1
    again = reset_access(cashier.pk, by=access_of(admin), now=timezone.now())
    choose_password(invitation_token(again), CHOSEN, now=timezone.now())
    assert TillPerson.objects.count() == 0


def test_admin_without_phone_and_password_is_let_in_from_the_command_line(
    client: Client, admin: User
) -> None:
    enrol(admin)
    said = io.StringIO()
    call_command("let_in", "admin", stdout=said)
    path = re.search(r"/welcome/\S+", said.getvalue())[0]
    client.post(path, {"password": CHOSEN})
    client.post("/sign-in/", {"username": "admin", "password": CHOSEN})
    assert client.get("/settings/people/").status_code == 200
    with pytest.raises(CommandError):
        call_command("let_in", "nobody")


def test_list_takes_as_many_statements_for_many_people(browser: Client, store: Store) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as made:
            assert browser.get("/settings/people/").status_code == 200
        return len(made)

    statements()
    before = statements()
    for number in range(8):
        person = User.objects.create_user(f"person-{number}")
        Membership.objects.create(user=person, store=store, role="cashier")
    assert statements() == before
