"""Any order of documents, cancellings and changes of mode, against a model of a few dicts."""

from __future__ import annotations

import os

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from company.models import Company, Replacement
from documents.acknowledging import acknowledge_returns
from documents.continuing import receive_at_once, start_arrival, start_identification
from documents.models import Document
from products.models import Product
from products.modes import Mode
from serials.refusals import PostingRefused

from .shop_machine import TwiceTheShop
from .shop_model import TRANSIT, Line, Paper, aside, defective, route, shelf

pytestmark = pytest.mark.django_db

NAMES = [f"SN{n}" for n in range(4)]
# What mixes modes about serials is the most interesting, so it comes the most often.
PRODUCTS = st.sampled_from(["strict", "recorded", "strict", "period", "plain"])  # modes at first
SERIALS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
MODES = st.sampled_from([Mode.STRICT, Mode.RECORDED, Mode.STRICT, Mode.PERIOD, Mode.NONE])
DAYS_AGO = st.sampled_from([0, 0, 1, 2, 3])
STORES = st.integers(0, 1)
PICK = st.integers(0, 30)
RARELY = st.sampled_from([False, False, False, True])
OFTEN = st.sampled_from([True, True, True, False])
LOOSE = st.sampled_from([0, 0, 0, 1, 2])
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "4"))
STEPS = 50


class Shop(TwiceTheShop):
    """Two stores do what shops do."""

    # what a shop does

    @initialize(policy=st.sampled_from(Replacement.values), units=st.permutations(NAMES))
    def opening(self, policy: str, units: list[str]) -> None:
        """Something of everything is there to begin with."""
        Company.objects.update_or_create(id=1, defaults={"replacement": policy})
        for name, nth, serials in (
            ("strict", 0, units[:2]), ("strict", 1, units[2:3]), ("recorded", 0, units[:2]),
            ("period", 0, units[:3]), ("plain", 1, units[:1]),
        ):  # fmt: skip
            self.receipt(nth, name, serials, ago=3, loose=0, bad=False, wise=False, back=False)

    @rule(nth=STORES, name=PRODUCTS, serials=SERIALS, ago=DAYS_AGO, loose=LOOSE, bad=RARELY,
          wise=OFTEN, back=RARELY)  # fmt: skip
    def receipt(
        self,
        nth: int,
        name: str,
        serials: list[str],
        ago: int,
        loose: int,
        bad: bool,
        wise: bool,
        back: bool,
    ) -> None:
        product = self._product(name)
        new = [name for name in NAMES if self.books.trusted(product.pk, name) is None]
        returned = self._units(product, [("supplier", None)])
        serials = self._wise(wise, product, serials, returned if back and returned else new)
        line = self._line("receipt", product, serials, bad=bad, loose=loose)
        paper = Paper("receipt", nth, self._day(ago), [line], without_serials=loose > 0)
        paper.acknowledges = back
        document = self._draft(paper)
        if back:
            acknowledge_returns(document.pk, by=self.by, now=timezone.now())
        self._post(paper, document)

    @rule(nth=STORES, name=PRODUCTS, serials=SERIALS, ago=DAYS_AGO, loose=LOOSE, wise=OFTEN)
    def sale(
        self, nth: int, name: str, serials: list[str], ago: int, loose: int, wise: bool
    ) -> None:
        product = self._product(name)
        nth = self._store(wise, product, nth)
        line = self._goes("sale", nth, product, serials, wise=wise, loose=loose)
        self._simple("sale", nth, line, ago=ago, loose=loose)

    @rule(kind=st.sampled_from(["supplier_return", "write_off"]), nth=STORES, name=PRODUCTS,
          serials=SERIALS, ago=DAYS_AGO, loose=LOOSE, bad=RARELY, wise=OFTEN)  # fmt: skip
    def goes_out(
        self,
        kind: str,
        nth: int,
        name: str,
        serials: list[str],
        ago: int,
        loose: int,
        bad: bool,
        wise: bool,
    ) -> None:
        product = self._product(name)
        nth = self._store(wise, product, nth)
        line = self._goes(kind, nth, product, serials, wise=wise, bad=bad, loose=loose)
        self._simple(kind, nth, line, ago=ago, loose=loose)

    @rule(nth=STORES, name=PRODUCTS, serials=SERIALS, ago=DAYS_AGO, bad=RARELY, wise=OFTEN)
    def set_aside(
        self, nth: int, name: str, serials: list[str], ago: int, bad: bool, wise: bool
    ) -> None:
        product = self._product(name)
        nth = self._store(wise, product, nth)
        line = self._goes("set_aside", nth, product, serials, wise=wise, bad=bad)
        self._simple("set_aside", nth, line, ago=ago)

    @rule(nth=STORES, name=PRODUCTS, serials=SERIALS, ago=DAYS_AGO, bad=RARELY, wise=OFTEN)
    def put_back(
        self, nth: int, name: str, serials: list[str], ago: int, bad: bool, wise: bool
    ) -> None:
        product = self._product(name)
        held = self.books.balances()
        if wise and not held[product.pk, aside(nth)]:
            nth = 1 - nth
        serials = self._wise(wise, product, serials, self._units(product, [aside(nth)]))
        if wise:
            serials = serials[: max(1, held[product.pk, aside(nth)])]
        line = self._line("put_back", product, serials, bad=bad)
        self._simple("put_back", nth, line, ago=ago)

    @rule(nth=STORES, name=PRODUCTS, serials=SERIALS, ago=DAYS_AGO, wise=OFTEN)
    def parts(self, nth: int, name: str, serials: list[str], ago: int, wise: bool) -> None:
        product = self._product(name)
        nth = self._store(wise, product, nth)
        line = self._goes("parts", nth, product, serials, wise=wise)
        self._simple("parts", nth, line, ago=ago)

    def _back(
        self, pick: int, serials: list[str], *, wise: bool, bad: bool
    ) -> tuple[Line, Product] | None:
        """A line that brings back something of an earlier sale."""
        sold = self.books.waiting("return")
        if not sold:
            return None
        origin = sold[pick % len(sold)]
        product = Product.objects.get(pk=origin.product)
        if wise:
            serials = serials[: self.books.left(origin, "return")]
        units = [
            unit
            for moved in self.books.moved_by(origin)
            for unit in moved.serials
            if unit in self._units(product, [("customer", None)])
        ]
        serials = self._wise(wise, product, serials, units)
        return self._line("customer_return", product, serials, origin=origin, bad=bad), product

    @rule(nth=STORES, pick=PICK, serials=SERIALS, ago=DAYS_AGO, bad=RARELY, wise=OFTEN)
    def customer_return(
        self, nth: int, pick: int, serials: list[str], ago: int, bad: bool, wise: bool
    ) -> None:
        if back := self._back(pick, serials, wise=wise, bad=bad):
            self._simple("customer_return", nth, back[0], ago=ago)

    @rule(nth=STORES, pick=PICK, name=st.none() | PRODUCTS, serials=SERIALS, ago=DAYS_AGO,
          bad=RARELY, wise=OFTEN)  # fmt: skip
    def exchange(
        self,
        nth: int,
        pick: int,
        name: str | None,
        serials: list[str],
        ago: int,
        bad: bool,
        wise: bool,
    ) -> None:
        """Of a product for the same, or for another one."""
        if not (back := self._back(pick, serials, wise=wise, bad=bad)):
            return
        line, product = back
        other = self._product(name) if name else product
        nth = self._store(wise, other, nth)
        out = self._goes("sale", nth, other, serials, wise=wise)
        if other == product and set(out.serials) & set(line.serials):
            return  # nobody hands over what just came back
        paper = Paper("exchange", nth, self._day(ago), [line, out])
        self._post(paper, self._draft(paper))

    @rule(nth=STORES, name=PRODUCTS, serials=SERIALS, ago=DAYS_AGO, loose=LOOSE, wise=OFTEN,
          at_once=RARELY)  # fmt: skip
    def transfer(
        self,
        nth: int,
        name: str,
        serials: list[str],
        ago: int,
        loose: int,
        wise: bool,
        at_once: bool,
    ) -> None:
        product = self._product(name)
        nth = self._store(wise, product, nth)
        line = self._goes("transfer", nth, product, serials, wise=wise, loose=loose)
        sent = Paper("transfer", nth, self._day(ago), [line], without_serials=loose > 0)
        document = self._draft(sent, to_store=1 - nth)
        if not at_once:
            self._post(sent, document)
            return
        sent.without_serials = False
        came = Line("arrival", line.product, line.quantity, line.serials, line)
        papers = [sent, Paper("arrival", 1 - nth, self._day(ago), [came])]

        def post() -> list[Document]:
            arrival = receive_at_once(document.pk, by=self.by, now=timezone.now())
            assert arrival.origin is not None
            return [arrival.origin, arrival]

        self._compare(papers, document, post)

    @rule(pick=PICK, serials=SERIALS, ago=DAYS_AGO, loose=LOOSE, bad=RARELY, wise=OFTEN)
    def arrival(
        self, pick: int, serials: list[str], ago: int, loose: int, bad: bool, wise: bool
    ) -> None:
        """Some of a transfer arrives."""
        sent = self.books.waiting("arrive")
        if not sent:
            return
        origin = sent[pick % len(sent)]
        product = Product.objects.get(pk=origin.product)
        if wise:
            serials = serials[: self.books.left(origin, "arrive")]
            loose = min(loose, self.books.left(origin, "arrive") - len(serials))
        units = [
            unit
            for moved in self.books.moved_by(origin)
            for unit in moved.serials
            if unit in self._units(product, [TRANSIT])
        ]
        serials = self._wise(wise, product, serials, units)
        line = self._line("arrival", product, serials, origin=origin, bad=bad, loose=loose)
        paper = Paper("arrival", 1 - origin.paper.store, self._day(ago), [line], loose > 0)
        document = start_arrival(origin.paper.pk, by=self.by)
        Document.objects.filter(pk=document.pk).update(effective_on=paper.on)
        self._fill(document, paper)
        self._post(paper, document)

    @rule(pick=PICK)
    def arrival_of_all(self, pick: int) -> None:
        """All that is still on its way of a transfer is received at once."""
        transfers = [paper for paper in self.books.standing if paper.kind == "transfer"]
        if not transfers:
            return
        sent = transfers[pick % len(transfers)]
        origin = sent.lines[0]
        left = self.books.left(origin, "arrive")
        named = self.books.named_by(origin)
        came = [
            unit
            for arrived in self.books.lines()
            if arrived.origin is origin and arrived.paper.kind == "arrival"
            for moved in self.books.moved_by(arrived)
            for unit in moved.serials
        ]
        rest = [unit for unit in named if unit not in came]
        line = Line("arrival", origin.product, left, rest, origin)
        paper = Paper("arrival", 1 - sent.store, self.today, [line] if left else [])
        try:
            document = receive_at_once(sent.pk, by=self.by, now=timezone.now())
        except PostingRefused:
            assert not left or not self.books.fits(paper)
            return
        assert left
        assert self.books.fits(paper)
        self.books.post(paper)
        self._made(paper, document)

    @rule(pick=PICK, serials=SERIALS, wise=OFTEN)
    def identification(self, pick: int, serials: list[str], wise: bool) -> None:
        """Serials are entered that a document left out."""
        bare = self.books.waiting("identify")
        if not bare:
            return
        origin = bare[pick % len(bare)]
        product = Product.objects.get(pk=origin.product)
        if wise:
            serials = serials[: self.books.left(origin, "identify")]
        store = origin.paper.store
        source, _ = route(origin.movement, store, bad=origin.is_defective)
        fitting = self._units(product, [source])
        if origin.movement == "receipt":
            fitting = [name for name in NAMES if self.books.trusted(product.pk, name) is None]
        serials = self._wise(wise, product, serials, fitting)
        line = self._line(origin.movement, product, serials, origin=origin, bad=origin.is_defective)
        paper = Paper("identification", store, origin.paper.on, [line])
        document = start_identification(origin.paper.pk, by=self.by)
        self._fill(document, paper)
        self._post(paper, document)

    # what undoes it

    @precondition(lambda self: self.books.standing)
    @rule(pick=PICK, newest=st.booleans())
    def cancelling(self, pick: int, newest: bool) -> None:
        papers = self.books.standing
        paper = papers[-1] if newest else papers[pick % len(papers)]
        last = paper is papers[-1]
        if self._cancel(paper) and not last:
            self.newest_first = False


class ShopThatChangesItsMind(Shop):
    """The admin changes how products are accounted, now and again."""

    @initialize(said=SERIALS, sold=st.permutations(NAMES), mode=MODES)
    def recorded_before(self, said: list[str], sold: list[str], mode: str) -> None:
        """Begin where a recorded time ended: some serials lie where nothing lies."""
        self.receipt(
            nth=0, name="recorded", serials=said, ago=3, loose=0, bad=False, wise=False, back=False
        )
        self.change_of_mode(name="recorded", mode=mode, first_sold=sold)

    @rule(name=PRODUCTS, mode=MODES, first_sold=st.none() | st.permutations(NAMES))
    def change_of_mode(self, name: str, mode: str, first_sold: list[str] | None) -> None:
        product = self._product(name)
        if first_sold:
            self._sell_out(product, first_sold)
        if self._change_mode(product.pk, mode):
            self.newest_first, self.modes_changed = False, True

    def _sell_out(self, product: Product, named: list[str]) -> None:
        """Bring the shelves to zero; recorded units go under whatever names come."""
        for nth in range(len(self.stores)):
            for kind, place in (("sale", shelf(nth)), ("write_off", defective(nth))):
                left = self.books.balances()[product.pk, place]
                serials = [*named, *(f"X{nth}" for nth in range(left))][:left]
                if product.mode == Mode.STRICT:
                    serials = self.books.units_in(product.pk, place)[:left]
                if serials:
                    line = self._line(kind, product, serials, bad=place == defective(nth))
                    self._simple(kind, nth, line, ago=0)


def run_machine(shop: type[TwiceTheShop], *, times: int = 1) -> None:
    """Run so many `times` the usual examples.

    SOAK_EXAMPLES in the environment makes it look further, and elsewhere each time.
    """
    run_state_machine_as_test(
        shop,
        settings=settings(
            max_examples=EXAMPLES * times,
            derandomize="SOAK_EXAMPLES" not in os.environ,  # CI looks the same way twice
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("shop", [Shop, ShopThatChangesItsMind])
def test_any_order_of_documents_and_cancellings(db, shop: type[Shop]) -> None:
    run_machine(shop)
