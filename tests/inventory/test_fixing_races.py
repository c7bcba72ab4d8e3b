"""A fix and somebody else at the same units at the same moment, on connections of their own."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from company.access import access_of
from documents.cancelling import CancellingRefused
from documents.correcting import CorrectionRefused
from documents.models import Document
from inventory.answers import Verdict
from inventory.fixing import fix, preview
from inventory.models import Count, Scan
from inventory.pausing import abandon_count
from inventory.unknowns import unknown_units
from serials.models import Serial
from tests.at_once import Behind, at_once
from tests.books import place_of, valid_cards
from tests.inventory.conftest import begin, take
from tests.shop import cancel, receive, sell

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 8


class Swapped:
    """A count that found SN-1, which was written on a sale, and misses SN-2."""

    def __init__(self, store, manager, goods, nth: int = 0) -> None:
        self.lies, self.went = f"SN-{nth}1", f"SN-{nth}2"
        self.manager = manager
        receive(store, manager, (goods.strict, [self.lies, self.went]))
        self.sale = sell(store, manager, (goods.strict, [self.lies]))
        self.count = begin(store, manager, scope="products", products=[goods.strict])
        take(self.count, manager, self.lies)
        self.scan = Scan.objects.get(count=self.count, key=self.lies)
        self.other = Serial.objects.get(key=self.went)
        self.ids = self.count.pk, self.scan.pk, self.other.pk
        self.seen = preview(*self.ids, by=access_of(manager)).seen

    def press(self) -> Document:
        return fix(*self.ids, seen=self.seen, by=access_of(self.manager), now=timezone.now())

    def scan_other(self) -> Verdict:
        return take(self.count, self.manager, self.went).verdict

    def end(self) -> Count:
        return abandon_count(self.count.pk, by=access_of(self.manager), now=timezone.now())


def test_two_press_the_same_fix_and_one_correction_is_written(store, manager, goods):
    for nth in range(ROUNDS):
        mixed_up = Swapped(store, manager, goods, nth)
        results = at_once(mixed_up.press, mixed_up.press)
        kinds = sorted(type(result).__name__ for result in results)
        assert kinds == ["CorrectionRefused", "Document"], results
        assert Document.objects.filter(kind="correction").count() == nth + 1
        assert valid_cards() == nth + 1
        assert (place_of(mixed_up.lies), place_of(mixed_up.went)) == ("shelf", "customer")
        mixed_up.end()


def test_the_sale_is_cancelled_or_put_right_but_not_both(store, manager, goods):
    for nth in range(ROUNDS):
        mixed_up = Swapped(store, manager, goods, nth)
        results = at_once(mixed_up.press, partial(cancel, mixed_up.sale, manager))
        refused = [one for one in results if isinstance(one, CorrectionRefused | CancellingRefused)]
        assert len(refused) == 1, results
        mixed_up.sale.refresh_from_db()
        places = place_of(mixed_up.lies), place_of(mixed_up.went)
        was_cancelled = mixed_up.sale.status == "cancelled"
        assert places == (("shelf", "shelf") if was_cancelled else ("shelf", "customer"))
        assert unknown_units(mixed_up.count, access=access_of(manager)).total == 0
        mixed_up.end()


def test_a_unit_that_is_scanned_at_this_moment_is_not_said_to_have_gone(store, manager, goods):
    for nth in range(ROUNDS):
        mixed_up = Swapped(store, manager, goods, nth)
        pressed, verdict = at_once(mixed_up.press, mixed_up.scan_other)
        scanned = Scan.objects.get(count=mixed_up.count, key=mixed_up.went)
        if isinstance(pressed, Document):
            assert (verdict, scanned.was_here) == (Verdict.UNKNOWN, False)
        else:
            assert isinstance(pressed, CorrectionRefused), pressed
            assert (verdict, scanned.was_here) == (Verdict.EXPECTED, True)
            assert place_of(mixed_up.went) == "shelf"
        mixed_up.end()


def test_a_fix_waits_for_the_end_of_the_count_and_is_refused_then(store, manager, goods):
    mixed_up = Swapped(store, manager, goods)
    with transaction.atomic():
        mixed_up.end()
        behind = Behind(mixed_up.press)
        behind.waits_for_us()
    assert "has ended" in str(behind.outcome())
    assert not Document.objects.filter(kind="correction").exists()


def test_the_end_of_the_count_waits_for_a_fix(store, manager, goods):
    mixed_up = Swapped(store, manager, goods)
    with transaction.atomic():
        mixed_up.press()
        behind = Behind(mixed_up.end)
        behind.waits_for_us()
    assert isinstance(behind.outcome(), Count)
    assert place_of(mixed_up.lies) == "shelf"
