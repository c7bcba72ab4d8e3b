"""The pages that close a count and tell of it: page, PDF read back, workbook read back, history."""

from __future__ import annotations

import datetime as dt
import io
import zoneinfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import formats, timezone, translation
from openpyxl import load_workbook

from company.access import access_of
from company.models import Store
from inventory.accuracy import Share, accuracy_of, history_of
from inventory.models import Count
from inventory.pausing import abandon_count
from inventory.report import read_report
from inventory.report_print import MOST_NAMED, render_report
from inventory.taking_back import take_back
from tests.books import books_agree, pieces, place_of
from tests.lasting import lasting
from tests.shop import receive, sell
from tests.warranty.pdfs import codes_of, sizes_of, text_of

from .closing import close
from .conftest import begin, take

pytestmark = pytest.mark.django_db


@lasting
def counting(store, manager, storekeeper, goods):
    """A count with one unit found, one missing, one still unknown, one scan taken back."""
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), (goods.plain, 5), (goods.period, 7))
    sell(store, manager, (goods.strict, ["SN2"]))
    receive(store, manager, (goods.strict, ["SN3"]))
    count = begin(store, manager)
    take(count, storekeeper, "SN1")
    take(count, storekeeper, "NEW", product_id=goods.strict.pk, as_serial=True)
    slip = take(count, manager, "SLIP", product_id=goods.strict.pk, as_serial=True)
    take_back(count.pk, slip.scan_id, by=access_of(manager), now=timezone.now())
    take(count, manager, goods.plain.sku, quantity=3)
    return count


@pytest.fixture
def closed(counting, store, manager, goods):
    receive(store, manager, (goods.strict, ["NEW"]))
    return close(counting, manager)


def address(name: str, count: Count) -> str:
    return reverse(f"inventory:{name}", args=[count.pk])


def said(response) -> str:
    return " ".join(response.content.decode().split())


# Closing on its page


def test_the_page_says_what_closing_does_and_one_press_does_it(
    counting, store, manager, goods, client_of
):
    receive(store, manager, (goods.strict, ["NEW"]))
    connection.check_constraints()
    client = client_of(manager)
    page = said(client.get(address("close", counting)))
    for words in (
        "SN3",
        "2 short",
        "Nobody counted these",
        "write off 7 pieces",
        "Close the count",
    ):
        assert words in page
    assert "Resolve" not in page
    done = client.post(address("close", counting))
    assert (done.status_code, done.headers["Location"]) == (302, address("report", counting))
    assert (place_of("SN3"), pieces(goods.plain), pieces(goods.period)) == ("missing", 3, 7)
    again = client.post(address("close", counting))
    assert again.headers["Location"] == address("report", counting)
    assert "is closed" in said(client.get(address("report", counting)))
    books_agree()


def test_what_is_unknown_comes_first_and_the_press_is_refused(counting, manager, client_of):
    client = client_of(manager)
    page = said(client.get(address("close", counting)))
    assert "1 counted unit is in no record of this store. Resolve it first." in page
    assert f"{address('count', counting)}?list=unknown" in page
    for way in (
        "Name the serial number that was received instead",
        "Receive it",
        "Take the scan back",
    ):
        assert f"<span>{way}</span>" in page
    assert 'id="close-form"' not in page
    refused = client.post(address("close", counting))
    assert refused.status_code == 422
    assert "NEW" in said(refused)
    assert place_of("SN3") == "shelf"
    assert Count.objects.get(pk=counting.pk).is_under_way


def test_a_person_may_say_that_uncounted_stock_is_not_there(
    counting, store, manager, goods, client_of
):
    receive(store, manager, (goods.strict, ["NEW"]))
    connection.check_constraints()
    client = client_of(manager)
    stale = client.post(address("close", counting), {"zero_uncounted": "6"})
    assert (stale.status_code, pieces(goods.period)) == (422, 7)
    assert "There are 7 pieces now that nobody counted, not 6" in said(stale)
    client.post(address("close", counting), {"zero_uncounted": "7"})
    assert pieces(goods.period) == 0


def test_a_count_that_has_ended_has_no_close_page(counting, closed, store, manager, client_of):
    client = client_of(manager)
    assert client.get(address("close", closed)).headers["Location"] == address("report", closed)
    other = begin(store, manager)
    assert client.get(address("report", other)).headers["Location"] == address("count", other)
    abandon_count(other.pk, by=access_of(manager), now=timezone.now())
    assert client.get(address("close", other)).headers["Location"] == address("count", other)
    assert "it changed nothing" in said(client.get(address("report", other)))


def test_a_storekeeper_counts_and_a_manager_closes(counting, storekeeper, manager, client_of):
    assert client_of(storekeeper).get(address("close", counting)).status_code == 403
    assert client_of(storekeeper).post(address("close", counting)).status_code == 403
    link = address("close", counting)
    assert link in said(client_of(manager).get(address("count", counting)))
    assert link not in said(client_of(storekeeper).get(address("count", counting)))


# The report


def test_the_report_tells_everything(closed, storekeeper, client_of):
    page = said(client_of(storekeeper).get(address("report", closed)))
    for words in (
        closed.number, closed.shortage.number, "SN3", "NEW", "Receipt", "SLIP",
        "Scan taken back", "nobody counted", "storekeeper (2)", "manager (1)",
    ):  # fmt: skip
        assert words in page, words


def test_the_report_on_paper_is_read_back(closed):
    pdf = render_report(read_report(closed.pk))
    text = text_of(pdf)
    for words in (
        "Stock count report", closed.number, closed.shortage.number, "Podil", "Everything",
        "SN3", "NEW", "KY1-R2026-000003", "SLIP", "Scan taken back", "not counted",
        "storekeeper (2)", "Page 1 of 1",
    ):  # fmt: skip
        assert words in text, words
    assert "SN1" not in text
    assert codes_of(pdf) == {closed.number}
    assert sizes_of(pdf) == [(210, 297)]


def test_the_paper_speaks_the_stores_language(closed, store):
    Store.objects.filter(pk=store.pk).update(language="uk")
    with translation.override("uk"), timezone.override(zoneinfo.ZoneInfo(store.time_zone)):
        moment = timezone.localtime(closed.ended_at)
        ended = formats.date_format(moment, "SHORT_DATETIME_FORMAT")
    assert ended in text_of(render_report(read_report(closed.pk)))


def test_ten_thousand_counted_units_are_a_short_report(store, manager, goods):
    texts = [f"SN{nth:06d}" for nth in range(400)]
    receive(store, manager, (goods.strict, texts))
    count = begin(store, manager)
    for text in texts[:50]:
        take(count, manager, text)
    close(count, manager)
    pdf = render_report(read_report(count.pk))
    said_there = text_of(pdf)
    assert all(text in said_there for text in texts[50 : 50 + MOST_NAMED])
    assert len(sizes_of(pdf)) <= 4


def test_the_workbook_is_read_back(closed, manager, client_of):
    response = client_of(manager).get(address("report_xlsx", closed))
    assert response.headers["Content-Disposition"].endswith(f'"{closed.number}.xlsx"')
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    sheets = {sheet.title: [list(row) for row in sheet.values] for sheet in book}
    assert list(sheets) == ["Summary", "Missing", "Unknown", "Products", "Everything counted"]
    figures = {row[0]: row[2] for row in sheets["Summary"] if row[2] is not None}
    assert (figures["Units expected"], figures["Units missing"], figures["Pieces short"]) == (
        2,
        1,
        2,
    )
    assert sheets["Missing"][1:] == [
        ["Product strict", "SKU-STRICT", "SN3", None, closed.shortage.number]
    ]
    unknown = {row[0]: (row[4], row[5], row[6]) for row in sheets["Unknown"][1:]}
    assert unknown == {
        "NEW": ("Receipt", "KY1-R2026-000003", "manager"),
        "SLIP": ("scan taken back", None, "manager"),
    }
    scans = [(row[1], row[2], row[3], row[4], row[6]) for row in sheets["Everything counted"][1:]]
    assert scans == [
        ("storekeeper", "Product strict", "SN1", None, "yes"),
        ("storekeeper", "Product strict", "NEW", None, "no"),
        ("manager", "Product strict", "SLIP", None, "no"),
        ("manager", "Product none", None, 3, None),
    ]
    assert isinstance(sheets["Everything counted"][1][0], dt.datetime)


def test_the_report_takes_the_same_number_of_statements_whatever_was_counted(
    store, manager, goods, client_of
):
    client = client_of(manager)

    def statements(units: int, tag: str) -> int:
        texts = [f"{tag}{nth}" for nth in range(units)]
        receive(store, manager, (goods.strict, texts))
        count = begin(store, manager)
        for nth in range(units):
            take(count, manager, f"{tag}N{nth}", product_id=goods.strict.pk, as_serial=True)
        receive(store, manager, (goods.strict, [f"{tag}N{nth}" for nth in range(units)]))
        close(count, manager)
        total = 0
        for name in ("report", "report_xlsx"):
            with CaptureQueriesContext(connection) as queries:
                client.get(address(name, count))
            total += len(queries)
        return total

    few = statements(2, "A")
    assert statements(25, "B") == few


# Accuracy


def test_what_is_wrong_is_missing_or_unknown(closed):
    accuracy = accuracy_of(closed)
    assert (accuracy.units, accuracy.pieces) == (Share(3, 2), Share(5, 2))
    assert accuracy.all == Share(8, 4)
    assert accuracy.all.percent == 50.0


@pytest.mark.parametrize(
    ("everything", "wrong", "percent"),
    [(0, 0, None), (10, 0, 100.0), (3, 1, 66.7), (100_000, 1, 99.9), (4, 4, 0.0)],
)
def test_one_wrong_is_never_a_hundred_per_cent(everything, wrong, percent):
    assert Share(everything, wrong).percent == percent


def test_a_unit_that_left_unscanned_was_right(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    count = begin(store, manager)
    take(count, manager, "SN1")
    sell(store, manager, (goods.strict, ["SN2"]))
    assert accuracy_of(close(count, manager)).all.percent == 100.0


def test_the_history_shows_each_closed_count(store, manager, goods, client_of):
    client = client_of(manager)
    url = reverse("inventory:accuracy")
    assert "No count was closed here yet" in said(client.get(url))
    for nth in range(3):
        receive(store, manager, (goods.strict, [f"A{nth}", f"B{nth}"]))
        count = begin(store, manager)
        for text in (*(f"A{one}" for one in range(nth + 1)), *([f"B{nth}"] if nth == 2 else [])):
            take(count, manager, text)
        close(count, manager)
    history = history_of(store)
    assert [point.accuracy.all.percent for point in history.points] == [50.0, 66.7, 100.0]
    assert (history.floor, [point.y for point in history.drawn]) == (50, [100, 67, 0])
    page = said(client.get(url))
    assert "Accuracy of the last 3 counts: 100.0 % in the last one, 50.0 % at the lowest" in page
    assert page.count("chart__point") == 3
    assert all(count.number in page for count in Count.objects.all())
    books_agree()


def test_the_history_of_another_store_is_hidden(
    store, other_store, manager, chief, goods, client_of
):
    url = reverse("inventory:accuracy")
    assert client_of(manager).get(url, {"store": other_store.pk}).status_code == 404
    assert "Lviv" in said(client_of(chief).get(url, {"store": other_store.pk}))


def test_of_very_many_missing_units_the_shortage_act_names_the_rest(store, manager, goods):
    many = [f"GONE-{nth:04}" for nth in range(MOST_NAMED + 7)]
    receive(store, manager, (goods.strict, many))
    closed = close(begin(store, manager), manager)
    text = text_of(render_report(read_report(closed.pk)))
    assert f"7 more units are missing: {closed.shortage.number} names every one." in text
    assert many[MOST_NAMED - 1] in text
    assert many[MOST_NAMED] not in text
