"""What a count makes of units set aside, and of customers' units that are here for repair."""

from __future__ import annotations

import pytest
from django.utils import timezone

from company.access import access_of
from documents.models import Kind
from inventory.answers import Verdict
from inventory.closing import close_count
from inventory.outcome import read_outcome
from inventory.queries import missing_units, progress_of
from inventory.unknowns import unknown_units
from serials.models import Serial
from tests.books import books_agree, place_of
from tests.inventory.conftest import begin, take
from tests.shop import draft, post, put_back, receive, sell, set_aside
from warranty.models import Claim

pytestmark = pytest.mark.django_db


@pytest.fixture
def aside(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    return set_aside(store, manager, (goods.strict, ["SN1"]))


def test_what_is_set_aside_is_neither_expected_nor_missing(store, manager, goods, aside):
    count = begin(store, manager)
    take(count, manager, "SN2")

    progress = progress_of(count)
    assert (progress.expected, progress.counted, progress.missing) == (1, 1, 0)
    assert not missing_units(count).rows
    close_count(count.pk, by=access_of(manager), now=timezone.now())
    assert place_of("SN1") == "blocked"
    books_agree()


def test_a_unit_set_aside_while_counting_is_not_missing(store, manager, goods, aside):
    count = begin(store, manager)
    set_aside(store, manager, (goods.strict, ["SN2"]))
    put_back(store, manager, (goods.strict, ["SN1"]))

    outcome = read_outcome(count, on=store.date_of(timezone.now()))
    assert not outcome.missing
    assert not missing_units(count).rows


def test_it_is_said_what_a_scanned_unit_is_set_aside_for(store, manager, goods, aside):
    count = begin(store, manager)

    answer = take(count, manager, "SN1")

    assert answer.verdict == Verdict.EXPECTED
    assert answer.message == f"It is here, set aside by {aside.number}: for a repair."
    take(count, manager, "SN2")
    assert progress_of(count).extra == 1
    close_count(count.pk, by=access_of(manager), now=timezone.now())
    books_agree()


def test_a_customers_unit_that_is_here_for_repair_is_told_from_one_that_came_back(
    store, manager, goods
):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    sell(store, manager, (goods.strict, ["SN1"]))
    Claim.objects.create(
        reference="KY1-RP2026-000001",
        store=store,
        product=goods.strict,
        serial=Serial.objects.get(key="SN1"),
        claimed_on=store.date_of(timezone.now()),
    )
    count = begin(store, manager)

    answer = take(count, manager, "SN1")

    assert answer.message == (
        "SN1 is a customer's: it is here for repair KY1-RP2026-000001. Take the scan back."
    )
    (card,) = unknown_units(count, access=access_of(manager)).units
    assert (card.steps, card.best, card.may_fix, card.advice) == ((), None, False, "")


def test_a_part_that_lies_here_after_all_is_taken_off_its_repair(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    used = post(draft(Kind.PARTS, store, manager, [(goods.strict, ["SN1"])]), manager)
    count = begin(store, manager)

    answer = take(count, manager, "SN1")

    assert answer.message.startswith(f"SN1 was used in a repair by {used.number} on ")
    (card,) = unknown_units(count, access=access_of(manager)).units
    assert card.steps == ()
    assert card.advice == "If it was not used after all, take it off that repair."
