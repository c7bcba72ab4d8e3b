"""Goods that a manager moves without their serial numbers, and the numbers entered later."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from company.access import access_of
from company.models import Company, User
from documents.acknowledging import acknowledge_returns
from documents.cancelling import CancellingRefused
from documents.continuing import start_identification
from documents.drafting import discard
from documents.models import Document, Kind, Notice, Outstanding, Status
from documents.posting import post_document
from documents.scan_answers import Outcome
from serials.models import LedgerEntry, Serial, StockTaken
from tests.books import books_agree, everything, pieces, place_of, refusals_of, valid_cards
from tests.shop import (
    bring_back,
    cancel,
    draft,
    give_back,
    identify,
    post,
    put,
    receive,
    return_to_supplier,
    scanned,
    sell,
    write_off,
)
from warranty.models import Term

pytestmark = pytest.mark.django_db


def post_bare(document: Document, by: User, *, reason: str = "a queue at the till") -> Document:
    """Post without the serials that are not entered."""
    return post_document(document.pk, by=access_of(by), now=timezone.now(), without_serials=reason)


@pytest.fixture
def bare(store, manager, goods) -> Document:
    """Three strict units received without numbers."""
    return post_bare(draft("receipt", store, manager, [(goods.strict, 3)]), manager)


def waiting(document: Document) -> list[int]:
    rows = Outstanding.objects.filter(line__document=document, purpose="identify")
    return [row.left for row in rows.order_by("line__position")]


def test_the_pieces_are_there_and_wait_for_their_numbers(bare, goods):
    assert (pieces(goods.strict), waiting(bare)) == (3, [3])
    assert bare.without_serials == "a queue at the till"
    assert not Serial.objects.exists()
    books_agree()


def test_some_of_a_line_may_have_theirs(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, ["SN1"])])
    document.lines.update(quantity=3)
    post_bare(document, manager)
    line = document.lines.get()
    assert (line.quantity, line.unidentified, waiting(document)) == (3, 2, [2])
    assert place_of("SN1") == "shelf"
    books_agree()


def test_nobody_but_a_manager_does_it_and_gives_a_reason(store, manager, storekeeper, goods):
    document = draft("receipt", store, manager, [(goods.strict, 3)])
    assert refusals_of(lambda: post_bare(document, storekeeper)) == [
        ("without_serials_right", None, None)
    ]
    assert refusals_of(lambda: post_bare(document, manager, reason="  ")) == [
        ("without_serials_reason", None, None)
    ]
    assert refusals_of(lambda: post(document, manager)) == [("serials_missing", 1, None)]


def test_what_comes_back_always_has_its_number(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    back = bring_back(sale, store, manager, (goods.strict, 1))
    assert refusals_of(lambda: post_bare(back, manager)) == [("without_serials_right", None, None)]


def test_goods_without_serials_leave_nothing_to_enter(store, manager, goods):
    document = post_bare(draft("receipt", store, manager, [(goods.plain, 3)]), manager)
    assert waiting(document) == []
    books_agree()


def test_no_more_leave_than_there_are(bare, store, manager, goods):
    sale = draft("sale", store, manager, [(goods.strict, 4)])
    assert refusals_of(lambda: post_bare(sale, manager)) == [("not_enough_identified", 1, None)]
    post_bare(draft("sale", store, manager, [(goods.strict, 3)]), manager)
    assert pieces(goods.strict) == 0
    books_agree()


def test_a_known_unit_stays_while_others_left_in_its_place(store, manager, goods):
    """SN1 is said to be here, but one piece of one left: nobody knows which."""
    receive(store, manager, (goods.strict, ["SN1"]))
    gone = post_bare(draft("sale", store, manager, [(goods.strict, 1)]), manager)
    sale = draft("sale", store, manager, [(goods.strict, ["SN1"])])
    assert refusals_of(lambda: post(sale, manager)) == [("not_enough_identified", 1, None)]
    identify(gone, manager, (goods.strict, ["SN1"]))
    assert refusals_of(lambda: post(sale, manager)) == [("already_sold", 1, "SN1")]
    books_agree()


# Entering them


def test_entered_units_lie_where_the_goods_went(bare, store, manager, goods):
    document = identify(bare, manager, (goods.strict, ["SN1", "SN2"]))
    assert document.number.startswith("KY1-I")
    assert (place_of("SN1"), pieces(goods.strict), waiting(bare)) == ("shelf", 3, [1])
    identify(bare, manager, (goods.strict, ["SN3"]))
    assert waiting(bare) == [0]
    sell(store, manager, (goods.strict, ["SN1", "SN2", "SN3"]))
    books_agree()


def test_no_more_are_entered_than_wait(bare, manager, goods):
    assert refusals_of(lambda: identify(bare, manager, (goods.strict, ["A", "B", "C", "D"]))) == [
        ("identify_too_many", 1, None)
    ]


def test_a_unit_that_is_here_already_is_not_one_of_them(bare, store, manager, goods):
    receive(store, manager, (goods.strict, ["HERE"]))
    assert refusals_of(lambda: identify(bare, manager, (goods.strict, ["HERE"]))) == [
        ("already_received", 1, "HERE")
    ]


def test_a_defective_unit_was_not_sold_without_its_number(store, manager, goods):
    receive(store, manager, (goods.strict, ["GOOD", "BAD"]))
    sale = sell(store, manager, (goods.strict, ["BAD"]))
    give_back(sale, store, manager, (goods.strict, ["BAD"]), defective=True)
    gone = post_bare(draft("supplier_return", store, manager, [(goods.strict, 1)]), manager)
    assert refusals_of(lambda: identify(gone, manager, (goods.strict, ["BAD"]))) == [
        ("not_from_there", 1, "BAD")
    ]
    discard(Document.objects.get(status=Status.DRAFT).pk, by=access_of(manager))
    identify(gone, manager, (goods.strict, ["GOOD"]))
    books_agree()


def test_a_sale_gets_its_warranty_when_its_units_are_known(store, manager, goods):
    day = store.date_of(timezone.now()) - dt.timedelta(days=2)
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), on=day)
    sale = post_bare(draft("sale", store, manager, [(goods.strict, 2)], on=day), manager)
    assert not Term.objects.exists()

    identify(sale, manager, (goods.strict, ["SN1"]))
    term = Term.objects.get()
    assert (term.starts_on, term.serial.key, valid_cards()) == (day, "SN1", 1)
    books_agree()


def test_entered_numbers_belong_to_the_day_the_goods_moved(store, manager, goods):
    day = store.date_of(timezone.now()) - dt.timedelta(days=2)
    document = draft("receipt", store, manager, [(goods.strict, 1)], on=day)
    bare = post_bare(document, manager)
    entered = identify(bare, manager, (goods.strict, ["SN1"]))
    assert entered.effective_on == day
    sell(store, manager, (goods.strict, ["SN1"]), on=day)
    books_agree()


def test_they_are_entered_after_the_books_of_that_day_are_closed(store, manager, goods):
    today = store.date_of(timezone.now())
    day = today - dt.timedelta(days=5)
    receive(store, manager, (goods.strict, ["SN1"]), on=day)
    sale = post_bare(draft("sale", store, manager, [(goods.strict, 1)], on=day), manager)
    lock_date = today - dt.timedelta(days=2)
    Company.objects.update_or_create(id=1, defaults={"lock_date": lock_date})
    entered = identify(sale, manager, (goods.strict, ["SN1"]))

    assert entered.effective_on == lock_date
    assert Term.objects.get().starts_on == day
    books_agree()


@pytest.mark.parametrize("closes", ["lock date", "count"])
def test_numbers_cancelled_after_the_books_were_closed_are_entered_anew(
    store, manager, goods, closes
):
    """The cancelled entry is a day of the units' lives: they are not entered before it."""
    today = store.date_of(timezone.now())
    long_ago, before, yesterday = (today - dt.timedelta(days=days) for days in (20, 15, 1))
    receive(store, manager, (goods.strict, ["A"]), on=long_ago)
    sold = post_bare(draft("sale", store, manager, [(goods.strict, 1)], on=before), manager)
    entered = identify(sold, manager, (goods.strict, ["A"]))
    assert entered.effective_on == before
    if closes == "count":
        StockTaken.objects.create(store=store, product=goods.strict, counted_on=yesterday)
    else:
        Company.objects.update_or_create(id=1, defaults={"lock_date": yesterday})
    cancel(entered, manager)
    again = identify(sold, manager, (goods.strict, ["A"]))
    assert again.effective_on == today
    assert Term.objects.get(void_on=None).starts_on == before
    books_agree()


def test_a_unit_sold_without_its_number_comes_back_by_it(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    sale = post_bare(draft("sale", store, manager, [(goods.strict, 1)]), manager)
    early = bring_back(sale, store, manager, (goods.strict, ["SN1"]))
    assert refusals_of(lambda: post(early, manager)) == [
        ("return_unidentified", 1, None),
        ("not_sold", 1, "SN1"),
    ]
    identify(sale, manager, (goods.strict, ["SN1"]))
    post(early, manager)
    assert (place_of("SN1"), valid_cards()) == ("shelf", 0)
    books_agree()


def test_a_unit_that_went_back_to_the_supplier_is_acknowledged_when_its_number_is_entered(
    store, manager, goods
):
    receive(store, manager, (goods.strict, ["SN1"]))
    return_to_supplier(store, manager, (goods.strict, ["SN1"]))
    bare = post_bare(draft("receipt", store, manager, [(goods.strict, 1)]), manager)
    assert refusals_of(lambda: identify(bare, manager, (goods.strict, ["SN1"]))) == [
        ("returned_to_supplier_before", 1, "SN1")
    ]
    entering = Document.objects.get(status=Status.DRAFT)
    assert acknowledge_returns(entering.pk, by=access_of(manager), now=timezone.now()) == 1
    post(entering, manager)

    assert (place_of("SN1"), waiting(bare)) == ("shelf", [0])
    assert Notice.objects.get().document == entering
    books_agree()


def test_recorded_units_get_whatever_number_is_entered(store, manager, goods):
    bare = post_bare(draft("receipt", store, manager, [(goods.recorded, 2)]), manager)
    identify(bare, manager, (goods.recorded, ["R1", "R2"]))
    assert (pieces(goods.recorded), waiting(bare)) == (2, [0])
    books_agree()


def test_a_line_without_numbers_waits_for_another_time(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, 1), (goods.recorded, 1)])
    bare = post_bare(document, manager)
    entered = identify(bare, manager, (goods.recorded, ["R1"]))
    assert entered.lines.count() == 1
    assert waiting(bare) == [1, 0]
    books_agree()


def test_they_are_scanned_and_the_product_is_chosen_where_there_are_several(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, 1), (goods.recorded, 1)])
    bare = post_bare(document, manager)
    entering = start_identification(bare.pk, by=access_of(manager))
    assert scanned(entering, manager, "SN1") == Outcome.REFUSED
    assert scanned(entering, manager, goods.strict.sku) == Outcome.ACCEPTED
    assert scanned(entering, manager, "SN1") == Outcome.ACCEPTED
    post(entering, manager)
    assert waiting(bare) == [0, 1]


def test_good_and_defective_units_of_a_product_are_entered_one_line_after_the_other(
    store, manager, goods
):
    document = draft("receipt", store, manager, [(goods.strict, 1)], defective=True)
    put(document, manager, goods.strict, 1)
    bare = post_bare(document, manager)
    entering = start_identification(bare.pk, by=access_of(manager))
    for unit in ("BAD", "GOOD"):
        assert scanned(entering, manager, goods.strict.sku) == Outcome.ACCEPTED
        assert scanned(entering, manager, unit) == Outcome.ACCEPTED
    post(entering, manager)
    assert (place_of("BAD"), place_of("GOOD"), waiting(bare)) == ("defective", "shelf", [0, 0])
    books_agree()


def test_who_sells_may_enter_them_and_a_stranger_sees_nothing(
    bare, store, manager, cashier, technician, stranger, goods
):
    identify(bare, cashier, (goods.strict, ["SN1"]))
    with pytest.raises(PermissionDenied):
        start_identification(bare.pk, by=access_of(technician))
    with pytest.raises(Document.DoesNotExist):
        start_identification(bare.pk, by=access_of(stranger))


# Cancelling


def test_numbers_entered_are_cancelled_before_what_they_were_entered_for(bare, manager, goods):
    entered = identify(bare, manager, (goods.strict, ["SN1"]))
    with pytest.raises(CancellingRefused, match=entered.number):
        cancel(bare, manager)
    cancel(entered, manager)
    assert (waiting(bare), place_of("SN1"), pieces(goods.strict)) == ([3], "outside", 3)
    cancel(bare, manager)
    assert pieces(goods.strict) == 0
    books_agree()


def test_cancelled_numbers_leave_everything_as_it_was(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    sale = post_bare(draft("sale", store, manager, [(goods.strict, 1)]), manager)
    before = everything()
    cancel(identify(sale, manager, (goods.strict, ["SN1"])), manager)
    assert everything() == before
    identify(sale, manager, (goods.strict, ["SN1"]))
    assert valid_cards() == 1
    books_agree()


def test_nothing_is_entered_for_what_was_cancelled(bare, manager, goods):
    entering = start_identification(bare.pk, by=access_of(manager))
    put(entering, manager, goods.strict, ["SN1"], origin=bare.lines.get())
    cancel(bare, manager)
    assert refusals_of(lambda: post(entering, manager)) == [("identify_nothing", 1, None)]
    assert Document.objects.get(pk=entering.pk).status == Status.DRAFT


@pytest.mark.parametrize("kind", [Kind.WRITE_OFF, Kind.SUPPLIER_RETURN])
def test_goods_that_left_for_good_get_their_numbers_too(store, manager, goods, kind):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    gone = post_bare(draft(kind, store, manager, [(goods.strict, 1)]), manager)
    identify(gone, manager, (goods.strict, ["SN2"]))
    assert place_of("SN2") == {"write_off": "written_off", "supplier_return": "supplier"}[kind]
    write_off(store, manager, (goods.strict, ["SN1"]))
    assert LedgerEntry.objects.filter(unidentified=True).count() == 2
    books_agree()
