"""A card in Ukrainian is Ukrainian from its title to its signatures, in words and in dates."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pytest
from django.utils import translation

from products.models import Paper, Period
from tests.warranty.pdfs import codes_of, text_of
from warranty.cards import render_cards
from warranty.queries import CardView
from warranty.terms_text import built_in_text

ADDRESS = "https://warranty.shop.example/w/HJUR7hpwR0CSjGXBGxQHhA/"
CARD = CardView(
    language="uk",
    store_name="Поділ",
    store_address="Контрактова пл., 4, Київ",
    store_phone="+380 44 123 45 67",
    number="KY1-W2026-000012",
    product_name="Смартфон «Аврора 5»",
    sku="5-128",
    serial_text="352099001761481",
    sale_number="KY1-S2026-000412",
    starts_on=dt.date(2026, 1, 31),
    ends_on=dt.date(2028, 1, 31),
    period=Period(24, "months"),
    paper="a5",
    printed_on=dt.date(2026, 2, 1),
    customer_name="Ірина Бондар",
    customer_phone="+380 67 555 12 34",
    public_url=ADDRESS,
)
PAPERS = [paper.value for paper in Paper]


@pytest.mark.parametrize("paper", PAPERS)
def test_a_card_in_ukrainian_says_all_of_it_in_ukrainian(paper):
    text = text_of(render_cards([CARD], paper=paper))

    for said in (
        "Гарантійний талон", "Товар", "Серійний номер", "Дата продажу", "31 січня 2026",
        "Гарантійний строк", "24 місяці", "Гарантія діє до", "31 січня 2028", "Номер продажу",
        "Покупець", "Умови гарантії", "Підпис продавця", "Підпис покупця", "М. П.",
        "Стан гарантії",
    ):  # fmt: skip
        assert said in text
    assert left_in_english(text) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"copy": 2}, "Дублікат, примірник 2, 1 лютого 2026"),
        ({"void_on": dt.date(2026, 3, 5)}, "НЕДІЙСНИЙ з 5 березня 2026: цей талон не дає гарантії"),
        ({"serial_text": "", "unit": 2, "units": 3}, "Одиниця 2 з 3"),
        ({"sold_until": dt.date(2027, 1, 31)}, "Продовжено: під час продажу гарантія діяла до"),
        ({"sold_until": dt.date(2029, 1, 31)}, "Змінено: під час продажу гарантія діяла до"),
        ({"customer_name": "", "customer_phone": ""}, "Покупець"),
    ],
)
def test_so_it_does_whatever_happened_to_it(changes, said):
    text = text_of(render_cards([dataclasses.replace(CARD, **changes)]))

    assert said in text
    assert left_in_english(text) == []


def test_the_built_in_terms_are_ukrainian():
    with translation.override("uk"):
        for has_serial in (True, False, None):
            assert left_in_english(built_in_text(has_serial=has_serial)) == []


def test_cards_of_both_languages_keep_their_own_in_one_pdf():
    english = dataclasses.replace(CARD, language="en", number="KY1-W2026-000013")

    pdf = render_cards([CARD, english])

    assert "Гарантія діє до" in text_of(pdf, page=1)
    assert "31 січня 2028" in text_of(pdf, page=1)
    assert "Valid until" in text_of(pdf, page=2)
    assert "31 Jan 2028" in text_of(pdf, page=2)


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("paper", PAPERS)
def test_its_codes_decode_in_each_language_on_each_paper(paper, language):
    card = dataclasses.replace(CARD, language=language)
    assert codes_of(render_cards([card], paper=paper)) == {
        ADDRESS, "352099001761481", "KY1-S2026-000412",
    }  # fmt: skip


@pytest.mark.parametrize("paper", PAPERS)
def test_the_longest_public_address_decodes_on_each_paper(paper):
    longest = f"https://{'a' * 50}.{'b' * 57}.ua/w/HJUR7hpwR0CSjGXBGxQHhA/"
    assert longest in codes_of(
        render_cards([dataclasses.replace(CARD, public_url=longest)], paper=paper)
    )


def left_in_english(text: str) -> list[str]:
    """Words of Latin letters that are no numbers of documents."""
    own = re.sub(r"KY1-[SW]2026-\d+", "", text)
    return re.findall(r"[A-Za-z]+", own)
