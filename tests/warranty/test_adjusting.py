"""An admin sets the end of a card, and takes adjustments back."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from company.access import access_of
from tests.at_once import at_once
from tests.books import books_agree
from tests.claims import repair
from tests.lasting import lasting
from tests.shop import receive, sell
from warranty.adjusting import override_end, revoke
from warranty.models import Adjustment, Card

SOLD = dt.date(2026, 1, 31)
BASE = dt.date(2027, 1, 31)
day = dt.date

pytestmark = pytest.mark.django_db


@lasting
def card(store, manager, goods) -> Card:
    """A unit sold on 31 January with 12 months."""
    receive(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    sell(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    return Card.objects.get()


@pytest.fixture
def set_end(card, admin):
    def press(ends_on: dt.date, *, seen: dt.date | None = None, reason="a promise", by=None):
        return override_end(
            card.pk,
            ends_on=ends_on,
            reason=reason,
            seen=seen or Card.objects.get().ends_on,
            by=access_of(by or admin),
            now=timezone.now(),
        )

    return press


@pytest.fixture
def take_back(admin):
    def press(adjustment: Adjustment, *, seen: dt.date | None = None, reason="a slip", by=None):
        return revoke(
            adjustment.pk,
            reason=reason,
            seen=seen or Card.objects.get().ends_on,
            by=access_of(by or admin),
            now=timezone.now(),
        )

    return press


def test_the_end_is_set_and_what_comes_after_is_added_to_it(card, set_end, manager):
    made = set_end(day(2028, 5, 31), reason="  a promise ")
    assert (made.kind, made.reason, made.ends_before) == ("override", "a promise", BASE)
    repair(card, day(2026, 3, 1), day(2026, 3, 4), manager)
    assert Card.objects.get().ends_on == day(2028, 6, 3)
    books_agree()


def test_the_end_may_be_set_sooner_but_not_before_the_start(set_end):
    set_end(SOLD)
    assert Card.objects.get().ends_on == SOLD
    with pytest.raises(ValidationError) as raised:
        set_end(SOLD - dt.timedelta(days=1))
    assert list(raised.value.message_dict) == ["ends_on"]


def test_all_that_is_wrong_is_said_at_once(set_end):
    with pytest.raises(ValidationError) as raised:
        set_end(day(2020, 1, 1), reason="  ")
    assert set(raised.value.message_dict) == {"ends_on", "reason"}
    assert not Adjustment.objects.exists()


def test_the_end_it_has_is_no_change(set_end):
    with pytest.raises(ValidationError, match="already"):
        set_end(BASE)


def test_only_an_admin_sets_the_end(set_end, manager, stranger):
    for person in (manager, stranger):
        with pytest.raises(PermissionDenied):
            set_end(day(2028, 5, 31), by=person)


def test_the_end_of_a_void_card_stays(card, set_end):
    Card.objects.update(void_on=SOLD, voided_by=card.term.posting)
    with pytest.raises(ValidationError, match="void"):
        set_end(day(2028, 5, 31))


def test_an_end_that_changed_meanwhile_is_looked_at_first(card, set_end, take_back, manager):
    adjustment = repair(card, day(2026, 3, 1), day(2026, 3, 4), manager)
    for press in (partial(set_end, day(2028, 1, 1)), partial(take_back, adjustment)):
        with pytest.raises(ValidationError, match="meanwhile"):
            press(seen=BASE)


def test_what_is_taken_back_no_longer_counts(card, set_end, take_back, manager):
    first = repair(card, day(2026, 3, 1), day(2026, 3, 11), manager)
    second = repair(card, day(2026, 3, 15), day(2026, 3, 17), manager)
    override = set_end(day(2028, 1, 1))
    take_back(override)
    assert Card.objects.get().ends_on == day(2027, 2, 12)
    made = take_back(first)
    assert (made.revokes, made.ends_before, made.ends_on) == (
        first, day(2027, 2, 12), day(2027, 2, 2),
    )  # fmt: skip
    take_back(second)
    assert Card.objects.get().ends_on == BASE
    books_agree()


def test_months_of_a_second_repair_count_once_the_first_is_taken_back(
    store, manager, goods, take_back
):
    goods.strict.type.extension = "months"
    goods.strict.type.extension_months = 3
    goods.strict.type.save()
    receive(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    sell(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    card = Card.objects.get()
    first = repair(card, day(2026, 3, 1), day(2026, 3, 11), manager)
    repair(card, day(2026, 4, 1), day(2026, 4, 2), manager)
    take_back(first)
    assert Card.objects.get().ends_on == day(2027, 4, 30)
    books_agree()


def test_what_was_taken_back_is_taken_back_once_and_stays_so(card, take_back, manager):
    adjustment = repair(card, day(2026, 3, 1), day(2026, 3, 11), manager)
    taken_back = take_back(adjustment)
    for again in (adjustment, taken_back):
        with pytest.raises(ValidationError):
            take_back(again)
    assert Adjustment.objects.count() == 2


def test_taking_back_needs_an_admin_and_a_reason(card, take_back, manager):
    adjustment = repair(card, day(2026, 3, 1), day(2026, 3, 11), manager)
    with pytest.raises(PermissionDenied):
        take_back(adjustment, by=manager)
    with pytest.raises(ValidationError) as raised:
        take_back(adjustment, reason=" ")
    assert list(raised.value.message_dict) == ["reason"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_set_the_end_at_once_the_second_looks_again(set_end):
    results = at_once(
        partial(set_end, day(2028, 1, 1), seen=BASE), partial(set_end, day(2029, 1, 1), seen=BASE)
    )
    assert sorted(type(one).__name__ for one in results) == ["Adjustment", "ValidationError"]
    books_agree()
