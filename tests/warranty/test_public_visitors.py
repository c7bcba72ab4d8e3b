"""Who asks for public pages that are none, or too often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests.warranty.public_shop import SOLD_AT, address

pytestmark = pytest.mark.django_db

CODE = "HJUR7hpwR0CSjGXBGxQHhA"
HOSTILE = [
    CODE, CODE[:-1] + "B", CODE * 50, "x", "", "%00", "%ff%fe", "..%2f..%2fetc/passwd", "'--",
    "%D0%93%D0%B0%D1%80", "<script>", "{{7*7}}", "%0a", "a/b/c", "1",
    "8e7540c3-5f25-4722-b452-27dbf8e0d984", "A" * 22,
    "_" * 22, "-" * 22, "%F0%9F%92%A9" * 5, "w" * 4000,
]  # fmt: skip


@pytest.mark.parametrize("code", HOSTILE)
def test_what_is_no_card_is_the_same_friendly_404(code):
    path = f"/w/{code}/" if code else "/w/"
    response = Client().get(path)

    assert response.status_code == 404
    assert "No such warranty card" in response.text
    assert response.headers["X-Robots-Tag"].startswith("noindex")
    in_ukrainian = Client().get(path + "?lang=uk")
    assert "Такого гарантійного талона немає" in in_ukrainian.text
    assert '<html lang="uk">' in in_ukrainian.text


def test_an_address_without_its_last_slash_leads_to_it(shop):
    url = address(shop.card())
    assert Client().get(url.rstrip("/")).headers["Location"] == url


@pytest.fixture
def few(settings) -> Callable[[], list[int]]:
    settings.PUBLIC_RATE = "3/m"

    def ask(url: str = "/w/x/", times: int = 5, **extra: str) -> list[int]:
        with time_machine.travel(SOLD_AT, tick=False):
            return [Client().get(url, **extra).status_code for _ in range(times)]

    return ask


def test_too_many_requests_of_one_address_are_refused(shop, few):
    url = address(shop.card())

    assert few(url) == [200, 200, 200, 429, 429]
    assert few(url, times=1, REMOTE_ADDR="198.51.100.7") == [200]
    assert few("/w/x/", times=1) == [429]  # guessing counts as well

    with time_machine.travel(SOLD_AT, tick=False):
        for language, said in (("en", "Too many requests"), ("uk", "Забагато запитів")):
            refused = Client().get(f"{url}?lang={language}")
            assert refused.status_code == 429
            assert said in refused.text
            assert 1 <= int(refused.headers["Retry-After"]) <= 60
            assert shop.store.name not in refused.text
    with time_machine.travel(SOLD_AT + dt.timedelta(minutes=2), tick=False):
        assert Client().get(url).status_code == 200


def test_an_address_can_not_be_made_up(few):
    said = [f"203.0.113.{nth}" for nth in range(5)]
    assert [
        few(times=1, HTTP_X_FORWARDED_FOR=each) for each in said
    ] == [[404], [404], [404], [429], [429]]  # fmt: skip


def test_behind_a_proxy_each_customer_is_counted_apart(few, settings):
    settings.TRUSTED_PROXIES = 1
    assert few(HTTP_X_FORWARDED_FOR="203.0.113.5") == [404, 404, 404, 429, 429]
    assert few(times=1, HTTP_X_FORWARDED_FOR="203.0.113.5, 203.0.113.6") == [404]


def test_a_whole_ipv6_network_is_one_address(few):
    assert few(times=3, REMOTE_ADDR="2001:db8::1") == [404] * 3
    assert few(times=1, REMOTE_ADDR="2001:db8::2") == [429]
    assert few(times=1, REMOTE_ADDR="2001:db8:0:1::2") == [404]


def test_the_shops_page_of_a_card_leads_to_its_public_one(shop, client_of):
    card = shop.card()
    page = client_of(shop.manager).get(reverse("warranty:card", args=[card.number])).text
    assert address(card) in page
