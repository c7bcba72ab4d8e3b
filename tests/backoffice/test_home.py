"""The home page: what each role sees there, what is news to whom, and what may be begun."""

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
from backoffice.home import Home, sold_by
from backoffice.setting_up import steps_to_set_up
from backoffice.starting import startable
from backoffice.waiting import notices_to_see, on_the_way_from, on_the_way_to
from backoffice.week import Figures
from company.access import access_of
from company.models import Company, Membership, Store, User
from company.rights import Role
from documents.acknowledging import acknowledge_returns
from documents.models import Document, Kind
from documents.notices import see
from documents.posting import post_document
from products.models import ProductType
from tests import shop
from tests.shop import (
    arrive,
    draft,
    exchange,
    make_goods,
    post,
    receive,
    return_to_supplier,
    sell,
    take_in,
    transfer,
)

pytestmark = pytest.mark.django_db


def cancel(document: Document, by: User) -> Document:
    """Cancel what was posted before: each of them is a transaction of its own."""
    connection.check_constraints()
    return shop.cancel(document, by)


@pytest.fixture
def of_both(manager: User, other_store: Store) -> User:
    """The manager of both stores."""
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    return manager


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


# What each role sees


def _seen(client: Client) -> Home:
    found = client.get("/").context["home"]
    assert isinstance(found, Home)
    return found


def test_the_cashiers_home_is_the_sale(store, manager, cashier, goods, client_of):
    receive(store, manager, (goods.strict, ["A", "B"]))
    sell(store, manager, (goods.strict, ["A"]))
    own = sell(store, cashier, (goods.strict, ["B"]))
    answer = client_of(cashier).get("/")
    home = answer.context["home"]
    assert (home.sold.figures.pieces, list(home.sold.documents)) == (1, [own])
    assert (home.week, home.latest, home.repairs, home.stores) == (None, None, None, ())
    assert answer.text.index('id="scan"') < answer.text.index(own.number)
    assert reverse("documents:start", args=["sale"]) in answer.text
    assert f'action="{reverse("backoffice:warranty")}"' in answer.text
    assert "Nothing waits" not in answer.text


def test_what_was_cancelled_or_sold_yesterday_is_not_sold_today(store, cashier, manager, goods):
    day = store.date_of(timezone.now())
    receive(store, manager, (goods.plain, 9), on=day - dt.timedelta(days=2))
    sell(store, manager, (goods.plain, 1), on=day - dt.timedelta(days=1))
    cancel(sell(store, manager, (goods.plain, 2)), manager)
    found = sold_by(access_of(manager), store, today=day)
    assert (found.figures, list(found.documents)) == (Figures(), [])


def test_the_technicians_home_is_the_repairs_the_most_urgent_first(
    store, manager, technician, goods, client_of
):
    day = store.date_of(timezone.now())
    ago = timezone.now() - dt.timedelta(days=9)
    receive(store, manager, (goods.strict, list("ABCD")), now=ago)
    sell(store, manager, (goods.strict, list("ABCD")), now=ago)
    for key, promised in (("A", None), ("B", 3), ("C", 0), ("D", -1)):
        on = None if promised is None else day + dt.timedelta(days=promised)
        take_in(store, manager, key, promised_on=on, now=ago)
    home = _seen(client_of(technician))
    assert home.repairs is not None
    assert [row.repair.serial_text for row, _pill in home.repairs] == ["D", "C", "A", "B"]
    assert (home.week, home.sold) == (None, None)
    assert _seen(client_of(manager)).repairs is None


def test_the_storekeepers_home_opens_what_is_scanned(storekeeper, client_of):
    page = client_of(storekeeper).get("/").text
    box = page.split('<form class="scan"')[1].split("</form>")[0]
    assert f'action="{reverse("backoffice:search")}"' in box
    assert "autofocus" in box
    assert "Nothing waits." in page


def test_who_has_two_roles_sees_both(store, cashier, client_of):
    Membership.objects.create(user=cashier, store=store, role=Role.STOREKEEPER)
    Membership.objects.create(user=cashier, store=store, role=Role.TECHNICIAN)
    home = _seen(client_of(cashier))
    assert home.sold is not None
    assert home.repairs is not None
    assert home.latest is not None
    assert home.week is None


def test_the_managers_week_is_of_the_store_and_no_other(
    store, other_store, manager, other_manager, goods, client_of
):
    receive(store, manager, (goods.plain, 9))
    receive(other_store, other_manager, (goods.plain, 9))
    sell(store, manager, (goods.plain, 2))
    sell(other_store, other_manager, (goods.plain, 7))
    answer = client_of(manager).get("/")
    home = answer.context["home"]
    assert (home.week.store, home.week.of_today.amount) == (store, Decimal(200))
    assert home.stores == ()
    assert "Sold this week: 200.00" in answer.text
    assert "700.00" not in answer.text

    Membership.objects.create(user=manager, store=other_store, role=Role.CASHIER)
    assert _seen(client_of(manager)).stores == (), "a cashier there has no business with its week"


def test_several_stores_are_told_each_and_together(store, other_store, of_both, goods, client_of):
    for at, pieces in ((store, 2), (other_store, 7)):
        receive(at, of_both, (goods.plain, 9))
        sell(at, of_both, (goods.plain, pieces))
    home = _seen(client_of(of_both))
    assert [(row.week.store, row.week.so_far.pieces) for row in home.stores] == [
        (other_store, 7), (store, 2),
    ]  # fmt: skip
    assert home.so_far.amount == Decimal(900)


# Setting up


def test_an_admin_is_led_through_setting_up(admin, client_of):
    def open_steps() -> list[str]:
        return [step.url for step in steps_to_set_up(access_of(admin)) if not step.is_done]

    assert len(open_steps()) == 5
    answer = client_of(admin).get("/")
    for url in open_steps():
        assert f'href="{url}"' in answer.text
        assert client_of(admin).get(url).status_code == 200

    store = Store.objects.create(name="First", prefix="F1")
    assert reverse("company:new_store") not in open_steps()
    assert "Set up the shop" in client_of(admin).get("/").text
    Membership.objects.create(user=admin, store=store, role=Role.MANAGER)
    Company.objects.update(name="Iskra")
    goods = make_goods()
    assert open_steps() == [reverse("designs:list")]
    receive(store, admin, (goods.plain, 1))
    sell(store, admin, (goods.plain, 1))
    assert steps_to_set_up(access_of(admin)) == (), "the built-in card does"
    assert "Set up the shop" not in client_of(admin).get("/").text


def test_nobody_else_is_asked_to_set_up(manager, stranger, client_of):
    assert steps_to_set_up(access_of(manager)) == ()
    assert "Set up the shop" not in client_of(stranger).get("/").text


# How much is asked


def test_the_number_of_statements_grows_neither_with_what_waits_nor_with_stores(
    store, other_store, of_both, goods, client_of: Callable[[User], Client]
):
    day = store.date_of(timezone.now())
    client = client_of(of_both)
    client.post(reverse("company:switch_store"), {"store": store.pk})
    ProductType.objects.update(supplier_period_count=10, supplier_period_unit="days")

    def more(turn: int) -> None:
        _received_again(store, of_both, goods, [f"N{turn}A", f"N{turn}B"])
        for sender, receiver in ((store, other_store), (other_store, store)):
            receive(sender, of_both, (goods.plain, 3), (goods.recorded, [f"R{turn}{sender.pk}"]))
            transfer(sender, receiver, of_both, (goods.plain, 2))
        without = draft(Kind.RECEIPT, store, of_both, [(goods.strict, 2)], on=day)
        post_document(
            without.pk, by=access_of(of_both), now=timezone.now(), without_serials="in a hurry"
        )
        sale = sell(store, of_both, (goods.strict, [f"N{turn}A"]), (goods.recorded, [f"W{turn}"]))
        exchange(
            sale, store, of_both, [(goods.strict, [f"N{turn}A"])],
            [(goods.strict, [f"N{turn}B"])],
        )  # fmt: skip
        defective = draft(Kind.RECEIPT, store, of_both, [(goods.strict, [f"D{turn}"])])
        defective.lines.update(is_defective=True)
        post(defective, of_both)
        take_in(store, of_both, f"N{turn}B", promised_on=day)
        old = draft(Kind.TRANSFER, store, of_both, [(goods.plain, 1)], to_store=other_store)
        Document.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(days=9))

    def asked() -> int:
        with CaptureQueriesContext(connection) as made:
            home = _seen(client)
        assert len(home.decisions) == 5
        return len(made)

    more(1)
    before = asked()
    more(2)
    more(3)
    for nth in range(4):
        third = Store.objects.create(name=f"Third {nth}", prefix=f"TH{nth}")
        Membership.objects.create(user=of_both, store=third, role=Role.MANAGER)
    assert asked() == before <= 28
