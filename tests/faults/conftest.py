"""One stage for all tests of faults; each of them works in a shop of its own."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

import pytest
from django.test import Client

from company.models import Membership, Store, User
from company.rights import Role
from documents.models import Document
from products.models import Product, ProductType
from tests.faults.stage import Database, Web, on_stage, prepare
from tests.shop import draft, post

_numbers = itertools.count(1)


@dataclasses.dataclass
class Shop:
    """A store, its manager, a product with strict serial numbers."""

    store: Store
    manager: User
    phone: Product

    def receipt(self, serials: Sequence[str]) -> Document:
        return draft("receipt", self.store, self.manager, [(self.phone, serials)])

    def sale(self, serials: Sequence[str]) -> Document:
        return draft("sale", self.store, self.manager, [(self.phone, serials)])

    def receive(self, serials: Sequence[str]) -> Document:
        return post(self.receipt(serials), self.manager)

    def session(self) -> str:
        browser = Client()
        browser.force_login(self.manager)
        return browser.cookies["sessionid"].value


@pytest.fixture(scope="session")
def database(django_db_setup, django_db_blocker) -> Iterator[Database]:
    made = Database()
    try:
        made.start()
        with django_db_blocker.unblock():
            prepare(made)
        yield made
    finally:
        made.remove()


@pytest.fixture
def shop(database: Database, django_db_blocker) -> Iterator[Shop]:
    nth = next(_numbers)
    with django_db_blocker.unblock(), on_stage(database):
        store = Store.objects.create(name=f"Shop {nth}", prefix=f"F{nth}")
        manager = User.objects.create_user(f"manager-{nth}", password=None, language="en")
        Membership.objects.create(user=manager, store=store, role=Role.MANAGER)
        kind = ProductType.objects.create(
            name=f"Phones {nth}", period_count=12, period_unit="months"
        )
        phone = Product.objects.create(
            sku=f"PHONE-{nth}", name="Phone", type=kind, mode="strict", price=100
        )
        yield Shop(store, manager, phone)


@pytest.fixture(scope="session")
def running_web(database: Database) -> Iterator[Web]:
    started = Web(database)
    yield started
    started.stop()


@pytest.fixture
def web(running_web: Web, shop: Shop) -> Web:
    """The web server, with the shop's manager signed in."""
    running_web.sign_in(shop.session())
    return running_web
