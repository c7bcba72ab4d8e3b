"""Any order of documents, of what a count finds, and of what is put right, against the model."""

from __future__ import annotations

import itertools

import pytest
from django.utils import timezone
from hypothesis.stateful import precondition, rule

from documents.correcting import CorrectionRefused, Seen, correct, look_at
from serials.text import SerialText

from .shop_model import MISSING, Paper
from .test_state_machine import (
    DAYS_AGO,
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


class ShopThatMixesUp(Shop):
    """People write one unit and hand over another; units go missing and are found again."""

    @rule(nth=STORES, name=PRODUCTS, serials=SERIALS, ago=DAYS_AGO, bad=RARELY, wise=OFTEN)
    def shortage(
        self, nth: int, name: str, serials: list[str], ago: int, bad: bool, wise: bool
    ) -> None:
        product = self._product(name)
        nth = self._store(wise, product, nth)
        line = self._goes("shortage", nth, product, serials, wise=wise, bad=bad)
        self._simple("shortage", nth, line, ago=ago)

    @rule(nth=STORES, name=PRODUCTS, serials=SERIALS, ago=DAYS_AGO, bad=RARELY, wise=OFTEN)
    def surplus(
        self, nth: int, name: str, serials: list[str], ago: int, bad: bool, wise: bool
    ) -> None:
        product = self._product(name)
        serials = self._wise(wise, product, serials, self._units(product, [MISSING]))
        self._simple("surplus", nth, self._line("surplus", product, serials, bad=bad), ago=ago)

    @precondition(lambda self: self.books.standing)
    @rule(nth=STORES, pick=PICK, stale=RARELY, wise=OFTEN)
    def correction(self, nth: int, pick: int, stale: bool, wise: bool) -> None:
        product = self._product("strict")
        pairs = list(itertools.permutations(NAMES, 2))
        fitting = [pair for pair in pairs if self.books.mixed_up(product.pk, *pair, nth)]
        # What took a unit out is rarer than what was never seen, and more interesting.
        fitting.sort(key=lambda pair: self.books.trusted(product.pk, pair[0]) is None)
        among = fitting[:4] if wise and fitting else pairs
        lies, went = among[pick % len(among)]
        lines = self.books.mixed_up(product.pk, lies, went, nth)
        store = self.stores[nth]
        texts = {"lies": SerialText(lies, lies), "went": SerialText(went, went)}
        refused, made = None, None
        try:
            seen = look_at(store, product, **texts, by=self.by).seen
            if stale:
                seen = Seen(seen.lies, seen.went + 1)
            made = correct(store, product, **texts, seen=seen, by=self.by, now=timezone.now())
        except CorrectionRefused as error:
            refused = error
        assert (refused is None) == (lines is not None and not stale), (lines, refused)
        if made is None or lines is None:
            return
        paper = Paper("correction", nth, self.today, lines)
        self.books.correct(paper)
        with open("/tmp/corr.count", "a") as f:
            f.write(f"{made.origin.kind} {lines[0].way[0][0]}\n")
        self._made(paper, made)


def test_any_order_of_what_is_counted_and_put_right(db) -> None:
    """SOAK_EXAMPLES in the environment makes it look further."""
    run_machine(ShopThatMixesUp)
