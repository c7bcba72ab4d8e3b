"""One for another: what comes back and what is handed over on one document."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from company.models import Company
from documents.cancelling import CancellingRefused
from documents.models import Document, Kind
from documents.scan_answers import Outcome
from partners.models import Customer
from tests.books import books_agree, everything, pieces, place_of, refusals_of, valid_cards
from tests.lasting import lasting
from tests.shop import (
    bring_back,
    cancel,
    draft,
    exchange,
    give_back,
    post,
    put,
    receive,
    scanned,
    sell,
)
from warranty.models import Card, Term

pytestmark = pytest.mark.django_db


@lasting
def sale(store, manager, goods) -> Document:
    receive(store, manager, (goods.strict, ["OLD", "NEW"]), (goods.period, 5))
    return sell(store, manager, (goods.strict, ["OLD"]), (goods.period, 2))


def test_one_unit_comes_back_and_another_is_handed_over(store, manager, goods, sale):
    swap = exchange(sale, store, manager, [(goods.strict, ["OLD"])], [(goods.strict, ["NEW"])])

    assert (place_of("OLD"), place_of("NEW")) == ("shelf", "customer")
    new, old = Term.objects.get(serial__key="NEW"), Term.objects.get(serial__key="OLD")
    assert (new.replaces, new.void_on) == (old, None)
    assert (old.void_on, old.voided_by_id) == (swap.effective_on, swap.posting_id)
    assert swap.number.startswith("KY1-X")
    books_agree()


def test_a_defective_unit_comes_back_and_lies_apart(store, manager, goods, sale):
    document = bring_back(sale, store, manager, (goods.strict, ["OLD"]), kind=Kind.EXCHANGE)
    document.lines.update(is_defective=True)
    put(document, manager, goods.strict, ["NEW"])
    post(document, manager)
    assert (place_of("OLD"), place_of("NEW")) == ("defective", "customer")
    books_agree()


def test_what_is_handed_over_lies_here_and_what_comes_back_was_sold(store, manager, goods, sale):
    document = bring_back(sale, store, manager, (goods.strict, ["NEW"]), kind=Kind.EXCHANGE)
    put(document, manager, goods.strict, ["NEVER"])
    assert refusals_of(lambda: post(document, manager)) == [
        ("not_sold", 1, "NEW"),
        ("never_received", 2, "NEVER"),
    ]


def test_both_halves_are_there(store, manager, goods, sale):
    back = bring_back(sale, store, manager, (goods.strict, ["OLD"]), kind=Kind.EXCHANGE)
    assert refusals_of(lambda: post(back, manager)) == [("nothing_handed_over", None, None)]
    out = draft(Kind.EXCHANGE, store, manager, [(goods.strict, ["NEW"])])
    assert refusals_of(lambda: post(out, manager)) == [("nothing_comes_back", None, None)]


def test_only_what_comes_back_gives_a_reason(store, manager, goods, sale):
    document = bring_back(sale, store, manager, (goods.strict, ["OLD"]), kind=Kind.EXCHANGE)
    put(document, manager, goods.strict, ["NEW"])
    document.lines.update(remark="")
    assert refusals_of(lambda: post(document, manager)) == [("reason_missing", 1, None)]


def test_goods_that_just_came_back_are_not_handed_over_on_the_same_document(store, manager, goods):
    """What comes back is looked at first: it adds nothing to what there is to hand over."""
    receive(store, manager, (goods.plain, 1))
    sale = sell(store, manager, (goods.plain, 1))
    document = bring_back(sale, store, manager, (goods.plain, 1), kind=Kind.EXCHANGE)
    put(document, manager, goods.plain, 1)
    assert refusals_of(lambda: post(document, manager)) == [("not_enough", 2, None)]


def test_a_pair_of_pieces_is_exchanged_for_units(store, manager, goods, sale):
    exchange(sale, store, manager, [(goods.period, 1)], [(goods.strict, ["NEW"])])
    assert (pieces(goods.period), valid_cards(goods.period), valid_cards(goods.strict)) == (4, 1, 2)
    books_agree()


def test_the_window_is_that_of_returns(store, manager, cashier, goods):
    Company.objects.update_or_create(id=1, defaults={"return_window_days": 14})
    day = store.date_of(timezone.now()) - dt.timedelta(days=15)
    receive(store, manager, (goods.strict, ["OLD", "NEW"]), on=day)
    sale = sell(store, manager, (goods.strict, ["OLD"]), on=day)
    document = bring_back(sale, store, cashier, (goods.strict, ["OLD"]), kind=Kind.EXCHANGE)
    put(document, cashier, goods.strict, ["NEW"])
    assert refusals_of(lambda: post(document, cashier)) == [("window_over", 1, None)]
    post(document, manager)
    books_agree()


def test_what_was_exchanged_is_exchanged_again(store, manager, goods, sale):
    receive(store, manager, (goods.strict, ["THIRD"]))
    swap = exchange(sale, store, manager, [(goods.strict, ["OLD"])], [(goods.strict, ["NEW"])])
    document = draft(Kind.EXCHANGE, store, manager, [])
    put(document, manager, goods.strict, ["NEW"], origin=swap.lines.get(origin=None))
    put(document, manager, goods.strict, ["THIRD"])
    document.lines.update(remark="this one too")
    post(document, manager)

    assert Card.objects.filter(term__product=goods.strict, void_on=None).count() == 1
    assert Term.objects.get(serial__key="THIRD").replaces.serial.key == "NEW"
    with pytest.raises(CancellingRefused, match=document.number or "-"):
        cancel(swap, manager)
    books_agree()


def test_the_line_that_came_back_is_not_returned_again(store, manager, goods, sale):
    exchange(sale, store, manager, [(goods.strict, ["OLD"])], [(goods.strict, ["NEW"])])
    assert refusals_of(lambda: give_back(sale, store, manager, (goods.strict, ["OLD"]))) == [
        ("return_nothing", 1, None),
        ("already_returned", 1, "OLD"),
    ]


def test_cancelling_undoes_both_halves(store, manager, goods, sale):
    before = everything()
    swap = exchange(
        sale, store, manager, [(goods.strict, ["OLD"]), (goods.period, 1)],
        [(goods.strict, ["NEW"])],
    )  # fmt: skip
    cancel(swap, manager)
    after = everything()
    # NEW was never anywhere but on the shelf; everything else is as it was too
    assert after == before
    books_agree()


def test_scanning_tells_what_comes_back_from_what_is_handed_over(store, manager, goods):
    receive(store, manager, (goods.strict, ["OLD", "NEW"]))
    sold = draft("sale", store, manager, [(goods.strict, ["OLD"])])
    Document.objects.filter(pk=sold.pk).update(customer=Customer.objects.create(name="Iryna"))
    sale = post(sold, manager)
    document = draft(Kind.EXCHANGE, store, manager, [])
    assert scanned(document, manager, "OLD") == Outcome.ACCEPTED
    assert scanned(document, manager, "NEW") == Outcome.ACCEPTED

    back, out = document.lines.order_by("position")
    assert (back.origin, out.origin) == (sale.lines.get(), None)
    document.refresh_from_db()
    assert document.customer.name == "Iryna"
    document.lines.update(remark="too loud")
    post(document, manager)
    assert Term.objects.get(serial__key="NEW").customer.name == "Iryna"
    books_agree()


def test_a_unit_of_another_sale_is_refused_at_its_line(store, manager, goods, sale):
    receive(store, manager, (goods.strict, ["MORE"]))
    other = sell(store, manager, (goods.strict, ["MORE"]))
    document = bring_back(other, store, manager, (goods.strict, ["OLD"]), kind=Kind.EXCHANGE)
    put(document, manager, goods.strict, ["NEW"])
    assert refusals_of(lambda: post(document, manager)) == [("other_sale", 1, "OLD")]
