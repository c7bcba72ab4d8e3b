"""Counts that are held twice: for real, and in the model, which predicts each answer."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils import timezone
from hypothesis.stateful import invariant

from documents.correcting import CorrectionRefused, Seen
from documents.models import Document
from inventory.answers import Chosen
from inventory.closing import CountNotClosed, close_count, unknown_scans
from inventory.counting import scan
from inventory.fixing import fix, preview
from inventory.models import Count, Scan, Scope
from inventory.pausing import abandon_count, pause_count, resume_count
from inventory.pieces import set_total
from inventory.proving import differences as inventory_differences
from inventory.starting import CountUnderWay, start_count
from inventory.taking_back import take_back
from inventory.unknowns import unknown_units
from products.models import Product
from serials.models import Serial

from .count_model import CountedBooks, CountModel, Scanned
from .shop_machine import TwiceTheShop
from .shop_model import Paper


class TwiceTheCount(TwiceTheShop):
    """What the rules of a machine need to count in two stores."""

    books: CountedBooks

    def __init__(self) -> None:
        super().__init__()
        self.books = CountedBooks(self.books.modes)
        self.counts: dict[int, CountModel] = {}  # by store, those under way

    def _day(self, ago: int) -> dt.date:
        """Today, or now and then yesterday: of that day the books are closed once it is counted."""
        return super()._day(ago // 3)

    def _start(self, nth: int, scope: str, product: Product) -> None:
        """Start a count, unless one is under way."""
        chosen = {
            Scope.ALL: {},
            Scope.TYPE: {"product_type": product.type},
            Scope.PRODUCTS: {"products": [product]},
        }[Scope(scope)]
        began: Count | None = None
        other: Count | None = None
        try:
            began = start_count(
                self.stores[nth], scope=scope, by=self.by, now=timezone.now(), **chosen
            )
        except CountUnderWay as error:
            other = error.count
        under_way = self.counts.get(nth)
        assert (other and other.pk) == (under_way and under_way.pk)
        if began:
            about = [product] if scope == Scope.PRODUCTS else Product.objects.order_by("sku")
            ids = [one.pk for one in about]
            self.counts[nth] = CountModel(self.books, nth, ids, pk=began.pk)

    def _scan(self, nth: int, serial: str, product: Product | None, way: str) -> None:
        count = self.counts[nth]
        of = product.pk if product else None
        verdict, counted = count.scan(serial, of, way=way)
        said = scan(
            count.pk,
            serial,
            by=self.by,
            now=timezone.now(),
            product_id=of if way == "chosen" else None,
            answer={"named": Chosen(of, as_serial=True), "none": Chosen()}.get(way),
        )
        assert said.verdict == verdict, (said, serial, of, way)
        if counted and not counted.pk:
            assert said.scan_id
            counted.pk = said.scan_id
        assert said.scan_id == (counted.pk if counted else None)

    def _tally(self, nth: int, product: Product, quantity: int, *, bad: bool, total: bool) -> None:
        count = self.counts[nth]
        verdict, counted = count.tally((product.pk, bad), quantity, in_all=total)
        now = timezone.now()
        if total:
            said = set_total(
                count.pk, product_id=product.pk, quantity=quantity, is_defective=bad, by=self.by,
                now=now,
            )  # fmt: skip
        else:
            answer = Chosen(product.pk)
            said = scan(
                count.pk, product.sku, by=self.by, now=now, answer=answer, quantity=quantity
            )
        assert said.verdict == verdict, (said, product, quantity)
        if counted:
            counted.pk = said.scan_id or 0

    def _take_back(self, nth: int, pick: int) -> None:
        count = self.counts[nth]
        if taken := [*count.units, *count.pieces]:
            back = taken[pick % len(taken)]
            take_back(count.pk, back.pk, by=self.by, now=timezone.now())
            back.is_live = False

    def _pause(self, nth: int) -> None:
        """Pause a count, or go on with it."""
        count = self.counts[nth]
        (resume_count if count.is_paused else pause_count)(count.pk, by=self.by)
        count.is_paused = not count.is_paused

    def _abandon(self, nth: int) -> None:
        abandon_count(self.counts.pop(nth).pk, by=self.by, now=timezone.now())

    def _swaps(self, nth: int, *, wise: bool = True) -> list[tuple[Scanned, str]]:
        """What the records let be put right: an unknown unit, and the one that went instead.

        Only what the count has nothing against either, when it is wise.
        """
        count, product = self.counts[nth], self.goods.strict.pk
        return [
            (lies, went)
            for lies in count.units
            for _, went in count.lying(product)
            if self.books.mixed_up(product, lies.serial, went, nth)
            and (count.may_swap(lies, product, went) or not wise)
        ]

    def _fix(self, nth: int, lies: Scanned, went: str, *, stale: bool = False) -> None:
        """Press the button that lets two units change places, if there is one for the second."""
        count, product = self.counts[nth], self.goods.strict
        serial = Serial.objects.filter(product=product, key=went).first()
        if serial is None:
            return
        lines = self.books.mixed_up(product.pk, lies.serial, went, nth)
        may = lines is not None and not stale and count.may_swap(lies, product.pk, went)
        made: Document | None = None
        refused: CorrectionRefused | None = None
        try:
            seen = preview(count.pk, lies.pk, serial.pk, by=self.by).seen
            if stale:
                seen = Seen(seen.lies, seen.went + 1)
            made = fix(count.pk, lies.pk, serial.pk, seen=seen, by=self.by, now=timezone.now())
        except CorrectionRefused as error:
            refused = error
        assert (refused is None) == may, (lies, went, refused)
        if made is None or lines is None:
            return
        paper = Paper("correction", nth, self.today, lines)
        self.books.correct(paper)
        self._made(paper, made)
        count.swapped(lies, product.pk)
        self.counts_are_as_the_model_has_them()

    def _close(self, nth: int, *, as_none: bool = False, stale: bool = False) -> None:
        """Close a count; with `as_none` what nobody counted is taken as not there."""
        connection.check_constraints()  # what came before was a transaction of its own
        count = self.counts[nth]
        unknown, uncounted = count.unknown(), sum(count.uncounted().values())
        papers = count.papers(count.found(as_none=as_none), self.today)
        may = not unknown and not (as_none and stale and uncounted)
        may = may and all(self.books.fits(paper) for paper in papers)
        told = max(0, uncounted - stale) if as_none else None
        closed: Count | None = None
        refused: CountNotClosed | None = None
        try:
            closed = close_count(count.pk, by=self.by, now=timezone.now(), zero_uncounted=told)
        except CountNotClosed as error:
            refused = error
            assert {one.pk for one in refused.unknown} == {one.pk for one in unknown}
        assert (refused is None) == may, (papers, refused)
        if closed:
            self._closed(nth, closed, papers)

    def _closed(self, nth: int, closed: Count, papers: list[Paper]) -> None:
        """Compare what was written with what the model says, and take it over."""
        count = self.counts.pop(nth)
        explained = {scan.pk: count.came_by(scan) for scan in count.live() if not scan.was_here}
        documents = [one for one in (closed.shortage, closed.surplus) if one]
        assert [_of_document(one) for one in documents] == [_of_paper(one) for one in papers]
        for paper, document in zip(papers, documents, strict=True):
            assert self.books.fits(paper)
            self.books.post(paper)
            self._made(paper, document)
        count.close(self.today)
        for row in Scan.objects.filter(count=closed, taken_back_at=None).exclude(key=""):
            brought = [self._posting_of(*move[2:]) for move in explained.get(row.pk, [])]
            last = brought if row.product_id is None else brought[-1:]
            assert row.explained_by_id in (last or [None])
        assert closed.units_missing == sum(
            len(line.serials) for paper in papers for line in paper.lines
        )

    @staticmethod
    def _posting_of(paper: Paper, undoes: bool) -> int | None:
        document = Document.objects.get(pk=paper.pk)
        return document.cancellation_id if undoes else document.posting_id

    @invariant()
    def counts_are_as_the_model_has_them(self) -> None:
        assert inventory_differences() == []
        units = Serial.objects.select_related("place")
        assert {
            (row.product_id, row.key): (self._place(row.place.kind, row.place.store_id), row.seq)
            for row in units
        } == {
            move.unit: (self.books.place_of(move.unit), len(self.books.moves(move.unit)))
            for move in self.books.history
        }
        for count in self.counts.values():
            scans = Scan.objects.filter(count=count.pk).exclude(key="")
            assert {
                (one.pk, one.product_id, one.key, one.was_here, one.taken_back_at is None)
                for one in scans
            } == {
                (one.pk, one.product, one.serial, one.was_here, one.is_live) for one in count.units
            }
            row = Count.objects.get(pk=count.pk)
            unknown = sorted(one.pk for one in count.unknown())
            assert [one.pk for one in unknown_scans(row)] == unknown
            shown = unknown_units(row, access=self.by)
            assert [one.scan.pk for one in shown.units] == unknown


Entry = tuple[int, bool, int, list[str]]


def _of_document(document: Document) -> tuple[str, list[Entry]]:
    """What is on it: product, whether defective, pieces, serial numbers."""
    return document.kind, [
        (
            line.product_id,
            line.is_defective,
            line.quantity,
            sorted(line.serials.values_list("key", flat=True)),
        )
        for line in document.lines.order_by("position")
    ]


def _of_paper(paper: Paper) -> tuple[str, list[Entry]]:
    return paper.kind, [
        (line.product, line.is_defective, line.quantity, sorted(line.serials))
        for line in paper.lines
    ]
