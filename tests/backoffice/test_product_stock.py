"""A product's stock by store and state, on the product's own page."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.product_stock import stock_by_state
from company.access import access_of
from company.models import Membership, Store, User
from company.rights import Role
from documents.models import Kind
from documents.posting import post_document
from products.stock import StoreStock
from tests.shop import arrive, draft, give_back, identify, receive, sell, set_aside, transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_both(manager: User, other_store: Store) -> User:
    """The manager of both stores."""
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    return manager


def stock(product, *stores: Store) -> list[StoreStock]:
    return list(stock_by_state(product.pk, [store.pk for store in stores]))


def test_each_state_is_counted_in_its_store(store, other_store, of_both, goods):
    receive(store, of_both, (goods.period, 10))
    sale = sell(store, of_both, (goods.period, 2))
    give_back(sale, store, of_both, (goods.period, 1), defective=True)
    sent = transfer(store, other_store, of_both, (goods.period, 3))
    arrive(sent, of_both, (goods.period, 1))
    assert stock(goods.period, store, other_store) == [
        StoreStock("Lviv", in_stock=1, arriving=2),
        StoreStock("Podil", in_stock=5, defective=1),
    ]
    assert stock(goods.period, store) == [StoreStock("Podil", in_stock=5, defective=1)]


def test_what_is_set_aside_is_not_on_the_shelf(store, manager, goods):
    receive(store, manager, (goods.period, 3))
    set_aside(store, manager, (goods.period, 2))
    assert stock(goods.period, store) == [StoreStock("Podil", in_stock=1, set_aside=2)]


def test_pieces_without_serials_are_counted_until_these_are_entered(store, manager, goods):
    def without(kind: str, count: int):
        document = draft(kind, store, manager, [(goods.strict, count)])
        return post_document(
            document.pk, by=access_of(manager), now=timezone.now(), without_serials="late"
        )

    came = without(Kind.RECEIPT, 4)
    without(Kind.SALE, 1)
    assert stock(goods.strict, store) == [StoreStock("Podil", in_stock=3, unidentified=3)]
    identify(came, manager, (goods.strict, ["A"]))
    assert stock(goods.strict, store) == [StoreStock("Podil", in_stock=3, unidentified=2)]


def test_a_store_that_holds_nothing_and_waits_for_nothing_is_left_out(store, manager, goods):
    receive(store, manager, (goods.plain, 1))
    sell(store, manager, (goods.plain, 1))
    assert stock(goods.plain, store) == []


def test_the_page_shows_the_persons_own_stores_only(
    store, other_store, manager, of_both, other_manager, goods, client_of
):
    receive(store, of_both, (goods.strict, ["A", "B"]))
    transfer(store, other_store, of_both, (goods.strict, ["A"]))
    Membership.objects.filter(user=of_both, store=other_store).delete()
    url = reverse("products:product", args=[goods.strict.pk])
    own = client_of(manager).get(url)
    assert own.context["stock"] == [StoreStock("Podil", in_stock=1)]
    assert "Of these without serial numbers" in own.text
    assert client_of(other_manager).get(url).context["stock"] == [StoreStock("Lviv", arriving=1)]


def test_the_number_of_statements_is_the_same_for_any_number_of_stores(admin, goods, client_of):
    client, url = client_of(admin), reverse("products:product", args=[goods.strict.pk])

    def asked() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(url).status_code == 200
        return len(made)

    def open_store(prefix: str) -> None:
        opened = Store.objects.create(name=f"Store {prefix}", prefix=prefix)
        receive(opened, admin, (goods.strict, [f"SN-{prefix}"]))

    open_store("A1")
    before = asked()
    for prefix in ("B1", "C1", "D1"):
        open_store(prefix)
    assert asked() == before
