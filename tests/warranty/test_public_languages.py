"""The public page of a card in the language of who reads it, all of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re

import pytest
from django.conf import settings as django_settings
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from company.models import Store
from products.models import Period
from tests.warranty.public_shop import address, claim, day, read, words
from warranty.public_page import PublicCard, PublicRepair
from warranty.terms import Cover

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("header", "query", "expected"),
    [
        ("uk", "", "uk"),
        ("uk-UA,uk;q=0.9,en;q=0.5", "", "uk"),
        ("de-DE,de;q=0.9,uk;q=0.8,en;q=0.7", "", "uk"),
        ("de, fr", "", "en"),  # the store's
        ("", "", "en"),
        ("nonsense;;;=,,", "", "en"),
        ("uk", "?lang=en", "en"),
        ("en", "?lang=uk", "uk"),
        ("uk", "?lang=xx", "uk"),
        ("en", "?lang=%00", "en"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_browsers(shop, header, query, expected):
    response = Client().get(address(shop.card()) + query, headers={"accept-language": header})

    assert f'<html lang="{expected}">' in response.text
    assert response.headers["Content-Language"] == expected
    assert f'aria-current="true">{dict(django_settings.LANGUAGES)[expected]}' in response.text


def test_otherwise_it_is_the_stores(shop):
    Store.objects.filter(pk=shop.store.pk).update(language="uk")
    response = Client().get(address(shop.card()), headers={"accept-language": "de"})
    assert '<html lang="uk">' in response.text


def test_in_ukrainian_it_is_ukrainian_throughout(shop):
    """What is Latin on the page is data of this shop."""
    claim(shop, "2026-12-01")
    own = "Product strict|Product period|Podil|Kontraktova|Kyiv|English"
    days = ("2026-12-05", "2027-11-20", "2028-01-01")
    for card, on in itertools.product((shop.card(), shop.card(unit=2)), days):
        page = re.sub(own, "", read(card, day(on), language="uk"))
        assert not re.findall(r"[A-Za-z]+", page)
    assert "до 23 листопада 2027" in read(shop.card(unit=1), day("2026-12-05"), language="uk")
    assert "12 місяців з 23 листопада 2026" in read(shop.card(), day("2026-12-05"), language="uk")


@pytest.mark.parametrize(
    ("on", "left"),
    [("2027-11-22", "залишився 1 день"), ("2027-11-20", "залишилося 3 дні"),
     ("2027-11-12", "залишилося 11 днів"), ("2027-11-02", "залишився 21 день")],
)  # fmt: skip
def test_days_are_counted_as_ukrainian_counts_them(shop, on, left):
    assert left in read(shop.card(), day(on), language="uk")


TOLD = PublicCard(
    language="uk",
    store_name="Поділ",
    store_address="Контрактова пл., 4",
    store_phone="",
    product_name="Чайник",
    has_serial=True,
    serial_end="",
    unit=2,
    units=3,
    period=Period(24, "months"),
    starts_on=dt.date(2026, 11, 23),
    ends_on=dt.date(2028, 11, 23),
    ended_at_first=dt.date(2028, 11, 23),
    cover=Cover.COVERED,
    state="in_warranty",
    days_left=0,
    void_on=None,
    void_kind="",
    repair=None,
)
VOID = {"cover": Cover.VOID, "state": "void", "void_on": dt.date(2027, 1, 2)}
REPAIR = PublicRepair(since=dt.date(2027, 1, 2), is_decided=True, extends=True, months=0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "сьогодні останній день"),
        ({"cover": Cover.NOT_YET}, "Гарантія ще не почалася діє з 23 листопада 2026 до 23"),
        ({"cover": Cover.OVER, "state": "over"}, "Гарантія закінчилася"),
        ({"ended_at_first": dt.date(2028, 1, 1)}, "Продовжено до 23 листопада 2028; спочатку"),
        ({"ended_at_first": dt.date(2029, 1, 1)}, "Змінено магазином до 23 листопада 2028"),
        (VOID | {"void_kind": "customer_return"}, "Талон недійсний з 2 січня 2027"),
        (VOID | {"void_kind": "exchange"}, "новий товар має власний талон"),
        (VOID | {"void_kind": "correction"}, "Магазин виправив"),
        (VOID | {"void_kind": "cancellation"}, "Магазин скасував цей талон"),
        ({"repair": REPAIR}, "У ремонті з 2 січня 2027. Гарантійний ремонт продовжує"),
        ({"repair": dataclasses.replace(REPAIR, is_decided=False)}, "магазин ще визначає"),
        ({"repair": dataclasses.replace(REPAIR, months=3)}, "на 3 місяці, один раз"),
        ({"repair": dataclasses.replace(REPAIR, months=6)}, "на 6 місяців, один раз"),
        ({"repair": dataclasses.replace(REPAIR, extends=False)}, "Ваш товар у магазині"),
        ({"store_phone": "запитайте"}, "запитайте"),
    ],
)  # fmt: skip
def test_every_sentence_of_it_is_translated(changes, said):
    context = {"card": dataclasses.replace(TOLD, **changes), "language": "uk"}
    with translation.override("uk"):
        page = words(render_to_string("public/card.html", context))

    assert said in page
    assert not re.findall(r"[A-Za-z]+", page)
