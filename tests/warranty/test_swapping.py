"""A unit that was mixed up takes over the warranty with all that had changed it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from tests.books import books_agree
from tests.claims import repair
from tests.documents.test_correcting import put_right
from tests.lasting import lasting
from tests.shop import cancel, receive, sell
from warranty.adjusting import override_end, revoke
from warranty.models import Adjustment, Card

SOLD = dt.date(2026, 1, 31)
day = dt.date

pytestmark = pytest.mark.django_db


@lasting
def card(store, manager, goods) -> Card:
    """A1 was written on the sale; it was repaired twice and an admin changed its end."""
    receive(store, manager, (goods.strict, ["A1", "B1", "C1"]), on=SOLD)
    sell(store, manager, (goods.strict, ["A1"]), on=SOLD)
    return Card.objects.get()


def adjust(card: Card, manager, admin) -> None:
    at = {"by": access_of(admin), "now": timezone.now()}
    first = repair(card, day(2026, 3, 1), day(2026, 3, 11), manager)
    repair(card, day(2026, 3, 9), day(2026, 3, 15), manager)
    override_end(card.pk, ends_on=day(2027, 6, 1), reason="promised", seen=end_of(card), **at)
    repair(card, day(2026, 4, 1), day(2026, 4, 3), manager)
    revoke(first.pk, reason="a slip", seen=end_of(card), **at)


def end_of(card: Card) -> dt.date:
    return Card.objects.get(pk=card.pk).ends_on


def told(card: Card) -> list[tuple[object, ...]]:
    """The adjustments of a card without what is its own."""
    return [
        (one.seq, one.kind, one.claim_id, one.reason, one.from_on, one.to_on, one.days, one.months,
         one.sets_end, one.revokes and one.revokes.seq, one.ends_before, one.ends_on,
         one.made_by_id, one.made_at)
        for one in card.adjustments.order_by("seq")
    ]  # fmt: skip


def test_the_new_card_has_the_end_and_the_adjustments_of_the_old(
    card, store, manager, admin, goods
):
    adjust(card, manager, admin)
    before = told(card)
    put_right(store, manager, goods.strict, "A1", "B1")
    new = Card.objects.get(void_on=None)
    assert new.term.serial_text == "B1"
    assert new.ends_on == end_of(card) == day(2027, 6, 3)
    assert told(new) == told(card) == before
    taken_back = new.adjustments.get(kind="revocation")
    assert taken_back.revokes.card == new
    books_agree()
    repair(new, day(2026, 5, 1), day(2026, 5, 3), manager)
    assert end_of(new) == day(2027, 6, 5)
    books_agree()


def test_mixed_up_twice_it_carries_them_on(card, store, manager, admin, goods):
    adjust(card, manager, admin)
    put_right(store, manager, goods.strict, "A1", "B1")
    put_right(store, manager, goods.strict, "B1", "C1")
    new = Card.objects.get(void_on=None)
    assert (new.term.serial_text, new.ends_on) == ("C1", day(2027, 6, 3))
    assert told(new) == told(card)
    books_agree()


def test_cancelling_brings_the_old_card_back_as_it_was(card, store, manager, admin, goods):
    adjust(card, manager, admin)
    before = told(card)
    cancel(put_right(store, manager, goods.strict, "A1", "B1"), manager)
    old = Card.objects.get(void_on=None)
    assert (old, old.ends_on, told(old)) == (card, day(2027, 6, 3), before)
    repair(old, day(2026, 5, 1), day(2026, 5, 3), manager)
    books_agree()


def test_a_card_that_nothing_changed_carries_nothing(card, store, manager, goods):
    put_right(store, manager, goods.strict, "A1", "B1")
    assert Card.objects.get(void_on=None).ends_on == card.ends_on
    assert not Adjustment.objects.exists()
    books_agree()


def test_the_number_of_statements_does_not_grow_with_the_adjustments(card, store, manager, goods):
    with CaptureQueriesContext(connection) as none:
        cancel(put_right(store, manager, goods.strict, "A1", "B1"), manager)
    for month in range(3, 12):
        repair(card, day(2026, month, 1), day(2026, month, 4), manager)
    with CaptureQueriesContext(connection) as many:
        cancel(put_right(store, manager, goods.strict, "A1", "B1"), manager)
    assert len(many) == len(none)
