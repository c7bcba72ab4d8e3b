"""Counts amid everything else that shops do: no unit is ever in two places, nor in none."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from inventory.models import Scope
from products.models import Product

from .counting_machine import TwiceTheCount
from .shop_model import Paper, shelf
from .test_counts_and_corrections import GOES_OUT, ShopThatMixesUp
from .test_state_machine import (
    NAMES,
    OFTEN,
    PICK,
    PRODUCTS,
    RARELY,
    SERIALS,
    STORES,
    Shop,
    run_machine,
)

pytestmark = pytest.mark.django_db

BY_SERIALS = st.sampled_from(["strict", "recorded", "strict"])
BY_PIECES = st.sampled_from(["period", "plain"])
SCOPES = st.sampled_from([Scope.ALL, Scope.ALL, Scope.PRODUCTS, Scope.TYPE])
WAYS = st.sampled_from(["named", "named", "chosen", "bare", "bare", "none"])
"""How it is said what a number is of: with it, before it, not at all, or that nobody knows."""
MOSTLY_NAMED = st.sampled_from(["named", "named", "named", "chosen", "bare", "none"])
THEN = st.sampled_from(["returned", "cancelled", "gone", "returned"])
CLOSES = st.sampled_from([True, False, True])
OFF_BY = st.sampled_from([-1, 0, 0, 1])
LABELS = st.sampled_from([*NAMES, "SN8", "SN9"])
"""What people read on the shelves: also what was mistyped wherever it was written."""
SOME = st.lists(LABELS, max_size=2, unique=True)


class ShopThatCounts(TwiceTheCount, ShopThatMixesUp):
    """People count while goods come and go; what is unknown is put right, taken back, or waits."""

    transfer = Shop.transfer

    def _under_way(self, nth: int) -> int:
        """A store where people count: this one, if the other has no count either."""
        return nth if nth in self.counts else 1 - nth

    @precondition(lambda self: len(self.counts) < len(self.stores))
    @rule(nth=STORES, scope=SCOPES, name=PRODUCTS)
    def start(self, nth: int, scope: str, name: str) -> None:
        self._start(nth, scope, self._product(name))

    @precondition(lambda self: self.counts)
    @rule(nth=STORES, name=BY_SERIALS, serial=LABELS, way=WAYS)
    def scanned(self, nth: int, name: str, serial: str, way: str) -> None:
        product = self._product(name) if way in {"named", "chosen"} else None
        self._scan(self._under_way(nth), serial, product, way)

    @precondition(lambda self: self.counts)
    @rule(nth=STORES, name=BY_PIECES, quantity=st.integers(0, 4), bad=RARELY, total=st.booleans())
    def tallied(self, nth: int, name: str, quantity: int, bad: bool, total: bool) -> None:
        product = self._product(name)
        self._tally(self._under_way(nth), product, quantity, bad=bad and total, total=total)

    @precondition(lambda self: self.counts)
    @rule(nth=STORES, pick=PICK)
    def taken_back(self, nth: int, pick: int) -> None:
        self._take_back(self._under_way(nth), pick)

    @precondition(lambda self: self.counts)
    @rule(nth=STORES, gives_up=RARELY)
    def paused(self, nth: int, gives_up: bool) -> None:
        """People pause a count and go on with it; or they give it up."""
        nth = self._under_way(nth)
        (self._abandon if gives_up and self.counts[nth].is_paused else self._pause)(nth)

    @precondition(lambda self: self.counts)
    @rule(nth=STORES, pick=PICK, went=st.sampled_from(NAMES), stale=RARELY, wise=OFTEN)
    def put_right(self, nth: int, pick: int, went: str, stale: bool, wise: bool) -> None:
        """One press swaps an unknown unit with the one that went instead."""
        nth = self._under_way(nth)
        swaps = self._swaps(nth, wise=wise)
        if swaps:
            self._fix(nth, *swaps[pick % len(swaps)], stale=stale)
        elif scans := self.counts[nth].units:
            self._fix(nth, scans[pick % len(scans)], went, stale=stale)

    @precondition(lambda self: self.counts)
    @rule(nth=STORES, pick=PICK, ready=OFTEN, as_none=RARELY, stale=RARELY)
    def closing(self, nth: int, pick: int, ready: bool, as_none: bool, stale: bool) -> None:
        nth = self._under_way(nth)
        if ready:
            self._resolve(nth, pick)
        self._close(nth, as_none=as_none, stale=stale)

    @rule(nth=STORES, scope=SCOPES, name=PRODUCTS, seen=SERIALS, more=SOME, off=OFF_BY, pick=PICK,
          way=MOSTLY_NAMED, then=THEN, closes=CLOSES)  # fmt: skip
    def counting(
        self,
        nth: int,
        scope: str,
        name: str,
        seen: list[str],
        more: list[str],
        off: int,
        pick: int,
        way: str,
        then: str,
        closes: bool,
    ) -> None:
        """People go along the shelves; they overlook some units and find others.

        The shop sells on meanwhile, and not everything stays sold.
        """
        self._ready(nth, scope, name)
        for product in (self.goods.strict, self.goods.recorded):
            lie = {serial for _, serial in self.counts[nth].lying(product.pk)}
            for serial in sorted(lie & set(seen) | set(more)):
                self._scan(nth, serial, product, way)
        for product in (self.goods.period, self.goods.plain):
            held = self.books.balances()[product.pk, shelf(nth)]
            if held:
                self._tally(nth, product, max(0, held + off), bad=False, total=True)
        self._sold(nth, self._product(name), NAMES[pick % len(NAMES)], then)
        if closes:
            self.everything_is_as_the_model_has_it()
            self._close(nth)  # the first press may say what is unknown still
        if closes and nth in self.counts:
            self._resolve(nth, pick)
            self._close(nth)

    counting_again = counting
    """The same once more: what happens between two counts is what this is about."""

    @rule(nth=STORES, kind=st.sampled_from(GOES_OUT), pick=PICK, arrives=st.booleans(),
          closes=CLOSES)  # fmt: skip
    def written_wrongly(
        self, nth: int, kind: str, pick: int, arrives: bool, closes: bool = False
    ) -> None:
        """The count finds out, and closes with a swap in it."""
        self._ready(nth, Scope.ALL, "strict")
        super().written_wrongly(nth, kind, pick, arrives)
        if closes:
            self.everything_is_as_the_model_has_it()
            self._close(nth)

    @rule(nth=STORES, names=st.permutations(NAMES), way=MOSTLY_NAMED, pick=PICK, then=THEN)
    def received_while_counting(
        self, nth: int, names: list[str], way: str, pick: int, then: str
    ) -> None:
        """A delivery stands there unpacked and is counted before it is received."""
        self._ready(nth, Scope.ALL, "strict")
        product = self._product("strict")
        new = [name for name in names if self.books.trusted(product.pk, name) is None]
        for serial in new[:2]:
            self._scan(nth, serial, product, way)
        self.receipt(nth, "strict", new[:1] or names[:1], 0, 0, False, False, False)
        if swaps := self._swaps(nth, wise=False):
            self._fix(nth, *swaps[pick % len(swaps)])
        elif new:
            self._sold(nth, product, new[0], then)

    def _sold(self, nth: int, product: Product, serial: str, then: str) -> None:
        """One piece is sold; then it is returned, or the sale cancelled, or neither."""
        lie = self._units(product, [shelf(nth)])
        if lie and serial not in lie:
            serial = lie[0]
        line = self._line("sale", product, [serial])
        paper = Paper("sale", nth, self.today, [line])
        if not self._post(paper, self._draft(paper)):
            return
        if then == "cancelled":
            self._cancel(paper)
        if then == "returned":
            back = self._line("customer_return", product, [serial], origin=line)
            self._simple("customer_return", nth, back, ago=0)

    def _ready(self, nth: int, scope: str, name: str) -> None:
        """People are counting in a store."""
        if nth not in self.counts:
            self._start(nth, scope, self._product(name))
        elif self.counts[nth].is_paused:
            self._pause(nth)

    def _resolve(self, nth: int, pick: int) -> None:
        """Put right what can be put right, and take the rest back."""
        while swaps := self._swaps(nth):
            self._fix(nth, *swaps[pick % len(swaps)])
        count = self.counts[nth]
        for scan in count.unknown():
            self._take_back(nth, count.units.index(scan))

    def _correct(self, nth: int, lies: str, went: str, *, stale: bool = False) -> None:
        """What was written wrongly is found out by the count, where one is under way."""
        if nth not in self.counts or self.counts[nth].is_paused:
            super()._correct(nth, lies, went, stale=stale)
            return
        self._scan(nth, lies, self._product("strict"), "named")
        found = [scan for scan in self.counts[nth].live() if scan.serial == lies]
        for scan in found:
            self._fix(nth, scan, went, stale=stale)


def test_counts_amid_everything_else_agree_with_the_model(db) -> None:
    """SOAK_EXAMPLES in the environment makes it look further."""
    run_machine(ShopThatCounts)
