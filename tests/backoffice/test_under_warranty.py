"""The report of goods under warranty: filters, pages by what ends first, totals, files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from backoffice import under_warranty
from backoffice.under_warranty import Chosen, Showing, page_of, place_of, totals_of
from documents.models import Document, Kind
from partners.models import Customer
from products.models import ProductType
from tests.lasting import lasting
from tests.shop import draft, give_back, post, receive, sell
from warranty.models import Card, Claim

pytestmark = pytest.mark.django_db

URL = "/reports/under-warranty/"
TODAY = dt.date(2026, 11, 28)


@pytest.fixture(autouse=True)
def _on_that_day():
    with time_machine.travel(f"{TODAY}T12:00:00Z"):
        yield


def sold(store, by, lines, *, on, customer=None) -> Document:
    document = draft(Kind.SALE, store, by, lines, on=on)
    Document.objects.filter(pk=document.pk).update(customer=customer)
    return post(document, by)


@lasting(at=f"{TODAY}T11:00:00Z")
def world(store, other_store, manager, other_manager, goods) -> None:
    """One that is over, one that ends soon, one that lasts, three pieces; one of another store."""
    first = dt.date(2025, 1, 10)
    receive(
        store, manager, (goods.strict, ["OVER", "SOON", "LASTS", "BACK"]), (goods.period, 3),
        on=first,
    )  # fmt: skip
    iryna = Customer.objects.create(name="Iryna Bondar", phone="+380 67 123 45 67")
    sold(store, manager, [(goods.strict, ["OVER"])], on=dt.date(2025, 1, 15), customer=iryna)
    sold(store, manager, [(goods.strict, ["SOON"])], on=dt.date(2025, 12, 5), customer=iryna)
    sold(store, manager, [(goods.strict, ["LASTS"])], on=dt.date(2026, 6, 1))
    sold(store, manager, [(goods.period, 3)], on=dt.date(2026, 3, 1))
    back = sold(store, manager, [(goods.strict, ["BACK"])], on=dt.date(2026, 11, 20))
    give_back(back, store, manager, (goods.strict, ["BACK"]))
    receive(other_store, other_manager, (goods.strict, ["THEIRS"]), on=first)
    sold(other_store, other_manager, [(goods.strict, ["THEIRS"])], on=dt.date(2026, 5, 1))


def in_repair(key: str) -> Claim:
    card = Card.objects.get(term__serial__key=key)
    return Claim.objects.create(
        reference=f"R-{key}", store=card.term.posting.store, product=card.term.product,
        serial=card.term.serial, card=card, claimed_on=TODAY - dt.timedelta(days=3),
    )  # fmt: skip


def names(answer) -> list[str]:
    return [row.serial or f"{row.unit}/{row.units}" for row in answer.context["page"].rows]


def asked(client, **filters: object) -> list[str]:
    return names(client.get(URL, filters))


def test_what_is_under_warranty_comes_with_what_ends_first(client_of, manager, world):
    answer = client_of(manager).get(URL)
    assert names(answer) == ["SOON", "1/3", "2/3", "3/3", "LASTS"]
    row = answer.context["page"].rows[0]
    assert (row.ends_on, row.days_left, row.customer) == (dt.date(2026, 12, 5), 7, "Iryna Bondar")
    assert answer.context["totals"] is None


def test_totals_come_after_the_page(client_of, manager, world):
    """Asked for by the page itself; without scripts by a link, which shows the page with them."""
    client = client_of(manager)
    asks_for = "?show=soon&amp;totals=1"
    assert f'hx-get="{asks_for}"' in client.get(URL, {"show": "soon"}).content.decode()
    query = {"show": "soon", "totals": "1"}
    fragment = client.get(URL, query, headers={"HX-Request": "true"})
    page = client.get(URL, query)
    for answer in (fragment, page):
        assert answer.context["totals"] == under_warranty.Totals(5, 1, 0)
        assert 'hx-get="?' not in answer.content.decode()
    assert ("<table" in page.content.decode(), "<table" in fragment.content.decode()) == (
        True,
        False,
    )
    assert fragment.content.decode().count("tile__value") == 3


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"show": "soon"}, ["SOON"]),
        ({"show": "over"}, ["OVER"]),
        ({"show": "in_repair"}, []),
        ({"within": "6"}, []),
        ({"within": "7"}, ["SOON"]),
        ({"product": "SKU-PERIOD"}, ["1/3", "2/3", "3/3"]),
        ({"product": "SKU-STRICT", "show": "over"}, ["OVER"]),
        ({"customer": "bondar"}, ["SOON"]),
        ({"customer": "067 123 45 67", "show": "over"}, ["OVER"]),
        ({"customer": "nobody"}, []),
        ({"within": "-1"}, []),
        ({"show": "everything"}, []),
        ({"product": "x" * 200}, []),
    ],
)
def test_filters(client_of, manager, world, filters, expected):
    assert asked(client_of(manager), **filters) == expected


def test_a_type_and_a_type_without_products(client_of, manager, world, goods):
    other = ProductType.objects.create(name="Chairs")
    assert len(asked(client_of(manager), type=goods.strict.type_id)) == 5
    assert asked(client_of(manager), type=other.pk) == []


def test_a_filter_that_makes_no_sense_is_said(client_of, manager, world):
    assert (
        "A filter makes no sense" in client_of(manager).get(URL, {"within": "x"}).content.decode()
    )


def test_in_repair_is_shown_whatever_the_end(client_of, manager, world):
    in_repair("OVER")
    answer = client_of(manager).get(URL, {"show": "in_repair", "totals": "1"})
    assert names(answer) == ["OVER"]
    assert "In repair" in answer.content.decode()
    assert answer.context["totals"].in_repair == 1


def test_only_the_own_stores(client_of, manager, other_manager, admin, world, store, other_store):
    assert asked(client_of(other_manager)) == ["THEIRS"]
    assert len(asked(client_of(admin))) == 6
    assert asked(client_of(admin), store=other_store.pk) == ["THEIRS"]
    assert "THEIRS" not in client_of(manager).get(URL, {"store": other_store.pk}).content.decode()


def pages(chosen: Chosen) -> list[list[int]]:
    """All pages by following them, and the same the way back."""
    ahead, place = [], None
    while True:
        page = page_of(chosen, after=place)
        ahead.append([row.card_id for row in page.rows])
        if page.after is None:
            break
        place = place_of(page.after)
    back = [ahead[-1]]
    while page.before is not None:
        page = page_of(chosen, before=place_of(page.before))
        back.append([row.card_id for row in page.rows])
    assert back[::-1] == ahead
    return ahead


@pytest.mark.parametrize("showing", [Showing.COVERED, Showing.OVER])
@pytest.mark.parametrize("few", [0, 5_000])
def test_pages_follow_each_other_without_gap_or_repeat(
    store, manager, goods, monkeypatch, showing, few
):
    """Walking the ends and beginning with the units of a product give the same pages."""
    monkeypatch.setattr(under_warranty, "PAGE", 4)
    monkeypatch.setattr(under_warranty, "FEW", few)
    keys = [f"U{nth}" for nth in range(10)]
    day = dt.date(2025, 3, 1) if showing == Showing.OVER else dt.date(2026, 3, 1)
    receive(store, manager, (goods.strict, keys), (goods.period, 3), on=day)
    sell(store, manager, (goods.strict, keys[:5]), on=day)
    sell(store, manager, (goods.strict, keys[5:]), on=day + dt.timedelta(days=1))
    sell(store, manager, (goods.period, 3), on=day)
    everything = Chosen(stores=[store.pk], today=TODAY, showing=showing)
    found = pages(everything)
    assert [len(page) for page in found] == [4, 4, 4, 1]
    flat = [pk for page in found for pk in page]
    order = ("ends_on", "pk") if showing == Showing.COVERED else ("-ends_on", "-pk")
    assert flat == list(Card.objects.order_by(*order).values_list("pk", flat=True))
    of_product = Chosen(stores=[store.pk], today=TODAY, showing=showing, products=[goods.strict.pk])
    assert sum(map(len, pages(of_product))) == 10
    of_pieces = Chosen(stores=[store.pk], today=TODAY, showing=showing, products=[goods.period.pk])
    assert sum(map(len, pages(of_pieces))) == 3


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "2026-01-01", "2026-01-01.", "2026-01-01.x", ".5", "2026-99-01.5", "2026-01-01.-5",
     "2026-01-01." + "9" * 30],
)  # fmt: skip
def test_a_forged_cursor_shows_the_first_page(client_of, manager, world, cursor):
    assert place_of(cursor) is None
    assert len(asked(client_of(manager), after=cursor)) == 5


def test_totals_stop_counting(store, manager, goods, world, monkeypatch):
    monkeypatch.setattr(under_warranty, "MOST_COUNTED", 2)
    assert totals_of(Chosen(stores=[store.pk], today=TODAY)).covered == 3


def test_the_file_has_what_the_page_has(client_of, manager, world):
    url = reverse("backoffice:export_under_warranty", args=["xlsx"])
    body = b"".join(client_of(manager).get(url, {"customer": "Iryna"}).streaming_content)
    rows = list(load_workbook(io.BytesIO(body)).active.values)
    assert rows[0][:4] == ("Card", "Product", "SKU", "Serial number")
    (row,) = rows[1:]
    assert row[3] == "SOON"
    assert row[10].date() == dt.date(2026, 12, 5)
    assert row[11:13] == (7, "Ends soon")
    assert isinstance(row[6], str)


def test_a_formula_in_a_name_stays_text(client_of, manager, store, goods, world):
    evil = Customer.objects.create(name="=HYPERLINK(1)", phone="+380501112233")
    receive(store, manager, (goods.strict, ["EVIL"]))
    sold(store, manager, [(goods.strict, ["EVIL"])], on=None, customer=evil)
    client = client_of(manager)
    url = reverse("backoffice:export_under_warranty", args=["csv"])
    text = b"".join(client.get(url, {"customer": "HYPERLINK"}).streaming_content).decode(
        "utf-8-sig"
    )
    row = list(csv.reader(io.StringIO(text), delimiter=";"))[1]
    assert "'=HYPERLINK(1)" in row
    url = reverse("backoffice:export_under_warranty", args=["xlsx"])
    body = b"".join(client.get(url, {"customer": "HYPERLINK"}).streaming_content)
    cell = load_workbook(io.BytesIO(body)).active["F2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


def test_too_long_a_file_is_refused_in_words(client_of, manager, world, monkeypatch):
    monkeypatch.setattr(under_warranty, "MOST_EXPORTED", 2)
    url = reverse("backoffice:export_under_warranty", args=["xlsx"])
    answer = client_of(manager).get(url, follow=True)
    assert "A file takes" in answer.content.decode()


def test_other_formats_and_wrong_filters(client_of, manager, world):
    client = client_of(manager)
    assert client.get(URL + "export.pdf").status_code == 404
    assert client.get(URL + "export.csv", {"within": "x"}).status_code == 302


def test_statements_do_not_grow(client_of, manager, store, goods, world):
    client = client_of(manager)
    client.get(URL)
    with CaptureQueriesContext(connection) as before:
        client.get(URL)
    receive(store, manager, (goods.period, 40))
    sell(store, manager, (goods.period, 40))
    with CaptureQueriesContext(connection) as after:
        client.get(URL)
    assert len(after) == len(before) <= 20


def test_the_index_of_reports_leads_to_those_one_may_read(client_of, manager, cashier):
    links = re.compile(r'href="(/reports/[a-z-]+/)"')
    assert set(links.findall(client_of(manager).get("/reports/").content.decode())) == {
        URL, "/reports/claims/", "/reports/mismatches/",
    }  # fmt: skip
    seen = client_of(cashier).get("/reports/").content.decode()
    assert set(links.findall(seen)) == {"/reports/mismatches/"}
