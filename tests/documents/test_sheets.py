"""Documents as PDFs, read back: their words, their bars at 150 dpi, their pages."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import subprocess
from decimal import Decimal

import pytest
from pypdf import PdfReader

from documents.models import Kind, Status
from documents.sheet_forms import FORMS
from documents.sheet_serials import GAP, ROW, rows_of_serials
from documents.sheets import (
    Contact,
    SheetLine,
    SheetNotRendered,
    SheetView,
    SheetWarranty,
    render_sheet,
)
from products.models import Period
from tests.warranty.pdfs import codes_of, sizes_of, text_of

A4 = (210, 297)
PODIL = Contact("Podil", "+380 44 123 45 67", "4 Kontraktova Sq., Kyiv")
LVIV = Contact("Rynok", "+380 32 222 11 00", "10 Rynok Sq., Lviv")
IRYNA = Contact("Iryna Bondar", "+380 67 555 12 34")
WHOLESALE = Contact("Wholesale Ltd", "+380 44 999 00 11")
LAST_DAY = dt.date(2028, 11, 3)
PHONE = SheetLine(
    position=1,
    product_name="Phone 15 128 GB",
    sku="PH-15-128",
    quantity=2,
    unit_price=Decimal("24990.00"),
    serials=("352099001761481", "352099001761499"),
    warranties=(SheetWarranty(Period(24, "months"), LAST_DAY, LAST_DAY),),
)
CABLE = SheetLine(2, "USB-C cable", "CAB-1", 3, Decimal("349.50"))
SALE = SheetView(
    kind=Kind.SALE,
    status=Status.POSTED,
    language="en",
    company_name="Kontrakt Electronics",
    currency="UAH",
    store=PODIL,
    author_name="Olena Koval",
    lines=(PHONE, CABLE),
    number="KY1-S2026-000042",
    effective_on=dt.date(2026, 11, 3),
    partner=IRYNA,
)


def a_sheet(kind: str = Kind.SALE, **changes) -> SheetView:
    return dataclasses.replace(SALE, kind=kind, **changes)


def a_line(**changes) -> SheetLine:
    return dataclasses.replace(PHONE, **changes)


def free(**changes) -> SheetLine:
    """A line that costs nothing."""
    return a_line(unit_price=Decimal(0), warranties=(), **changes)


def said(view: SheetView) -> str:
    return text_of(render_sheet(view))


def across(pdf: bytes, *, page: int | None = None) -> str:
    """The words of a PDF as the eye goes, row after row across its columns."""
    only = [] if page is None else ["-f", str(page), "-l", str(page)]
    done = subprocess.run(
        ["pdftotext", "-layout", *only, "-", "-"],
        input=pdf,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return " ".join(done.stdout.decode().split())


def test_an_invoice_says_everything_and_its_number_decodes():
    pdf = render_sheet(SALE)

    text = text_of(pdf)
    for words in (
        "Kontrakt Electronics", "Podil", "4 Kontraktova Sq., Kyiv", "+380 44 123 45 67",
        "Invoice", "KY1-S2026-000042", "3 Nov 2026", "Iryna Bondar", "+380 67 555 12 34",
        "Olena Koval", "Phone 15 128 GB", "PH-15-128", "24,990.00", "49,980.00",
        "352099001761481", "352099001761499", "Warranty 24 months, until 3 Nov 2028",
        "USB-C cable", "CAB-1", "349.50", "1,048.50", "Price, UAH", "Total, UAH", "51,028.50",
        "Page 1 of 1",
    ):  # fmt: skip
        assert words in text
    for words in ("Draft", "CANCELLED", "Defective", "without serial number", "To pay"):
        assert words not in text
    assert codes_of(pdf) == {"KY1-S2026-000042"}
    assert sizes_of(pdf) == [A4]


TITLES = {
    Kind.RECEIPT: "Goods received note",
    Kind.SALE: "Invoice",
    Kind.CUSTOMER_RETURN: "Customer return",
    Kind.EXCHANGE: "Exchange",
    Kind.SUPPLIER_RETURN: "Return note",
    Kind.WRITE_OFF: "Write-off act",
    Kind.TRANSFER: "Transfer note",
    Kind.ARRIVAL: "Transfer received note",
    Kind.IDENTIFICATION: "Serial numbers entered",
    Kind.SHORTAGE: "Shortage act",
    Kind.SURPLUS: "Surplus act",
    Kind.CORRECTION: "Correction",
    Kind.SET_ASIDE: "Set aside",
    Kind.PUT_BACK: "Put back",
    Kind.PARTS: "Parts used",
}


@pytest.mark.parametrize("kind", Kind.values)
def test_every_kind_has_its_title_number_bars_and_lines(kind):
    number = f"KY1-{kind[0].upper()}2026-000007"
    pdf = render_sheet(a_sheet(kind, number=number))

    text = text_of(pdf)
    for words in (TITLES[kind], number, "Phone 15 128 GB", "352099001761499", "USB-C cable"):
        assert words in text
    assert codes_of(pdf) == {number}
    assert sizes_of(pdf) == [A4]


def test_every_kind_has_a_form():
    assert set(FORMS) == set(Kind)


@pytest.mark.parametrize("kind", Kind.values)
def test_a_draft_says_so_and_has_neither_number_nor_bars(kind):
    pdf = render_sheet(a_sheet(kind, status=Status.DRAFT, number="", effective_on=None))

    assert "draft" in text_of(pdf).lower()
    assert "2026" not in text_of(pdf)
    assert codes_of(pdf) == set()


def test_a_cancelled_document_says_so_on_every_page_and_why():
    serials = tuple(f"SN{n:06d}" for n in range(800))
    cancelled = a_sheet(
        status=Status.CANCELLED,
        cancel_reason="Rung up twice",
        lines=[a_line(quantity=800, serials=serials)],
    )

    pdf = render_sheet(cancelled)

    assert len(sizes_of(pdf)) > 1
    for page in range(1, len(sizes_of(pdf)) + 1):
        assert text_of(pdf, page=page).count("CANCELLED") >= 1
    assert "Reason: Rung up twice" in text_of(pdf, page=1)
    assert codes_of(pdf) == {"KY1-S2026-000042"}


def test_a_return_note_has_a_reason_on_each_line_and_marks_what_is_defective():
    lines = [
        free(position=1, remark="Screen flickers", is_defective=True),
        free(position=2, remark="Wrong model"),
    ]
    text = said(a_sheet(Kind.SUPPLIER_RETURN, partner=WHOLESALE, lines=lines))

    assert "Reason: Screen flickers" in text
    assert "Reason: Wrong model" in text
    assert text.lower().count("defective") == 1
    assert text.lower().index("defective") < text.index("Screen flickers")
    for words in ("Wholesale Ltd", "+380 44 999 00 11", "Handed over by"):
        assert words in text


PRICED = {Kind.RECEIPT, Kind.SALE, Kind.CUSTOMER_RETURN, Kind.EXCHANGE}


@pytest.mark.parametrize("kind", Kind.values)
def test_prices_of_nothing_are_left_out_where_no_money_changes_hands(kind):
    text = said(a_sheet(kind, lines=[free()]))

    assert ("Price, UAH" in text) == (kind in PRICED)
    assert ("0.00" in text) == (kind in PRICED)


@pytest.mark.parametrize("kind", Kind.values)
def test_prices_are_printed_where_there_are_any(kind):
    text = said(a_sheet(kind))
    assert "Price, UAH" in text
    assert "24,990.00" in text


def test_a_write_off_act_has_reasons_and_places_for_the_commission():
    lines = [free(remark="Fell off a shelf"), free(position=2, remark="Water")]
    text = said(a_sheet(Kind.WRITE_OFF, partner=None, lines=lines))

    for words in ("Reason: Fell off a shelf", "Reason: Water", "Head of the commission"):
        assert words in text
    assert text.count("Member") == 2
    assert text.count("signature") == 3


def test_a_transfer_note_names_both_stores_and_who_signs():
    text = said(a_sheet(Kind.TRANSFER, partner=None, other_store=LVIV))

    for words in ("From store", "To store", "Rynok", "10 Rynok Sq., Lviv", "+380 32 222 11 00",
                  "Handed over by", "Received by"):  # fmt: skip
        assert words in text
    assert text.index("From store") < text.index("To store")


def test_what_arrived_names_its_transfer_and_where_it_came_from():
    arrived = a_sheet(
        Kind.ARRIVAL, partner=None, other_store=LVIV, origin_number="LV1-T2026-000003"
    )
    text = said(arrived)

    assert "Receives transfer" in text
    assert "LV1-T2026-000003" in text
    assert text.index("From store") < text.index("To store")
    after = text[text.index("To store") :]
    assert after.index("Rynok") < after.index("Podil")


def test_serials_entered_later_name_their_document():
    text = said(a_sheet(Kind.IDENTIFICATION, partner=None, origin_number="KY1-R2026-000004"))
    assert "Of document" in text
    assert "KY1-R2026-000004" in text


def test_what_moved_without_serials_says_why_and_how_many_of_each_line():
    lines = [
        free(quantity=5, unidentified=3),
        free(position=2, quantity=1, serials=(), unidentified=1),
        dataclasses.replace(CABLE, position=3),
    ]
    text = said(a_sheet(Kind.RECEIPT, without_serials="Labels were unreadable", lines=lines))

    assert "Posted without serial numbers. Reason: Labels were unreadable" in text
    assert "3 units without serial numbers" in text
    assert "1 unit without serial number" in text
    assert text.count("without serial number") == 3


BACK = a_line(
    quantity=1,
    serials=("OLD1",),
    warranties=(),
    is_coming_back=True,
    is_defective=True,
    remark="Does not charge",
    sale_number="KY1-S2026-000040",
)


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ("28990.00", "To pay 4,000.00 UAH"),
        ("20000.00", "To give back 4,990.00 UAH"),
        ("24990.00", "Nothing to pay"),
    ],
)
def test_an_exchange_has_two_parts_and_the_difference(price, words):
    out = a_line(position=2, quantity=1, unit_price=Decimal(price), serials=("NEW1",))
    pdf = render_sheet(a_sheet(Kind.EXCHANGE, lines=[out, BACK]))

    text = across(pdf)
    order = ["Comes back", "OLD1", "Handed over", "NEW1", words]
    assert [text.index(each) for each in order] == sorted(text.index(each) for each in order)
    assert "Bought in KY1-S2026-000040" in text
    assert text.count("Total, UAH") == 2
    others = {"To pay", "To give back", "Nothing to pay"} - {
        each for each in ("To pay", "To give back", "Nothing to pay") if words.startswith(each)
    }
    assert not any(other in text for other in others)


def test_opening_stock_is_no_suppliers():
    text = said(a_sheet(Kind.RECEIPT, partner=None, is_opening=True, note="From the old program"))
    assert "Opening stock" in text
    assert "Note: From the old program" in text


def test_terms_that_end_on_different_days_say_from_when_to_when():
    period = Period(12, "months")
    later = SheetWarranty(period, dt.date(2027, 11, 3), dt.date(2027, 11, 17))
    text = said(a_sheet(lines=[a_line(warranties=(later,))]))
    assert "Warranty 12 months, until 3 Nov 2027 to 17 Nov 2027" in text


def test_a_long_document_repeats_its_head_and_says_which_line_goes_on():
    serials = tuple(f"35209900{n:07d}" for n in range(1000))
    long = a_sheet(Kind.RECEIPT, lines=[a_line(quantity=1000, serials=serials), CABLE])

    pdf = render_sheet(long)

    pages = len(sizes_of(pdf))
    assert pages > 2
    assert set(sizes_of(pdf)) == {A4}
    for page in range(1, pages + 1):
        text = across(pdf, page=page)
        assert "# Product SKU Quantity Price, UAH Amount, UAH" in text
        assert f"Page {page} of {pages}" in text
        begins_with = text.split("Amount, UAH ", 1)[1].split()[0]
        goes_on = begins_with in serials
        assert goes_on == (1 < page < pages)
        assert ("Line 1, Phone 15 128 GB, continued" in text) == goes_on
        assert "KY1-S2026-000042" in text
    words = across(pdf).split()
    assert [word for word in words if word in set(serials)] == list(serials)


def test_a_page_that_begins_with_a_line_does_not_say_that_one_goes_on():
    lines = [a_line(position=n, warranties=(), serials=(f"SN{n}",)) for n in range(1, 80)]
    pdf = render_sheet(a_sheet(lines=lines))

    assert len(sizes_of(pdf)) > 2
    assert "continued" not in text_of(pdf)
    for page in range(2, len(sizes_of(pdf)) + 1):
        assert "# Product SKU" in across(pdf, page=page)


def test_ten_thousand_serials_are_all_there():
    serials = tuple(f"352099{n:09d}" for n in range(10_000))
    pdf = render_sheet(a_sheet(Kind.RECEIPT, lines=[a_line(quantity=10_000, serials=serials)]))
    words = set(text_of(pdf).split())
    assert words >= set(serials)


HOSTILE = [
    "<img src=file:///etc/passwd>",
    '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
    "</td></table><style>@import 'file:///etc/passwd';</style>",
    "{{ 7*7 }}{% now 'Y' %}{# gone #}",
    "&lt;script&gt; &amp; <script>alert(1)</script>",
    '"; content: url(file:///etc/passwd); \\',
]


@pytest.mark.parametrize("words", HOSTILE)
def test_markup_in_names_is_only_text(words):
    line = free(
        product_name="product" + words,
        sku="sku" + words[:12],
        serials=("serial" + words, *["SN1"] * 1500),
        remark="remark" + words,
        sale_number="sold" + words,
    )
    pdf = render_sheet(
        a_sheet(
            status=Status.CANCELLED,
            company_name="company" + words,
            currency="cur" + words[:9],
            store=Contact("store" + words, "phone" + words, "address" + words),
            partner=Contact("partner" + words, "call" + words),
            author_name="author" + words,
            note="note" + words,
            without_serials="without" + words,
            cancel_reason="cancel" + words,
            lines=[line],
        )
    )

    text = text_of(pdf).replace(" ", "")
    for field in ("product", "serial", "remark", "sold", "company", "store", "phone", "address",
                  "partner", "call", "author", "note", "without", "cancel"):  # fmt: skip
        assert f"{field}{words}".replace(" ", "") in text
    assert ("sku" + words[:12]).replace(" ", "") in text
    assert ("cur" + words[:9]).replace(" ", "") in text
    goes_on = text_of(pdf, page=2).replace(" ", "")
    assert ("Line1,product" + words[:40]).replace(" ", "") in goes_on
    assert "root:" not in text
    assert "49" not in text


def test_a_document_full_to_the_brim_is_still_whole():
    lines = [
        a_line(
            position=n,
            product_name="W" * 160,
            sku="W" * 40,
            quantity=1_000_000,
            unit_price=Decimal("9999999999.99"),
            serials=("7" * 80, "W" * 80, "SHORT"),
            remark="R" * 200,
            is_defective=True,
            unidentified=999_997,
        )
        for n in (1, 2)
    ]
    brim = a_sheet(
        company_name="Товариство з обмеженою відповідальністю " * 3,
        store=Contact("Магазин «Довга назва» " * 5, "+380" * 10, "вулиця Вернадського " * 10),
        partner=Contact("Товариство з обмеженою " * 6, "+380" * 10),
        number="ABCDEF-S2026-000012",
        note="N" * 400,
        lines=lines,
    )

    pdf = render_sheet(brim)

    text = text_of(pdf)
    assert "19,999,999,999,980,000.00" in text
    assert text.count("9,999,999,999.99") == 2
    squeezed = text.replace(" ", "")
    assert squeezed.count("7" * 80) == 2
    assert squeezed.count("W" * 80) >= 2
    assert codes_of(pdf) == {"ABCDEF-S2026-000012"}


def test_a_document_speaks_the_language_of_its_store():
    text = said(a_sheet(language="uk", lines=[a_line(product_name="Пральна машина «Хвиля»")]))
    assert "3 листопада 2026" in text
    assert "Пральна машина «Хвиля»" in text


def test_the_pdf_names_its_document_and_language():
    reader = PdfReader(io.BytesIO(render_sheet(SALE)))
    assert reader.metadata.title == "Invoice KY1-S2026-000042"
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_without_any_font_it_says_so(monkeypatch):
    monkeypatch.setattr("warranty.rendering._has_fonts", lambda: False)
    with pytest.raises(SheetNotRendered, match="no font"):
        render_sheet(SALE)


@pytest.mark.parametrize(
    "serials",
    [
        ["352099001761481"] * 13,
        ["A"] * 250,
        [f"S{n}" * (1 + n % 7) for n in range(97)],
        ["7" * 80, "SHORT", "W" * 80, *["SN000001"] * 50],
        ["SN 1", "SN", "1 SN 2"],
    ],
)
def test_rows_hold_every_serial_in_order_and_fit_the_paper(serials):
    rows = rows_of_serials(serials)

    assert max(map(len, rows)) <= ROW
    gap = " " * GAP
    assert [one.strip() for row in rows for one in row.split(gap) if one.strip()] == serials


def test_one_long_serial_does_not_put_the_others_one_in_a_row():
    rows = rows_of_serials([*["352099001761481"] * 60, "7" * 80])
    assert len(rows) == 11


def test_no_serials_are_no_rows():
    assert rows_of_serials([]) == []
