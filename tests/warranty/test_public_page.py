"""The public page of a card: what it says in each state and language, and never says."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.shop import cancel, exchange, give_back, sell
from tests.warranty.public_shop import SERIAL, SOLD_AT, address, claim, day, read, words
from warranty.models import Adjustment, Card, Claim
from warranty.public_page import end_of_serial

pytestmark = pytest.mark.django_db


def test_a_unit_in_warranty(shop):
    page = read(shop.card())

    for said in (
        "In warranty", "until 23 Nov 2027", "365 days left", "Product strict", "ends in 1481",
        "12 months from 23 Nov 2026", "Podil", "Kontraktova 4, Kyiv", "+380 (44) 123-45-67",
    ):  # fmt: skip
        assert said in page
    for unsaid in ("Extended", "In repair", "Unit", "not valid"):
        assert unsaid not in page


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("2027-10-23", "In warranty until 23 Nov 2027 31 days left"),
        ("2027-10-24", "The warranty ends soon until 23 Nov 2027 30 days left"),
        ("2027-11-22", "1 day left"),
        ("2027-11-23", "today is the last day"),
        ("2027-11-24", "The warranty is over its last day was 23 Nov 2027"),
        ("2026-11-22", "The warranty has not begun valid from 23 Nov 2026 until 23 Nov 2027"),
    ],
)
def test_what_it_is_goes_by_the_day(shop, on, said):
    assert said in read(shop.card(), day(on))


def test_the_day_is_the_stores_own(shop):
    """At 22:30 UTC of its last day it is the next one in Kyiv."""
    with time_machine.travel(dt.datetime(2027, 11, 23, 22, 30, tzinfo=dt.UTC), tick=False):
        assert "The warranty is over" in words(Client().get(address(shop.card())).text)


def test_pieces_without_numbers_say_which_they_are(shop):
    page = read(shop.card(unit=2))

    assert "Unit 2 of 3" in page
    assert "Serial number" not in page


def test_goods_given_back(shop):
    with time_machine.travel(SOLD_AT + dt.timedelta(days=2), tick=False):
        give_back(shop.sale, shop.store, shop.manager, shop.serials(SERIAL))

    page = read(shop.card(), day("2026-12-01"))
    assert "This card is not valid since 25 Nov 2026" in page
    assert "given back to the shop" in page
    assert "In warranty" not in page
    assert "Bring the goods" not in page


def test_one_of_three_pieces_given_back(shop):
    with time_machine.travel(SOLD_AT + dt.timedelta(days=2), tick=False):
        give_back(shop.sale, shop.store, shop.manager, (shop.goods.period, 1))

    states = ["not valid" in read(shop.card(unit), day("2026-12-01")) for unit in (1, 2, 3)]
    assert sorted(states) == [False, False, True]


def test_goods_replaced(shop):
    with time_machine.travel(SOLD_AT + dt.timedelta(days=2), tick=False):
        exchange(
            shop.sale, shop.store, shop.manager, [shop.serials(SERIAL)], [shop.serials("SPARE")]
        )

    assert "were replaced; the replacement has a card" in read(shop.card(), day("2026-12-01"))
    assert "In warranty" in read(Card.objects.get(term__serial__key="SPARE"), day("2026-12-01"))


def test_a_cancelled_sale(shop):
    with time_machine.travel(SOLD_AT + dt.timedelta(hours=1), tick=False):
        cancel(shop.sale, shop.manager)

    assert "The shop cancelled this card." in read(shop.card(), day("2026-12-01"))


def test_goods_in_repair(shop):
    """Four days of a repair that nobody has decided on yet."""
    made = claim(shop, "2027-03-01")

    page = read(shop.card(), day("2027-03-05"))
    assert "In warranty until 27 Nov 2027" in page
    assert "In repair since 1 Mar 2027." in page
    assert "by the days it takes. The date above counts that up to today; the shop has" in page
    for unsaid in ("days left", "at first", "KY1-R2026-000001"):
        assert unsaid not in page

    made.is_warranty = True
    made.save()
    page = read(shop.card(), day("2027-03-05"))
    assert "by the days it takes. The date above counts that up to today. " in page


def test_goods_claimed_in_time_are_covered_however_long_the_repair_takes(shop):
    made = claim(shop, "2027-11-20")
    assert "The warranty ends soon until 8 Dec 2027" in read(shop.card(), day("2027-12-05"))

    made.is_warranty = False
    made.save()
    page = read(shop.card(), day("2027-12-05"))
    assert "The warranty is over" in page
    assert "In repair since 20 Nov 2027." in page
    assert "extends" not in page


def test_goods_claimed_too_late_are_not_covered(shop):
    claim(shop, "2027-11-24")

    assert "The warranty is over" in read(shop.card(), day("2027-11-25"))


@pytest.mark.parametrize(
    ("policy", "months", "said", "unsaid"),
    [("months", 3, "by 3 months, once", "days it takes"), ("none", 0, "In repair", "extends")],
)
def test_what_a_repair_adds_goes_by_the_policy_of_the_sale(
    shop, store, manager, goods, policy, months, said, unsaid
):
    goods.strict.type.extension = policy
    goods.strict.type.extension_months = months or None
    goods.strict.type.save()
    with time_machine.travel(SOLD_AT, tick=False):
        sold = sell(store, manager, (goods.strict, ["SPARE"]))
    shop.sale = sold
    card = Card.objects.get(term__serial__key="SPARE")
    Claim.objects.create(
        reference="R", store=store, product=goods.strict, card=card, claimed_on=day("2027-03-01")
    )

    page = read(card, day("2027-03-05"))
    assert said in page
    assert unsaid not in page


def test_an_extended_warranty_tells_its_first_end(shop, manager):
    closed = claim(shop, "2027-03-01", is_warranty=True)
    closed.closed_on = day("2027-03-15")
    closed.save()
    card = shop.card()
    Adjustment.objects.create(
        card=card, seq=1, kind="repair", claim=closed, from_on=closed.claimed_on,
        to_on=closed.closed_on, days=14, ends_before=card.ends_on, ends_on=day("2027-12-07"),
        made_by=manager, made_at=SOLD_AT,
    )  # fmt: skip
    Card.objects.filter(pk=card.pk).update(ends_on=day("2027-12-07"))

    page = read(card, day("2027-12-01"))
    assert "until 7 Dec 2027 6 days left" in page
    assert "Extended until 7 Dec 2027; at first it was 23 Nov 2027" in page
    assert "In repair" not in page


def test_nothing_of_the_customer_the_sale_or_the_whole_serial(shop):
    claim(shop, "2026-12-01")
    for card in (shop.card(), shop.card(unit=2)):
        for language in ("en", "uk"):
            headers = {"accept-language": language}
            with time_machine.travel(dt.datetime(2026, 12, 5, 10, tzinfo=dt.UTC), tick=False):
                response = Client().get(address(card), headers=headers)
            everything = response.text + str(response.headers)
            for secret in (
                "Оксана", "Бондаренко", "Bondarenko", "675551234", "oksana@example.com", SERIAL,
                SERIAL[:6], SERIAL[-5:], str(shop.sale), card.number, "24990", "24 990", "SKU-",
                "KY1-", "manager", str(card.token), f"/{card.pk}/", "UAH", "EUR",
            ):  # fmt: skip
                assert secret not in everything, secret


def test_a_person_who_is_signed_in_here_leaves_no_trace_on_it(shop, client_of):
    mine = client_of(shop.manager).get(address(shop.card()))

    assert mine.text == Client().get(address(shop.card())).text


@pytest.mark.parametrize(
    ("serial", "shown"),
    [("352099001761481", "1481"), ("12345678", "5678"), ("1234567", "567"), ("123", "3"),
     ("12", "2"), ("1", ""), ("", "")],
)  # fmt: skip
def test_of_a_serial_at_most_half_is_shown(serial, shown):
    assert end_of_serial(serial) == shown


def test_its_headers_keep_it_out_of_search_engines_caches_and_referrers(shop):
    response = Client().get(address(shop.card()))

    assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "Accept-Language" in response.headers["Vary"]
    assert 'name="robots" content="noindex' in response.text
    assert not response.cookies
    assert "<script" not in response.text


def test_it_takes_one_statement_and_one_or_two_to_count(shop, django_assert_num_queries):
    url = address(shop.card())
    with django_assert_num_queries(2):
        Client().get(url)
    with django_assert_num_queries(3):
        Client().get(url)
    claim(shop, "2026-11-24")
    with django_assert_num_queries(5):
        Client().get(url)


def test_it_is_read_and_never_written_to(shop):
    url = address(shop.card())

    head = Client().head(url)
    assert (head.status_code, head.content) == (200, b"")
    for method in ("post", "put", "delete", "patch", "options"):
        assert getattr(Client(enforce_csrf_checks=True), method)(url).status_code == 405


@given(st.text(max_size=80))
def test_never_more_than_half_of_a_serial_is_shown(serial):
    shown = end_of_serial(serial)

    assert serial.endswith(shown)
    assert len(shown) <= min(4, len(serial) / 2)
