"""What a person reads when the database or the program fails, and what is done about it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
)
from django.test import Client, RequestFactory
from django.urls import resolve
from psycopg import errors

from company.retrying import Busy
from documents.models import LineSerial
from operations.faults import fault_of
from operations.middleware import Faults
from tests.operations.reading_logs import logged_as_json
from tests.shop import draft, receive


def of_postgresql(kind: type[DatabaseError], cause: type[psycopg.Error]) -> DatabaseError:
    """An error as Django hands it over."""
    error = kind("words")
    error.__cause__ = cause("words")
    return error


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (of_postgresql(OperationalError, psycopg.OperationalError), "unreachable"),
        (InterfaceError("the connection is closed"), "unreachable"),
        (of_postgresql(OperationalError, errors.AdminShutdown), "unreachable"),
        (of_postgresql(OperationalError, errors.CannotConnectNow), "unreachable"),
        (of_postgresql(OperationalError, errors.ConnectionFailure), "unreachable"),
        (of_postgresql(OperationalError, errors.TooManyConnections), "crowded"),
        (of_postgresql(OperationalError, errors.OutOfMemory), "crowded"),
        (of_postgresql(OperationalError, errors.DiskFull), "disk_full"),
        (OSError(errno.ENOSPC, "no room"), "disk_full"),
        (of_postgresql(InternalError, errors.ReadOnlySqlTransaction), "read_only"),
        (of_postgresql(OperationalError, errors.QueryCanceled), "too_long"),
        (of_postgresql(InternalError, errors.IdleInTransactionSessionTimeout), "too_long"),
        (of_postgresql(OperationalError, errors.LockNotAvailable), "busy"),
        (of_postgresql(OperationalError, errors.DeadlockDetected), "busy"),
        (Busy(), "busy"),
        (of_postgresql(IntegrityError, errors.UniqueViolation), None),
        (OSError(errno.ENOENT, "no such file"), None),
        (ZeroDivisionError(), None),
        (None, None),
    ],
    ids=str,
)
def test_an_error_is_known_by_its_code(error, name):
    fault = fault_of(error)
    assert (fault.name if fault else None) == name


def _fails(error: Exception, *, times: int = 1) -> Callable[..., Any]:
    """A wrapper of statements: the first so many that touch serials on lines fail like this."""
    left = [times]

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if LineSerial._meta.db_table in sql and left[0]:
            left[0] -= 1
            raise error
        return run(sql, params, many, context)

    return execute


SCAN = {"scan": "SN-1", "nonce": "6f6c3c0e-4d3c-4d6a-8c39-1d3f6f5a9f10"}


@pytest.fixture
def selling(store, manager, goods, client_of):
    receive(store, manager, (goods.strict, ["SN-1"]))
    return client_of(manager), draft("sale", store, manager, [])


@pytest.mark.django_db(transaction=True)
def test_a_scan_that_gave_way_to_another_is_done_again_once(selling):
    browser, document = selling
    deadlock = of_postgresql(OperationalError, errors.DeadlockDetected)
    with connection.execute_wrapper(_fails(deadlock)):
        answer = browser.post(f"/documents/{document.pk}/scan/", SCAN)
    assert answer.status_code == 200
    assert LineSerial.objects.get(line__document=document).key == "SN-1"
    with connection.execute_wrapper(_fails(deadlock, times=99)):
        answer = browser.post(f"/documents/{document.pk}/scan/", SCAN)
    assert answer.status_code == 503


@pytest.mark.django_db(transaction=True)
def test_what_has_no_key_is_not_done_again_behind_ones_back(selling):
    browser, document = selling
    deadlock = of_postgresql(OperationalError, errors.DeadlockDetected)
    with connection.execute_wrapper(_fails(deadlock)):
        answer = browser.post(f"/documents/{document.pk}/scan/", {"scan": "SN-1"})
    assert answer.status_code == 503
    assert not LineSerial.objects.filter(line__document=document).exists()


@pytest.mark.django_db(transaction=True)
def test_the_page_sends_the_same_form_again_in_the_persons_language(selling, manager):
    browser, document = selling
    manager.language = "uk"
    manager.save()
    full = of_postgresql(OperationalError, errors.DiskFull)
    with logged_as_json() as lines, connection.execute_wrapper(_fails(full, times=9)):
        answer = browser.post(f"/documents/{document.pk}/scan/", SCAN)
    text = answer.content.decode()
    code = answer.headers["X-Request-ID"]
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert 'lang="uk"' in text
    assert code in text
    assert f'action="/documents/{document.pk}/scan/"' in text
    for name, value in SCAN.items():
        assert f'name="{name}" value="{value}"' in text
    assert code in unquote(answer.headers["X-Error-Words"])
    (line,) = lines.of("operations.fault")
    assert (line["reference"], line["fault"]) == (code, "disk_full")
    assert browser.post(f"/documents/{document.pk}/scan/", SCAN).status_code == 200


@pytest.mark.django_db
def test_a_password_is_not_written_into_a_page(client):
    request = RequestFactory().post("/sign-in/", {"username": "olena", "password": "secret-word"})
    request.resolver_match = resolve("/sign-in/")
    answer = Faults(lambda _request: None).process_exception(request, Busy())
    assert "secret-word" not in answer.content.decode()
    assert "<form" not in answer.content.decode()


@pytest.mark.django_db
def test_a_fault_of_the_program_has_a_code_and_a_traceback_in_the_log(
    client_of, manager, monkeypatch
):
    def broken(*_arguments: Any, **_more: Any) -> None:
        raise ZeroDivisionError("the sum is wrong")

    monkeypatch.setattr("products.views.render", broken)
    browser = client_of(manager)
    browser.raise_request_exception = False
    with logged_as_json() as lines:
        answer = browser.get("/products/")
    assert answer.status_code == 500
    code = answer.headers["X-Request-ID"]
    assert code in answer.content.decode()
    (line,) = lines.of("operations.fault")
    assert line["reference"] == code
    assert "the sum is wrong" in line["exception"]
    assert "products/views.py" in line["exception"]


@pytest.mark.django_db
def test_a_form_out_of_date_and_a_wrong_host_are_said_in_words(manager):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(manager)
    answer = browser.post("/sign-out/")
    assert answer.status_code == 403
    assert answer.headers["X-Request-ID"] in answer.content.decode()
    assert "out of date" in answer.content.decode()
    strange = browser.get("/", headers={"Host": "evil.example"})
    assert strange.status_code == 400
    assert strange.headers["X-Request-ID"] in strange.content.decode()


@pytest.mark.django_db
def test_a_buttons_address_that_is_opened_says_so_in_the_persons_language(selling, manager):
    browser, document = selling
    manager.language = "uk"
    manager.save()
    url = f"/documents/{document.pk}/post/"
    answer = browser.get(url)
    text = answer.content.decode()
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert int(answer.headers.get("Content-Length", len(answer.content))) == len(answer.content)
    assert 'lang="uk"' in text
    assert "Цю адресу не можна відкрити окремо" in text
    assert answer.headers["X-Request-ID"] in text
    by_script = browser.get(url, headers={"HX-Request": "true"})
    assert (by_script.status_code, by_script.content) == (405, b"")
    assert "X-Error-Words" not in by_script.headers


@pytest.mark.django_db
def test_what_is_not_there_or_not_allowed_has_a_code_to_read_out(client_of, cashier):
    browser = client_of(cashier)
    for url, status in (("/nothing/here/", 404), ("/settings/stores/", 403)):
        answer = browser.get(url)
        assert answer.status_code == status
        assert answer.headers["X-Request-ID"] in answer.content.decode()
        assert "X-Error-Words" not in answer.headers  # a script has words of its own for these
    missing = Client().get("/nothing/here/")
    assert missing.headers.get("X-Request-ID")
