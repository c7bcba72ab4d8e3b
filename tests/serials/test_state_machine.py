"""Any order of documents, cancellings and changes of mode, against a model of a few dicts."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from company.access import Access, access_of
from company.constraints import broken_constraint
from company.models import Company, Membership, Replacement, Store, User
from company.rights import Role
from documents import drafting
from documents.acknowledging import acknowledge_returns
from documents.cancelling import CancellingRefused, cancel_document
from documents.continuing import receive_at_once, start_arrival, start_identification
from documents.models import Document, Outstanding
from documents.posting import post_document
from documents.proving import differences as document_differences
from products.models import Product
from products.modes import Mode
from serials.models import Balance, Serial
from serials.proving import differences as ledger_differences
from serials.refusals import PostingRefused
from serials.stock import known_serials
from tests.shop import draft, make_goods, put
from warranty.models import Card
from warranty.proving import differences as warranty_differences

from .shop_model import BY_SERIALS, TRANSIT, Books, Line, Paper, defective, route, shelf

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
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "12"))
STEPS = 50


class Shop(RuleBasedStateMachine):
    """Two stores do what shops do, an admin changes modes; the model predicts each answer."""

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
        self.by: Access = access_of(self.manager)
        self.goods = make_goods()
        self.today = self.stores[0].date_of(timezone.now())
        products = Product.objects.all()
        self.books = Books({product.pk: product.mode for product in products})
        self.given: Counter[str] = Counter()  # series of numbers -> how many were given
        self.newest_first = True
        """Whether nothing was cancelled or changed that what came later could rest on."""
        self.modes_changed = False

    def teardown(self) -> None:
        try:
            self._cancel_everything()
        finally:
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    # making papers

    def _product(self, name: str) -> Product:
        product: Product = getattr(self.goods, name)
        product.refresh_from_db()
        return product

    def _line(
        self,
        movement: str,
        product: Product,
        serials: Sequence[str],
        *,
        origin: Line | None = None,
        bad: bool = False,
        loose: int = 0,
    ) -> Line:
        """A line of so many pieces, with these serials where the product has any."""
        has_serials = product.mode in BY_SERIALS
        return Line(
            movement,
            product.pk,
            len(serials) + (loose if has_serials else 0),
            list(serials) if has_serials else [],
            origin,
            bad,
        )

    def _day(self, ago: int) -> dt.date:
        return self.today - dt.timedelta(days=ago)

    def _units(self, product: Product, ends: Sequence[tuple[str, int | None]]) -> list[str]:
        found = {unit for place in ends for unit in self.books.units_in(product.pk, place)}
        return sorted(found)

    def _wise(
        self, wise: bool, product: Product, serials: Sequence[str], fitting: Sequence[str]
    ) -> list[str]:
        """Serials that may well go through, when wisdom is asked for and there are some."""
        if wise and product.mode == Mode.STRICT and fitting:
            return list(fitting[: len(serials)])
        return list(serials)

    def _store(self, wise: bool, product: Product, nth: int) -> int:
        """A store that has some of the product, when wisdom is asked for."""
        held = self.books.balances()
        if wise and not (held[product.pk, shelf(nth)] or held[product.pk, defective(nth)]):
            return 1 - nth
        return nth

    def _goes(
        self, kind: str, nth: int, product: Product, serials: list[str], *, wise: bool,
        bad: bool = False, loose: int = 0,
    ) -> Line:  # fmt: skip
        """A line that takes something out of a store, no more than is there when it is wise."""
        ends = [shelf(nth)] if kind in {"sale", "transfer"} else [shelf(nth), defective(nth)]
        serials = self._wise(wise, product, serials, self._units(product, ends))
        if wise and product.mode != Mode.STRICT:
            place = defective(nth) if bad else shelf(nth)
            serials = serials[: max(1, self.books.balances()[product.pk, place])]
        return self._line(kind, product, serials, bad=bad, loose=loose)

    # posting papers

    def _post(self, paper: Paper, document: Document) -> bool:
        """Post a draft that says what the paper says, if the model says that it may be."""

        def post() -> list[Document]:
            reason = "a queue at the till" if paper.without_serials else None
            now = timezone.now()
            return [post_document(document.pk, by=self.by, now=now, without_serials=reason)]

        return self._compare([paper], document, post)

    def _compare(
        self, papers: list[Paper], document: Document, post: Callable[[], list[Document]]
    ) -> bool:
        fits = True
        before = list(self.books.standing)
        for paper in papers:
            fits = fits and self.books.fits(paper)
            if fits:
                self.books.post(paper)
        if not fits:
            self.books.standing = before
        posted: list[Document] = []
        refused: PostingRefused | None = None
        try:
            posted = post()
        except PostingRefused as error:
            drafting.discard(document.pk, by=self.by)
            refused = error
        assert (refused is None) == fits, (papers, refused)
        for paper, made in zip(papers, posted, strict=False):
            self._made(paper, made)
        return fits

    def _made(self, paper: Paper, document: Document) -> None:
        paper.pk = document.pk
        rows = document.lines.order_by("position")
        for line, row in zip(paper.lines, rows, strict=True):
            line.pk = row.pk
        assert document.number is not None
        series = document.number.rsplit("-", 1)[0]
        self.given[series] += 1
        assert document.number == f"{series}-{self.given[series]:06d}"

    def _draft(self, paper: Paper, *, to_store: int | None = None) -> Document:
        """A draft that says what the paper says."""
        document = draft(
            paper.kind,
            self.stores[paper.store],
            self.manager,
            [],
            on=paper.on,
            to_store=None if to_store is None else self.stores[to_store],
        )
        self._fill(document, paper)
        return document

    def _fill(self, document: Document, paper: Paper) -> None:
        goods = Product.objects.in_bulk()
        for line in paper.lines:
            row = put(
                document,
                self.manager,
                goods[line.product],
                list(line.serials),
                origin=line.origin and document.lines.model.objects.get(pk=line.origin.pk),
            )
            row.quantity, row.remark = line.quantity, "because"
            row.is_defective = line.is_defective and paper.kind != "identification"
            row.save()

    def _simple(
        self, kind: str, nth: int, line: Line, *, ago: int, loose: int = 0, **more: object
    ) -> bool:
        paper = Paper(kind, nth, self._day(ago), [line], without_serials=loose > 0, **more)  # type: ignore[arg-type]
        return self._post(paper, self._draft(paper))

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
        named = [unit for moved in self.books.moved_by(origin) for unit in moved.serials]
        came = [
            unit
            for arrived in self.books.lines()
            if arrived.origin is origin and arrived.paper.kind == "arrival"
            for moved in self.books.moved_by(arrived)
            for unit in moved.serials
        ]
        rest = [unit for unit in named if unit not in came]
        line = Line("arrival", origin.product, left, rest, origin)
        paper = Paper("arrival", 1 - sent.store, sent.on, [line] if left else [])
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

    def _cancel(self, paper: Paper) -> bool:
        fits = self.books.may_cancel(paper)
        refused: Exception | None = None
        try:
            cancel_document(paper.pk, by=self.by, reason="a mistake", now=timezone.now())
        except CancellingRefused as error:
            refused = error
        assert (refused is None) == fits, (paper, refused)
        if fits:
            self.books.cancel(paper)
        return fits

    def _cancel_everything(self) -> None:
        """Newest first always works, and leaves an empty shop."""
        while self.books.standing:
            papers = list(reversed(self.books.standing))
            ways = (paper for paper in papers if self._mode_is_back(paper) and self._cancel(paper))
            done = next(ways, None)
            if done is None and self.modes_changed:
                return  # the mode it was posted in can't come back: something is in stock
            assert done, "nothing can be cancelled any more"
            assert done is papers[0] or not self.newest_first
            self.everything_is_as_the_model_has_it()
        assert not Balance.objects.exclude(quantity=0).exists()
        assert not Card.objects.filter(void_on=None).exists()
        units = list(Serial.objects.values_list("product_id", "key"))
        assert all(known.trusted_place is None for known in known_serials(units).values())

    def _mode_is_back(self, paper: Paper) -> bool:
        """Bring its products' accounting back to what it was, where stock lets us."""
        for line in paper.lines:
            if self.books.modes[line.product] != line.mode:
                self._change_mode(line.product, line.mode)
        return all(self.books.modes[line.product] == line.mode for line in paper.lines)

    def _change_mode(self, product: int, mode: str) -> bool:
        before = self.books.modes[product]
        bare = any(line.product == product for line in self.books.waiting("identify"))
        rule = ""
        if mode != before and bare:
            rule = "documents_mode_waits_for_serials"
        elif mode != before and {mode, before} & BY_SERIALS and self.books.stock(product):
            rule = "serials_mode_changes_at_zero_stock"
        refused_by = ""
        try:
            with transaction.atomic():
                Product.objects.filter(pk=product).update(mode=mode)
        except IntegrityError as error:
            refused_by = broken_constraint(error)
        assert refused_by == rule
        if not rule:
            self.books.modes[product] = mode
        return not rule and mode != before

    # what is always so

    @invariant()
    def everything_is_as_the_model_has_it(self) -> None:
        self._balances_are_the_model()
        self._units_are_where_the_model_has_them()
        self._what_is_left_is_the_model()
        self._valid_cards_are_the_model()
        connection.check_constraints()
        assert [
            *ledger_differences(),
            *warranty_differences(),
            *document_differences(),
        ] == []

    def _place(self, kind: str, store_id: int | None) -> tuple[str, int | None]:
        stores = [store.pk for store in self.stores]
        return kind, None if store_id is None else stores.index(store_id)

    def _balances_are_the_model(self) -> None:
        rows = Balance.objects.exclude(quantity=0).values_list(
            "product_id", "place__kind", "place__store_id", "quantity"
        )
        found = {(product, self._place(kind, at)): held for product, kind, at, held in rows}
        assert found == dict(self.books.balances())

    def _units_are_where_the_model_has_them(self) -> None:
        units = list(Serial.objects.values_list("product_id", "key"))
        for (product, serial), known in known_serials(units).items():
            unit = self.books.unit(product, serial)
            assert known.moved_on == (unit.on if unit else dt.date.min)
            trusted = self.books.trusted(product, serial)
            place = known.trusted_place
            found = place and self._place(place.kind, place.store_id)
            assert found == (trusted.place if trusted else None), (serial, known)
        moved = {(line.product, one) for line in self.books.lines() for one in line.serials}
        assert moved <= set(units)

    def _what_is_left_is_the_model(self) -> None:
        found = {(row.line_id, row.purpose): row.left for row in Outstanding.objects.all()}
        assert found == {
            (line.pk, purpose): self.books.left(line, purpose)
            for line in self.books.lines()
            for purpose, _ in self.books.opened(line)
        }

    def _valid_cards_are_the_model(self) -> None:
        rows = (
            Card.objects.filter(void_on=None)
            .values_list("term__posting__document")
            .annotate(valid=Count("pk"))
        )
        assert dict(rows) == dict(self.books.valid_cards())


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


@pytest.mark.parametrize("shop", [Shop, ShopThatChangesItsMind])
def test_any_order_of_documents_and_cancellings(db, shop: type[Shop]) -> None:
    """SOAK_EXAMPLES in the environment makes it look further."""
    run_state_machine_as_test(
        shop,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
