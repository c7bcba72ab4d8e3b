"""Any order of receipts, sales and changes of mode, against a small model of what comes out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections import Counter

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from company.constraints import broken_constraint
from company.models import Membership, Store, User
from company.rights import Role
from documents.models import Document
from documents.proving import differences as document_differences
from products.models import Product
from products.modes import Mode
from serials.models import Balance, LedgerEntry, PlaceKind, Serial
from serials.proving import differences as ledger_differences
from serials.refusals import PostingRefused
from tests.shop import make_goods, receive, sell
from warranty.models import Card, Term
from warranty.proving import differences as warranty_differences

pytestmark = pytest.mark.django_db

NAMES = [f"SN{n}" for n in range(4)]
SERIALS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
# What mixes modes about serials is the most interesting, so it comes the most often.
PRODUCTS = st.sampled_from(["recorded", "strict", "recorded", "plain", "period"])  # modes at first
MODES = st.sampled_from([Mode.STRICT, Mode.RECORDED, Mode.STRICT, Mode.PERIOD, Mode.NONE])
DAYS_AGO = st.integers(0, 3)
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "40"))


@dataclasses.dataclass
class Unit:
    """A serial in the model: its store (None once sold), its last day, its entries."""

    store_id: int | None
    verified: bool
    on: dt.date
    entries: int = 0

    @property
    def is_unknown(self) -> bool:
        """Whether strict accounting takes it for new: people only said that it lies there."""
        return self.store_id is not None and not self.verified


class Shop(RuleBasedStateMachine):
    """Two stores receive and sell, an admin changes modes; the model is a few dicts."""

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
        self.units: dict[tuple[int, str], Unit] = {}  # (product, serial) -> where it is
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

    @initialize(said=SERIALS, sold=st.permutations(NAMES), mode=MODES)
    def recorded_before(self, said: list[str], sold: list[str], mode: str) -> None:
        """Begin where a recorded time ended: some serials lie where nothing lies."""
        self.receipt(nth=0, name="recorded", serials=said, ago=3)
        self.change_of_mode(name="recorded", mode=mode, first_sold=sold)

    @rule(nth=st.integers(0, 1), name=PRODUCTS, serials=SERIALS, ago=DAYS_AGO)
    def receipt(self, nth: int, name: str, serials: list[str], ago: int) -> None:
        store, product = self.stores[nth], getattr(self.goods, name)
        on = self.today - dt.timedelta(days=ago)
        what = serials if product.asks_serials else len(serials)
        known = [self.units.get((product.pk, serial)) for serial in serials]
        fits = product.mode != Mode.STRICT or all(
            unit is None or (unit.is_unknown and unit.on <= on) for unit in known
        )
        assert self._try(receive, store, product, what, on) == fits
        if fits:
            self.stock[product.pk, store.pk] += len(serials)
            self._moved(product, serials, store.pk, on)

    @rule(nth=st.integers(0, 1), name=PRODUCTS, serials=SERIALS, ago=DAYS_AGO)
    def sale(self, nth: int, name: str, serials: list[str], ago: int) -> None:
        self._sell(self.stores[nth], getattr(self.goods, name), serials, ago)

    def _sell_out(self, product: Product, named: list[str]) -> None:
        """Bring a product to zero stock; recorded units go under whatever names come."""
        for store in self.stores:
            left = self.stock[product.pk, store.pk]
            serials = [*named, *(f"X{nth}" for nth in range(left))][:left]
            if product.mode == Mode.STRICT:
                serials = [
                    serial
                    for (product_id, serial), unit in self.units.items()
                    if product_id == product.pk and unit.verified and unit.store_id == store.pk
                ]
            if left:
                self._sell(store, product, serials, ago=0)
            assert not self.stock[product.pk, store.pk]

    def _sell(self, store: Store, product: Product, serials: list[str], ago: int) -> None:
        on = self.today - dt.timedelta(days=ago)
        what = serials if product.asks_serials else len(serials)
        if product.mode == Mode.STRICT:
            known = [self.units.get((product.pk, serial)) for serial in serials]
            fits = all(
                unit and unit.verified and unit.store_id == store.pk and unit.on <= on
                for unit in known
            )
        else:
            fits = self.stock[product.pk, store.pk] >= len(serials)
        assert self._try(sell, store, product, what, on) == fits
        if fits:
            self.stock[product.pk, store.pk] -= len(serials)
            self._moved(product, serials, None, on)
            if product.mode != Mode.NONE:
                self.warranties += len(serials)

    @rule(name=PRODUCTS, mode=MODES, first_sold=st.none() | st.permutations(NAMES))
    def change_of_mode(self, name: str, mode: str, first_sold: list[str] | None) -> None:
        product = getattr(self.goods, name)
        if first_sold:
            self._sell_out(product, first_sold)
        pieces = sum(self.stock[product.pk, store.pk] for store in self.stores)
        about_serials = {product.mode, mode} & {Mode.STRICT, Mode.RECORDED}
        fits = product.mode == mode or not about_serials or not pieces
        refused_by = ""
        try:
            with transaction.atomic():
                Product.objects.filter(pk=product.pk).update(mode=mode)
        except IntegrityError as error:
            refused_by = broken_constraint(error)
        product.refresh_from_db()
        assert refused_by == ("" if fits else "serials_mode_changes_at_zero_stock")

    def _moved(
        self, product: Product, serials: list[str], store_id: int | None, on: dt.date
    ) -> None:
        if not product.asks_serials:
            return
        for serial in serials:
            unit = self.units.setdefault((product.pk, serial), Unit(store_id, False, on))
            unit.store_id = store_id
            unit.verified = product.mode == Mode.STRICT
            unit.on = max(unit.on, on)
            unit.entries += 1

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
    def serials_are_where_the_model_has_them(self) -> None:
        found = {
            (serial.product_id, serial.key): Unit(
                serial.place.store_id, serial.is_verified, serial.moved_on, serial.seq
            )
            for serial in Serial.objects.select_related("place")
        }
        assert found == self.units

    @invariant()
    def strict_stock_is_its_verified_serials(self) -> None:
        verified = Counter(
            Serial.objects.filter(
                product__mode=Mode.STRICT, is_verified=True, place__kind=PlaceKind.SHELF
            ).values_list("product_id", "place_id")
        )
        shelf = Balance.objects.filter(product__mode=Mode.STRICT, place__kind=PlaceKind.SHELF)
        assert verified == Counter(
            {(each.product_id, each.place_id): each.quantity for each in shelf}
        )

    @invariant()
    def every_serial_is_where_its_last_entry_put_it(self) -> None:
        for serial in Serial.objects.prefetch_related("entries"):
            entries = sorted(serial.entries.all(), key=lambda entry: entry.seq)
            assert [entry.seq for entry in entries] == list(range(1, serial.seq + 1))
            assert entries[-1].to_place_id == serial.place_id
            assert entries[-1].verified == serial.is_verified

    @invariant()
    def verified_movements_go_on_from_the_one_before(self) -> None:
        moved: dict[int | None, LedgerEntry] = {}
        entries = LedgerEntry.objects.filter(serial__isnull=False).select_related("from_place")
        for entry in entries.order_by("serial_id", "seq"):
            before = moved.get(entry.serial_id)
            if entry.continues:
                assert entry.from_place_id == before.to_place_id
            elif entry.verified:
                assert entry.from_place.kind == PlaceKind.OUTSIDE
                assert before is None or not before.verified
            moved[entry.serial_id] = entry

    @invariant()
    def every_sold_piece_under_warranty_has_a_card(self) -> None:
        assert Card.objects.count() == self.warranties
        assert sum(Term.objects.values_list("quantity", flat=True)) == self.warranties

    @invariant()
    def deferred_rules_hold(self) -> None:
        connection.check_constraints()

    @invariant()
    def the_products_own_check_finds_nothing(self) -> None:
        assert [
            *ledger_differences(),
            *warranty_differences(),
            *document_differences(),
        ] == []


def test_any_order_of_receipts_sales_and_changes_of_mode(db) -> None:
    """SOAK_EXAMPLES in the environment makes it look further."""
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
