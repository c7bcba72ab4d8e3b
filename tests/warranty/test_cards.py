"""Cards as PDFs, read back: their words, their bars at 150 dpi, their sizes; nothing fetched."""

from __future__ import annotations

import dataclasses
import datetime as dt
import http.server
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from products.models import Paper, Period
from tests.warranty.pdfs import codes_of, sizes_of, text_of
from warranty.cards import render_cards
from warranty.queries import CardView
from warranty.rendering import lay_out

PAPERS = [paper.value for paper in Paper]
PLAIN = CardView(
    language="en",
    store_name="Podil",
    store_address="4 Kontraktova Sq., Kyiv",
    store_phone="+380 44 123 45 67",
    number="KY1-W2026-000012",
    product_name="Phone 15 128 GB",
    sku="PH-15-128",
    serial_text="352099001761481",
    sale_number="KY1-S2026-000412",
    starts_on=dt.date(2026, 1, 31),
    ends_on=dt.date(2027, 1, 31),
    period=Period(12, "months"),
    paper="a5",
    printed_on=dt.date(2026, 2, 1),
    customer_name="Iryna Bondar",
    customer_phone="+380 67 555 12 34",
)


def a_card(**changes) -> CardView:
    return dataclasses.replace(PLAIN, **changes)


@pytest.mark.parametrize("paper", PAPERS)
def test_a_card_says_everything_and_both_codes_decode(paper):
    pdf = render_cards([PLAIN], paper=paper)

    text = text_of(pdf)
    for words in (
        "Podil", "4 Kontraktova Sq., Kyiv", "+380 44 123 45 67", "Warranty card",
        "KY1-W2026-000012", "Phone 15 128 GB", "PH-15-128", "352099001761481", "KY1-S2026-000412",
        "31 Jan 2026", "Valid until", "31 Jan 2027", "12 months", "Iryna Bondar",
        "+380 67 555 12 34", "Warranty terms", "Seller, signature", "Customer, signature",
        "Place for the stamp",
    ):  # fmt: skip
        assert words in text
    for words in ("Reprint", "VOID", "Unit"):
        assert words not in text
    assert codes_of(pdf) == {"352099001761481", "KY1-S2026-000412"}


@pytest.mark.parametrize(
    ("paper", "size"), [("a4", (210, 297)), ("a5", (148, 210)), ("roll80", (80, None))]
)
def test_a_card_is_one_page_of_its_paper(paper, size):
    ((width, height),) = sizes_of(render_cards([PLAIN], paper=paper))

    assert width == size[0]
    assert height == size[1] or (size[1] is None and 200 < height < 320)


def test_a_roll_is_cut_where_its_text_ends():
    cards = [a_card(), a_card(product_name="A long name of some goods " * 6)]

    short, long = (height for _, height in sizes_of(render_cards(cards, paper="roll80")))

    assert long > short + 10


@pytest.mark.parametrize("paper", PAPERS)
def test_a_card_full_to_the_brim_stays_one_page(paper):
    brim = a_card(
        language="uk",
        store_name="Магазин техніки «Довга назва» " * 4,
        store_address="вулиця Академіка Вернадського, будинок 123 " * 4,
        product_name="Холодильник двокамерний із нижньою камерою " * 3,
        serial_text="7" * 80,
        sku="S" * 40,
        number="ABCDEF-W2026-000012",
        sale_number="ABCDEF-S2026-000012",
        customer_name="Товариство з обмеженою відповідальністю " * 4,
        copy=12,
        void_on=dt.date(2026, 11, 30),
    )

    pdf = render_cards([brim], paper=paper)

    assert len(sizes_of(pdf)) == 1
    assert "ABCDEF-S2026-000012" in codes_of(pdf)


@pytest.mark.parametrize("paper", ["a4", "a5"])
def test_a_serial_of_80_digits_decodes_from_a_sheet(paper):
    assert "7" * 80 in codes_of(render_cards([a_card(serial_text="7" * 80)], paper=paper))


def test_a_serial_too_long_for_bars_is_text_alone():
    pdf = render_cards([a_card(serial_text="W" * 80)], paper="roll80")

    assert codes_of(pdf) == {"KY1-S2026-000412"}
    assert "W" * 80 in text_of(pdf).replace(" ", "")


def test_cyrillic_names_and_serials_are_printed(tmp_path: Path):
    card = a_card(product_name="Пральна машина «Хвиля»", serial_text="ПМ-2026-Ї")

    pdf = render_cards([card], paper="a5")

    assert "Пральна машина «Хвиля»" in text_of(pdf)
    assert "ПМ-2026-Ї" in text_of(pdf)
    assert codes_of(pdf) == {"KY1-S2026-000412"}


def test_a_card_speaks_the_language_of_its_store():
    assert "31 січня 2027" in text_of(render_cards([a_card(language="uk")]))


def test_pieces_without_serials_are_numbered():
    cards = [a_card(serial_text="", unit=unit, units=3) for unit in (1, 2, 3)]

    pdf = render_cards(cards)

    for page in (1, 2, 3):
        assert f"Unit {page} of 3" in text_of(pdf, page=page)
    assert "Serial number" not in text_of(pdf)


def test_a_reprint_says_so_with_its_copy_and_day():
    text = text_of(render_cards([a_card(copy=2, printed_on=dt.date(2026, 3, 5))]))
    assert "Reprint, copy 2, 5 Mar 2026" in text


def test_a_void_card_says_so():
    text = text_of(render_cards([a_card(void_on=dt.date(2026, 3, 5))]))
    assert "VOID" in text
    assert "since 5 Mar 2026" in text


def test_cards_of_one_run_can_have_papers_of_their_own():
    cards = [a_card(paper=paper) for paper in ("a5", "a4", "roll80", "a5")]

    sizes = sizes_of(render_cards(cards))

    assert [width for width, _ in sizes] == [148, 210, 80, 148]


def test_the_pdf_names_its_card_and_language():
    reader = PdfReader(io.BytesIO(render_cards([PLAIN])))
    assert reader.metadata.title == "Warranty card KY1-W2026-000012"
    assert reader.trailer["/Root"]["/Lang"] == "en"
    many = PdfReader(io.BytesIO(render_cards([PLAIN, a_card(number="KY1-W2026-000013")])))
    assert many.metadata.title == "Warranty cards of sale KY1-S2026-000412"
    assert [entry.title for entry in many.outline] == ["KY1-W2026-000012", "KY1-W2026-000013"]


def test_many_cards_come_in_order_and_tell_their_progress(monkeypatch):
    monkeypatch.setattr("warranty.cards.PART", 5)
    monkeypatch.setattr("warranty.cards.CHUNK", 2)
    count = 7
    cards = [a_card(number=f"KY1-W2026-{n:06d}") for n in range(1, count + 1)]
    done: list[int] = []

    pdf = render_cards(cards, progress=done.append)

    assert len(sizes_of(pdf)) == count
    assert "KY1-W2026-000001" in text_of(pdf, page=1)
    assert f"KY1-W2026-{count:06d}" in text_of(pdf, page=count)
    assert done == sorted(set(done))
    assert done[-1] == count


HOSTILE = [
    "<img src=file:///etc/passwd>",
    '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
    "</article><style>@import 'file:///etc/passwd';</style>",
    "{{ 7*7 }}{% now 'Y' %}{# gone #}",
    "&lt;script&gt; &amp; <script>alert(1)</script>",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_markup_in_names_is_only_text(words):
    card = a_card(
        product_name=words,
        serial_text=words[:80],
        store_name=words,
        store_address=words,
        customer_name=words,
    )

    text = text_of(render_cards([card], paper="a4")).replace(" ", "")

    assert text.count(words.replace(" ", "")) >= 4
    assert "root:" not in text
    assert "49" not in text


@pytest.fixture
def requests() -> Iterator[tuple[str, list[str]]]:
    """A web server of our own, and what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()
        thread.join(timeout=20)


def test_nothing_is_fetched_even_if_markup_or_style_ask_for_it(requests, tmp_path: Path):
    address, asked = requests
    secret = tmp_path / "secret.css"
    secret.write_text("body::after { content: 'fetched' }")
    picture = tmp_path / "picture.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="20">fetched</text></svg>')
    css = f"""
        @import url({address}/import.css);
        @import url({secret.as_uri()});
        @font-face {{ font-family: x; src: url({address}/font.woff2) }}
        body {{ background: url({address}/background.png); font-family: x }}
        p {{ list-style-image: url({picture.as_uri()}); display: list-item }}
    """
    html = f"""
        <base href="{address}/"><link rel="stylesheet" href="{address}/link.css">
        <link rel="stylesheet" href="{secret.as_uri()}"><link rel="attachment" href="{secret}">
        <style>@import url({address}/style.css); @import url({secret.as_uri()});</style>
        <img src="{address}/img.png"><img src="{picture.as_uri()}"><img src="relative.png">
        <object data="{address}/object.svg"></object><embed src="{picture.as_uri()}">
        <img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'
            xmlns:xlink='http://www.w3.org/1999/xlink'><image width='9' height='9'
            href='{address}/nested.png'/><use href='{picture.as_uri()}'/></svg>">
        <p>the card</p>
    """

    pdf = lay_out(html, css).write_pdf()

    assert asked == []
    assert "the card" in text_of(pdf)
    assert "fetched" not in text_of(pdf)
    assert "/EmbeddedFile" not in pdf.decode("latin-1")


def test_without_any_font_it_says_so_and_the_process_lives(tmp_path: Path):
    config = tmp_path / "fonts.conf"
    config.write_text(f"<fontconfig><dir>{tmp_path}</dir></fontconfig>")
    program = """
import django; django.setup()
from tests.warranty.test_cards import PLAIN
from warranty.cards import CardsNotRendered, render_cards
try:
    render_cards([PLAIN])
except CardsNotRendered as error:
    print("told:", error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "FONTCONFIG_FILE": str(config),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "told: no font is installed\n"), done.stderr
