"""What the desk is told when something can't be taken in, and what an intake keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied

from company.access import access_of
from company.models import Store
from partners.models import Customer
from repairs.finding import found
from repairs.models import Payer, Repair
from repairs.refusals import RepairRefused
from serials.refusals import PostingRefused
from tests.books import books_agree, place_of
from tests.shop import (
    cancel,
    customer,
    decide,
    give_back,
    hand_back,
    receive,
    sell,
    subject_of,
    take_in,
    write_off,
)
from warranty.models import Card, Claim

from .conftest import SOLD, TODAY, WEEK_AGO

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def refusals(work: Callable[[], object]) -> list[tuple[str, str]]:
    """Why it was refused: (code, field) of each reason, all of them in whole words."""
    before = Repair.objects.count()
    with pytest.raises(RepairRefused) as raised:
        work()
    assert Repair.objects.count() == before
    assert all(one.message and "%(" not in one.message for one in raised.value.refusals)
    return [(one.code, one.field) for one in raised.value.refusals]


def test_an_intake_keeps_what_was_said(store, cashier, technician, sold):
    repair = take_in(
        store, cashier, "A", complaint="  no picture ", condition="a scratch",
        contents="charger, box", technician=technician, promised_on=TODAY + DAY,
    )  # fmt: skip
    assert (repair.complaint, repair.condition) == ("no picture", "a scratch")
    assert repair.contents == "charger, box"
    assert (repair.technician, repair.promised_on) == (technician, TODAY + DAY)
    assert (repair.serial_text, repair.product_name) == ("A", "Product strict")
    assert (repair.claim.claimed_on, repair.claim.reference) == (TODAY, repair.number)
    assert (repair.decided, repair.claim.is_warranty) == ("", None)
    assert repair.customer == customer()
    assert repair.taken_in_by == cashier
    books_agree()


def test_a_new_customer_is_entered_with_it(store, cashier, sold):
    new = {"name": "Ivan", "phone": "050 111 22 33"}
    repair = take_in(store, cashier, "A", new_customer=new)
    assert repair.customer == Customer.objects.get(name="Ivan", phone="050 111 22 33")


def test_a_technician_enters_a_new_customer_too(store, technician, sold):
    assert take_in(store, technician, "A", new_customer={"name": "Ivan", "phone": "050"}).customer


def test_every_reason_is_told_at_once_at_its_field(store, cashier, storekeeper, sold):
    told = refusals(
        lambda: take_in(
            store, cashier, "A", complaint=" ", new_customer={"name": ""},
            technician=storekeeper, promised_on=TODAY - DAY, claimed_on=TODAY,
        )
    )  # fmt: skip
    assert told == [
        ("customer_name_missing", "name"),
        ("customer_phone_missing", "phone"),
        ("complaint_missing", "complaint"),
        ("promised_too_early", "promised_on"),
        ("not_a_technician", "technician"),
    ]
    assert not Customer.objects.exists()
    assert refusals(lambda: take_in(store, cashier, "A", customer=None)) == [
        ("customer_missing", "customer")
    ]


def test_a_unit_is_in_one_open_repair_at_a_time(store, cashier, manager, sold):
    first = take_in(store, cashier, "A")
    with pytest.raises(RepairRefused) as raised:
        take_in(store, cashier, "A")
    (told,) = raised.value.refusals
    assert (told.code, told.repair) == ("in_repair", first)
    assert first.number in told.message
    card = Card.objects.get(term__serial__key="A")
    assert refusals(lambda: take_in(store, cashier, card)) == [("in_repair", "subject")]
    hand_back(decide(first, manager), manager, "no_fault")
    assert take_in(store, cashier, "A").number != first.number
    books_agree()


def test_a_repair_of_another_store_is_named_without_a_link(
    store, other_store, cashier, other_manager, sold
):
    take_in(other_store, other_manager, "A")
    with pytest.raises(RepairRefused) as raised:
        take_in(store, cashier, "A")
    (told,) = raised.value.refusals
    assert (told.code, told.repair) == ("in_repair", None)
    assert "Lviv" in told.message


def test_pieces_of_a_line_run_out(store, cashier, sold, goods):
    line = sold.lines.get(product=goods.period)
    take_in(store, cashier, line)
    take_in(store, cashier, line)
    assert refusals(lambda: take_in(store, cashier, line)) == [("all_in_repair", "subject")]
    plain = sold.lines.get(product=goods.plain)
    for _ in range(3):
        take_in(store, cashier, plain)
    assert refusals(lambda: take_in(store, cashier, plain)) == [("all_in_repair", "subject")]


def test_what_came_back_is_not_taken_in_by_its_sale(store, cashier, manager, sold, goods):
    give_back(sold, store, manager, (goods.period, 1), (goods.plain, 3))
    line = sold.lines.get(product=goods.period)
    assert take_in(store, cashier, line).claim.card.void_on is None
    assert refusals(lambda: take_in(store, cashier, line)) == [("all_in_repair", "subject")]
    plain = sold.lines.get(product=goods.plain)
    assert refusals(lambda: take_in(store, cashier, plain)) == [("all_in_repair", "subject")]
    void = Card.objects.exclude(void_on=None).get()
    assert refusals(lambda: take_in(store, cashier, void)) == [("card_void", "subject")]


def test_units_of_a_line_with_serials_are_scanned(store, cashier, sold, goods):
    line = sold.lines.get(product=goods.strict)
    assert refusals(lambda: take_in(store, cashier, line)) == [("scan_the_unit", "subject")]
    assert refusals(lambda: take_in(store, cashier, goods.strict)) == [("scan_the_unit", "subject")]


def test_a_customers_unit_is_with_a_customer(store, cashier, manager, sold, goods):
    assert refusals(lambda: take_in(store, cashier, "B")) == [("in_stock_here", "subject")]
    write_off(store, manager, (goods.strict, ["B"]))
    assert refusals(lambda: take_in(store, cashier, "B")) == [("written_off", "subject")]


def test_own_stock_lies_in_this_store(
    store, other_store, technician, other_manager, manager, sold, goods
):
    assert refusals(lambda: take_in(store, technician, "A", own=True)) == [("not_own", "subject")]
    receive(other_store, other_manager, (goods.strict, ["L"]))
    assert refusals(lambda: take_in(store, technician, "L", own=True)) == [
        ("own_elsewhere", "subject")
    ]
    assert refusals(lambda: take_in(store, technician, "L")) == [("own_elsewhere", "subject")]
    take_in(store, technician, "B", own=True)
    assert refusals(lambda: take_in(store, technician, "B", own=True)) == [("in_repair", "subject")]


def test_own_stock_has_no_customer(store, technician, sold):
    assert refusals(lambda: take_in(store, technician, "B", own=True, customer=customer())) == [
        ("own_has_no_customer", "customer")
    ]


def test_own_pieces_that_are_not_there_are_refused_whole(store, technician, manager, goods):
    with pytest.raises(PostingRefused):
        take_in(store, technician, goods.plain)
    assert not Repair.objects.exists()
    assert not Claim.objects.exists()
    books_agree()


def test_a_receipt_that_was_cancelled_leaves_an_unknown_unit(store, cashier, manager, goods):
    cancel(receive(store, manager, (goods.strict, ["X"])), manager)
    assert refusals(lambda: take_in(store, cashier, "X")) == [("never_seen", "subject")]


def test_the_day_of_the_claim(store, cashier, manager, sold):
    assert refusals(lambda: take_in(store, manager, "A", claimed_on=TODAY + DAY)) == [
        ("claimed_in_future", "claimed_on")
    ]
    assert refusals(lambda: take_in(store, cashier, "A", claimed_on=TODAY - DAY)) == [
        ("claimed_earlier", "claimed_on")
    ]
    assert refusals(lambda: take_in(store, manager, "A", claimed_on=SOLD.date() - DAY)) == [
        ("claimed_before_sale", "claimed_on")
    ]
    assert take_in(store, manager, "A", claimed_on=SOLD.date()).claim.claimed_on == SOLD.date()


def test_the_term_of_the_day_of_the_claim_proposes_who_pays(store, manager, goods):
    long_ago = SOLD - dt.timedelta(days=400)
    receive(store, manager, (goods.strict, ["OLD"]), now=long_ago)
    sell(store, manager, (goods.strict, ["OLD"]), now=long_ago)
    repair = take_in(store, manager, "OLD")
    assert repair.proposed == Payer.CUSTOMER
    assert repair.claim.card is not None
    earlier = Card.objects.get().ends_on
    hand_back(decide(repair, manager), manager, "refused")
    assert take_in(store, manager, "OLD", claimed_on=earlier).proposed == Payer.WARRANTY


def test_deciding_at_once_against_the_term_needs_a_reason_and_the_right(
    store, cashier, technician, sold
):
    assert refusals(lambda: take_in(store, technician, "A", decided=Payer.CUSTOMER)) == [
        ("decision_reason_missing", "reason")
    ]
    assert refusals(
        lambda: take_in(store, cashier, "A", decided=Payer.CUSTOMER, reason="wet inside")
    ) == [("no_right", "decided")]
    repair = take_in(store, technician, "A", decided=Payer.CUSTOMER, reason="wet inside")
    assert (repair.decision_reason, repair.claim.is_warranty) == ("wet inside", False)
    books_agree()


def test_goods_without_a_card_are_not_under_warranty(store, technician, sold, goods):
    line = sold.lines.get(product=goods.plain)
    assert refusals(
        lambda: take_in(store, technician, line, decided=Payer.WARRANTY, reason="we are kind")
    ) == [("no_card", "decided")]


def test_a_unit_that_was_sold_in_another_store_is_repaired_here(
    store, other_store, cashier, other_manager, goods
):
    receive(other_store, other_manager, (goods.strict, ["L"]), now=WEEK_AGO)
    sell(other_store, other_manager, (goods.strict, ["L"]), now=WEEK_AGO)
    repair = take_in(store, cashier, "L")
    assert repair.store == store
    assert repair.sold_on.document.store == other_store
    books_agree()


def test_a_line_of_another_stores_sale_is_not_there(
    store, other_store, cashier, other_manager, goods
):
    receive(other_store, other_manager, (goods.plain, 2), now=WEEK_AGO)
    sale = sell(other_store, other_manager, (goods.plain, 2), now=WEEK_AGO)
    line = sale.lines.get()
    subject = subject_of(line)
    assert found(subject, store=store, access=access_of(cashier), today=TODAY) is None
    assert refusals(lambda: take_in(store, cashier, line)) == [("never_seen", "subject")]


def test_a_recorded_unit_is_taken_in_wherever_people_said_it_is(store, cashier, sold, manager,
                                                                goods):  # fmt: skip
    give_back(sold, store, manager, (goods.recorded, ["R"]))
    assert place_of("R") == "shelf"
    assert take_in(store, cashier, "R").serial_text == "R"


@pytest.mark.parametrize("who", ["storekeeper", "stranger", "other_manager"])
def test_not_everybody_takes_in(request, store, other_store, sold, who):
    person = request.getfixturevalue(who)
    with pytest.raises((PermissionDenied, Store.DoesNotExist)):
        take_in(store, person, "A")


@pytest.mark.parametrize("who", ["cashier", "technician", "manager", "admin"])
def test_the_desk_takes_in(request, store, sold, who):
    assert take_in(store, request.getfixturevalue(who), "A").number == "KY1-RP2026-000001"


def test_a_closed_store_takes_nothing_in(store, manager, sold):
    store.is_active = False
    store.save()
    assert refusals(lambda: take_in(store, manager, "A")) == [("store_closed", "")]
