"""The report of what does not fit among recorded serials, which nobody verifies."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice import mismatches
from backoffice.mismatches import PAGE, Mismatch
from products.models import Product
from products.modes import Mode
from serials.models import Movement, Place, PlaceKind, Posting, Serial
from tests.shop import receive, sell

pytestmark = pytest.mark.django_db

REPORT = reverse("backoffice:mismatches")
EXPORT = "backoffice:export_mismatches"
SHELF, CUSTOMER, TRANSIT = PlaceKind.SHELF, PlaceKind.CUSTOMER, PlaceKind.TRANSIT
OUTSIDE, SUPPLIER = PlaceKind.OUTSIDE, PlaceKind.SUPPLIER


def place(kind, store):
    owner = store if kind in {SHELF, PlaceKind.DEFECTIVE, PlaceKind.BLOCKED} else None
    return Place.objects.get_or_create(kind=kind, store=owner)[0]


def moved(
    product,
    key,
    kind,
    store,
    by,
    source,
    target,
    *,
    at=None,
    verified=False,
    reverses=None,
    on=None,
):
    """A movement written past the triggers, as the verb of its kind would leave it."""
    ends = place(source, store), place(target, store)
    serial = Serial.objects.filter(product=product, key=key).first()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        posting = Posting.objects.create(
            kind=kind,
            store=store,
            effective_on=on or store.date_of(timezone.now()),
            reference=f"{kind}-{Posting.objects.count()}",
            posted_at=timezone.now(),
            posted_by=by,
            reverses=reverses,
        )
        state = {"place": ends[1], "seq": serial.seq + 1 if serial else 1}
        state |= {"is_verified": verified, "moved_on": posting.effective_on}
        serial, _ = Serial.objects.update_or_create(
            product=product, key=key, defaults=state, create_defaults={"text": key, **state}
        )
        posting.entries.create(
            line=1,
            product=product,
            serial=serial,
            from_place=ends[0],
            to_place=ends[1],
            seq=serial.seq,
            verified=verified,
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    return posting


@pytest.fixture
def step(store, manager, goods):
    """One movement of the unit R1 of a recorded product in the first store."""

    def take(kind, source, target, **more):
        more = {"product": goods.recorded, "key": "R1", "store": store, "by": manager, **more}
        return moved(kind=kind, source=source, target=target, **more)

    return take


@pytest.fixture
def browser(client_of, manager):
    return client_of(manager)


def found(browser, query: str = "") -> list[tuple[str, Mismatch]]:
    rows = browser.get(f"{REPORT}?{query}").context["page"].rows
    return [(row.serial, row.what) for row in rows]


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_what_fits_is_no_mismatch(browser, store, manager, goods):
    receive(store, manager, (goods.recorded, ["R1", "R2"]))
    sell(store, manager, (goods.recorded, ["R1"]))
    page = browser.get(REPORT)
    assert list(page.context["page"].rows) == []
    assert "No mismatches: every recorded unit that was sold had been received" in words(page)


def test_sold_but_never_received(browser, store, manager, goods):
    receive(store, manager, (goods.recorded, ["R1"]))
    sale = sell(store, manager, (goods.recorded, ["R9"]))
    page = browser.get(REPORT)
    (row,) = page.context["page"].rows
    assert (row.serial, row.what, row.before) == ("R9", Mismatch.SOLD, None)
    said = words(page)
    assert f"R9 Product recorded Sold, never received Sale {sale.number}" in said
    assert "not verified against the stock" in said
    text = page.content.decode()
    assert reverse("documents:document", args=[sale.pk]) in text
    assert reverse("backoffice:serial", args=[row.serial_id]) in text


def test_sold_twice_is_sold_and_not_received_since(browser, store, manager, goods):
    receive(store, manager, (goods.recorded, ["R1", "R2"]))
    first = sell(store, manager, (goods.recorded, ["R1"]))
    sell(store, manager, (goods.recorded, ["R1"]))
    (row,) = browser.get(REPORT).context["page"].rows
    assert row.what == Mismatch.SOLD
    assert (row.before.reference, row.before.document_id) == (first.number, first.pk)


def test_received_twice(browser, store, manager, goods):
    first = receive(store, manager, (goods.recorded, ["R1"]))
    receive(store, manager, (goods.recorded, ["R1"]))
    page = browser.get(REPORT)
    (row,) = page.context["page"].rows
    assert (row.serial, row.what) == ("R1", Mismatch.RECEIVED)
    assert f"Receipt {first.number}" in words(page)


def test_received_again_after_it_was_sold_is_no_mismatch(browser, store, manager, goods):
    receive(store, manager, (goods.recorded, ["R1"]))
    sell(store, manager, (goods.recorded, ["R1"]))
    receive(store, manager, (goods.recorded, ["R1"]))
    assert found(browser) == []


def test_returned_but_never_sold(browser, step):
    step(Movement.CUSTOMER_RETURN, CUSTOMER, SHELF)
    assert found(browser) == [("R1", Mismatch.RETURNED)]


def test_returned_twice(browser, step):
    step(Movement.RECEIPT, OUTSIDE, SHELF)
    step(Movement.SALE, SHELF, CUSTOMER)
    step(Movement.CUSTOMER_RETURN, CUSTOMER, SHELF)
    assert found(browser) == []
    step(Movement.CUSTOMER_RETURN, CUSTOMER, PlaceKind.DEFECTIVE)
    assert found(browser) == [("R1", Mismatch.RETURNED)]


def test_an_exchange_is_judged_by_what_comes_and_by_what_goes(browser, step):
    step(Movement.EXCHANGE, CUSTOMER, SHELF)
    step(Movement.EXCHANGE, SHELF, CUSTOMER, key="R2")
    assert found(browser) == [("R2", Mismatch.SOLD), ("R1", Mismatch.RETURNED)]


def test_a_transfer_that_arrives_is_not_received_twice(browser, step, other_store):
    step(Movement.RECEIPT, OUTSIDE, SHELF)
    step(Movement.TRANSFER, SHELF, TRANSIT)
    step(Movement.ARRIVAL, TRANSIT, SHELF)
    step(Movement.SALE, SHELF, CUSTOMER)
    assert found(browser) == []


def test_what_arrives_without_having_left_is_received_twice(browser, step):
    step(Movement.RECEIPT, OUTSIDE, SHELF)
    step(Movement.ARRIVAL, TRANSIT, SHELF)
    assert found(browser) == [("R1", Mismatch.RECEIVED)]


def test_received_while_on_the_way_is_received_twice(browser, step):
    step(Movement.RECEIPT, OUTSIDE, SHELF)
    step(Movement.TRANSFER, SHELF, TRANSIT)
    step(Movement.RECEIPT, OUTSIDE, SHELF)
    assert found(browser) == [("R1", Mismatch.RECEIVED)]


def test_received_back_from_the_supplier_is_no_mismatch(browser, step):
    step(Movement.RECEIPT, OUTSIDE, SHELF)
    step(Movement.SUPPLIER_RETURN, SHELF, SUPPLIER)
    step(Movement.RECEIPT, SUPPLIER, SHELF)
    assert found(browser) == []


def test_what_was_cancelled_never_happened(browser, step):
    step(Movement.RECEIPT, OUTSIDE, SHELF)
    sale = step(Movement.SALE, SHELF, CUSTOMER)
    step(Movement.CANCELLATION, CUSTOMER, SHELF, reverses=sale)
    assert found(browser) == []
    step(Movement.SALE, SHELF, CUSTOMER)
    assert found(browser) == []


def test_a_cancelled_mismatch_is_none_and_a_cancelled_receipt_leaves_one(browser, step):
    sale = step(Movement.SALE, SHELF, CUSTOMER)
    step(Movement.CANCELLATION, CUSTOMER, SHELF, reverses=sale)
    assert found(browser) == []
    step(Movement.SALE, SHELF, CUSTOMER)
    assert found(browser, "what=sold") == [("R1", Mismatch.SOLD)]
    receipt = step(Movement.RECEIPT, OUTSIDE, SHELF, key="R2")
    step(Movement.CANCELLATION, SHELF, OUTSIDE, key="R2", reverses=receipt)
    step(Movement.SALE, SHELF, CUSTOMER, key="R2")
    assert found(browser) == [("R2", Mismatch.SOLD), ("R1", Mismatch.SOLD)]


def test_a_receipt_elsewhere_counts_and_is_named_without_a_link(
    client_of, browser, store, other_store, manager, other_manager, goods
):
    theirs = receive(other_store, other_manager, (goods.recorded, ["R1"]))
    receive(store, manager, (goods.recorded, ["R1", "R2"]))
    assert found(client_of(other_manager)) == []
    page = browser.get(REPORT)
    (row,) = page.context["page"].rows
    assert (row.what, row.before.document_id) == (Mismatch.RECEIVED, None)
    assert f"Receipt {theirs.number} {row.before.on:%-d %b %Y} Lviv" in words(page)
    assert reverse("documents:document", args=[theirs.pk]) not in page.content.decode()
    sell(store, manager, (goods.recorded, ["R1"]))
    assert len(found(browser)) == 1


def test_mismatches_of_another_store_are_not_listed(
    browser, client_of, step, other_store, other_manager
):
    step(Movement.SALE, SHELF, CUSTOMER, store=other_store, by=other_manager)
    assert found(browser) == []
    assert found(client_of(other_manager)) == [("R1", Mismatch.SOLD)]
    answer = browser.get(reverse(EXPORT, args=["csv"]))
    assert b"R1" not in b"".join(answer.streaming_content)


def test_strict_serials_are_not_in_the_report(browser, store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    sell(store, manager, (goods.strict, ["SN1"]))
    assert found(browser) == []


def test_only_what_nobody_verified_is_judged(browser, step):
    step(Movement.SALE, SHELF, CUSTOMER, verified=True)
    assert found(browser) == []


def test_entries_decide_and_not_the_present_accounting(browser, step, goods):
    step(Movement.SALE, SHELF, CUSTOMER)
    Product.objects.filter(pk=goods.recorded.pk).update(mode=Mode.NONE)
    assert found(browser) == [("R1", Mismatch.SOLD)]


def test_what_was_verified_before_counts_as_having_happened(browser, step):
    step(Movement.RECEIPT, OUTSIDE, SHELF, verified=True)
    step(Movement.SALE, SHELF, CUSTOMER, verified=True)
    step(Movement.CUSTOMER_RETURN, CUSTOMER, SHELF)
    assert found(browser) == []


@pytest.fixture
def three(step):
    """One mismatch of each kind, on three days."""
    first, *_ = days = [dt.date(2026, 3, day) for day in (1, 2, 3)]
    step(Movement.SALE, SHELF, CUSTOMER, key="A", on=first)
    step(Movement.RECEIPT, OUTSIDE, SHELF, key="B", on=first)
    step(Movement.RECEIPT, OUTSIDE, SHELF, key="B", on=days[1])
    step(Movement.CUSTOMER_RETURN, CUSTOMER, SHELF, key="C", on=days[2])


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", "CBA"),
        ("what=sold", "A"),
        ("what=received", "B"),
        ("what=returned", "C"),
        ("since=2026-03-02", "CB"),
        ("until=2026-03-02", "BA"),
        ("since=2026-03-02&until=2026-03-02", "B"),
        ("product=SKU-RECORDED", "CBA"),
        ("product=product", "CBA"),
        ("product=SKU-STRICT", ""),
        ("product=nothing", ""),
        ("product_id=999999999", ""),
    ],
)
def test_mismatches_are_narrowed(browser, three, query, keys):
    assert "".join(serial for serial, _ in found(browser, query)) == keys
    if not keys:
        assert "No mismatches match" in words(browser.get(f"{REPORT}?{query}"))


def test_mismatches_are_narrowed_by_store(client_of, admin, three, step, other_store):
    step(Movement.SALE, SHELF, CUSTOMER, key="D", store=other_store)
    browser = client_of(admin)
    assert found(browser, f"store={other_store.pk}") == [("D", Mismatch.SOLD)]
    assert len(found(browser)) == 4


def test_the_page_of_a_recorded_product_leads_to_its_mismatches(browser, three, goods):
    page = browser.get(reverse("products:product", args=[goods.recorded.pk])).content.decode()
    link = f"{REPORT}?product_id={goods.recorded.pk}"
    assert link in page
    assert f"Only mismatches of {goods.recorded.name}" in words(browser.get(link))
    strict = browser.get(reverse("products:product", args=[goods.strict.pk])).content.decode()
    assert REPORT not in strict.partition("<main")[2].partition("</main>")[0]


def test_the_report_is_under_reports_in_the_main_navigation(browser, client_of, stranger):
    page = browser.get(REPORT).content.decode()
    assert re.search(r'href="/reports/" aria-current="page"', page)
    assert REPORT in browser.get("/reports/").content.decode()
    assert "/reports/" not in client_of(stranger).get("/").content.decode()


@pytest.mark.parametrize(
    "query",
    ["what=x", "since=x", "until=10000-01-01", "product=%00", f"product={'x' * 101}",
     "product_id=x", "product_id=99999999999999999999", "product_id=%00", "what=%00"],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_lists_nothing_and_says_so(browser, three, query):
    page = browser.get(f"{REPORT}?{query}")
    assert page.status_code == 200
    assert list(page.context["page"].rows) == []
    assert "A filter makes no sense" in words(page)
    assert browser.get(f"{reverse(EXPORT, args=['csv'])}?{query}").status_code == 302


@pytest.mark.parametrize("query", ["before=x", "after=99999999999999999999", "before=1",
                                   "since=0001-01-01&until=9999-12-31", "product=%25"])  # fmt: skip
def test_odd_but_possible_addresses_are_answered(browser, three, query):
    assert browser.get(f"{REPORT}?{query}").status_code == 200


def test_pages_by_key_show_each_mismatch_once_and_lead_back(browser, step):
    keys = [f"K{n:03}" for n in range(PAGE + 5)]
    for key in keys:
        step(Movement.SALE, SHELF, CUSTOMER, key=key)
    first = browser.get(REPORT).context["page"]
    second = browser.get(f"{REPORT}?before={first.older}").context["page"]
    assert [row.serial for row in (*first.rows, *second.rows)] == keys[::-1]
    assert (second.older, len(second.rows)) == (None, 5)
    back = browser.get(f"{REPORT}?after={second.newer}").context["page"]
    assert [row.serial for row in back.rows] == [row.serial for row in first.rows]


def test_statements_do_not_grow_with_the_rows(browser, step):
    step(Movement.SALE, SHELF, CUSTOMER, key="K0")
    browser.get(REPORT)
    counts = []
    for n in range(2):
        with CaptureQueriesContext(connection) as captured:
            browser.get(REPORT)
        counts.append(len(captured))
        for key in range(20):
            step(Movement.SALE, SHELF, CUSTOMER, key=f"K{n}-{key}")
    assert counts[0] == counts[1]


def test_the_report_is_exported_with_its_filters(browser, three, monkeypatch):
    monkeypatch.setattr("backoffice.mismatches.CHUNK", 1)
    answer = browser.get(f"{reverse(EXPORT, args=['xlsx'])}?until=2026-03-02")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [cell.value for cell in sheet["A"]] == ["Serial number", "B", "A"]
    assert sheet["D2"].value == "Received twice"
    assert sheet["G2"].value.date() == dt.date(2026, 3, 2)
    assert "1 Mar 2026, Podil" in sheet["J2"].value
    answer = browser.get(reverse(EXPORT, args=["csv"]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert [row[0] for row in rows[1:]] == ["C", "B", "A"]


def test_too_long_a_report_is_refused_in_words(browser, three, monkeypatch):
    monkeypatch.setattr("backoffice.mismatches.MOST_EXPORTED", 2)
    refused = browser.get(f"{reverse(EXPORT, args=['csv'])}?what=")
    assert refused.headers["Location"] == f"{REPORT}?what="
    assert b"mismatches at most. Narrow the list" in browser.get(REPORT).content


def test_a_few_days_are_read_as_all_days_are(browser, step, monkeypatch):
    today = timezone.localdate()

    def ago(days: int) -> dt.date:
        return today - dt.timedelta(days)

    step(Movement.SALE, SHELF, CUSTOMER, key="OLD", on=ago(40))
    step(Movement.SALE, SHELF, CUSTOMER, key="A", on=ago(3))
    step(Movement.RECEIPT, OUTSIDE, SHELF, key="B", on=ago(40))
    step(Movement.RECEIPT, OUTSIDE, SHELF, key="B", on=ago(2))
    sale = step(Movement.SALE, SHELF, CUSTOMER, key="C", on=ago(5))
    step(Movement.CANCELLATION, CUSTOMER, SHELF, key="C", reverses=sale, on=ago(1))
    step(Movement.CUSTOMER_RETURN, CUSTOMER, SHELF, key="C")
    expected = [("C", Mismatch.RETURNED), ("B", Mismatch.RECEIVED), ("A", Mismatch.SOLD)]

    assert found(browser, f"since={ago(7)}") == expected
    monkeypatch.setattr(mismatches, "FEW_DAYS", -1)
    assert found(browser, f"since={ago(7)}") == expected
