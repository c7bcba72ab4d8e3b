"""Cancelling: everything is as it was before, or nothing changes and it is said why."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import resolve
from django.utils import timezone

from company.access import access_of
from company.models import Company, Store, User
from documents.acknowledging import acknowledge_returns
from documents.cancelling import CancellingRefused, cancel_document, what_cancelling_refuses
from documents.models import Document, Kind, Status
from operations.fault_pages import is_once
from products.models import Product
from serials.models import LedgerEntry, Place, Posting, Serial
from tests.books import books_agree, everything, pieces, place_of, refusals_of, valid_cards
from tests.shop import (
    Goods,
    arrive,
    cancel,
    draft,
    exchange,
    give_back,
    post,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)
from warranty.models import Card, Term

pytestmark = pytest.mark.django_db


def account(product: Product, mode: str) -> None:
    """Change how a product is accounted."""
    Product.objects.filter(pk=product.pk).update(mode=mode)
    product.refresh_from_db()


def in_the_way(document: Document, by) -> list[str]:
    """What cancelling refuses, told before and when it is tried; nothing changes."""
    before = everything()
    told = [one.message for one in what_cancelling_refuses(document, by=access_of(by))]
    with pytest.raises(CancellingRefused) as raised:
        cancel(document, by)
    assert [one.message for one in raised.value.obstacles] == told
    assert all("%(" not in message for message in told)
    document.refresh_from_db()
    assert document.status == Status.POSTED
    assert everything() == before
    return told


Lines = list[tuple[Product, list[str] | int]]


@dataclasses.dataclass
class Stage:
    """A shop where something lies on the shelf, something was sold, something is on its way."""

    store: Store
    other: Store
    by: User
    goods: Goods
    sale: Document = dataclasses.field(init=False)
    sent: Document = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        day = self.store.date_of(timezone.now()) - dt.timedelta(days=3)
        for state in ("shelf", "sold", "sent"):
            receive(self.store, self.by, *self.lines(state), on=day)
        self.sale = sell(self.store, self.by, *self.lines("sold"), on=day)
        self.sent = transfer(self.store, self.other, self.by, *self.lines("sent"), on=day)

    def lines(self, state: str) -> Lines:
        """Goods of every mode, with serials of their own for each state."""
        units = [f"{state}-1", f"{state}-2"]
        goods = self.goods
        return [(goods.strict, units), (goods.recorded, units), (goods.period, 2), (goods.plain, 3)]


MOVES: dict[str, Callable[[Stage], Document]] = {
    "receipt": lambda at: receive(at.store, at.by, *at.lines("new")),
    "sale": lambda at: sell(at.store, at.by, *at.lines("shelf")),
    "write_off": lambda at: write_off(at.store, at.by, *at.lines("shelf")),
    "supplier_return": lambda at: return_to_supplier(at.store, at.by, *at.lines("shelf")),
    "transfer": lambda at: transfer(at.store, at.other, at.by, *at.lines("shelf")),
    "arrival": lambda at: arrive(at.sent, at.by, *at.lines("sent")),
    "customer_return": lambda at: give_back(at.sale, at.store, at.by, *at.lines("sold")),
    "defective": lambda at: give_back(at.sale, at.store, at.by, *at.lines("sold"), defective=True),
    "exchange": lambda at: exchange(at.sale, at.store, at.by, at.lines("sold"), at.lines("shelf")),
}


@pytest.mark.parametrize("move", MOVES)
def test_everything_is_exactly_as_before(store, other_store, chief, goods, move):
    stage = Stage(store, other_store, chief, goods)
    before = everything()
    cancel(MOVES[move](stage), chief)

    after = everything()
    assert {**after, "serials": None} == {**before, "serials": None}
    known, units = before["serials"], after["serials"]
    assert {unit: state for unit, state in units.items() if unit in known} == known
    outside = Place.objects.get(kind="outside")
    assert {state for unit, state in units.items() if unit not in known} <= {
        (outside.pk, dt.date.min)
    }
    books_agree()
    MOVES[move](stage)  # and it can be done again
    books_agree()


def test_cancelling_writes_and_deletes_nothing(store, manager, goods):
    document = receive(store, manager, (goods.strict, ["SN1"]))
    cancel(document, manager)
    reversal = Posting.objects.get(reverses=document.posting)
    assert reversal.reference == f"{document.number}/C"
    assert reversal.effective_on == document.effective_on
    assert LedgerEntry.objects.filter(posting=document.posting).count() == 1
    document.refresh_from_db()
    assert (document.status, document.cancel_reason, document.cancellation) == (
        "cancelled", "a mistake", reversal,
    )  # fmt: skip


def test_cancelled_twice_is_cancelled_once(store, manager, goods):
    document = receive(store, manager, (goods.strict, ["SN1"]))
    first, second = cancel(document, manager), cancel(document, manager)
    assert first.cancellation_id == second.cancellation_id
    assert Posting.objects.filter(kind="cancellation").count() == 1


def test_who_sends_it_again_after_a_lost_answer_is_told_that_it_is_cancelled(
    store, manager, goods, client_of
):
    document = receive(store, manager, (goods.strict, ["SN1"]))
    browser, path = client_of(manager), f"/documents/{document.pk}/cancel/"
    for _press in range(2):
        answer = browser.post(path, {"reason": "a mistake"}, follow=True)
        assert answer.redirect_chain == [(f"/documents/{document.pk}/", 302)]
        assert f"{document.number} is cancelled." in answer.text
    assert Posting.objects.filter(kind="cancellation").count() == 1
    assert browser.get(path).status_code == 302  # nothing is left to be asked
    request = RequestFactory().post(path, {"reason": "a mistake"})
    request.resolver_match = resolve(path)
    assert is_once(request)  # so the page of a fault offers to send it again


def test_numbers_go_on_and_none_is_given_twice(store, manager, goods):
    first = receive(store, manager, (goods.plain, 1))
    cancel(first, manager)
    second = receive(store, manager, (goods.plain, 1))
    assert [one.number[-6:] for one in (first, second)] == ["000001", "000002"]
    books_agree()


def test_a_cancelled_sales_card_is_void_for_good(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    number = Card.objects.get().number
    cancel(sale, manager)
    sell(store, manager, (goods.strict, ["SN1"]))
    assert Card.objects.get(number=number).void_on is not None
    assert Card.objects.get(void_on=None).number != number
    books_agree()


# What is in the way


def test_what_came_after_is_listed_newest_first(store, manager, goods):
    receipt = receive(store, manager, (goods.strict, ["SN1", "SN2"]), (goods.plain, 2))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    back = give_back(sale, store, manager, (goods.strict, ["SN1"]))
    gone = write_off(store, manager, (goods.strict, ["SN2"]))

    told = in_the_way(receipt, manager)
    assert len(told) == 3
    for document, words in zip((gone, back, sale), told, strict=True):
        assert document.number in words
    assert len(in_the_way(sale, manager)) == 1


def test_cancelling_newest_first_always_works(store, manager, goods):
    receipt = receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    swap = exchange(sale, store, manager, [(goods.strict, ["SN1"])], [(goods.strict, ["SN2"])])
    again = sell(store, manager, (goods.strict, ["SN1"]))
    for document in (again, swap, sale, receipt):
        cancel(document, manager)
        books_agree()
    assert (place_of("SN1"), valid_cards(), pieces(goods.strict)) == ("outside", 0, 0)


def test_what_was_cancelled_itself_is_not_in_the_way(store, manager, goods):
    receipt = receive(store, manager, (goods.strict, ["SN1"]))
    cancel(sell(store, manager, (goods.strict, ["SN1"])), manager)
    cancel(receipt, manager)
    receive(store, manager, (goods.strict, ["SN1"]))
    books_agree()


def test_of_two_returns_of_a_line_the_older_may_go_first(store, manager, goods):
    receive(store, manager, (goods.period, 2))
    sale = sell(store, manager, (goods.period, 2))
    first, second = (give_back(sale, store, manager, (goods.period, 1)) for _ in range(2))
    assert Term.objects.get().void_on is not None
    cancel(first, manager)
    assert (Term.objects.get().void_on, valid_cards()) == (None, 1)
    books_agree()
    cancel(second, manager)
    assert (Term.objects.get().void_on, valid_cards()) == (None, 2)
    books_agree()


def test_goods_that_left_meanwhile_are_named(store, manager, goods):
    receipt = receive(store, manager, (goods.plain, 5))
    sell(store, manager, (goods.plain, 2))
    (words,) = in_the_way(receipt, manager)
    assert "only 3 of 5" in words


def test_a_document_of_another_store_is_named_without_a_link(
    store, other_store, manager, chief, goods
):
    receipt = receive(store, chief, (goods.strict, ["SN1"]))
    sent = transfer(store, other_store, chief, (goods.strict, ["SN1"]))
    arrive(sent, chief, (goods.strict, ["SN1"]))
    obstacles = what_cancelling_refuses(receipt, by=access_of(manager))
    assert [one.document for one in obstacles] == [None, sent]
    assert "Lviv" in obstacles[0].message


def test_accounting_that_changed_since_keeps_earlier_documents(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    account(goods.strict, "recorded")
    (words,) = in_the_way(sale, manager)
    assert "Product strict" in words
    account(goods.strict, "strict")
    cancel(sale, manager)
    books_agree()


def test_accounting_that_never_had_serials_may_change(store, manager, goods):
    receipt = receive(store, manager, (goods.plain, 1))
    account(goods.plain, "period")
    cancel(receipt, manager)
    books_agree()


def test_a_recorded_movement_that_is_cancelled_leaves_a_sold_unit_sold(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    account(goods.strict, "recorded")
    cancel(receive(store, manager, (goods.strict, ["SN1"])), manager)
    account(goods.strict, "strict")
    assert place_of("SN1") == "customer"
    cancel(sale, manager)
    assert place_of("SN1") == "shelf"
    books_agree()


def test_a_unit_that_only_a_cancelled_sale_knew_may_be_received_any_day(store, manager, goods):
    day = store.date_of(timezone.now()) - dt.timedelta(days=2)
    receipt = receive(store, manager, (goods.recorded, ["R1"]))
    sale = sell(store, manager, (goods.recorded, ["OTHER"]))
    cancel(sale, manager)
    cancel(receipt, manager)
    account(goods.recorded, "strict")
    receive(store, manager, (goods.recorded, ["OTHER"]), on=day)
    books_agree()


# Who, when, why


def test_only_a_manager_of_the_store_cancels(store, cashier, storekeeper, manager, goods):
    document = receive(store, manager, (goods.plain, 1))
    for person in (cashier, storekeeper):
        with pytest.raises(PermissionDenied):
            cancel(document, person)


def test_another_stores_document_is_not_there(store, manager, other_manager, stranger, goods):
    document = receive(store, manager, (goods.plain, 1))
    for person in (other_manager, stranger):
        with pytest.raises(Document.DoesNotExist):
            cancel(document, person)


def test_who_receives_a_transfer_does_not_cancel_it(
    store, other_store, chief, other_manager, goods
):
    receive(store, chief, (goods.plain, 1))
    sent = transfer(store, other_store, chief, (goods.plain, 1))
    with pytest.raises(PermissionDenied):
        cancel(sent, other_manager)


def test_a_draft_is_discarded_instead(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.plain, 1)])
    with pytest.raises(PermissionDenied):
        cancel(document, manager)


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_reason_is_given(store, manager, goods, reason):
    document = receive(store, manager, (goods.plain, 1))
    with pytest.raises(CancellingRefused, match="reason"):
        cancel_document(document.pk, by=access_of(manager), reason=reason, now=timezone.now())


def test_it_takes_effect_on_the_documents_own_day(store, manager, goods):
    day = store.date_of(timezone.now()) - dt.timedelta(days=5)
    document = receive(store, manager, (goods.plain, 1), on=day)
    assert cancel(document, manager).cancellation.effective_on == day


def test_it_takes_effect_today_when_the_books_of_that_day_are_closed(store, manager, goods):
    today = store.date_of(timezone.now())
    day = today - dt.timedelta(days=5)
    receive(store, manager, (goods.strict, ["SN1"]), on=day)
    sale = sell(store, manager, (goods.strict, ["SN1"]), on=day)
    Company.objects.update_or_create(id=1, defaults={"lock_date": today - dt.timedelta(days=1)})
    assert cancel(sale, manager).cancellation.effective_on == today
    assert Term.objects.get().void_on == today
    books_agree()


def test_a_cancellation_after_the_books_were_closed_is_a_day_of_the_units_life(
    store, manager, goods
):
    now = timezone.now()
    ago = {days: store.date_of(now) - dt.timedelta(days=days) for days in range(10)}
    receive(store, manager, (goods.strict, ["SN1"]), on=ago[9])
    sale = sell(store, manager, (goods.strict, ["SN1"]), on=ago[8])
    Company.objects.update_or_create(id=1, defaults={"lock_date": ago[3]})
    cancel(sale, manager, now=now - dt.timedelta(days=1))
    assert moved_on("SN1") == ago[1]

    # What is posted and cancelled later leaves that day where it was.
    cancel(sell(store, manager, (goods.strict, ["SN1"])), manager)
    assert moved_on("SN1") == ago[1]
    early = draft("sale", store, manager, [(goods.strict, ["SN1"])], on=ago[2])
    assert refusals_of(lambda: post(early, manager)) == [("moved_later", 1, "SN1")]
    sell(store, manager, (goods.strict, ["SN1"]), on=ago[1])
    books_agree()


def moved_on(serial: str) -> dt.date:
    return Serial.objects.values_list("moved_on", flat=True).get(key=serial)


def test_books_closed_beyond_today_are_said(store, manager, goods):
    document = receive(store, manager, (goods.plain, 1))
    tomorrow = store.date_of(timezone.now()) + dt.timedelta(days=1)
    Company.objects.update_or_create(id=1, defaults={"lock_date": tomorrow})
    with pytest.raises(CancellingRefused, match="books"):
        cancel(document, manager)


def test_an_acknowledged_receipt_is_cancelled_like_any_other(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    returned = return_to_supplier(store, manager, (goods.strict, ["SN1"]))
    again = draft(Kind.RECEIPT, store, manager, [(goods.strict, ["SN1"])])
    acknowledge_returns(again.pk, by=access_of(manager), now=timezone.now())
    post(again, manager)
    assert len(in_the_way(returned, manager)) == 1
    cancel(again, manager)
    cancel(returned, manager)
    books_agree()
