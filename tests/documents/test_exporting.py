"""Lists as files, read back as a spreadsheet program would."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from company.exporting import Cell, Column, export_response
from documents.models import Document
from partners.models import Customer
from tests.lasting import lasting
from tests.shop import draft, receive, sell

COLUMNS = [
    Column("Text", width=30),
    Column("Pieces", Cell.WHOLE),
    Column("Money", Cell.MONEY),
    Column("Day", Cell.DAY),
    Column("Moment", Cell.MOMENT),
]
NOON = dt.datetime(2026, 11, 23, 12, 30, 15, tzinfo=dt.UTC)
FORMULAS = ["=1+1", "+38050", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("x")', "#N/A"]


def content(response) -> bytes:
    return b"".join(response.streaming_content)


def sheet_of(response):
    return openpyxl.load_workbook(io.BytesIO(content(response))).active


def csv_of(response) -> list[list[str]]:
    text = content(response).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def made(file_format: str, rows):
    return export_response(file_format, name="list", columns=COLUMNS, rows=rows)


def test_xlsx_has_cells_of_their_own_kinds():
    row = ("00123", 1200, Decimal("24990.50"), dt.date(2026, 11, 23), NOON)
    with timezone.override("Europe/Kyiv"):
        sheet = sheet_of(made("xlsx", [row, (None, None, None, None, None)]))
    text, pieces, money, day, moment = sheet[2]
    assert (text.value, text.data_type) == ("00123", "s")
    assert (pieces.value, pieces.data_type) == (1200, "n")
    assert (money.value, money.data_type, money.number_format) == (24990.5, "n", "#,##0.00")
    assert day.is_date
    assert day.value.date() == dt.date(2026, 11, 23)
    assert moment.value == dt.datetime(2026, 11, 23, 14, 30, 15)  # noqa: DTZ001 - Kyiv's clock
    assert [cell.value for cell in sheet[3]] == [None] * 5


def test_xlsx_keeps_its_head_in_sight_with_filters_and_widths():
    sheet = sheet_of(made("xlsx", [("a", 1, None, None, None)] * 3))
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E4"
    assert sheet.column_dimensions["A"].width == 30
    assert [cell.value for cell in sheet[1]] == ["Text", "Pieces", "Money", "Day", "Moment"]
    assert all(cell.font.bold for cell in sheet[1])
    assert not sheet["A2"].font.bold


def test_every_row_of_xlsx_keeps_its_own_values():
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(50)]
    rows = [(f"R{n}", n, Decimal(n), day, None) for n, day in enumerate(days)]
    sheet = sheet_of(made("xlsx", rows))
    read = [(a, b, c, d.date()) for a, b, c, d, _ in sheet.iter_rows(min_row=2, values_only=True)]
    assert read == [row[:4] for row in rows]
    assert {cell.number_format for cell in sheet["D"][1:]} == {"yyyy-mm-dd"}
    assert {cell.data_type for cell in sheet["A"]} == {"s"}


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_looks_like_a_formula_is_a_text(text):
    row = [(text, None, None, None, None)]
    cell = sheet_of(made("xlsx", row))["A2"]
    assert cell.data_type == "s"
    assert cell.value.strip() == text.strip()
    (_, (written, *_rest)) = csv_of(made("csv", row))
    assert written == (text if text == "#N/A" else f"'{text}")


def test_signs_no_workbook_may_hold_are_left_out():
    assert sheet_of(made("xlsx", [("a\x00b\x1f", None, None, None, None)]))["A2"].value == "ab"


def test_csv_is_what_spreadsheet_programs_of_europe_read():
    response = made(
        "csv", [('semi;colon "quoted"', 1200, Decimal("-24990.50"), dt.date(2026, 11, 23), NOON)]
    )
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="list.csv"' in response.headers["Content-Disposition"]
    raw = content(response)
    assert raw.startswith(b"\xef\xbb\xbfText;Pieces")
    assert raw.decode("utf-8-sig").splitlines()[1] == (
        '"semi;colon ""quoted""";1200;-24990,50;2026-11-23;2026-11-23 12:30'
    )


def test_what_fails_on_the_way_is_an_error_and_no_half_a_file():
    def rows():
        yield ("a", None, None, None, None)
        raise ValueError("the database is gone")

    with pytest.raises(ValueError, match="gone"):
        made("csv", rows())


# The list of documents.


@pytest.fixture
def browser(client_of, manager):
    return client_of(manager)


def exported(browser, file_format: str, query: str = ""):
    return browser.get(f"{reverse('documents:export', args=[file_format])}?{query}")


@lasting
def sale(store, manager, goods) -> Document:
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 5))
    unfinished = draft("sale", store, manager, [(goods.strict, ["SN1"]), (goods.plain, 2)])
    customer = Customer.objects.create(name="=Iryna", phone="+380501234567")
    Document.objects.filter(pk=unfinished.pk).update(customer=customer, note="-10 %")
    return unfinished


@pytest.mark.django_db
def test_the_filtered_list_is_exported_with_real_types(browser, sale, store, manager):
    sheet = sheet_of(exported(browser, "xlsx", "kind=sale"))
    head = [cell.value for cell in sheet[1]]
    assert head[9] == "Total, EUR"
    assert sheet.max_row == 2
    row = dict(zip(head, sheet[2], strict=True))
    assert row["Number"].value is None
    assert row["Kind"].value == "Sale"
    assert row["State"].value == "Draft"
    assert (row["Partner"].value, row["Partner"].data_type) == ("=Iryna", "s")
    assert (row["Phone"].value, row["Phone"].data_type) == ("+380501234567", "s")
    assert row["Pieces"].value == 3
    assert (row["Total, EUR"].value, row["Total, EUR"].data_type) == (300, "n")
    assert row["Author"].value == "manager"


@pytest.mark.django_db
def test_numbers_and_dates_of_posted_documents(browser, sale, store, manager, goods):
    posted = sell(store, manager, (goods.plain, 1))
    query = f"q={posted.number}"
    sheet = sheet_of(exported(browser, "xlsx", query))
    assert (sheet["A2"].value, sheet["A2"].data_type) == (posted.number, "s")
    assert sheet["D2"].value.date() == posted.effective_on
    (_, row) = csv_of(exported(browser, "csv", query))
    assert row[:5] == [posted.number, "Sale", "Posted", str(posted.effective_on), "Podil"]
    assert row[8:10] == ["1", "100,00"]


@pytest.mark.django_db
def test_formulas_of_the_list_are_defused_in_csv(browser, sale):
    row = csv_of(exported(browser, "csv", "kind=sale"))[1]
    assert (row[6], row[7], row[11]) == ("'=Iryna", "'+380501234567", "'-10 %")


@pytest.mark.django_db
def test_another_store_gets_a_file_without_rows(client_of, other_manager, sale):
    browser = client_of(other_manager)
    assert len(csv_of(exported(browser, "csv"))) == 1
    assert sheet_of(exported(browser, "xlsx")).max_row == 1


@pytest.mark.django_db
def test_too_long_a_list_is_refused_in_words_and_keeps_its_filters(browser, sale, monkeypatch):
    monkeypatch.setattr("documents.listing.MOST_EXPORTED", 1)
    answer = exported(browser, "csv", "since=2020-01-01")
    assert len(csv_of(answer)) == 2  # a draft has no date: one document is left
    refused = exported(browser, "xlsx", "status=")
    assert refused.headers["Location"] == f"{reverse('documents:list')}?status="
    assert b"documents at most. Narrow the list" in browser.get(refused.headers["Location"]).content


@pytest.mark.django_db
def test_an_unknown_format_is_not_found(browser):
    assert exported(browser, "pdf").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_statements_do_not_grow_with_the_exported_rows(browser, store, manager, goods, file_format):
    receive(store, manager, (goods.plain, 100))
    exported(browser, file_format)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            content(exported(browser, file_format))
        counts.append(len(captured))
        for _ in range(10):
            sell(store, manager, (goods.plain, 1))
    assert counts[0] == counts[1]
