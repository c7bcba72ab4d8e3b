"""Any order of documents, of what a count finds, and of what is put right, against the model."""

from __future__ import annotations

import itertools

import pytest
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from documents.correcting import CorrectionRefused, Seen, correct, look_at
from serials.text import SerialText

from .shop_machine import TwiceTheShop
from .shop_model import MISSING, Paper, shelf
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

GOES_OUT = ["sale", "sale", "transfer", "supplier_return", "write_off"]


class ShopThatMixesUp(TwiceTheShop):
    """People write one unit and hand over another; units go missing and are found again.

    Of what shops do otherwise it has as much as moves units about: more would hide the rest.
    """

    opening, receipt, sale = Shop.opening, Shop.receipt, Shop.sale
    customer_return, _back = Shop.customer_return, Shop._back
    arrival_of_all, identification = Shop.arrival_of_all, Shop.identification
    set_aside, put_back, parts = Shop.set_aside, Shop.put_back, Shop.parts
    cancelling = Shop.cancelling

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

    @rule(nth=STORES, kind=st.sampled_from(GOES_OUT), pick=PICK, arrives=st.booleans())
    def written_wrongly(self, nth: int, kind: str, pick: int, arrives: bool) -> None:
        """One unit is written on a document, another one left; sooner or later it is put right."""
        product = self._product("strict")
        here = self._units(product, [shelf(nth)])
        if len(here) < 2:
            self.receipt(nth, "strict", NAMES[:3], 0, 0, False, True, False)
            return
        lies, went = itertools.islice(itertools.cycle(here), pick % len(here), pick % len(here) + 2)
        paper = Paper(kind, nth, self.today, [self._line(kind, product, [lies])])
        self._post(paper, self._draft(paper, to_store=1 - nth if kind == "transfer" else None))
        if kind == "transfer" and arrives:
            self.arrival_of_all(self._nth_transfer(paper))
        self._correct(nth, lies, went)

    def _nth_transfer(self, paper: Paper) -> int:
        return [one for one in self.books.standing if one.kind == "transfer"].index(paper)

    @precondition(lambda self: self.books.standing)
    @rule(nth=STORES, pick=PICK, stale=RARELY, wise=OFTEN)
    def correction(self, nth: int, pick: int, stale: bool, wise: bool) -> None:
        product = self._product("strict")
        pairs = list(itertools.permutations(NAMES, 2))
        fitting = [pair for pair in pairs if self.books.mixed_up(product.pk, *pair, nth)]
        among = fitting if wise and fitting else pairs
        self._correct(nth, *among[pick % len(among)], stale=stale)

    def _correct(self, nth: int, lies: str, went: str, *, stale: bool = False) -> None:
        product, store = self._product("strict"), self.stores[nth]
        lines = self.books.mixed_up(product.pk, lies, went, nth)
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
        self._made(paper, made)


def test_any_order_of_what_is_counted_and_put_right(db) -> None:
    """SOAK_EXAMPLES in the environment makes it look further."""
    run_machine(ShopThatMixesUp)
