"""Goods in custody: one open claim of a unit, and what a repair does to its card's end."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from company.models import Company
from tests.at_once import Behind, at_once
from tests.books import books_agree
from tests.claims import claim, close, repair
from tests.lasting import lasting
from tests.shop import give_back, receive, sell
from warranty.claims import AlreadyClaimed, ClaimClosed, NothingCovers, decide_claim, open_claim
from warranty.models import Adjustment, Card, Claim, Term

SOLD = dt.date(2026, 1, 31)
day = dt.date


@lasting
def card(store, manager, goods) -> Card:
    """A unit sold on 31 January with 12 months."""
    receive(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    sell(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    return Card.objects.get()


@pytest.fixture
def pieces(store, manager, goods) -> list[Card]:
    """Two pieces without serials on one term."""
    receive(store, manager, (goods.period, 2), on=SOLD)
    sell(store, manager, (goods.period, 2), on=SOLD)
    return list(Card.objects.order_by("unit"))


def ends_on(card: Card) -> dt.date:
    return Card.objects.get(pk=card.pk).ends_on


def goes_by(**policy: object) -> None:
    """The company's policies for what is sold from now on."""
    Company.current()
    Company.objects.update(**policy)


@pytest.mark.django_db
def test_the_days_in_repair_are_added(card, manager):
    adjustment = repair(card, day(2026, 11, 2), day(2026, 11, 16), manager)
    assert (adjustment.days, adjustment.months, adjustment.seq) == (14, 0, 1)
    assert (adjustment.ends_before, adjustment.ends_on) == (day(2027, 1, 31), day(2027, 2, 14))
    assert ends_on(card) == day(2027, 2, 14)
    assert Term.objects.get().ends_on == day(2027, 1, 31)
    books_agree()


@pytest.mark.django_db
def test_each_piece_has_an_end_of_its_own(pieces, manager):
    repair(pieces[0], day(2026, 3, 1), day(2026, 3, 6), manager)
    repair(pieces[0], day(2026, 4, 1), day(2026, 4, 2), manager)
    assert [ends_on(card) for card in pieces] == [day(2027, 2, 6), day(2027, 1, 31)]
    books_agree()


@pytest.mark.django_db
def test_months_are_added_once_and_at_once_with_the_term(store, manager, goods):
    goes_by(extension="months", extension_months=1)
    receive(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    sell(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    card = Card.objects.get()
    first = repair(card, day(2026, 3, 1), day(2026, 3, 1), manager)
    assert (first.months, first.ends_on) == (1, day(2027, 2, 28))
    second = repair(card, day(2026, 4, 1), day(2026, 4, 9), manager)
    assert (second.months, second.ends_before, second.ends_on) == (
        1, day(2027, 2, 28), day(2027, 2, 28),
    )  # fmt: skip
    assert ends_on(card) == day(2027, 2, 28)
    books_agree()


@pytest.mark.django_db
def test_a_repair_adds_nothing_where_the_policy_says_so(store, manager, goods):
    goes_by(extension="none")
    receive(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    sell(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    card = Card.objects.get()
    goes_by(extension="days")  # the sale's own policy holds
    assert repair(card, day(2026, 3, 1), day(2026, 3, 9), manager) is None
    assert ends_on(card) == day(2027, 1, 31)


@pytest.mark.django_db
@pytest.mark.parametrize("is_warranty", [False, None])
def test_a_repair_that_is_not_under_warranty_adds_nothing(card, manager, is_warranty):
    opened = claim(card, day(2026, 3, 1), is_warranty=is_warranty)
    assert close(opened, day(2026, 3, 9), manager) is None
    assert ends_on(card) == day(2027, 1, 31)


@pytest.mark.django_db
def test_a_repair_that_does_not_extend_adds_nothing(card, manager):
    opened = claim(card, day(2026, 3, 1))
    assert close(opened, day(2026, 3, 9), manager, extends=False) is None
    assert Claim.objects.get().closed_on == day(2026, 3, 9)


@pytest.mark.django_db
def test_goods_in_and_out_on_one_day_have_no_adjustment(card, manager):
    assert repair(card, day(2026, 3, 1), day(2026, 3, 1), manager) is None


@pytest.mark.django_db
def test_a_void_card_is_not_extended(card, store, manager, goods):
    opened = claim(card, day(2026, 3, 1))
    Card.objects.update(void_on=day(2026, 3, 2), voided_by=card.term.posting)
    assert close(opened, day(2026, 3, 9), manager) is None


@pytest.mark.django_db
def test_a_sale_whose_term_was_extended_can_be_returned(card, store, manager, goods):
    from documents.models import Document

    repair(card, day(2026, 2, 1), day(2026, 2, 3), manager)
    sale = Document.objects.get(kind="sale")
    give_back(sale, store, manager, (goods.strict, ["SN1"]), on=day(2026, 2, 5))
    assert Card.objects.get().void_on == day(2026, 2, 5)
    assert ends_on(card) == day(2027, 2, 2)
    books_agree()


@pytest.mark.django_db
def test_a_unit_is_in_one_open_claim(card, store, manager, goods):
    first = claim(card, day(2026, 3, 1))
    with transaction.atomic():
        with pytest.raises(AlreadyClaimed) as raised:
            claim(card, day(2026, 3, 2))
        assert raised.value.claim == first
        assert Claim.objects.count() == 1  # the transaction goes on
    close(first, day(2026, 3, 9), manager)
    assert claim(card, day(2026, 3, 9)).pk


@pytest.mark.django_db
def test_a_reference_that_is_taken_is_no_claim_of_the_unit(card, store):
    from django.db import IntegrityError

    opened = claim(card, day(2026, 3, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        open_claim(
            reference=opened.reference,
            store=store,
            product=card.term.product,
            claimed_on=day(2026, 3, 1),
        )


@pytest.mark.django_db
def test_a_claim_may_be_decided_anew_until_it_is_closed(card, manager):
    opened = claim(card, day(2026, 3, 1), is_warranty=False)
    assert decide_claim(opened.pk, is_warranty=True).is_warranty
    close(opened, day(2026, 3, 9), manager)
    with pytest.raises(ClaimClosed):
        decide_claim(opened.pk, is_warranty=False)
    with pytest.raises(ClaimClosed):
        close(opened, day(2026, 3, 10), manager)
    assert Claim.objects.get().closed_on == day(2026, 3, 9)


@pytest.mark.django_db
def test_goods_without_a_card_are_never_under_warranty(store, goods):
    opened = open_claim(
        reference="KY1-RP-1", store=store, product=goods.plain, claimed_on=day(2026, 3, 1)
    )
    with pytest.raises(NothingCovers):
        decide_claim(opened.pk, is_warranty=True)
    assert decide_claim(opened.pk, is_warranty=False).is_warranty is False


@pytest.mark.django_db
def test_closing_takes_as_many_statements_after_ten_repairs_as_after_none(card, manager):
    def statements(on: dt.date) -> int:
        opened = claim(card, on)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert close(opened, on + dt.timedelta(days=1), manager)
        return len(captured)

    counts = {statements(day(2026, 3, 1) + dt.timedelta(days=nth * 3)) for nth in range(10)}
    assert len(counts) == 1
    books_agree()


@pytest.mark.django_db(transaction=True)
def test_of_two_claims_of_a_unit_at_once_one_is_told_of_the_other(card):
    results = at_once(*[partial(claim, card, day(2026, 3, 1))] * 2)
    (opened,) = Claim.objects.all()
    (refused,) = [one for one in results if isinstance(one, AlreadyClaimed)]
    assert refused.claim == opened


@pytest.mark.django_db(transaction=True)
def test_a_second_claim_waits_for_the_first_to_be_written(card):
    with transaction.atomic():
        first = claim(card, day(2026, 3, 1))
        second = Behind(partial(claim, card, day(2026, 3, 1)))
        second.waits_for_us()
    refused = second.outcome()
    assert isinstance(refused, AlreadyClaimed)
    assert refused.claim == first


@pytest.mark.django_db(transaction=True)
def test_of_two_closings_at_once_one_extends_the_term(card, manager):
    opened = claim(card, day(2026, 3, 1))
    results = at_once(*[partial(close, opened, day(2026, 3, 9), manager)] * 2)
    assert sorted(type(one).__name__ for one in results) == ["Adjustment", "ClaimClosed"]
    assert Adjustment.objects.count() == 1
    assert ends_on(card) == day(2027, 2, 8)
    books_agree()
