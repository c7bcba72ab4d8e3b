"""Any order of receipts and sales, in every mode, against a small model of what must come out."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from company.models import Membership, Store, User
from company.rights import Role
from documents.models import Document
from products.models import Product
from products.modes import Mode
from serials.models import Balance, LedgerEntry, PlaceKind, Serial
from serials.refusals import PostingRefused
from tests.shop import make_goods, receive, sell
from warranty.models import Card, Term

pytestmark = pytest.mark.django_db

SERIALS = st.lists(
    st.sampled_from([f"SN{n}" for n in range(6)]), min_size=1, max_size=4, unique=True
)
MODES = st.sampled_from(["strict", "recorded", "period", "plain"])
DAYS_AGO = st.integers(0, 3)


class Shop(RuleBasedStateMachine):
    """Two stores receive and sell; the model is four dicts."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.stores = [
            Store.objects.create(name=name, prefix=prefix)
            for name, prefix in (("One", "A1"), ("Two", "B2"))
        ]
        self.manager = User.objects.create_user("boss")
        Membership.objects.bulk_create(
            Membership(user=self.manager, store=store, role=Role.MANAGER) for store in self.stores
        )
        self.goods = make_goods()
        self.today = self.stores[0].date_of(timezone.now())
        self.stock: Counter[tuple[int, int]] = Counter()  # (product, store) -> pieces
        self.where: dict[str, int | None] = {}  # strict serial -> store, None once sold
        self.moved: dict[str, dt.date] = {}  # strict serial -> day of its last movement
        self.moves: Counter[tuple[int, str]] = Counter()  # (product, serial) -> entries
        self.warranties = 0
        self.posted: Counter[str] = Counter()  # series of numbers -> how many were given

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def _try(self, work, store: Store, product: Product, what: object, on: dt.date) -> bool:
        try:
            document = work(store, self.manager, (product, what), on=on)
        except PostingRefused:
            return False
        assert isinstance(document, Document)
        series = document.number.rsplit("-", 1)[0]
        self.posted[series] += 1
        assert document.number == f"{series}-{self.posted[series]:06d}"
        return True

    @rule(nth=st.integers(0, 1), mode=MODES, serials=SERIALS, ago=DAYS_AGO)
    def receipt(self, nth: int, mode: str, serials: list[str], ago: int) -> None:
        store, product = self.stores[nth], getattr(self.goods, mode)
        on = self.today - dt.timedelta(days=ago)
        what = serials if product.asks_serials else len(serials)
        fits = mode != "strict" or all(serial not in self.where for serial in serials)
        assert self._try(receive, store, product, what, on) == fits
        if not fits:
            return
        self.stock[product.pk, store.pk] += len(serials)
        self._moved(mode, product, serials, store.pk, on)

    @rule(nth=st.integers(0, 1), mode=MODES, serials=SERIALS, ago=DAYS_AGO)
    def sale(self, nth: int, mode: str, serials: list[str], ago: int) -> None:
        store, product = self.stores[nth], getattr(self.goods, mode)
        on = self.today - dt.timedelta(days=ago)
        what = serials if product.asks_serials else len(serials)
        if mode == "strict":
            fits = all(
                self.where.get(serial) == store.pk and self.moved[serial] <= on
                for serial in serials
            )
        else:
            fits = self.stock[product.pk, store.pk] >= len(serials)
        assert self._try(sell, store, product, what, on) == fits
        if not fits:
            return
        self.stock[product.pk, store.pk] -= len(serials)
        self._moved(mode, product, serials, None, on)
        if mode != "plain":
            self.warranties += len(serials)

    def _moved(
        self, mode: str, product: Product, serials: list[str], store_id: int | None, on: dt.date
    ) -> None:
        if mode == "strict":
            for serial in serials:
                self.where[serial] = store_id
                self.moved[serial] = on
        if product.asks_serials:
            for serial in serials:
                self.moves[product.pk, serial] += 1

    @invariant()
    def balances_are_the_model(self) -> None:
        shelf = Balance.objects.filter(place__kind=PlaceKind.SHELF)
        found = {
            (product, store): quantity
            for product, store, quantity in shelf.values_list(
                "product_id", "place__store_id", "quantity"
            )
            if quantity
        }
        assert found == {key: pieces for key, pieces in self.stock.items() if pieces}

    @invariant()
    def balances_are_the_ledger(self) -> None:
        added: Counter[tuple[int, int]] = Counter()
        rows = LedgerEntry.objects.values_list(
            "product_id", "quantity", "from_place_id", "to_place_id"
        )
        for product, quantity, source, target in rows:
            added[product, source] -= quantity
            added[product, target] += quantity
        for balance in Balance.objects.all():
            assert balance.quantity == added[balance.product_id, balance.place_id]

    @invariant()
    def strict_serials_are_where_the_model_has_them(self) -> None:
        found = {
            serial.key: serial.place.store_id
            for serial in Serial.objects.filter(product__mode=Mode.STRICT).select_related("place")
        }
        assert found == self.where

    @invariant()
    def every_serial_is_where_its_last_entry_put_it(self) -> None:
        for serial in Serial.objects.prefetch_related("entries"):
            entries = sorted(serial.entries.all(), key=lambda entry: entry.seq)
            assert [entry.seq for entry in entries] == list(range(1, serial.seq + 1))
            assert entries[-1].to_place_id == serial.place_id
            assert len(entries) == self.moves[serial.product_id, serial.key]

    @invariant()
    def every_sold_piece_under_warranty_has_a_card(self) -> None:
        assert Card.objects.count() == self.warranties
        assert sum(Term.objects.values_list("quantity", flat=True)) == self.warranties

    @invariant()
    def deferred_rules_hold(self) -> None:
        connection.check_constraints()


@pytest.mark.parametrize("budget", [pytest.param(25, id="small")])
def test_any_order_of_receipts_and_sales(db, budget: int) -> None:
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=budget,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
