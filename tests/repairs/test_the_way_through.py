"""From intake to hand-back in every mode of accounting: what happens, and that the books agree."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from documents.models import Kind
from products.models import ProductType
from repairs.models import Payer, Result, Status
from tests.books import books_agree, pieces, place_of, valid_cards
from tests.shop import hand_back, receive, sell, take_in
from warranty.models import Adjustment, Card, Term

from .conftest import SOLD, WEEK_AGO

pytestmark = pytest.mark.django_db

WEEK = dt.timedelta(days=7)


def test_a_strict_unit_is_repaired_under_warranty_and_its_term_is_longer(store, manager, sold):
    repair = take_in(store, manager, "A", now=WEEK_AGO, decided=Payer.WARRANTY)
    assert repair.number.startswith("KY1-RP")
    assert repair.proposed == Payer.WARRANTY
    assert repair.sold_on.document == sold
    assert place_of("A") == "customer"
    books_agree()
    before = Card.objects.get(term__serial__key="A").ends_on

    done = hand_back(repair, manager, Result.REPAIRED)

    assert done.status == Status.HANDED_BACK
    assert [step.status for step in done.steps.all()] == ["received", "ready", "handed_back"]
    card = Card.objects.get(term__serial__key="A")
    assert card.ends_on == before + WEEK
    assert Adjustment.objects.get().claim.reference == done.number
    assert place_of("A") == "customer"
    books_agree()


def test_a_recorded_unit_is_repaired_too(store, manager, sold):
    repair = take_in(store, manager, "R", now=WEEK_AGO, decided=Payer.WARRANTY)
    hand_back(repair, manager, Result.REPAIRED)
    assert Adjustment.objects.get().days == 7
    books_agree()


def test_each_piece_of_a_period_line_has_its_own_card_and_claim(store, manager, sold, goods):
    line = sold.lines.get(product=goods.period)
    first, second = Card.objects.filter(term__product=goods.period).order_by("unit")
    one = take_in(store, manager, line, decided=Payer.WARRANTY, now=WEEK_AGO)
    other = take_in(store, manager, line)
    assert (one.claim.card, other.claim.card) == (first, second)
    hand_back(one, manager, Result.REPAIRED)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.ends_on == second.ends_on + WEEK
    books_agree()


def test_a_piece_is_found_by_its_own_card(store, manager, sold, goods):
    second = Card.objects.get(term__product=goods.period, unit=2)
    assert take_in(store, manager, second).claim.card == second
    assert take_in(store, manager, sold.lines.get(product=goods.period)).claim.card.unit == 1


def test_goods_without_warranty_are_paid(store, manager, sold, goods):
    repair = take_in(store, manager, sold.lines.get(product=goods.plain))
    assert (repair.proposed, repair.claim.card) == (Payer.CUSTOMER, None)
    assert repair.sold_on.document == sold
    books_agree()


@pytest.mark.parametrize("result", [Result.REFUSED, Result.NO_FAULT])
def test_what_was_not_repaired_adds_nothing(store, manager, sold, result):
    repair = take_in(store, manager, "A", now=WEEK_AGO, decided=Payer.WARRANTY)
    hand_back(repair, manager, result)
    assert not Adjustment.objects.exists()
    books_agree()


def test_a_paid_repair_adds_nothing(store, manager, sold):
    repair = take_in(store, manager, "A", now=WEEK_AGO,
                     decided=Payer.CUSTOMER, reason="it fell into water")  # fmt: skip
    hand_back(repair, manager, Result.REPAIRED)
    assert not Adjustment.objects.exists()
    books_agree()


def test_a_policy_of_months_adds_months(store, manager, goods):
    ProductType.objects.update(extension="months", extension_months=2)
    goods.strict.type.refresh_from_db()
    receive(store, manager, (goods.strict, ["M"]), now=SOLD)
    sell(store, manager, (goods.strict, ["M"]), now=SOLD)
    hand_back(take_in(store, manager, "M", decided=Payer.WARRANTY), manager, Result.REPAIRED)
    assert Adjustment.objects.get().months == 2
    books_agree()


def test_a_replacement_posts_an_exchange(store, manager, sold):
    repair = take_in(store, manager, "A", decided=Payer.WARRANTY)
    done = hand_back(repair, manager, Result.REPLACED, replacement="B")
    exchange = done.document
    assert exchange is not None
    assert (exchange.kind, exchange.status) == (Kind.EXCHANGE, "posted")
    assert exchange.customer == repair.customer
    back, out = exchange.lines.order_by("position")
    assert back.is_defective
    assert done.number in back.remark
    assert back.amount == out.amount == Decimal(100)
    assert (place_of("A"), place_of("B")) == ("defective", "customer")
    term = Term.objects.get(serial__key="B")
    assert term.replaces.serial.key == "A"
    books_agree()


def test_a_replacement_without_serials(store, manager, sold, goods):
    second = Card.objects.get(term__product=goods.period, unit=2)
    repair = take_in(store, manager, second, decided=Payer.WARRANTY)
    hand_back(repair, manager, Result.REPLACED)
    assert (pieces(goods.period, "defective"), pieces(goods.period)) == (1, 2)
    second.refresh_from_db()
    assert second.void_on
    assert valid_cards(goods.period) == 2
    books_agree()


def test_a_refund_posts_a_customer_return_for_the_price(store, manager, sold):
    done = hand_back(take_in(store, manager, "A", decided=Payer.WARRANTY), manager, Result.REFUNDED)
    assert done.document.kind == Kind.CUSTOMER_RETURN
    assert done.document.lines.get().amount == Decimal(100)
    assert place_of("A") == "defective"
    assert not Card.objects.filter(term__serial__key="A", void_on=None).exists()
    books_agree()


def test_own_stock_cannot_be_sold_meanwhile_and_goes_back_on_the_shelf(store, technician, sold):
    repair = take_in(store, technician, "B", own=True)
    assert place_of("B") == "blocked"
    assert repair.set_aside.kind == Kind.SET_ASIDE
    books_agree()
    hand_back(repair, technician, Result.REPAIRED)
    assert place_of("B") == "shelf"
    books_agree()


def test_own_stock_that_was_not_repaired_is_defective(store, technician, sold):
    hand_back(take_in(store, technician, "B", own=True), technician, Result.REFUSED)
    assert place_of("B") == "defective"
    books_agree()


def test_a_piece_of_own_stock_without_serials(store, technician, sold, goods):
    repair = take_in(store, technician, goods.plain)
    assert (pieces(goods.plain), pieces(goods.plain, "blocked")) == (1, 1)
    books_agree()
    hand_back(repair, technician, Result.REPAIRED)
    assert (pieces(goods.plain), pieces(goods.plain, "blocked")) == (2, 0)
    books_agree()
