"""Designed cards as PDFs, read back: what shows, on every paper; hostile text; long terms."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time

import pytest

from products.models import Paper
from tests.warranty.designs import picture
from tests.warranty.pdfs import codes_of, sizes_of, text_of
from tests.warranty.test_cards import PAPERS, PLAIN, requests
from warranty.cards import render_cards
from warranty.design_models import LONGEST_TEXT, Shown
from warranty.looks import CardLook, Logo
from warranty.previewing import pictures_of
from warranty.queries import CardView
from warranty.terms_text import MOST_FACTS, MOST_LINES, problems_of

__all__ = ["requests"]

ADDRESS = "https://warranty.iskra-electronics.example/w/Zx3kPq0-_AbCdEfGhIjKlg"
WORDS = {
    Shown.STORE_ADDRESS: "4 Kontraktova Sq., Kyiv",
    Shown.STORE_PHONE: "+380 44 123 45 67",
    Shown.SKU: "PH-15-128",
    Shown.SALE_NUMBER: "KY1-S2026-000412",
    Shown.CUSTOMER: "Iryna Bondar",
    Shown.QR: "Check this warranty",
    Shown.SIGNATURES: "Customer, signature",
    Shown.STAMP: "Place for the stamp",
}
CODES = {
    Shown.SERIAL_BARS: "352099001761481",
    Shown.SALE_NUMBER: "KY1-S2026-000412",
    Shown.QR: ADDRESS,
}
ALWAYS = ("Podil", "KY1-W2026-000012", "Phone 15 128 GB", "352099001761481", "31 Jan 2027")


def a_card(*, shows=frozenset(Shown.values), text="", title="", logo=None, **changes) -> CardView:
    look = CardLook(title=title, text=text, shows=frozenset(shows), logo=logo)
    return dataclasses.replace(PLAIN, **{"public_url": ADDRESS, "look": look} | changes)


COMBINATIONS = [
    frozenset(Shown.values),
    frozenset(),
    *(frozenset(Shown.values) - {each} for each in Shown),
    frozenset({Shown.QR}),
    frozenset({Shown.CUSTOMER, Shown.QR}),
    frozenset({Shown.STAMP}),
]


@pytest.mark.parametrize("paper", PAPERS)
def test_what_is_shown_is_there_and_decodes_and_nothing_else(paper):
    cards = [
        a_card(shows=shows, text="The rules.", number=f"KY1-W2026-{number:06d}")
        for number, shows in enumerate(COMBINATIONS)
    ]
    pdf = render_cards(cards, paper=paper)

    assert len(sizes_of(pdf)) == len(cards)
    for page, shows in enumerate(COMBINATIONS, start=1):
        said = text_of(pdf, page=page)
        for words in (*ALWAYS[:1], *ALWAYS[2:], "The rules."):
            assert words in said
        for shown, words in WORDS.items():
            assert (words in said) == (shown in shows), (page, words)
    for shows in (COMBINATIONS[0], COMBINATIONS[1], *COMBINATIONS[2:]):
        if shows in (COMBINATIONS[0], COMBINATIONS[1]) or shows & CODES.keys() != CODES.keys():
            alone = render_cards([a_card(shows=shows)], paper=paper)
            assert codes_of(alone) == {code for shown, code in CODES.items() if shown in shows}


@pytest.mark.parametrize("paper", PAPERS)
def test_without_a_public_address_there_is_no_qr_code(paper):
    pdf = render_cards([a_card(public_url="")], paper=paper)

    assert "Check this warranty" not in text_of(pdf)
    assert codes_of(pdf) == {"352099001761481", "KY1-S2026-000412"}


@pytest.mark.parametrize("paper", PAPERS)
def test_every_code_decodes_from_a_card_with_long_names_and_a_logo(paper):
    logo = Logo("asset:logo-x", picture((720, 288)), 720, 288)
    card = a_card(
        logo=logo,
        language="uk",
        text="1. Правила.",
        store_name="Магазин техніки «Довга назва» " * 3,
        product_name="Холодильник двокамерний із нижньою камерою " * 3,
        customer_name="Товариство з обмеженою відповідальністю " * 3,
        sale_number="ABCDEF-S2026-000012",
        serial_text="FSB635-2026-KY-0045821",
    )
    pdf = render_cards([card], paper=paper)

    assert codes_of(pdf) == {ADDRESS, "ABCDEF-S2026-000012", "FSB635-2026-KY-0045821"}


def _has_navy(pdf: bytes) -> bool:
    """Whether anything on the page has the colour of the test's picture."""
    import base64
    import io

    from PIL import Image

    (page,), _count = pictures_of(pdf, width=400)
    image = Image.open(io.BytesIO(base64.b64decode(page.uri.partition(",")[2])))
    return any(colour == (0, 0, 128) for _times, colour in image.getcolors(1 << 20))


@pytest.mark.parametrize("paper", PAPERS)
def test_the_logo_is_printed(paper):
    logo = Logo("asset:logo-x", picture(), 300, 100)
    assert _has_navy(render_cards([a_card(logo=logo)], paper=paper))
    assert not _has_navy(render_cards([a_card()], paper=paper))


def test_cards_of_one_pdf_can_have_different_designs():
    cards = [
        a_card(title="Guarantee", text="One.", number="KY1-W2026-000001"),
        a_card(title="Гарантія", text="Два.", language="uk", number="KY1-W2026-000002"),
        dataclasses.replace(PLAIN, number="KY1-W2026-000003"),
    ]
    pdf = render_cards(cards)

    assert "Guarantee" in text_of(pdf, page=1)
    assert "One." in text_of(pdf, page=1)
    assert "Два." in text_of(pdf, page=2)
    assert "31 січня 2027" in text_of(pdf, page=2)
    assert "Rights that the law gives" in text_of(pdf, page=3)


def test_every_card_has_its_own_facts():
    text = "{product}, {serial}, {ends_on}, {card_number}, {customer}"
    cards = [
        a_card(text=text, serial_text=f"SN{nth}", number=f"KY1-W2026-00000{nth}")
        for nth in (1, 2, 3)
    ]
    pdf = render_cards(cards)

    for nth in (1, 2, 3):
        said = f"Phone 15 128 GB, SN{nth}, 31 Jan 2027, KY1-W2026-00000{nth}, Iryna Bondar"
        assert said in text_of(pdf, page=nth)


def test_a_card_extended_since_the_sale_says_so():
    card = a_card(ends_on=dt.date(2027, 2, 14), sold_until=dt.date(2027, 1, 31))
    said = text_of(render_cards([card]))
    assert "14 Feb 2027" in said
    assert "Extended: at the sale it was valid until 31 Jan 2027." in said

    card = a_card(ends_on=dt.date(2027, 1, 1), sold_until=dt.date(2027, 1, 31))
    assert "Changed: at the sale it was valid until 31 Jan 2027." in text_of(render_cards([card]))
    assert "at the sale" not in text_of(render_cards([a_card()]))


LONG = "\n".join(f"{n}. Rule {n}: " + "as it is written in the law of the land. " * 5
                 for n in range(1, 25))  # fmt: skip


@pytest.mark.parametrize("paper", ["a4", "a5"])
def test_terms_too_long_for_a_sheet_go_on_the_next_with_the_signatures_at_the_end(paper):
    cards = [a_card(text=LONG), a_card(number="KY1-W2026-000013", text="Short.")]
    pdf = render_cards(cards, paper=paper)

    pages = [text_of(pdf, page=page) for page in range(1, len(sizes_of(pdf)) + 1)]
    assert len(pages) > 2
    joined = " ".join(pages)
    for number in range(1, 25):
        assert joined.count(f"Rule {number}:") == 1
    assert [("Customer, signature" in page) for page in pages] == (
        [False] * (len(pages) - 2) + [True, True]
    )
    for page in pages[1:-1]:
        assert "KY1-W2026-000012" in page, "a sheet that goes on says of which card it is"
    assert codes_of(pdf) == set(CODES.values())


def test_a_roll_is_as_long_as_its_terms():
    pdf = render_cards([a_card(text=LONG)], paper="roll80")

    ((width, height),) = sizes_of(pdf)
    assert width == 80
    assert height > 400
    assert "Rule 24:" in text_of(pdf)
    assert "Customer, signature" in text_of(pdf)


HOSTILE = [
    "![x](file:///etc/passwd)",
    "![x]({address}/img.png)",
    "<img src={address}/img.png>",
    "<link rel=stylesheet href={address}/x.css>",
    "</article><style>@import url({address}/y.css);</style>",
    "<style>p {{ background: url({address}/z.png) }}</style>",
    "</section></article></body></html>",
    "<script>fetch('{address}')</script>",
    "<svg onload=x><image href={address}/a.png /></svg>",
    "[x]({address}/link)",
    "{{ 7*7 }} {% now 'Y' %} {{term.__class__}}",
    "&#60;img src={address}/entity.png&#62;",
]


@pytest.mark.parametrize("paper", PAPERS)
def test_hostile_text_stays_text_and_nothing_is_fetched(requests, paper):
    address, asked = requests
    text = "\n\n".join(each.replace("{address}", address) for each in HOSTILE)
    pdf = render_cards([a_card(text=text, title="<b>{serial}</b> {{ 7*7 }}")], paper=paper)

    assert asked == []
    said = text_of(pdf).replace(" ", "")
    for words in ("![x](file:///etc/passwd)", f"<imgsrc={address}/img.png>", "</article><style>",
                  "</section></article></body></html>", "<script>", "{%now'Y'%}", "{{7*7}}",
                  "{{term.class}}", "<b>{serial}</b>"):  # fmt: skip
        assert words in said, words
    assert "root:" not in said
    assert "Customer,signature" in said
    assert b"/URI" not in pdf
    assert b"/EmbeddedFile" not in pdf


WORST = {
    "lines": "1. a\n" * (MOST_LINES - 1),
    "paragraphs": "a\n\n" * (MOST_LINES // 2 - 1),
    "headings": "# a\n" * (MOST_LINES - 1),
    "emphasis": "**a** " * (LONGEST_TEXT // 6),
    "one word": "W" * LONGEST_TEXT,
    "marks": "a\u0301" * (LONGEST_TEXT // 2),
    "no break": "a\u00a0" * (LONGEST_TEXT // 2),
    "signs": ">" * LONGEST_TEXT,
    "facts": "{product} " * MOST_FACTS + "x " * (LONGEST_TEXT // 2),
    "other scripts": "漢字עבריתไทย😀" * (LONGEST_TEXT // 12),
}


@pytest.mark.parametrize("name", WORST)
@pytest.mark.parametrize("paper", PAPERS)
def test_the_worst_text_that_is_accepted_is_printed_in_little_time(paper, name):
    text = WORST[name][:LONGEST_TEXT]
    assert problems_of(text) == []
    card = a_card(text=text, product_name="Холодильник із нижньою камерою " * 5)

    began = time.process_time()
    pdf = render_cards([card], paper=paper)
    pictures_of(pdf, width=900)
    assert time.process_time() - began < 6
    assert "Customer, signature" in text_of(pdf)
    assert len(sizes_of(pdf)) < 30
    assert sizes_of(pdf)[0][0] == {Paper.A4: 210, Paper.A5: 148, Paper.ROLL: 80}[Paper(paper)]
