"""Several people at one repair, or one unit, at the same moment, each with their own connection."""

from __future__ import annotations

import pytest
from django.db import transaction

from documents.models import Document, Kind
from repairs.models import Loan, Repair, Status, Step
from repairs.refusals import RepairChanged, RepairRefused
from serials.refusals import PostingRefused
from tests.at_once import Behind, at_once
from tests.books import books_agree, place_of
from tests.shop import customer, give_back, hand_back, lend, sell, set_status, take_in, use_part
from warranty.models import Adjustment, Card, Claim

from .conftest import WEEK_AGO

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 3


@pytest.fixture
def repair(store, technician, sold) -> Repair:
    return take_in(store, technician, "A", decided="warranty", now=WEEK_AGO)


def codes(results: list[object]) -> list[str]:
    """What the works came to: the codes of refusals, or the classes of what else came."""
    return sorted(
        one.refusals[0].code if isinstance(one, RepairRefused | PostingRefused)
        else type(one).__name__
        for one in results
    )  # fmt: skip


def test_one_unit_is_taken_in_once(store, cashier, technician, manager, sold):
    customer()
    card = Card.objects.get(term__serial__key="A")
    results = at_once(
        lambda: take_in(store, cashier, "A"),
        lambda: take_in(store, technician, "A"),
        lambda: take_in(store, manager, card),
    )
    assert codes(results) == ["Repair", "in_repair", "in_repair"]
    assert Claim.objects.count() == Repair.objects.count() == 1
    books_agree()


def test_pieces_of_a_line_are_taken_in_one_by_one(store, cashier, technician, manager, goods, sold):
    customer()
    line = sold.lines.get(product=goods.period)
    results = at_once(*(
        lambda person=person: take_in(store, person, line)
        for person in (cashier, technician, manager)
    ))  # fmt: skip
    assert codes(results) == ["Repair", "Repair", "all_in_repair"]
    assert {claim.card.unit for claim in Claim.objects.all()} == {1, 2}
    books_agree()


def test_own_stock_is_sold_or_taken_in(store, cashier, technician, goods, sold):
    results = at_once(
        lambda: sell(store, cashier, (goods.strict, ["B"])),
        lambda: take_in(store, technician, "B", own=True),
    )
    assert sorted(isinstance(one, Exception) for one in results) == [False, True]
    assert place_of("B") == ("blocked" if Repair.objects.exists() else "customer")
    books_agree()


def test_a_unit_is_taken_back_or_taken_in(store, cashier, manager, goods, sold):
    customer()
    results = at_once(
        lambda: give_back(sold, store, manager, (goods.strict, ["A"])),
        lambda: take_in(store, cashier, "A"),
    )
    assert sum(isinstance(one, Exception) for one in results) == 1
    returned = Document.objects.filter(kind=Kind.CUSTOMER_RETURN, status="posted").exists()
    assert returned != Repair.objects.exists()
    books_agree()


def test_it_is_handed_back_once(repair, technician, manager):
    version = repair.version
    results = at_once(*(
        lambda person=person: hand_back(Repair.objects.get(pk=repair.pk), person, "repaired",
                                        version=version)
        for person in (technician, manager, technician)
    ))  # fmt: skip
    assert codes(results) == ["Repair"] * 3
    assert Adjustment.objects.count() == 1
    assert Step.objects.filter(status=Status.HANDED_BACK).count() == 1
    books_agree()


def test_it_is_replaced_once(repair, manager, admin):
    version = repair.version
    results = at_once(*(
        lambda person=person: hand_back(Repair.objects.get(pk=repair.pk), person, "replaced",
                                        version=version, replacement="B")
        for person in (manager, admin)
    ))  # fmt: skip
    assert codes(results) == ["Repair"] * 2
    assert Document.objects.filter(kind=Kind.EXCHANGE).count() == 1
    books_agree()


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_nothing_is_lent_while_it_is_handed_back(repair, technician, cashier, goods, round_):
    version = repair.version
    results = at_once(
        lambda: hand_back(Repair.objects.get(pk=repair.pk), technician, "repaired",
                          version=version),
        lambda: lend(Repair.objects.get(pk=repair.pk), cashier, goods.strict, "B"),
    )  # fmt: skip
    ended = Repair.objects.get(pk=repair.pk).has_ended
    assert ended != Loan.objects.exists(), results
    assert place_of("B") == ("shelf" if ended else "blocked")
    books_agree()


def test_a_part_waits_for_the_hand_back_and_is_refused(repair, technician, goods):
    with transaction.atomic():
        done = hand_back(repair, technician, "repaired")
        part = Behind(lambda: use_part(repair, technician, goods.plain))
        part.waits_for_us()
    assert done.has_ended
    assert codes([part.outcome()]) == ["ended"]
    assert not Document.objects.filter(kind=Kind.PARTS).exists()


def test_of_two_who_move_it_on_from_one_page_one_is_told(repair, technician, manager):
    version = repair.version
    results = at_once(
        lambda: set_status(Repair.objects.get(pk=repair.pk), technician, "in_work",
                           version=version),
        lambda: set_status(Repair.objects.get(pk=repair.pk), manager, "ready", version=version),
    )  # fmt: skip
    assert sum(isinstance(one, RepairChanged) for one in results) == 1
    assert Step.objects.count() == 2
    books_agree()
