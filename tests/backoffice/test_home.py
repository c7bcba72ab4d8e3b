"""The home page: the day's figures, what waits for whom, and what may be begun."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.context import shell
from backoffice.home import Today, figures
from backoffice.starting import startable
from backoffice.waiting import (
    notices_to_see,
    on_the_way_from,
    on_the_way_to,
    without_serials,
)
from company.access import access_of
from company.models import Membership, Store, User
from company.rights import Role
from documents.acknowledging import acknowledge_returns
from documents.models import Document, Kind
from documents.notices import see
from documents.posting import post_document
from tests import shop
from tests.shop import (
    arrive,
    draft,
    exchange,
    give_back,
    identify,
    post,
    receive,
    return_to_supplier,
    sell,
    transfer,
)

pytestmark = pytest.mark.django_db


def today(store: Store) -> Today:
    return figures(store, today=store.date_of(timezone.now()))


def cancel(document: Document, by: User) -> Document:
    """Cancel what was posted before: each of them is a transaction of its own."""
    connection.check_constraints()
    return shop.cancel(document, by)


@pytest.fixture
def of_both(manager: User, other_store: Store) -> User:
    """The manager of both stores."""
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    return manager


# Figures of the day


def test_what_is_given_back_is_told_beside_what_was_sold(store, manager, goods):
    receive(store, manager, (goods.strict, ["A", "B"]), (goods.plain, 5))
    sale = sell(store, manager, (goods.strict, ["A", "B"]), (goods.plain, 3))
    give_back(sale, store, manager, (goods.strict, ["A"]), (goods.plain, 1))
    found = today(store)
    assert (found.sales, found.pieces, found.amount) == (1, 5, Decimal(500))
    assert (found.returns, found.pieces_back, found.amount_back) == (1, 2, Decimal(200))
    assert found.net == Decimal(300)


def test_an_exchange_is_sold_on_one_side_and_given_back_on_the_other(store, manager, goods):
    receive(store, manager, (goods.strict, ["A", "B"]))
    sale = sell(store, manager, (goods.strict, ["A"]))
    exchange(sale, store, manager, [(goods.strict, ["A"])], [(goods.strict, ["B"])])
    found = today(store)
    assert (found.pieces, found.pieces_back) == (2, 1)
    assert found.net == Decimal(100)


def test_cancelled_documents_count_nowhere(store, manager, goods):
    receive(store, manager, (goods.strict, ["A"]))
    sale = sell(store, manager, (goods.strict, ["A"]))
    cancel(give_back(sale, store, manager, (goods.strict, ["A"])), manager)
    assert (today(store).pieces, today(store).pieces_back) == (1, 0)
    cancel(sale, manager)
    assert (today(store).sales, today(store).pieces, today(store).net) == (0, 0, 0)


def test_defective_pieces_are_not_on_the_shelf(store, manager, goods):
    receive(store, manager, (goods.plain, 5))
    sale = sell(store, manager, (goods.plain, 2))
    give_back(sale, store, manager, (goods.plain, 1), defective=True)
    assert (today(store).in_stock, today(store).defective) == (3, 1)


def test_the_page_says_both_figures(store, manager, goods, client_of):
    receive(store, manager, (goods.plain, 5))
    sale = sell(store, manager, (goods.plain, 3))
    give_back(sale, store, manager, (goods.plain, 1))
    page = client_of(manager).get("/").text
    for words in ("Sold less given back today", "sold 300.00, 3 pieces", "given back 100.00"):
        assert words in page


# Notices


def _received_again(store: Store, manager: User, goods: Any, keys: list[str]) -> Document:
    receive(store, manager, (goods.strict, keys))
    return_to_supplier(store, manager, (goods.strict, keys))
    again = draft(Kind.RECEIPT, store, manager, [(goods.strict, keys)])
    acknowledge_returns(again.pk, by=access_of(manager), now=timezone.now())
    return post(again, manager)


def test_a_notice_names_the_units_with_the_return_before_and_its_reason(store, manager, goods):
    again = _received_again(store, manager, goods, ["A", "B"])
    (seen,) = notices_to_see(access_of(manager))
    assert seen.notice.document == again
    assert [(unit.text, unit.reason) for unit in seen.units] == [
        ("A", "dead pixel"), ("B", "dead pixel"),
    ]  # fmt: skip
    assert {unit.earlier.reference for unit in seen.units} == {
        Document.objects.get(kind=Kind.SUPPLIER_RETURN).number
    }


def test_a_notice_stays_until_it_is_seen_and_only_managers_get_it(store, manager, cashier, goods):
    _received_again(store, manager, goods, ["A"])
    (seen,) = notices_to_see(access_of(manager))
    assert notices_to_see(access_of(cashier)) == []
    see(seen.notice.pk, by=access_of(manager), now=timezone.now())
    assert notices_to_see(access_of(manager)) == []


def test_a_notice_of_many_units_names_some_and_counts_all(store, manager, goods, client_of):
    _received_again(store, manager, goods, [f"SN{nth:02d}" for nth in range(8)])
    (seen,) = notices_to_see(access_of(manager))
    assert (len(seen.units), seen.count) == (5, 8)
    page = client_of(manager).get("/").text
    assert "received again 8 units that had gone back to the supplier:" in page
    assert "SN04" in page
    assert "and 3 more" in page
    assert reverse("documents:notice_seen", args=[seen.notice.pk]) in page


# Transfers on their way


def test_a_transfer_waits_where_it_goes_and_where_it_came_from(store, other_store, of_both, goods):
    receive(store, of_both, (goods.strict, ["A", "B"]), (goods.plain, 3))
    sent = transfer(store, other_store, of_both, (goods.strict, ["A", "B"]), (goods.plain, 3))
    access = access_of(of_both)
    (coming,) = on_the_way_to(other_store, access=access)
    (gone,) = on_the_way_from(store, access=access)
    assert coming == gone
    assert (coming.document, coming.sent, coming.left) == (sent, 5, 5)
    assert on_the_way_to(store, access=access) == []
    assert on_the_way_from(other_store, access=access) == []


def test_what_arrived_short_stays_with_what_is_missing(store, other_store, of_both, goods):
    receive(store, of_both, (goods.strict, ["A", "B"]), (goods.plain, 3))
    sent = transfer(store, other_store, of_both, (goods.strict, ["A", "B"]), (goods.plain, 3))
    arrive(sent, of_both, (goods.strict, ["A"]), (goods.plain, 3))
    (gone,) = on_the_way_from(store, access=access_of(of_both))
    assert (gone.arrived, gone.left) == (4, 1)
    arrive(sent, of_both, (goods.strict, ["B"]))
    assert on_the_way_from(store, access=access_of(of_both)) == []
    assert on_the_way_to(other_store, access=access_of(of_both)) == []


def test_a_cancelled_transfer_is_not_on_its_way(store, other_store, of_both, goods):
    receive(store, of_both, (goods.plain, 3))
    cancel(transfer(store, other_store, of_both, (goods.plain, 3)), of_both)
    assert on_the_way_to(other_store, access=access_of(of_both)) == []


def test_who_may_not_receive_is_not_asked_to(
    store, other_store, of_both, cashier, storekeeper, goods, client_of
):
    receive(other_store, of_both, (goods.plain, 3))
    sent = transfer(other_store, store, of_both, (goods.plain, 3))
    receiving = reverse("documents:receive", args=[sent.pk])
    assert receiving in client_of(storekeeper).get("/").text
    assert sent.number in client_of(storekeeper).get("/").text
    assert receiving not in client_of(cashier).get("/").text


# Units without serial numbers


def _moved_without(store: Store, by: User, goods: Any, count: int, on: dt.date) -> Document:
    document = draft(Kind.RECEIPT, store, by, [(goods.strict, count)], on=on)
    return post_document(
        document.pk, by=access_of(by), now=timezone.now(), without_serials="in a hurry"
    )


def test_units_without_serials_are_counted_since_the_oldest(store, manager, goods, client_of):
    day = store.date_of(timezone.now())
    old = _moved_without(store, manager, goods, 3, day - dt.timedelta(days=4))
    _moved_without(store, manager, goods, 2, day)
    access = access_of(manager)
    waiting = without_serials(store, access=access, today=day)
    assert waiting is not None
    assert (waiting.units, waiting.days) == (5, 4)
    page = client_of(manager).get("/").text
    assert reverse("documents:unidentified") in page
    assert "waiting, the oldest for 4 days" in page

    identify(old, manager, (goods.strict, ["A", "B", "C"]))
    waiting = without_serials(store, access=access, today=day)
    assert waiting is not None
    assert (waiting.units, waiting.days) == (2, 0)


def test_nothing_waits_where_every_serial_is_there(store, other_store, of_both, technician, goods):
    day = store.date_of(timezone.now())
    receive(store, of_both, (goods.strict, ["A"]))
    assert without_serials(store, access=access_of(of_both), today=day) is None
    _moved_without(store, of_both, goods, 1, day)
    assert without_serials(other_store, access=access_of(of_both), today=day) is None
    assert without_serials(store, access=access_of(technician), today=day) is None


# What may be begun, and the navigation


def test_each_role_begins_what_it_may(store, cashier, storekeeper, technician, manager):
    def begun(person: User) -> tuple[str | None, list[str], list[str]]:
        found = startable(store, access=access_of(person))
        main = found.main.kind if found.main else None
        return main, [spec.kind for spec in found.buttons], [spec.kind for spec in found.menu]

    assert begun(cashier) == (Kind.SALE, [Kind.CUSTOMER_RETURN, Kind.EXCHANGE], [])
    assert begun(storekeeper) == (
        Kind.RECEIPT, [Kind.TRANSFER], [Kind.SET_ASIDE, Kind.PUT_BACK]
    )  # fmt: skip
    assert begun(technician) == (None, [], [Kind.SET_ASIDE, Kind.PUT_BACK])
    main, buttons, menu = begun(manager)
    assert (main, buttons) == (Kind.SALE, [])
    written_by_others = {
        Kind.ARRIVAL, Kind.IDENTIFICATION, Kind.SHORTAGE, Kind.CORRECTION, Kind.PARTS,
    }  # fmt: skip
    assert set(menu) == set(Kind.values) - {Kind.SALE} - written_by_others


def test_nobody_begins_anything_without_a_store(stranger):
    assert startable(None, access=access_of(stranger)).main is None


def _entries(client: Client, address: str = "/") -> list[Any]:
    answer = client.get(address)
    return list(shell(answer.wsgi_request)["navigation"])


def test_the_navigation_leads_with_what_a_role_does_every_day(
    cashier, storekeeper, technician, client_of
):
    def first(person: User) -> list[str]:
        return [str(entry.label) for entry in _entries(client_of(person))[:4]]

    assert first(cashier) == ["Home", "Sales", "Returns", "Warranty"]
    assert first(storekeeper) == ["Home", "Receipts", "Transfers", "Stock"]
    assert first(technician) == ["Home", "Warranty", "Repairs", "Stock"]


@pytest.mark.parametrize("kind", Kind.values)
def test_every_kind_of_documents_has_one_place_in_the_navigation(kind, manager, cashier, client_of):
    for person in (manager, cashier):
        found = [entry for entry in _entries(client_of(person)) if kind in entry.kinds]
        assert len(found) == 1


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("/documents/", "Documents"),
        ("/documents/?kind=sale", "Sales"),
        ("/documents/?kind=exchange", "Returns"),
        ("/documents/?kind=arrival", "Transfers"),
        ("/documents/?kind=write_off", "Documents"),
        ("/documents/?kind=nonsense", "Documents"),
        ("/products/?kind=sale", "Products"),
    ],
)
def test_the_entry_of_a_list_is_the_current_one(address, label, manager, client_of):
    current = [entry for entry in _entries(client_of(manager), address) if entry.current]
    assert [str(entry.label) for entry in current] == [label]


def test_the_page_of_a_write_off_is_under_documents(store, manager, goods, client_of):
    document = draft(Kind.WRITE_OFF, store, manager, [])
    page = client_of(manager).get(reverse("documents:document", args=[document.pk])).text
    rail = page.split('<nav class="rail"')[1].split("</nav>")[0]
    (current,) = [entry for entry in rail.split("<li>") if 'aria-current="page"' in entry]
    assert "Documents" in current


# How much is asked


def test_the_number_of_statements_does_not_grow_with_what_waits(
    store, other_store, of_both, goods, client_of: Callable[[User], Client]
):
    day = store.date_of(timezone.now())
    client = client_of(of_both)
    client.post(reverse("company:switch_store"), {"store": store.pk})

    def more(turn: int) -> None:
        _received_again(store, of_both, goods, [f"N{turn}A", f"N{turn}B"])
        for sender, receiver in ((store, other_store), (other_store, store)):
            receive(sender, of_both, (goods.plain, 3))
            transfer(sender, receiver, of_both, (goods.plain, 2))
        _moved_without(store, of_both, goods, 2, day)
        sale = sell(store, of_both, (goods.strict, [f"N{turn}A"]))
        exchange(
            sale, store, of_both, [(goods.strict, [f"N{turn}A"])],
            [(goods.strict, [f"N{turn}B"])],
        )  # fmt: skip
        draft(Kind.TRANSFER, store, of_both, [(goods.plain, 1)], to_store=other_store)

    def asked() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get("/").status_code == 200
        return len(made)

    more(1)
    before = asked()
    more(2)
    more(3)
    assert asked() == before <= 26
