"""The second factor: set up, asked for, required by the company, taken away by an admin."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit.models import Change
from company.access import access_of
from company.models import Company, Session, User
from company.people import save_person
from company.second_factor import confirm, enrolment, has_factor
from company.setup import save_sign_in_policies

PASSWORD = "a-long-passphrase-7"


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as frozen:
        yield frozen


def code_of(person: User) -> str:
    """What the person's app shows now."""
    device = TOTPDevice.objects.get(user=person)
    return f"{TOTP(device.bin_key).token():06}"


def enrol(person: User) -> list[str]:
    enrolment(person)
    codes = confirm(person, code_of(person))
    assert codes is not None
    return codes


def enter(client: Client, name: str) -> Client:
    client.post("/sign-in/", {"username": name, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/products/").status_code == 200


def test_person_sets_it_up_with_the_app_and_sees_ten_codes_once(
    client_of: Callable[[User], Client], cashier: User, clock
) -> None:
    browser = client_of(cashier)
    page = browser.get("/account/second-factor/")
    secret = page.context["enrolment"].secret.replace(" ", "")
    assert page.context["enrolment"].qr.startswith("data:image/svg+xml")
    assert (
        browser.get("/account/second-factor/").context["enrolment"].secret.replace(" ", "")
        == secret
    )
    assert browser.post("/account/second-factor/", {"code": "000000"}).status_code == 422
    assert not has_factor(cashier)
    clock.shift(dt.timedelta(seconds=2))
    codes = browser.post("/account/second-factor/", {"code": code_of(cashier)}).context["codes"]
    assert len(dict.fromkeys(codes)) == 10
    assert has_factor(cashier)
    account = browser.get("/account/").text
    assert "10 recovery codes are left" in account
    assert codes[0] not in account


def test_sign_in_asks_for_the_code_and_takes_each_once(
    client: Client, cashier: User, clock
) -> None:
    enrol(cashier)
    clock.shift(dt.timedelta(seconds=60))
    page = client.post(
        "/sign-in/", {"username": "cashier", "password": PASSWORD, "next": "/products/"}
    )
    assert "company/code.html" in {each.name for each in page.templates}
    assert not is_in(client)
    code = code_of(cashier)
    answer = client.post("/sign-in/code/", {"code": code, "next": "/products/"})
    assert answer.headers["Location"] == "/products/"
    other = enter(Client(), "cashier")
    assert other.post("/sign-in/code/", {"code": code}).status_code == 422
    assert not is_in(other)


def test_recovery_code_replaces_the_phone_once(cashier: User, clock) -> None:
    codes = enrol(cashier)
    for expected in (True, False):
        browser = enter(Client(), "cashier")
        browser.post("/sign-in/code/", {"code": f" {codes[0].upper()} "})
        assert is_in(browser) is expected
    assert StaticToken.objects.count() == 9


def test_wrong_codes_make_it_wait_longer_and_longer(cashier: User, clock) -> None:
    enrol(cashier)
    clock.shift(dt.timedelta(seconds=60))
    browser = enter(Client(), "cashier")
    for pause in (1, 2, 4, 8):
        browser.post("/sign-in/code/", {"code": "000000"})
        clock.shift(dt.timedelta(seconds=pause))
    browser.post("/sign-in/code/", {"code": "000000"})
    said = browser.post("/sign-in/code/", {"code": code_of(cashier)}).text
    assert "Too many wrong codes. Try again in 16 s." in said
    clock.shift(dt.timedelta(seconds=17))
    browser.post("/sign-in/code/", {"code": code_of(cashier)})
    assert is_in(browser)


@pytest.mark.parametrize("code", ["", "x", "\0", "9" * 5_000, "١٢٣٤٥٦", "-1", "12345"])
def test_no_code_at_all_is_refused(cashier: User, code: str, clock) -> None:
    enrol(cashier)
    browser = enter(Client(), "cashier")
    assert browser.post("/sign-in/code/", {"code": code}).status_code == 422
    assert not is_in(browser)


def test_code_without_the_password_before_it_is_nothing(cashier: User, clock) -> None:
    enrol(cashier)
    clock.shift(dt.timedelta(seconds=60))
    browser = Client()
    browser.post("/sign-in/code/", {"code": code_of(cashier)})
    assert not is_in(browser)
    late = enter(Client(), "cashier")
    clock.shift(dt.timedelta(minutes=11))
    late.post("/sign-in/code/", {"code": code_of(cashier)})
    assert not is_in(late)
    changed = enter(Client(), "cashier")
    cashier.set_password("another-passphrase-8")
    cashier.save()
    changed.post("/sign-in/code/", {"code": code_of(cashier)})
    assert not is_in(changed)


def policy(admin: User, who: str) -> None:
    data = {"idle_minutes": 720, "second_factor": who, "pins_allowed": True}
    save_sign_in_policies(data, by=access_of(admin))


@pytest.mark.parametrize(
    ("who", "asked"),
    [
        ("optional", {"cashier": False, "manager": False, "admin": False}),
        ("admins", {"cashier": False, "manager": False, "admin": True}),
        ("managers", {"cashier": False, "manager": True, "admin": True}),
        ("everybody", {"cashier": True, "manager": True, "admin": True}),
    ],
)
def test_company_asks_those_it_says_also_those_signed_in(
    cashier: User, manager: User, admin: User, who: str, asked: dict[str, bool]
) -> None:
    before = {name: enter(Client(), name) for name in asked}
    policy(admin, who)
    after = {name: enter(Client(), name) for name in asked}
    for name, is_asked in asked.items():
        for browser in (before[name], after[name]):
            answer = browser.get("/products/")
            assert answer.headers.get("Location") == (
                "/account/second-factor/" if is_asked else None
            )
    assert Company.objects.get().second_factor == who


def test_who_must_have_one_sees_the_rest_once_it_is_set_up(
    client_of: Callable[[User], Client], cashier: User, admin: User, clock
) -> None:
    policy(admin, "everybody")
    browser = enter(Client(), "cashier")
    fragment = browser.get("/products/", headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == "/account/second-factor/"
    assert browser.get("/account/").status_code == 302
    page = browser.get("/account/second-factor/")
    assert "Your company asks for it" in page.text
    browser.post("/account/second-factor/", {"code": code_of(cashier)})
    assert is_in(browser)
    browser.post("/account/second-factor/remove/")
    assert not is_in(browser)


def test_who_becomes_a_manager_is_asked_from_then_on(cashier: User, admin: User, store) -> None:
    policy(admin, "managers")
    browser = enter(Client(), "cashier")
    assert is_in(browser)
    data = {"username": "cashier", "full_name": "", "language": "en", "is_admin": False}
    save_person(data, roles=[(store.pk, "manager")], by=access_of(admin), pk=cashier.pk)
    assert not is_in(browser)
    assert Session.objects.get(user=cashier).needs_factor


def test_admin_helps_who_lost_the_phone(
    client_of: Callable[[User], Client], cashier: User, admin: User, clock
) -> None:
    enrol(cashier)
    boss = client_of(admin)
    url = f"/settings/people/{cashier.pk}/"
    assert "Signs in with a second factor" in boss.get(url).text
    boss.post(f"{url}factor/")
    assert is_in(enter(Client(), "cashier"))
    set_up, reset = Change.objects.filter(fields=["second_factor_at"]).order_by("pk")
    assert (set_up.thing, reset.thing, reset.person) == (cashier.pk, cashier.pk, admin.pk)
    assert [value is None for value in reset.changes["second_factor_at"]] == [False, True]
    history = boss.get("/audit/", {"kind": "company.user"}).text
    assert "Second factor since" in history


def test_new_recovery_codes_end_the_old_ones(
    client_of: Callable[[User], Client], cashier: User, clock
) -> None:
    old = enrol(cashier)
    new = client_of(cashier).post("/account/second-factor/codes/").context["codes"]
    for code, expected in ((old[0], False), (new[0], True)):
        clock.shift(dt.timedelta(seconds=10))
        browser = enter(Client(), "cashier")
        browser.post("/sign-in/code/", {"code": code})
        assert is_in(browser) is expected
