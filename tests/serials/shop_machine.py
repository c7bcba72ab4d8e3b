"""A shop whose papers are posted and cancelled twice: for real, and in the model."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Callable, Sequence

from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.utils import timezone
from hypothesis.stateful import RuleBasedStateMachine, invariant

from company.access import Access, access_of
from company.constraints import broken_constraint
from company.models import Membership, Store, User
from company.rights import Role
from documents import drafting
from documents.cancelling import CancellingRefused, cancel_document
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

from .shop_model import BY_SERIALS, Books, Line, Paper, defective, shelf

PROVED_EVERY = 1 if "SOAK_EXAMPLES" in os.environ else 5
"""After how many steps the books are proved, which costs as much as a step does; each step is
compared with the model, and what the books have wrong they have at the next steps too."""


class TwiceTheShop(RuleBasedStateMachine):
    """Two stores, and what the rules of a machine need: the model predicts each answer."""

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
        self.looks = 0

    def teardown(self) -> None:
        try:
            self._prove()
            self._cancel_everything()
            self._prove()
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
        ends = (
            [shelf(nth)] if kind in {"sale", "transfer", "parts"} else [shelf(nth), defective(nth)]
        )
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
        for paper in papers:
            fits = fits and self.books.fits(paper)
            if fits:
                self.books.post(paper)
        if not fits:
            self.books.forget(papers)
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

    def _simple(self, kind: str, nth: int, line: Line, *, ago: int, loose: int = 0) -> bool:
        paper = Paper(kind, nth, self._day(ago), [line], without_serials=loose > 0)
        return self._post(paper, self._draft(paper))

    # undoing it

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
            if done is None and not self.newest_first and not self.books.balances():
                return  # sold and returned; then what they came by was cancelled, and they can't be
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
        self.looks += 1
        if self.looks % PROVED_EVERY == 0:
            self._prove()

    def _prove(self) -> None:
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
            assert known.moved_on == self.books.moved_on(product, serial)
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
