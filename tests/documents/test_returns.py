"""What customers bring back: of which sale, how long after, and what becomes of its warranty."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from company.access import access_of
from company.models import Company, Membership, Store, User
from documents.models import Document, Kind, Outstanding
from documents.scan_answers import Outcome
from documents.scanning import scan
from partners.models import Customer
from products.models import Product
from serials.models import Serial
from tests.books import books_agree, pieces, place_of, refusals_of, valid_cards
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


def account(product: Product, mode: str) -> None:
    """Change how a product is accounted."""
    Product.objects.filter(pk=product.pk).update(mode=mode)
    product.refresh_from_db()


@lasting
def sale(store, manager, goods) -> Document:
    """A unit sold today."""
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    return sell(store, manager, (goods.strict, ["SN1"]))


@pytest.fixture
def today(store) -> dt.date:
    return store.date_of(timezone.now())


def test_a_returned_unit_lies_on_the_shelf_and_its_warranty_is_over(store, manager, goods, sale):
    back = give_back(sale, store, manager, (goods.strict, ["SN1"]))

    assert (place_of("SN1"), pieces(goods.strict)) == ("shelf", 2)
    term = Term.objects.get()
    assert (term.void_on, term.voided_by_id) == (back.effective_on, back.posting_id)
    assert Card.objects.get().void_on == back.effective_on
    books_agree()


def test_a_defective_unit_lies_apart_and_is_not_sold_again(store, manager, goods, sale):
    give_back(sale, store, manager, (goods.strict, ["SN1"]), defective=True)

    assert (pieces(goods.strict), pieces(goods.strict, "defective")) == (1, 1)
    again = draft("sale", store, manager, [(goods.strict, ["SN1"])])
    assert refusals_of(lambda: post(again, manager)) == [("defective", 1, "SN1")]
    books_agree()


def test_a_unit_comes_back_from_its_sale_once(store, manager, goods, sale):
    give_back(sale, store, manager, (goods.strict, ["SN1"]))

    assert refusals_of(lambda: give_back(sale, store, manager, (goods.strict, ["SN1"]))) == [
        ("return_nothing", 1, None),
        ("already_returned", 1, "SN1"),
    ]


def test_what_was_sold_again_does_not_come_back_from_its_first_sale(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    first = sell(store, manager, (goods.strict, ["SN1", "SN2"]))
    give_back(first, store, manager, (goods.strict, ["SN1"]))
    second = sell(store, manager, (goods.strict, ["SN1"]))

    assert refusals_of(lambda: give_back(first, store, manager, (goods.strict, ["SN1"]))) == [
        ("other_sale", 1, "SN1")
    ]
    give_back(second, store, manager, (goods.strict, ["SN1"]))
    books_agree()


def test_the_refusal_names_the_sale_that_sold_it(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    sell(store, manager, (goods.strict, ["SN1"]))
    other = sell(store, manager, (goods.strict, ["SN2"]))
    back = bring_back(other, store, manager, (goods.strict, ["SN1"]))
    with pytest.raises(Exception, match=r"KY1-S\d{4}-000001"):
        post(back, manager)


def test_what_was_never_sold_does_not_come_back(store, manager, goods, sale):
    never = bring_back(sale, store, manager, (goods.strict, ["NEVER"]))
    unsold = bring_back(sale, store, manager, (goods.strict, ["SN2"]))

    assert refusals_of(lambda: post(never, manager)) == [("never_sold", 1, "NEVER")]
    assert refusals_of(lambda: post(unsold, manager)) == [("not_sold", 1, "SN2")]


def test_every_line_gives_its_reason(store, manager, goods, sale):
    back = bring_back(sale, store, manager, (goods.strict, ["SN1"]))
    back.lines.update(remark="")
    assert refusals_of(lambda: post(back, manager)) == [("reason_missing", 1, None)]


# How long after the sale


@pytest.mark.parametrize(
    ("window", "days", "who", "refused"),
    [
        (14, 14, "cashier", False),
        (14, 15, "cashier", True),
        (14, 15, "manager", False),
        (0, 3000, "cashier", False),
        (1, 1, "cashier", False),
        (1, 2, "cashier", True),
    ],
)
def test_the_return_window(store, manager, cashier, goods, today, window, days, who, refused):
    Company.objects.update_or_create(id=1, defaults={"return_window_days": window})
    sold_on = today - dt.timedelta(days=days)
    receive(store, manager, (goods.strict, ["SN1"]), on=sold_on)
    sale = sell(store, manager, (goods.strict, ["SN1"]), on=sold_on)
    person = {"cashier": cashier, "manager": manager}[who]
    back = bring_back(sale, store, person, (goods.strict, ["SN1"]))

    if refused:
        assert refusals_of(lambda: post(back, person)) == [("window_over", 1, None)]
    else:
        post(back, person)
        books_agree()


def test_nothing_comes_back_before_it_was_sold(store, manager, goods, sale, today):
    yesterday = today - dt.timedelta(days=1)
    back = bring_back(sale, store, manager, (goods.strict, ["SN1"]), on=yesterday)
    assert refusals_of(lambda: post(back, manager)) == [
        ("before_origin", 1, None),
        ("moved_later", 1, "SN1"),
    ]


# Pieces without serials


def test_pieces_come_back_up_to_what_was_sold(store, manager, goods):
    receive(store, manager, (goods.plain, 5))
    sale = sell(store, manager, (goods.plain, 3))
    give_back(sale, store, manager, (goods.plain, 2))

    too_many = bring_back(sale, store, manager, (goods.plain, 2))
    assert refusals_of(lambda: post(too_many, manager)) == [("return_too_many", 1, None)]
    give_back(sale, store, manager, (goods.plain, 1))
    assert pieces(goods.plain) == 5
    assert Outstanding.objects.get(line__document=sale).left == 0
    books_agree()


def test_a_returned_piece_takes_the_named_card_with_it(store, manager, goods):
    receive(store, manager, (goods.period, 3))
    sale = sell(store, manager, (goods.period, 3))
    first, second, third = Card.objects.order_by("unit")
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    assert scanned(back, manager, second.number) == Outcome.ACCEPTED
    back.lines.update(remark="too loud")
    post(back, manager)

    assert set(Card.objects.filter(void_on=None)) == {first, third}
    assert Term.objects.get().void_on is None
    give_back(sale, store, manager, (goods.period, 2))
    assert Term.objects.get().void_on is not None
    books_agree()


def test_a_card_is_scanned_once(store, manager, goods):
    receive(store, manager, (goods.period, 2))
    sell(store, manager, (goods.period, 2))
    number = Card.objects.order_by("unit")[0].number
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])

    assert scanned(back, manager, number) == Outcome.ACCEPTED
    assert scanned(back, manager, number) == Outcome.REPEATED
    assert back.lines.get().quantity == 1


def test_a_void_card_brings_nothing_back(store, manager, goods):
    receive(store, manager, (goods.period, 2))
    sale = sell(store, manager, (goods.period, 2))
    give_back(sale, store, manager, (goods.period, 1))
    void = Card.objects.exclude(void_on=None).get()
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])

    assert scanned(back, manager, void.number) == Outcome.REFUSED
    assert not back.lines.exists()


def test_without_a_card_the_last_ones_become_void(store, manager, goods):
    receive(store, manager, (goods.period, 3))
    sale = sell(store, manager, (goods.period, 3))
    give_back(sale, store, manager, (goods.period, 2))
    assert [card.unit for card in Card.objects.filter(void_on=None)] == [1]


def test_good_and_defective_pieces_of_a_line_take_a_card_each(store, manager, goods):
    receive(store, manager, (goods.period, 5))
    sale = sell(store, manager, (goods.period, 5))
    back = bring_back(sale, store, manager, (goods.period, 1))
    back.lines.update(is_defective=True)
    put(back, manager, goods.period, 2, origin=sale.lines.get())
    back.lines.update(remark="too loud")
    post(back, manager)

    assert back.lines.count() == 2
    assert valid_cards() == 2
    assert (pieces(goods.period), pieces(goods.period, "defective")) == (2, 1)
    books_agree()


def test_good_and_defective_pieces_together_are_no_more_than_were_sold(store, manager, goods):
    receive(store, manager, (goods.period, 5))
    sale = sell(store, manager, (goods.period, 2))
    back = bring_back(sale, store, manager, (goods.period, 2))
    back.lines.update(is_defective=True)
    put(back, manager, goods.period, 1, origin=sale.lines.get())
    back.lines.update(remark="too loud")
    assert refusals_of(lambda: post(back, manager)) == [("return_too_many", 2, None)]


# Recorded units are not compared, but counted


def test_a_recorded_unit_comes_back_under_another_number(store, manager, goods):
    receive(store, manager, (goods.recorded, ["R1", "R2"]))
    sale = sell(store, manager, (goods.recorded, ["R1", "R2"]))
    give_back(sale, store, manager, (goods.recorded, ["OTHER"]))

    assert pieces(goods.recorded) == 1
    assert valid_cards() == 1
    books_agree()


def test_a_recorded_unit_takes_its_own_card(store, manager, goods):
    receive(store, manager, (goods.recorded, ["R1", "R2"]))
    sale = sell(store, manager, (goods.recorded, ["R1", "R2"]))
    give_back(sale, store, manager, (goods.recorded, ["R1"]))
    assert Card.objects.get(void_on=None).term.serial.key == "R2"


def test_another_units_warranty_goes_on_though_both_were_recorded_alike(store, manager, goods):
    """Two units were sold as R1; the one that comes back is that of the sale it names."""
    receive(store, manager, (goods.recorded, ["R1", "R1X"]))
    sell(store, manager, (goods.recorded, ["R1"]))
    second = sell(store, manager, (goods.recorded, ["R1"]))
    account(goods.recorded, "strict")
    give_back(second, store, manager, (goods.recorded, ["R1"]))

    assert valid_cards() == 1
    books_agree()


# Sold before the product had serials


@lasting
def sold_before(store, manager, goods) -> Document:
    """Two pieces sold while nobody asked for serials; they are now."""
    receive(store, manager, (goods.period, 2))
    sale = sell(store, manager, (goods.period, 2))
    account(goods.period, "strict")
    return sale


def test_what_was_sold_before_its_product_had_serials_comes_back_with_a_new_one(
    store, manager, goods, sold_before
):
    give_back(sold_before, store, manager, (goods.period, ["NEW1"]))

    assert place_of("NEW1") == "shelf"
    assert valid_cards() == 1
    again = sell(store, manager, (goods.period, ["NEW1"]))
    give_back(again, store, manager, (goods.period, ["NEW1"]))
    books_agree()


def test_it_is_scanned_onto_the_line_of_its_sale(store, manager, goods, sold_before):
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    assert scanned(back, manager, sold_before.number) == Outcome.ACCEPTED
    assert scanned(back, manager, "NEW1") == Outcome.ACCEPTED
    back.lines.update(remark="too loud")
    post(back, manager)
    assert place_of("NEW1") == "shelf"


def test_a_misread_barcode_is_not_its_new_serial(store, manager, goods, sold_before):
    Product.objects.filter(pk=goods.period.pk).update(barcode="4006381333931")
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    assert scanned(back, manager, sold_before.number) == Outcome.ACCEPTED
    assert scanned(back, manager, "4006381333932") == Outcome.REFUSED
    assert scanned(back, manager, "5901234123458") == Outcome.ACCEPTED


def test_it_comes_back_once_more_after_its_return_was_cancelled(store, manager, goods, sold_before):
    back = give_back(sold_before, store, manager, (goods.period, ["NEW1"]))
    cancel(back, manager)
    books_agree()
    give_back(sold_before, store, manager, (goods.period, ["NEW1"]))
    books_agree()


def test_a_number_that_only_a_cancelled_return_knew_is_new(store, manager, goods, sold_before):
    cancel(give_back(sold_before, store, manager, (goods.period, ["NEW1"])), manager)
    assert place_of("NEW1") == "outside"
    receive(store, manager, (goods.period, ["NEW1"]))
    books_agree()


def test_a_number_that_only_a_cancelled_receipt_knew_may_come_back(
    store, manager, goods, sold_before
):
    cancel(receive(store, manager, (goods.period, ["NEW1"])), manager)
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    assert scanned(back, manager, sold_before.number) == Outcome.ACCEPTED
    assert scanned(back, manager, "NEW1") == Outcome.ACCEPTED
    back.lines.update(remark="too loud")
    post(back, manager)
    books_agree()


def test_a_unit_that_lies_here_is_not_what_was_sold_before(store, manager, goods, sold_before):
    receive(store, manager, (goods.period, ["HERE"]))
    back = bring_back(sold_before, store, manager, (goods.period, ["HERE"]))
    assert refusals_of(lambda: post(back, manager)) == [("not_sold", 1, "HERE")]


# Finding the sale


@lasting
def named_sale(store, manager, goods) -> Document:
    receive(store, manager, (goods.strict, ["SN1"]))
    document = draft("sale", store, manager, [(goods.strict, ["SN1"])])
    Document.objects.filter(pk=document.pk).update(customer=Customer.objects.create(name="Iryna"))
    return post(document, manager)


@pytest.mark.parametrize("found_by", ["serial", "card", "sale"])
def test_a_unit_is_found_by_its_serial_its_card_and_the_number_of_its_sale(
    store, cashier, named_sale, found_by
):
    text = {
        "serial": "sn1",
        "card": Card.objects.get().number.lower(),
        "sale": named_sale.number,
    }[found_by]
    back = draft(Kind.CUSTOMER_RETURN, store, cashier, [])
    assert scanned(back, cashier, text) == Outcome.ACCEPTED

    line = back.lines.get()
    assert line.origin == named_sale.lines.get()
    assert [serial.key for serial in line.serials.all()] == ["SN1"]
    back.refresh_from_db()
    assert back.customer.name == "Iryna"


def test_a_sale_of_several_units_asks_which_one_comes_back(store, cashier, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    sale = sell(store, manager, (goods.strict, ["SN1", "SN2"]))
    back = draft(Kind.CUSTOMER_RETURN, store, cashier, [])
    asked = scan(back.pk, sale.number, by=access_of(cashier), now=timezone.now())

    assert asked.outcome == Outcome.ASKS
    assert sorted(choice.scan for choice in asked.choices) == ["SN1", "SN2"]


def test_a_sale_that_is_all_back_offers_nothing(store, cashier, manager, goods, sale):
    give_back(sale, store, manager, (goods.strict, ["SN1"]))
    back = draft(Kind.CUSTOMER_RETURN, store, cashier, [])
    assert scanned(back, cashier, sale.number) == Outcome.REFUSED
    assert scanned(back, cashier, "SN1") == Outcome.REFUSED
    assert scanned(back, cashier, "SN2") == Outcome.REFUSED
    assert not back.lines.exists()


def test_a_customer_that_was_chosen_stays(store, cashier, named_sale):
    back = draft(Kind.CUSTOMER_RETURN, store, cashier, [])
    other = Customer.objects.create(name="Petro")
    Document.objects.filter(pk=back.pk).update(customer=other)
    scanned(back, cashier, "SN1")
    back.refresh_from_db()
    assert back.customer == other


def test_a_sale_of_a_store_one_does_not_belong_to_is_not_found(
    other_store, other_manager, cashier, store, manager, goods, sale
):
    back = draft(Kind.CUSTOMER_RETURN, other_store, other_manager, [])
    for text in (sale.number, Card.objects.get().number, "SN1"):
        assert scanned(back, other_manager, text) == Outcome.REFUSED
    assert not back.lines.exists()


@pytest.fixture
def chief(store: Store, other_store: Store) -> User:
    """A manager of both stores."""
    chief = User.objects.create_user("chief")
    Membership.objects.bulk_create(
        Membership(user=chief, store=at, role="manager") for at in (store, other_store)
    )
    return chief


def test_another_store_of_the_company_takes_back_what_this_one_sold(
    other_store, chief, goods, sale
):
    give_back(sale, other_store, chief, (goods.strict, ["SN1"]))
    assert Serial.objects.get(key="SN1").place.store == other_store
    books_agree()


def test_what_was_handed_over_in_an_exchange_comes_back_too(store, manager, goods, sale):
    swap = exchange(sale, store, manager, [(goods.strict, ["SN1"])], [(goods.strict, ["SN2"])])
    line = swap.lines.get(origin=None)
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    put(back, manager, goods.strict, ["SN2"], origin=line)
    back.lines.update(remark="this one too")
    post(back, manager)

    assert valid_cards() == 0
    books_agree()
