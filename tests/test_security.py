"""What browsers are told, and what is refused whatever the page: cookies, headers, files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from company.models import Store, User
from company.reading_tables import rows_of_file
from config.charset import in_utf_8
from config.wsgi import application
from documents.models import Document, Status
from products.serial_format import fits_mask
from tests.conftest import PASSWORD
from tests.fuzz.hostile import SHEET, TEXTS, exchanged, files, workbook
from tests.shop import draft, receive, sell, take_in

PROJECT = Path(__file__).resolve().parents[1]
ON_ALL = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def settings_with(**environment: str) -> dict:
    """The settings that a process with this environment has, as far as JSON knows them."""
    said = (
        "import config.settings as s, json; print(json.dumps({k: v for k, v in vars(s).items()"
        " if k.isupper() and isinstance(v, (str, int))}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", said], cwd=PROJECT, check=True, capture_output=True, text=True,
        env={**os.environ, "SECRET_KEY": "x" * 60, "DEBUG": "0", **environment},
    )  # fmt: skip
    return json.loads(done.stdout)


def test_over_tls_cookies_stay_on_this_host_and_browsers_stay_on_tls():
    found = settings_with(SECURE="1")
    names = [name for setting, name in found.items() if setting.endswith("_COOKIE_NAME")]
    assert len(names) == 6
    assert all(name.startswith("__Host-") for name in names)
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_HTTPONLY"]
    assert {found["SESSION_COOKIE_SAMESITE"], found["CSRF_COOKIE_SAMESITE"]} == {"Lax"}
    assert found["SECURE_SSL_REDIRECT"]
    assert found["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert found["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert not found["DEBUG"]


@pytest.mark.django_db
def test_every_cookie_set_over_tls_is_of_this_host_alone(settings, cashier: User):
    for setting, value in settings_with(SECURE="1").items():
        if "_COOKIE_" in setting:
            setattr(settings, setting, value)
    settings.DATABASES["replica"] = settings.DATABASES["default"]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "company.replicas.WroteMiddleware"]
    try:
        client = Client()
        given = dict(client.get("/sign-in/", secure=True).cookies)
        for url, data in (
            ("/sign-in/", {"username": "cashier", "password": PASSWORD}),
            ("/language/", {"language": "uk"}),
            (reverse("partners:new_customer"), {"name": "Petro"}),  # says that he is saved
        ):
            given |= client.post(url, data, secure=True).cookies
    finally:
        del settings.DATABASES["replica"]
    kinds = {"session", "csrf", "language", "messages", "till", "wrote"}
    assert {name.removeprefix("__Host-") for name in given} == kinds
    for name, cookie in given.items():
        assert name.startswith("__Host-")
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", ""), name


@pytest.mark.django_db
def test_the_theme_is_read_by_either_name_and_nothing_else_is_a_theme(client: Client):
    for name, value, shown in (
        ("theme", "dark", True), ("__Host-theme", "light", True), ("theme", '"><b>', False),
    ):  # fmt: skip
        client.cookies.clear()
        client.cookies[name] = value
        page = client.get("/sign-in/").text
        assert (f'data-theme="{value}"' in page) == shown
        assert ("data-theme=" in page) == shown


@pytest.fixture
def browser(client_of, admin: User) -> Client:
    return client_of(admin)


@pytest.mark.django_db
def test_every_kind_of_answer_tells_browsers_what_to_leave_alone(
    browser, store, manager, goods, admin
):
    receive(store, manager, (goods.strict, ["SN1"]))
    sell(store, manager, (goods.strict, ["SN1"]))
    repair = take_in(store, manager, "SN1")
    answers = {
        "page": browser.get("/products/"),
        "missing": browser.get("/nothing/here/"),
        "method": browser.post("/reports/"),
        "redirect": browser.get(reverse("documents:start", args=["sale"])),
        "pdf": browser.get(reverse("repairs:paper", args=[repair.pk, "intake"])),
        "csv": browser.get(reverse("products:export", args=["csv"])),
        "sign-in": Client().get("/sign-in/"),
        "away": Client().get("/products/"),
        "bad host": Client().get("/products/", HTTP_HOST="evil.example"),
        "forged": Client(enforce_csrf_checks=True).post("/sign-in/"),
    }
    assert answers["pdf"].headers["Content-Type"] == "application/pdf"
    assert answers["csv"].headers["Content-Disposition"].startswith("attachment")
    assert answers["bad host"].status_code == 400
    assert answers["method"].status_code == 405
    for kind, answer in answers.items():
        for name, value in ON_ALL.items():
            assert answer.headers.get(name) == value, (kind, name)
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, kind
        assert ("default-src 'none'" in policy) == (kind != "pdf"), kind
        assert "unsafe" not in policy
        assert "microphone=()" in answer.headers["Permissions-Policy"], kind
        assert "no-store" in answer.headers["Cache-Control"], kind


@pytest.mark.django_db
def test_a_sign_in_has_a_new_key_and_its_end_closes_the_door(client: Client, cashier: User):
    session = client.session
    session["planted"] = "by somebody"
    session.save()
    planted = session.session_key
    client.post("/sign-in/", {"username": "cashier", "password": PASSWORD})
    assert client.get("/products/").status_code == 200
    given = client.cookies["sessionid"].value
    assert given != planted
    client.post("/sign-out/")
    stale = Client()
    stale.cookies["sessionid"] = given
    assert stale.get("/products/").headers["Location"].startswith("/sign-in/")


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_no_choice_around_the_page_leads_away(browser, store: Store, target):
    for url, data in (("/language/", {"language": "en"}), ("/store/", {"store": store.pk})):
        assert browser.post(url, {**data, "next": target}).headers["Location"] == "/"


@pytest.mark.django_db
def test_a_cookie_with_a_nul_is_no_cookie(cashier: User):
    """PostgreSQL takes no NUL: looking such a session up was an error of the server."""
    answer = Client().get("/products/", HTTP_COOKIE='sessionid="aaaaaaaa\\000aaaa"; a="\\000"')
    assert answer.status_code == 302


@pytest.mark.parametrize("charset", ["rot13", "unicode_escape", "utf-16", "no such"])
def test_a_request_is_read_as_utf_8_whatever_it_says(charset):
    """`rot13` is a codec of Python, but none of texts: to read a query by it was an error."""
    handed_on = {}
    form = "application/x-www-form-urlencoded"

    def django(environ, start_response):
        handed_on.update(environ)
        return []

    for said in (f"{form}; charset={charset}", f'{form};Charset="{charset}"; a=b'):
        in_utf_8(django)({"CONTENT_TYPE": said, "QUERY_STRING": "q=%5Cud800"}, print)
        assert "charset" not in handed_on["CONTENT_TYPE"].lower()
        assert handed_on["CONTENT_TYPE"].startswith(form)
    in_utf_8(django)({"CONTENT_TYPE": "multipart/form-data; boundary=charset"}, print)
    assert handed_on["CONTENT_TYPE"] == "multipart/form-data; boundary=charset"
    in_utf_8(django)({}, print)


@pytest.mark.django_db
def test_the_program_that_web_servers_run_reads_utf_8():
    """In rot13 Python finds no text at all, and Django would fail before any page is asked."""
    environ: dict[str, Any] = {"PATH_INFO": "/sign-in/", "QUERY_STRING": "next=/products/%D0%B6"}
    environ["CONTENT_TYPE"] = "text/plain; charset=rot13"
    setup_testing_defaults(environ)
    environ["HTTP_HOST"] = "localhost"
    answered: list[str] = []
    page = b"".join(application(environ, lambda status, headers: answered.append(status)))
    assert answered == ["200 OK"]
    assert 'value="/products/ж"' in page.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "BREW"])
def test_other_methods_are_not_taken(browser, method):
    for url in ("/products/", "/documents/new/sale/"):
        assert browser.generic(method, url).status_code == 405


@pytest.mark.django_db
def test_a_form_changes_what_it_shows_and_nothing_else(
    client_of, manager, store, other_store, goods
):
    document = draft("sale", store, manager, [(goods.plain, 1)])
    before: dict[str, Any] = dict(Document.objects.values().get(pk=document.pk))
    sent = {
        "note": "seen", "store": other_store.pk, "store_id": other_store.pk, "number": "X-1",
        "status": Status.POSTED, "author": 1, "author_id": 1, "posting": 1, "kind": "receipt",
        "id": 999, "pk": 999,
    }  # fmt: skip
    client_of(manager).post(reverse("documents:header", args=[document.pk]), sent)
    after = dict(Document.objects.values().get(pk=document.pk))
    changed = {name for name, value in after.items() if before[name] != value}
    assert changed == {"note"}


def test_a_hostile_list_is_refused_in_words_and_soon():
    began = time.process_time()
    for content in files():
        try:
            rows = list(rows_of_file("list.csv", content))
        except ValidationError:
            continue
        assert not any("root:" in str(cell) for row in rows for cell in row)
    assert time.process_time() - began < 10


def test_a_workbook_that_unpacks_to_gigabytes_is_not_unpacked():
    """It takes a second to make."""
    bomb = exchanged(workbook([["Serial"]]), SHEET, b" " * (201 << 20))
    assert len(bomb) < 1 << 20
    began = time.process_time()
    with pytest.raises(ValidationError, match="larger than it looks"):
        list(rows_of_file("list.xlsx", bomb))
    assert time.process_time() - began < 1


def test_the_mask_of_serials_is_no_pattern_and_takes_no_time():
    began = time.process_time()
    for mask in ("(a+)+$", ".*" * 40, "[" * 80, *TEXTS[:40]):
        assert not fits_mask("A" * 80 + "!", mask)
    assert time.process_time() - began < 1
