"""The stock by serial: every filter, pages, whose units are seen, totals."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice import stock_units
from backoffice.stock_choice import Chosen
from backoffice.stock_units import page_of, place_of
from company.access import access_of
from company.models import Membership, Store
from company.rights import Role
from documents.models import Document, Kind
from documents.posting import post_document
from products.models import Product, ProductType
from serials.models import PlaceKind
from tests.lasting import lasting
from tests.shop import (
    arrive,
    cancel,
    draft,
    give_back,
    receive,
    return_to_supplier,
    sell,
    set_aside,
    transfer,
    write_off,
)

pytestmark = pytest.mark.django_db

URL = "/stock/"
TODAY = dt.date(2026, 11, 28)


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


@pytest.fixture(autouse=True)
def _on_that_day():
    with time_machine.travel(f"{TODAY}T12:00:00Z"):
        yield


@lasting(at=f"{TODAY}T11:00:00Z")
def world(store, other_store, manager, other_manager, goods) -> None:
    """One unit in each state, one of another store, and pieces without serials."""
    keys = [
        "SHELF-0001", "SOLD-0002", "BACK-0003", "GONE-0004", "WENT-0005", "ASIDE-0006",
        "WAY-0007", "OLD-0008",
    ]  # fmt: skip
    receive(store, manager, (goods.strict, keys[:-1]), (goods.plain, 5), on=ago(20))
    receive(store, manager, (goods.strict, ["OLD-0008"]), on=ago(200))
    sale = sell(store, manager, (goods.strict, ["SOLD-0002", "BACK-0003"]), on=ago(10))
    give_back(sale, store, manager, (goods.strict, ["BACK-0003"]), defective=True)
    return_to_supplier(store, manager, (goods.strict, ["GONE-0004"]))
    write_off(store, manager, (goods.strict, ["WENT-0005"]))
    set_aside(store, manager, (goods.strict, ["ASIDE-0006"]))
    transfer(store, other_store, manager, (goods.strict, ["WAY-0007"]), (goods.plain, 1))
    receive(other_store, other_manager, (goods.strict, ["THEIRS-0009", "SOLD-0010"]))
    sell(other_store, other_manager, (goods.strict, ["SOLD-0010"]))


def names(answer) -> list[str]:
    return [row.text for row in answer.context["page"].rows]


def asked(client, **filters: object) -> list[str]:
    answer = client.get(URL, filters)
    assert answer.status_code == 200
    return names(answer)


HELD = ["ASIDE-0006", "BACK-0003", "OLD-0008", "SHELF-0001", "WAY-0007"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, HELD),
        ({"state": "in_stock"}, ["OLD-0008", "SHELF-0001"]),
        ({"state": "defective"}, ["BACK-0003"]),
        ({"state": "set_aside"}, ["ASIDE-0006"]),
        ({"state": "in_transit"}, ["WAY-0007"]),
        ({"state": "sold"}, ["SOLD-0002"]),
        ({"state": "at_supplier"}, ["GONE-0004"]),
        ({"state": "written_off"}, ["WENT-0005"]),
        ({"state": "missing"}, []),
        ({"state": "anywhere"}, sorted([*HELD, "SOLD-0002", "GONE-0004", "WENT-0005"])),
        ({"state": "elsewhere"}, []),
        ({"product": "SKU-STRICT"}, HELD),
        ({"product": "SKU-NONE"}, []),
        ({"product": "nothing"}, []),
        ({"older_than": "19"}, HELD),
        ({"older_than": "20"}, ["OLD-0008"]),
        ({"older_than": "200"}, []),
        ({"older_than": "x"}, []),
        ({"warranty": "covered"}, ["SOLD-0002"]),
        ({"warranty": "covered", "state": "sold"}, ["SOLD-0002"]),
        ({"warranty": "covered", "state": "in_stock"}, []),
        ({"warranty": "over"}, []),
        ({"warranty": "supplier"}, []),
        ({"q": "SHELF-0001"}, ["SHELF-0001"]),
        ({"q": "shelf"}, ["SHELF-0001"]),
        ({"q": "0001"}, ["SHELF-0001"]),
        ({"q": "0002"}, []),
        ({"q": "0002", "state": "anywhere"}, ["SOLD-0002"]),
        ({"q": "0010", "state": "anywhere"}, []),
        ({"q": "%"}, []),
        ({"q": "%000"}, []),
        ({"q": "_0001"}, []),
        ({"q": "\\"}, []),
        ({"q": "01"}, []),
        ({"q": "x" * 90}, []),
        ({"on": ago(21).isoformat()}, ["OLD-0008"]),
        ({"on": "2027-01-01"}, []),
        ({"on": "nonsense"}, []),
        ({"product_id": "x"}, []),
        ({"after": "nonsense"}, HELD),
        ({"after": "999999999999999999.X"}, []),
    ],
)
def test_filters(client_of, manager, world, filters, expected):
    assert asked(client_of(manager), **filters) == expected


def test_a_linked_product_and_its_type(client_of, manager, world, goods):
    client = client_of(manager)
    other = ProductType.objects.create(name="Chairs")
    assert asked(client, product_id=goods.strict.pk) == HELD
    assert asked(client, product_id=goods.plain.pk) == []
    assert asked(client, type=goods.strict.type_id) == HELD
    assert asked(client, type=other.pk) == []
    assert asked(client, type=goods.strict.type_id, product_id=goods.strict.pk) == HELD


def test_the_filters_are_narrowed_together_and_kept_in_the_links(client_of, manager, world):
    answer = client_of(manager).get(URL, {"q": "0001", "state": "in_stock", "store": ""})
    assert names(answer) == ["SHELF-0001"]
    assert 'action="/stock/export/?q=0001&amp;state=in_stock"' in answer.text


def test_a_filter_that_makes_no_sense_is_said_at_its_field(client_of, manager, world):
    page = client_of(manager).get(URL, {"on": "2027-01-01"}).text
    assert "This day has not come yet." in page
    assert "A filter makes no sense" in page


def test_what_a_row_tells(client_of, manager, world, store, other_store):
    rows = {row.text: row for row in page_of(everything(store)).rows}
    shelf, sold, way = rows["SHELF-0001"], rows["SOLD-0002"], rows["WAY-0007"]
    assert (shelf.store, shelf.since, shelf.received_on, shelf.age) == (
        "Podil",
        ago(20),
        ago(20),
        20,
    )
    assert (sold.store, sold.since, sold.ends_on) == ("Podil", ago(10), dt.date(2027, 11, 18))
    assert (way.store, way.to_store) == ("Podil", "Lviv")
    assert client_of(manager).get(f"/serials/{sold.serial_id}/").status_code == 200


def everything(*stores: Store, **more) -> Chosen:
    ids = [store.pk for store in stores]
    kinds = frozenset(PlaceKind) - {PlaceKind.OUTSIDE}
    return Chosen(**{"stores": ids, "own": ids, "day": TODAY, "kinds": kinds, **more})


# ---- whose ---------------------------------------------------------------------------------------


def test_another_store_sees_its_own_units_and_what_is_on_its_way_to_it(
    client_of, other_manager, world
):
    client = client_of(other_manager)
    assert asked(client) == ["THEIRS-0009", "WAY-0007"]
    assert asked(client, state="sold") == ["SOLD-0010"]
    assert asked(client, state="anywhere") == ["SOLD-0010", "THEIRS-0009", "WAY-0007"]
    assert asked(client, on=ago(5).isoformat()) == []


def test_what_is_only_on_its_way_to_a_store_has_no_link_yet(
    client_of, other_manager, other_store, world
):
    way = next(row for row in page_of(everything(other_store)).rows if row.text == "WAY-0007")
    page = client_of(other_manager).get(URL).text
    assert f"/serials/{way.serial_id}/" not in page
    assert client_of(other_manager).get(f"/serials/{way.serial_id}/").status_code == 404


def test_a_person_of_both_stores_chooses_one(client_of, manager, store, other_store, world):
    Membership.objects.create(user=manager, store=other_store, role=Role.CASHIER)
    client = client_of(manager)
    assert asked(client) == sorted([*HELD, "THEIRS-0009"])
    assert asked(client, store=other_store.pk) == ["THEIRS-0009", "WAY-0007"]
    assert asked(client, store=store.pk, state="sold") == ["SOLD-0002"]
    assert asked(client, store=other_store.pk, state="sold") == ["SOLD-0010"]


def test_a_store_that_is_not_the_persons_own_is_no_choice(client_of, manager, other_store, world):
    """With one store there is nothing to choose: the filter is ignored, and theirs are not seen."""
    assert asked(client_of(manager), store=other_store.pk) == HELD


def test_a_unit_sold_by_one_store_and_resold_by_the_other_is_the_others(
    client_of, manager, other_manager, store, other_store, goods, world
):
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    sent = Document.objects.get(kind=Kind.TRANSFER)
    arrive(sent, manager, (goods.strict, ["WAY-0007"]))
    sell(other_store, manager, (goods.strict, ["WAY-0007"]))
    assert "WAY-0007" in asked(client_of(other_manager), state="sold")
    Membership.objects.filter(user=manager, store=other_store).delete()
    assert "WAY-0007" not in asked(client_of(manager), state="anywhere")


def test_a_cancelled_return_gives_the_sale_back_to_the_store_that_sold(
    client_of, manager, other_manager, store, other_store, goods, world
):
    """The last entry is then one of the other store; what stands is the sale."""
    Membership.objects.create(user=other_manager, store=store, role=Role.MANAGER)
    sale = Document.objects.get(kind=Kind.SALE, store=store)
    back = give_back(sale, other_store, other_manager, (goods.strict, ["SOLD-0002"]))
    assert "SOLD-0002" in asked(client_of(other_manager))
    cancel(back, other_manager)
    assert asked(client_of(manager), state="sold") == ["SOLD-0002"]


def test_a_stranger_sees_nothing(client_of, stranger, world):
    for path in (URL, "/stock/totals/"):
        assert client_of(stranger).get(path).status_code == 403


def test_the_navigation_leads_there_for_who_handles_goods(
    client_of, cashier, storekeeper, technician, manager, world
):
    for person, leads in ((cashier, 0), (storekeeper, 1), (technician, 1), (manager, 1)):
        urls = [item.url for item in client_of(person).get("/search/").context["navigation"]]
        assert urls.count(URL) == leads


def test_home_and_a_product_lead_there(client_of, cashier, goods, world):
    client = client_of(cashier)
    assert 'href="/stock/?state=in_stock' in client.get("/").text
    page = client.get(f"/products/{goods.strict.pk}/").text
    assert f"/stock/?product_id={goods.strict.pk}" in page


# ---- recorded, pieces, warranties ----------------------------------------------------------------


def test_a_recorded_unit_is_where_people_said(client_of, manager, store, goods):
    receive(store, manager, (goods.recorded, ["R-1", "R-2"]))
    sell(store, manager, (goods.recorded, ["R-1"]))
    client = client_of(manager)
    assert asked(client) == ["R-2"]
    assert asked(client, state="sold") == ["R-1"]


def test_totals_say_that_recorded_units_may_stand_elsewhere(client_of, manager, store, goods):
    receive(store, manager, (goods.strict, ["A"]), (goods.recorded, ["R-1"]))
    sell(store, manager, (goods.recorded, ["NEVER-CAME"]))
    client = client_of(manager)
    page = client.get(URL)
    assert "R-1" in names(page)
    assert page.context["totals"].states[0].pieces == 1
    said = "serial numbers that are only recorded may stand elsewhere"
    assert said in page.text
    assert 'href="/reports/mismatches/">Mismatches</a>' in page.text
    assert said in client.get("/stock/totals/").text
    assert said not in client.get(URL, {"product": "SKU-STRICT"}).text


def test_warranties_of_what_was_sold(client_of, manager, store, goods):
    receive(store, manager, (goods.strict, ["LAPSED", "LASTS", "LAST-DAY"]), on=ago(800))
    sell(store, manager, (goods.strict, ["LAPSED"]), on=ago(700))
    sell(store, manager, (goods.strict, ["LAST-DAY"]), on=dt.date(2025, 11, 28))
    sell(store, manager, (goods.strict, ["LASTS"]), on=ago(100))
    client = client_of(manager)
    assert asked(client, warranty="over") == ["LAPSED"]
    assert asked(client, warranty="covered") == ["LAST-DAY", "LASTS"]
    assert asked(client, warranty="covered", on=ago(100).isoformat()) == ["LAST-DAY", "LASTS"]
    assert asked(client, warranty="covered", on=ago(650).isoformat()) == ["LAPSED"]


@pytest.mark.parametrize(
    ("count", "unit"), [(10, "days"), (3, "weeks"), (1, "months"), (18, "months"), (1, "years")]
)
def test_suppliers_warranties_end_as_everywhere(client_of, manager, store, goods, count, unit):
    """What SQL says covers a unit is what the pure function says."""
    Product.objects.filter(pk=goods.strict.pk).update(
        supplier_period_count=count, supplier_period_unit=unit
    )
    days = [
        dt.date(2026, 1, 31), dt.date(2025, 11, 27), dt.date(2025, 11, 28), dt.date(2025, 11, 29),
        dt.date(2026, 10, 28), dt.date(2026, 10, 27), dt.date(2026, 11, 18), dt.date(2026, 11, 17),
        dt.date(2025, 5, 28), dt.date(2025, 5, 27), dt.date(2026, 11, 7), dt.date(2026, 11, 6),
    ]  # fmt: skip
    for nth, day in enumerate(days):
        receive(store, manager, (goods.strict, [f"U-{nth:02}"]), on=day)
    rows = page_of(everything(store)).rows
    assert all(row.supplier_ends_on for row in rows)
    covered = [row.text for row in rows if row.supplier_ends_on >= TODAY]
    client = client_of(manager)
    assert asked(client, warranty="supplier") == covered
    over = [row.text for row in rows if row.supplier_ends_on < TODAY]
    assert asked(client, warranty="supplier_over") == over


def test_totals_by_state_and_product(client_of, manager, other_manager, world, goods):
    answer = client_of(manager).get("/stock/totals/")
    states = {
        total.kind: (total.pieces, total.without) for total in answer.context["totals"].states
    }
    assert states == {"shelf": (6, 4), "defective": (1, 0), "blocked": (1, 0), "transit": (2, 1)}
    rows = {row.sku: row for row in answer.context["products"].rows}
    strict, plain = rows["SKU-STRICT"], rows["SKU-NONE"]
    assert (strict.in_stock, strict.defective, strict.set_aside, strict.in_transit) == (2, 1, 1, 1)
    assert (strict.pieces, strict.units, plain.pieces, plain.units) == (5, 5, 5, 0)
    theirs = client_of(other_manager).get("/stock/totals/").context["totals"].states
    assert {total.kind: total.pieces for total in theirs} == {
        "shelf": 1, "defective": 0, "blocked": 0, "transit": 2,
    }  # fmt: skip


def test_totals_of_units_without_serials(client_of, manager, store, goods):
    document = draft("receipt", store, manager, [(goods.strict, 3)])
    post_document(
        document.pk, by=access_of(manager), now=timezone.now(), without_serials="the lorry waits"
    )
    receive(store, manager, (goods.strict, ["A"]))
    (total, *_) = client_of(manager).get(URL).context["totals"].states
    assert (total.pieces, total.units, total.without) == (4, 1, 3)


def test_single_units_are_counted_when_pieces_cannot_tell(client_of, manager, world):
    page = client_of(manager).get("/stock/totals/", {"state": "anywhere", "q": "000"})
    assert page.context["totals"].states == []  # no beginning or ending of any
    page = client_of(manager).get("/stock/totals/", {"older_than": 30})
    assert [(total.kind, total.pieces) for total in page.context["totals"].states] == [("shelf", 1)]
    assert not page.context["totals"].at_least
    assert "No totals by product" in page.text


# ---- pages and statements ------------------------------------------------------------------------


@pytest.fixture
def many(store, manager, goods, monkeypatch) -> list[str]:
    monkeypatch.setattr(stock_units, "PAGE", 10)
    keys = [f"SN-{nth:03}" for nth in range(25)]
    receive(store, manager, (goods.strict, keys), (goods.recorded, ["A", "Z"]))
    last = [("A", goods.recorded.pk), ("Z", goods.recorded.pk)]
    units = [(key, goods.strict.pk) for key in keys] + last
    return [key for key, product in sorted(units, key=lambda unit: (unit[1], unit[0]))]


@pytest.mark.parametrize("on", ["", ago(0).isoformat()])
@pytest.mark.parametrize("filters", [{}, {"state": "anywhere"}, {"q": "SN-", "state": "in_stock"}])
def test_pages_go_on_and_back_without_gap_or_repeat(client_of, manager, many, filters, on):
    client = client_of(manager)
    expected = [key for key in many if not filters.get("q") or key.startswith("SN-")]
    cursor, seen, befores = None, [], []
    while True:
        page = client.get(URL, filters | ({"after": cursor} if cursor else {})).context["page"]
        seen += [row.text for row in page.rows]
        befores.append(page.before)
        cursor = page.after
        if cursor is None:
            break
    assert seen == expected
    assert befores[0] is None
    assert all(befores[1:])
    back = client.get(URL, filters | {"before": befores[-1]}).context["page"]
    assert [row.text for row in back.rows] == expected[10:20]
    first = client.get(URL, filters | {"before": back.before}).context["page"]
    assert [row.text for row in first.rows] == expected[:10]
    assert first.before is None


def first_product(page) -> Product:
    return Product.objects.get(pk=page.rows[-1].product_id)


def test_a_page_goes_on_where_a_unit_was_that_moved_meanwhile(manager, store, many):
    chosen = everything(store)
    first = page_of(chosen)
    sell(store, manager, (first_product(first), [first.rows[-1].text]))
    place = place_of(first.after)
    assert place == first.rows[-1].place
    assert page_of(chosen, after=place).rows[0].text == many[10]


def test_few_that_fit_are_looked_for_until_it_took_long_enough(
    client_of, manager, store, many, monkeypatch
):
    monkeypatch.setattr(stock_units, "LOOKS", (7, 5))
    monkeypatch.setattr(stock_units, "LONG_ENOUGH", 3600)
    chosen = everything(store, older_than=10)
    assert page_of(chosen).rows == []
    assert page_of(chosen).after is None
    monkeypatch.setattr(stock_units, "LONG_ENOUGH", -1)
    page = page_of(chosen)
    assert (page.rows, page.looked) == ([], 7)
    answer = client_of(manager).get(URL, {"older_than": 10, "state": "anywhere"})
    assert "No unit that fits so far" in answer.text
    places = []
    while page.after:
        places.append(page.after)
        page = page_of(chosen, after=place_of(page.after))
    assert len(places) == 3


def test_the_statements_do_not_grow_with_the_units(client_of, manager, store, goods):
    def count(**filters) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(URL, filters)
        return len(captured)

    client = client_of(manager)
    choices = [
        {}, {"q": "0001"}, {"state": "anywhere"}, {"older_than": 3}, {"on": ago(1).isoformat()},
        {"warranty": "covered"},
    ]  # fmt: skip
    receive(store, manager, (goods.strict, ["ONE-0001"]), on=ago(9))
    client.get(URL)
    few = [count(**filters) for filters in choices]
    receive(store, manager, (goods.strict, [f"M-{nth:04}" for nth in range(60)]), on=ago(9))
    sell(store, manager, (goods.strict, ["M-0001"]))
    assert [count(**filters) for filters in choices] <= few
    assert max(few) <= 22


# ---- what the index is for -----------------------------------------------------------------------


def test_endings_are_found_by_their_index(manager, store, goods):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM serials_serial WHERE reverse(key) COLLATE \"C\" LIKE '1000%%'"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "serials_by_ending" in plan
