"""One line for each request, which tells what happened and nothing about people."""

from __future__ import annotations

import inspect
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from audit.asking import ASKED_BY, asked_by
from backoffice import importing
from company.models import User
from config.logs import told
from operations.references import ALPHABET, new_reference
from partners.models import Customer
from serials import reading_files
from tests.conftest import PASSWORD
from tests.operations.reading_logs import logged_as_json
from tests.shop import draft, receive, sell
from warranty.models import Card

pytestmark = pytest.mark.django_db

CODE = re.compile(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}\Z")


def test_a_code_has_no_letter_that_is_taken_for_another():
    assert not set("01OIL") & set(ALPHABET)
    assert len({new_reference() for _ in range(200)}) == 200
    assert CODE.match(new_reference())


def test_a_request_is_one_line_with_route_person_store_and_its_sql(client_of, store, manager):
    with logged_as_json() as lines:
        answer = client_of(manager).get("/products/")
    (line,) = lines.of("operations.request")
    assert (line["method"], line["route"], line["status"]) == ("GET", "products:list", 200)
    assert (line["user"], line["store"]) == (manager.pk, store.pk)
    assert line["sql"] > 3
    assert 0 < line["sql_ms"] < line["ms"]
    assert CODE.match(line["reference"])
    assert line["request_id"] == line["reference"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("proxies", "given", "kept"),
    [(1, "edge-7f3a9c02", True), (1, "a b\nc-123456", False), (1, "x" * 65, False),
     (0, "edge-7f3a9c02", False)],
)  # fmt: skip
def test_only_a_proxy_of_ours_may_name_a_request(client, settings, proxies, given, kept):
    settings.TRUSTED_PROXIES = proxies
    answer = client.get("/health/live", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is kept


def test_nobody_and_nothing_secret_is_in_the_log(client, client_of, store, manager, goods):
    receive(store, manager, (goods.strict, ["SECRET-SN-1"]))
    sale = sell(store, manager, (goods.strict, ["SECRET-SN-1"]))
    token = str(Card.objects.get().token)
    Customer.objects.create(name="Olena Secretna", phone="067 765 43 21")
    with logged_as_json() as lines:
        client.post("/sign-in/", {"username": "manager", "password": "wrong-secret"})
        client.post("/sign-in/", {"username": "manager", "password": PASSWORD})
        session = client.cookies["sessionid"].value
        client.get(f"/w/{token}/")
        client.get("/w/no-such-card/")
        client.get("/no/such/address/at-all")
        client.get("/search/", {"q": "Secretna"})
        client.get(f"/documents/{sale.pk}/")
        Client(enforce_csrf_checks=True).post(f"/w/{token}/", {"phone": "067 765 43 21"})
    assert len(lines.of("operations.request")) == 8
    for secret in (
        "wrong-secret", PASSWORD, session, token, "no-such-card", "at-all", "Secretna", "SECRET-SN",
        "765 43 21", "127.0.0.1",
    ):  # fmt: skip
        assert secret not in lines.text, secret


def test_a_traceback_quotes_no_row_of_the_database(db):
    name = "Olena Secretna"
    customer = Customer.objects.create(name=name, phone="067 765 43 21")
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(name=None)
    assert name in str(raised.value) or "765" in str(raised.value)  # PostgreSQL's own words
    text = told((IntegrityError, raised.value, None))
    assert "23502" in text
    assert "null value" in text
    assert name not in text
    assert "765" not in text


def test_a_slow_statement_is_noted_without_its_parameters(client_of, manager, goods, settings):
    settings.SLOW_QUERY_MS, settings.MANY_QUERIES = 0, 1
    with logged_as_json() as lines:
        client_of(manager).get("/products/", {"q": "secret words"})
    slow = [line for line in lines.of("operations.sql") if line["message"] == "slow statement"]
    assert any("products_product" in line["sql"] and "%s" in line["sql"] for line in slow)
    assert slow[-1]["place"] == "products:list"
    assert "secret words" not in lines.text.lower()
    (many,) = [line for line in lines.of("operations.sql") if line["message"] == "many statements"]
    (line,) = lines.of("operations.request")
    assert many["count"] == line["sql"]
    settings.SLOW_QUERY_MS = 10_000
    with logged_as_json() as lines:
        client_of(manager).get("/products/")
    assert "slow statement" not in lines.text


@pytest.mark.parametrize("asked", ["print", "export", "import", "upload", "mail"])
def test_a_job_names_the_request_that_asked_for_it(
    client_of, store, manager, admin, goods, settings, monkeypatch, asked
):
    client = client_of(manager if asked in {"print", "upload"} else admin)
    monkeypatch.setattr(importing, "AT_ONCE", 3)
    monkeypatch.setattr(reading_files, "LONG_TEXT", 3)
    settings.EMAIL_HOST = "mail.example"
    table = SimpleUploadedFile("list.csv", b"SKU;Serial\n" + b"SKU-STRICT;SN\n" * 4)
    if asked == "print":
        receive(store, manager, (goods.strict, [f"SN-{n:04}" for n in range(301)]))
        document = receive(store, manager, (goods.recorded, [f"R-{n:04}" for n in range(301)]))
        answer = client.post(f"/documents/{document.pk}/print/start/")
    elif asked == "export":
        answer = client.post(reverse("backoffice:everything"))
    elif asked == "import":
        answer = client.post(reverse("backoffice:import", args=["products"]), {"file": table})
    elif asked == "upload":
        receipt = draft("receipt", store, manager, [])
        answer = client.post(reverse("documents:upload", args=[receipt.pk]), {"file": table})
    else:
        invited = User.objects.create(
            username="nova", email="nova@shop.example", invited_at=timezone.now()
        )
        answer = client.post(reverse("company:invitation", args=[invited.pk]))
    job = ProcrastinateJob.objects.latest("pk")
    assert job.args["request_id"] == answer.headers["X-Request-ID"]
    assert asked_by() == {}  # outside of a request


def test_every_job_but_those_of_the_clock_takes_the_request():
    ours = {
        task.name: inspect.signature(task.func).parameters
        for task in app.tasks.values()
        if not task.func.__module__.startswith("procrastinate.")
    }
    asked = {name for name, taken in ours.items() if "timestamp" not in taken}
    assert len(asked) == 7
    assert {name for name in asked if ASKED_BY not in ours[name]} == set()


def test_an_address_is_not_a_label():
    from operations.middleware import route_of

    assert route_of(RequestFactory().get(f"/w/{uuid.UUID(int=7)}/")) == "unknown"
