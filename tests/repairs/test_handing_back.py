"""Handing back and cancelling: what they need, and what they are refused for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from company.access import access_of
from company.models import Store
from documents.accounting import change_accounting
from documents.accounting_stock import read_situation
from products.models import Product, ProductType
from repairs.handing_back import cancel_repair
from repairs.models import Repair, Status
from repairs.refusals import RepairChanged, RepairRefused
from tests.books import books_agree, everything, pieces, place_of, refusals_of
from tests.lasting import lasting
from tests.shop import (
    cancel,
    hand_back,
    lend,
    receive,
    sell,
    set_status,
    take_in,
    take_loaner_back,
    use_part,
    write_off,
)
from warranty.models import Adjustment, Card

from .conftest import JUST_BEFORE, WEEK_AGO

pytestmark = pytest.mark.django_db


@lasting(at=JUST_BEFORE)
def repair(store, cashier, sold) -> Repair:
    return take_in(store, cashier, "A", decided="warranty", now=WEEK_AGO)


def code(work: Callable[[], object]) -> list[tuple[str, str]]:
    before = everything()
    with pytest.raises(RepairRefused) as raised:
        work()
    assert all("%(" not in one.message for one in raised.value.refusals)
    assert everything() == before
    return [(one.code, one.field) for one in raised.value.refusals]


def cancelled(repair: Repair, by, reason: str = "wrong unit") -> Repair:
    repair.refresh_from_db()
    return cancel_repair(
        repair.pk, reason=reason, version=repair.version, by=access_of(by), now=timezone.now()
    )


def test_everything_that_is_missing_is_told_at_once(store, cashier, technician, sold, goods):
    repair = take_in(store, cashier, "A")
    loan = lend(repair, cashier, goods.plain)
    assert code(lambda: hand_back(repair, technician)) == [
        ("result_missing", "result"), ("undecided", "decided"), ("loan_out", ""),
    ]  # fmt: skip
    take_loaner_back(loan, cashier)
    assert code(lambda: hand_back(repair, technician, "nonsense")) == [
        ("result_missing", "result"), ("undecided", "decided"),
    ]  # fmt: skip


def test_the_desk_hands_back_what_a_technician_made_ready(repair, cashier, technician):
    assert code(lambda: hand_back(repair, cashier, "repaired")) == [
        ("technician_decides", "result")
    ]
    set_status(repair, technician, "ready", result="repaired")
    assert code(lambda: hand_back(repair, cashier, "refused")) == [("technician_decides", "result")]
    assert hand_back(repair, cashier).result == "repaired"
    assert Adjustment.objects.get().made_by == cashier
    books_agree()


@pytest.mark.parametrize("who", ["storekeeper", "stranger", "other_manager"])
def test_not_everybody_hands_back_or_cancels(request, repair, who):
    person = request.getfixturevalue(who)
    with pytest.raises((PermissionDenied, Repair.DoesNotExist)):
        hand_back(repair, person, "repaired")
    with pytest.raises((PermissionDenied, Repair.DoesNotExist)):
        cancelled(repair, person)


def test_a_second_press_hands_back_once(repair, technician):
    version = repair.version
    first = hand_back(repair, technician, "repaired")
    again = hand_back(repair, technician, "repaired", version=version)
    assert (again.pk, again.version) == (first.pk, first.version)
    assert Adjustment.objects.count() == 1
    assert [step.status for step in again.steps.all()] == ["received", "ready", "handed_back"]


def test_a_page_that_is_older_than_a_change_does_not_hand_back(repair, technician, goods):
    version = repair.version
    use_part(repair, technician, goods.plain)
    with pytest.raises(RepairChanged):
        hand_back(repair, technician, "repaired", version=version)


def test_an_estimate_that_the_customer_refused_ends_it(store, technician, sold, goods):
    repair = take_in(store, technician, sold.lines.get(product=goods.plain), decided="customer")
    set_status(repair, technician, "diagnosed")
    set_status(repair, technician, "estimate")
    set_status(repair, technician, "ready", result="refused")
    assert hand_back(repair, technician).result == "refused"
    books_agree()


def test_own_stock_is_neither_replaced_nor_refunded(store, manager, sold):
    own = take_in(store, manager, "B", own=True)
    assert code(lambda: hand_back(own, manager, "replaced")) == [("own_result", "result")]
    assert code(lambda: set_status(own, manager, "ready", result="refunded")) == [
        ("own_result", "result")
    ]


@pytest.mark.parametrize("result", ["replaced", "refunded"])
def test_whoever_may_not_take_back_goods_neither_replaces_nor_refunds(repair, technician, result):
    assert code(lambda: hand_back(repair, technician, result)) == [("may_not_return", "result")]


def test_a_replacement_is_scanned(repair, manager):
    assert code(lambda: hand_back(repair, manager, "replaced")) == [
        ("replacement_missing", "replacement")
    ]


def test_what_the_ledger_refuses_of_a_replacement_comes_back_whole(store, repair, manager, goods):
    assert refusals_of(lambda: hand_back(repair, manager, "replaced", replacement="NO")) == [
        ("never_received", 2, "NO")
    ]
    write_off(store, manager, (goods.strict, ["B"]))
    before = everything()
    assert refusals_of(lambda: hand_back(repair, manager, "replaced", replacement="B")) == [
        ("written_off", 2, "B")
    ]
    repair.refresh_from_db()
    repair.claim.refresh_from_db()
    assert (repair.status, repair.result, repair.claim.closed_on) == ("received", "", None)
    assert everything() == before
    books_agree()


def test_a_unit_sold_by_another_store_is_not_refunded_here(
    store, other_store, manager, other_manager, goods
):
    receive(other_store, other_manager, (goods.strict, ["L"]), now=WEEK_AGO)
    sell(other_store, other_manager, (goods.strict, ["L"]), now=WEEK_AGO)
    repair = take_in(store, manager, "L", decided="warranty")
    assert refusals_of(lambda: hand_back(repair, manager, "refunded")) == [
        ("sold_elsewhere", 1, None)
    ]


def test_a_gs1_code_names_a_replacement_of_the_same_product_only(repair, manager, goods):
    code, other = "(01)04006381333931(21)B", "(01)00012345678905(21)B"
    goods.strict.barcode = "4006381333931"
    goods.strict.save()
    assert refusals_of(lambda: hand_back(repair, manager, "replaced", replacement=other)) == [
        ("never_received", 2, other)
    ]
    assert hand_back(repair, manager, "replaced", replacement=code).document is not None


def test_what_was_replaced_is_worth_what_was_paid(repair, manager, goods):
    goods.strict.price = 150
    goods.strict.save()
    done = hand_back(repair, manager, "replaced", replacement="b")
    assert done.document is not None
    assert {line.unit_price for line in done.document.lines.all()} == {100}


@pytest.mark.parametrize("result", ["repaired", "replaced", "refunded"])
@pytest.mark.parametrize("mode", ["none", "period"])
def test_goods_accounted_without_serials_by_now_are_handed_back(
    store, repair, manager, admin, goods, result, mode
):
    change_accounting(
        goods.strict.pk, mode=mode, texts={}, seen=read_situation(goods.strict).seen,
        by=access_of(admin), now=timezone.now(),
    )  # fmt: skip
    hand_back(repair, manager, result)
    old = repair.claim.card
    old.refresh_from_db()
    assert (old.void_on is not None) == (result != "repaired")
    new = Card.objects.filter(term__replaces=old.term)
    assert [card.void_on for card in new] == ([None] if result == "replaced" else [])
    books_agree()


def test_a_replacement_is_covered_though_the_product_is_sold_without_a_warranty_now(
    repair, manager
):
    ProductType.objects.update(
        period_count=None, period_unit="", replacement="inherit", replacement_days=None
    )
    Product.objects.update(period_count=None, period_unit="")
    hand_back(repair, manager, "replaced", replacement="B")
    old, new = repair.claim.card, Card.objects.get(term__serial__key="B")
    assert (new.void_on, new.term.period) == (None, old.term.period)
    books_agree()


def test_the_desk_replaces_under_warranty_long_after_the_return_window(repair, manager, cashier):
    set_status(repair, manager, "ready", result="replaced")
    assert hand_back(repair, cashier, replacement="B").document.author == cashier
    assert place_of("B") == "customer"
    books_agree()


def test_an_intake_by_mistake_is_cancelled_while_nothing_was_done(repair, cashier):
    assert code(lambda: cancelled(repair, cashier, " ")) == [("reason_missing", "reason")]
    done = cancelled(repair, cashier)
    assert (done.status, done.claim.closed_on is not None) == (Status.CANCELLED, True)
    assert done.steps.last().note == "wrong unit"
    assert cancelled(repair, cashier).version == done.version
    assert not Adjustment.objects.exists()
    books_agree()


def test_what_was_begun_is_not_cancelled(store, cashier, technician, sold, goods):
    begun = take_in(store, cashier, "A")
    set_status(begun, technician, "in_work")
    lent = take_in(store, cashier, "R")
    take_loaner_back(lend(lent, cashier, goods.plain), cashier)
    assert code(lambda: cancelled(begun, cashier)) == [("something_done", "")]
    assert code(lambda: cancelled(lent, cashier)) == [("something_done", "")]
    books_agree()


def test_cancelling_puts_own_stock_back_where_it_lay(store, manager, technician, sold, goods):
    own = take_in(store, technician, "B", own=True)
    cancelled(own, technician)
    assert place_of("B") == "shelf"
    again = take_in(store, technician, "B", own=True)
    hand_back(again, technician, "refused")
    cancelled(take_in(store, technician, "B", own=True), technician)
    assert place_of("B") == "defective"
    cancelled(take_in(store, technician, goods.plain), technician)
    assert pieces(goods.plain) == 2
    books_agree()


def test_handed_back_and_cancelled_exclude_each_other(repair, technician):
    hand_back(repair, technician, "repaired")
    assert code(lambda: cancelled(repair, technician)) == [("ended", "")]


def test_the_exchange_of_a_replacement_may_be_cancelled_later(repair, manager):
    done = hand_back(repair, manager, "replaced", replacement="B")
    assert done.document is not None
    cancel(done.document, manager)
    assert (place_of("A"), place_of("B")) == ("customer", "shelf")
    books_agree()


def test_numbers_are_given_per_store_without_gaps(
    store: Store, other_store, cashier, other_manager, goods, sold
):
    with pytest.raises(RepairRefused):
        take_in(store, cashier, "B")
    receive(other_store, other_manager, (goods.plain, 1))
    elsewhere = take_in(other_store, other_manager, goods.plain)
    assert take_in(store, cashier, "A").number == "KY1-RP2026-000001"
    assert elsewhere.number == "LV1-RP2026-000001"
    books_agree()
