"""The report of claims: what is counted as sold, as failed, as a claim, and whose it is."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from backoffice.claims_chart import chart_of
from backoffice.claims_report import By, Chosen, Row, table_by, total_of
from company.access import access_of
from documents.accounting import change_accounting
from documents.accounting_stock import read_situation
from documents.models import Document, Kind
from partners.models import Customer, Supplier
from repairs.models import Repair, Step
from serials.models import Balance
from tests.lasting import lasting
from tests.shop import (
    arrive,
    cancel,
    draft,
    exchange,
    give_back,
    post,
    receive,
    sell,
    transfer,
)
from warranty.models import Card, Claim

pytestmark = pytest.mark.django_db

URL = "/reports/claims/"
TODAY = dt.date(2026, 11, 28)
MARCH, MAY = dt.date(2026, 3, 5), dt.date(2026, 5, 5)


@pytest.fixture(autouse=True)
def _on_that_day():
    with time_machine.travel(f"{TODAY}T12:00:00Z"):
        yield


def bought(store, by, lines, name: str, *, on=MARCH) -> Document:
    """A receipt from a supplier of this name."""
    document = draft(Kind.RECEIPT, store, by, lines, on=on)
    supplier = Supplier.objects.get_or_create(name=name)[0]
    Document.objects.filter(pk=document.pk).update(is_opening=False, supplier=supplier)
    return post(document, by)


def came(key, *, on, back=None, warranty=None, result="", status="", card=None) -> Claim:
    """A claim of a sold unit, with its repair order when something is said of it."""
    card = card or Card.objects.get(term__serial__key=key, void_on=None)
    claim = Claim.objects.create(
        reference=f"R-{Claim.objects.count()}", store=card.term.posting.store,
        product=card.term.product, serial=card.term.serial, card=card, claimed_on=on,
        closed_on=back, is_warranty=warranty,
    )  # fmt: skip
    if result or status:
        by = card.term.posting.posted_by
        ended = {"ended_by": by, "ended_at": f"{TODAY}T10:00Z"}
        decided = "" if warranty is None else "warranty" if warranty else "customer"
        status = status or "handed_back"
        repair = Repair.objects.create(
            number=claim.reference, store=claim.store, claim=claim, product=claim.product,
            serial=claim.serial, product_name="x", sku="x", complaint="x",
            customer=Customer.objects.create(name="Iryna"), status=status,
            result=result, proposed="warranty", decided=decided,
            decided_by=by if decided else None, taken_in_by=by, taken_in_at=f"{TODAY}T10:00Z",
            **ended,
        )  # fmt: skip
        steps = ["received", *(["ready"] if status == "handed_back" else []), status]
        for step in steps:
            Step.objects.create(
                repair=repair, status=step, made_by=by, made_at=f"{TODAY}T10:00Z"
            )  # fmt: skip
    return claim


def chosen(store, **more) -> Chosen:
    days = {"since": dt.date(2026, 1, 1), "until": TODAY, "today": TODAY}
    return Chosen(**{"stores": [store.pk], "own": [store.pk], **days, **more})


def rows(by: By, found: Chosen) -> dict[str | None, Row]:
    return {row.name or row.month or None: row for row in table_by(by, found)}


@lasting(at=f"{TODAY}T11:00:00Z")
def sales(store, manager, goods) -> Document:
    """Four units of two suppliers sold in March, three pieces in May."""
    bought(store, manager, [(goods.strict, ["A1", "A2", "A3"])], "Acme")
    bought(store, manager, [(goods.strict, ["B1"]), (goods.period, 3)], "Brno")
    sale = sell(store, manager, (goods.strict, ["A1", "A2", "A3", "B1"]), on=MARCH)
    sell(store, manager, (goods.period, 3), on=MAY)
    return sale


def test_failures_are_units_and_claims_are_claims(sales, store, goods):
    came("A1", on=dt.date(2026, 4, 1), back=dt.date(2026, 4, 11), warranty=True)
    came("A1", on=dt.date(2026, 6, 1), back=dt.date(2026, 6, 5), warranty=False)
    came("B1", on=TODAY - dt.timedelta(days=2))
    row = rows(By.PRODUCT, chosen(store))[goods.strict.name]
    assert (row.sold, row.failed, row.rate) == (4, 2, 50.0)
    assert (row.claims, row.warranty, row.paid, row.refused, row.undecided) == (3, 1, 1, 0, 1)
    assert (row.open, row.longest, row.average) == (1, 10, round(16 / 3, 1))
    pieces = rows(By.PRODUCT, chosen(store))[goods.period.name]
    assert (pieces.sold, pieces.failed, pieces.claims, pieces.average) == (3, 0, 0, None)


def test_the_supplier_is_that_of_the_receipt(sales, store, goods):
    came("A1", on=MAY, back=MAY)
    came(None, on=MAY, back=MAY, card=Card.objects.filter(term__product=goods.period).first())
    found = rows(By.SUPPLIER, chosen(store))
    assert {name: (row.sold, row.failed, row.claims) for name, row in found.items()} == {
        "Acme": (3, 1, 1),
        "Brno": (1, 0, 0),
        None: (3, 1, 1),
    }
    acme = Supplier.objects.get(name="Acme")
    only = rows(By.PRODUCT, chosen(store, supplier=acme.pk))
    assert {name: (row.sold, row.claims) for name, row in only.items()} == {
        goods.strict.name: (3, 1)
    }


def test_received_again_the_last_receipt_before_the_sale_counts(store, manager, goods):
    bought(store, manager, [(goods.recorded, ["TWICE"])], "Acme")
    sell(store, manager, (goods.recorded, ["TWICE"]), on=MARCH)
    bought(store, manager, [(goods.recorded, ["TWICE"])], "Brno", on=MAY)
    sell(store, manager, (goods.recorded, ["TWICE"]), on=MAY)
    found = rows(By.SUPPLIER, chosen(store))
    assert {name: row.sold for name, row in found.items()} == {"Acme": 1, "Brno": 1}


def test_a_change_of_accounting_is_no_receipt(store, manager, admin, goods):
    bought(store, manager, [(goods.recorded, ["KEPT"])], "Acme")
    shelf = Balance.objects.get(product=goods.recorded, place__kind="shelf").place_id
    change_accounting(
        goods.recorded.pk, mode="strict", texts={shelf: "KEPT"},
        seen=read_situation(goods.recorded).seen, by=access_of(admin), now=timezone.now(),
    )  # fmt: skip
    sell(store, manager, (goods.recorded, ["KEPT"]))
    came("KEPT", on=TODAY)
    found = rows(By.SUPPLIER, chosen(store))
    assert {name: (row.sold, row.claims) for name, row in found.items()} == {"Acme": (1, 1)}


def test_a_supplier_of_another_store_is_not_told(store, other_store, manager, other_manager, goods):
    span = (goods.recorded, ["SPAN"])
    bought(other_store, other_manager, [span], "Secret Trading")
    arrive(transfer(other_store, store, other_manager, span, on=MARCH), manager, span, on=MARCH)
    sell(store, manager, (goods.recorded, ["SPAN"]), on=MARCH)
    assert set(rows(By.SUPPLIER, chosen(store))) == {None}
    both = chosen(store, own=[store.pk, other_store.pk])
    assert set(rows(By.SUPPLIER, both)) == {"Secret Trading"}


def test_refused_is_refused_whoever_pays(sales, store, goods):
    came("A1", on=MAY, back=MAY, warranty=True, result="refused")
    came("A2", on=MAY, back=MAY, warranty=False, result="repaired")
    row = rows(By.PRODUCT, chosen(store))[goods.strict.name]
    assert (row.warranty, row.paid, row.refused) == (0, 1, 1)
    assert (row.refused_share, row.paid_share, row.warranty_share) == (50.0, 50.0, 0.0)


def test_a_cancelled_repair_is_neither_claim_nor_failure(sales, store, goods):
    came("A1", on=MAY, back=MAY, status="cancelled")
    row = rows(By.PRODUCT, chosen(store))[goods.strict.name]
    assert (row.failed, row.claims) == (0, 0)


def test_a_claim_of_later_days_is_a_failure_of_the_days_of_the_sale(sales, store, goods):
    came("A1", on=dt.date(2026, 8, 1), back=dt.date(2026, 8, 2))
    spring = rows(By.PRODUCT, chosen(store, until=dt.date(2026, 4, 30)))[goods.strict.name]
    assert (spring.sold, spring.failed, spring.claims) == (4, 1, 0)
    summer = rows(By.PRODUCT, chosen(store, since=dt.date(2026, 7, 1)))[goods.strict.name]
    assert (summer.sold, summer.failed, summer.claims, summer.rate) == (0, 0, 1, None)


def test_what_came_back_was_sold_and_what_was_cancelled_was_not(sales, store, manager, goods):
    give_back(sales, store, manager, (goods.strict, ["A1"]))
    bought(store, manager, [(goods.strict, ["C1", "C2"])], "Acme")
    cancel(sell(store, manager, (goods.strict, ["C1"])), manager)
    exchange(sales, store, manager, [(goods.strict, ["A2"])], [(goods.strict, ["C2"])])
    row = rows(By.PRODUCT, chosen(store))[goods.strict.name]
    assert row.sold == 5  # the four, and what was handed over in the exchange


def test_a_claim_before_the_sale_is_no_failure_of_it(sales, store, goods):
    serial = Card.objects.get(term__serial__key="A1").term.serial
    Claim.objects.create(
        reference="R-own", store=store, product=goods.strict, serial=serial,
        claimed_on=dt.date(2026, 2, 1), closed_on=dt.date(2026, 2, 2),
    )  # fmt: skip
    row = rows(By.PRODUCT, chosen(store))[goods.strict.name]
    assert (row.failed, row.claims) == (0, 1)
    Claim.objects.create(
        reference="R-later", store=store, product=goods.strict, serial=serial,
        claimed_on=MAY, closed_on=MAY,
    )  # fmt: skip
    assert rows(By.PRODUCT, chosen(store))[goods.strict.name].failed == 1


def test_types_and_months_and_the_total(sales, store, goods):
    came("A1", on=MAY, back=MAY + dt.timedelta(days=4))
    (kind,) = table_by(By.TYPE, chosen(store))
    assert (kind.name, kind.sold, kind.failed, kind.claims) == ("Phones", 7, 1, 1)
    months = table_by(By.MONTH, chosen(store))
    assert [(row.month, row.sold, row.failed, row.claims) for row in months] == [
        ("March 2026", 4, 1, 0),
        ("May 2026", 3, 0, 1),
    ]
    total = total_of(months)
    assert (total.sold, total.failed, total.claims, total.longest) == (7, 1, 1, 4)
    chart = chart_of(months)
    assert chart.ceiling == 50
    assert [(point.x, point.y) for point in chart.points] == [(250, 50), (750, 100)]
    assert chart_of(months[:1]) is None


def test_other_stores_are_not_counted(sales, store, other_store, manager, other_manager, goods):
    receive(other_store, other_manager, (goods.period, 5))
    sell(other_store, other_manager, (goods.period, 5))
    assert rows(By.PRODUCT, chosen(store))[goods.period.name].sold == 3
    assert rows(By.PRODUCT, chosen(other_store))[goods.period.name].sold == 5


@pytest.mark.parametrize("by", list(By))
def test_each_table_is_one_statement(sales, store, by):
    with CaptureQueriesContext(connection) as queries:
        table_by(by, chosen(store, supplier=1))
    assert len(queries) == 1


# The page


def test_the_page_says_what_it_counts_and_draws_it(client_of, manager, sales, goods):
    came("A1", on=MAY, back=MAY, warranty=True)
    page = client_of(manager).get(URL).content.decode()
    assert "The failure rate is of the units sold on these days" in page
    assert 'role="img"' in page
    assert "Show by supplier" in page
    assert "By supplier" not in page
    assert "By supplier" in client_of(manager).get(URL, {"suppliers": "1"}).content.decode()
    assert "1 of 7 units sold" in page
    assert "14.3 %" in page
    assert goods.strict.name in page


@pytest.mark.parametrize(
    ("filters", "sold"),
    [
        ({}, 7),
        ({"since": "2026-05-01"}, 3),
        ({"until": "2026-04-01"}, 4),
        ({"product": "SKU-PERIOD"}, 3),
        ({"product": "no such thing"}, 0),
        ({"since": "2026-05-01", "until": "2026-04-01"}, 0),
        ({"since": "yesterday"}, 0),
        ({"since": "0001-01-01", "until": "9999-12-31"}, 7),
        ({"until": "0001-01-01"}, 0),
        ({"supplier": "999999"}, 0),
    ],
)
def test_filters(client_of, manager, sales, filters, sold):
    answer = client_of(manager).get(URL, filters)
    assert answer.status_code == 200
    assert answer.context["total"].sold == sold


def test_days_the_wrong_way_round_are_said(client_of, manager, sales):
    answer = client_of(manager).get(URL, {"since": "2026-05-01", "until": "2026-04-01"})
    assert "The last day is before the first one." in answer.content.decode()


def test_nothing_sold_says_so(client_of, manager, store):
    page = client_of(manager).get(URL).content.decode()
    assert "Nothing was sold under warranty or taken in" in page


def test_the_file_has_all_tables(client_of, manager, sales):
    came("A1", on=MAY, back=MAY + dt.timedelta(days=3), warranty=True)
    url = reverse("backoffice:export_claims")
    body = b"".join(client_of(manager).get(url).streaming_content)
    book = load_workbook(io.BytesIO(body))
    assert book.sheetnames == ["By product", "By type", "By supplier", "By month"]
    head, *found = book["By supplier"].values
    assert head[:4] == ("Supplier", "Sold", "Of them with a claim", "Failure rate, %")
    assert [row[:6] for row in found] == [
        ("Acme", 3, 1, 33.3, 1, 1),
        ("Unknown", 3, 0, 0, 0, 0),
        ("Brno", 1, 0, 0, 0, 0),
    ]
    assert client_of(manager).get(url, {"since": "x"}).status_code == 302


def test_a_cashier_reads_none_of_it(client_of, cashier, sales):
    assert client_of(cashier).get(URL).status_code == 403
    assert client_of(cashier).get(reverse("backoffice:export_claims")).status_code == 403
