"""What is refused when goods come back a second time, or from elsewhere; and large sales."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from company.access import access_of
from documents.models import Document, Kind
from documents.posting import post_document
from documents.scan_answers import MOST_CHOICES, Outcome, ScanResult
from documents.scanning import scan
from products.models import Product
from serials.refusals import PostingRefused
from tests.books import books_agree, place_of, refusals_of, valid_cards
from tests.shop import bring_back, cancel, draft, give_back, post, receive, scanned, sell
from warranty.models import Card

pytestmark = pytest.mark.django_db


def answer_to(document: Document, by, text: str) -> ScanResult:
    return scan(document.pk, text, by=access_of(by), now=timezone.now())


# Units sold without their serial numbers


def test_of_a_sale_the_known_units_come_back_and_the_others_when_they_are_known(
    store, manager, goods
):
    units = ["SN1", "SN2", "SN3"]
    receive(store, manager, (goods.strict, units))
    document = draft("sale", store, manager, [(goods.strict, units[:2])])
    document.lines.update(quantity=3)
    sale = post_document(
        document.pk, by=access_of(manager), now=timezone.now(), without_serials="a queue"
    )
    all_three = bring_back(sale, store, manager, (goods.strict, units))
    with pytest.raises(PostingRefused) as refused:
        post(all_three, manager)
    first, second = refused.value.refusals
    assert (first.code, second.code) == ("return_unidentified", "not_sold")
    assert f"Only 2 of this line of {sale.number}" in first.message

    give_back(sale, store, manager, (goods.strict, units[:2]))
    assert (place_of("SN1"), valid_cards()) == ("shelf", 0)
    books_agree()


# What came back before


def test_a_card_that_became_void_meanwhile_brings_nothing_back(store, manager, goods):
    receive(store, manager, (goods.period, 2))
    sell(store, manager, (goods.period, 2))
    first, second = Card.objects.order_by("pk").values_list("number", flat=True)
    early, late = (draft(Kind.CUSTOMER_RETURN, store, manager, []) for _ in range(2))
    for back in (early, late):
        assert scanned(back, manager, first) == Outcome.ACCEPTED
        back.lines.update(remark="too loud")
    post(early, manager)

    assert refusals_of(lambda: post(late, manager)) == [("card_void", 1, None)]
    other = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    told = answer_to(other, manager, first)
    assert told.outcome == Outcome.REFUSED
    assert "This card is void since" in told.message
    assert scanned(other, manager, second) == Outcome.ACCEPTED
    books_agree()


def test_a_recorded_unit_comes_back_of_a_sale_once(store, manager, goods):
    receive(store, manager, (goods.recorded, ["R1", "R2"]))
    sale = sell(store, manager, (goods.recorded, ["R1", "R2"]))
    before = give_back(sale, store, manager, (goods.recorded, ["R1"]))

    again = bring_back(sale, store, manager, (goods.recorded, ["R1"]))
    with pytest.raises(PostingRefused, match=f"R1 came back of this sale already, by {before}"):
        post(again, manager)
    assert refusals_of(lambda: post(again, manager)) == [("came_back_before", 1, "R1")]
    give_back(sale, store, manager, (goods.recorded, ["R2"]))
    cancel(before, manager)
    post(again, manager)
    books_agree()


# What another store sold


def test_what_a_store_sold_whose_books_the_person_does_not_see_stays_out(
    store, manager, other_store, other_manager, goods
):
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 1))
    sale = sell(store, manager, (goods.strict, ["SN1"]), (goods.plain, 1))
    back = bring_back(sale, other_store, other_manager, (goods.strict, ["SN1"]), (goods.plain, 1))
    with pytest.raises(PostingRefused, match=f"Sold in Podil by {sale}: its people take it back"):
        post(back, other_manager)
    assert refusals_of(lambda: post(back, other_manager)) == [
        ("sold_elsewhere", 1, None),
        ("sold_elsewhere", 2, None),
    ]
    told = answer_to(back, other_manager, "SN1")
    assert told.outcome != Outcome.ACCEPTED


# An exchange


def test_a_serial_of_two_products_asks_whether_it_comes_back_or_is_handed_over(
    store, manager, goods
):
    twin = Product.objects.create(
        sku="TWIN", name="Twin", type=goods.strict.type, mode="strict", price=1
    )
    receive(store, manager, (goods.strict, ["SAME"]), (twin, ["SAME"]))
    sale = sell(store, manager, (goods.strict, ["SAME"]))
    document = draft(Kind.EXCHANGE, store, manager, [])

    asked = answer_to(document, manager, "SAME")
    assert asked.outcome == Outcome.ASKS
    assert [(choice.product, choice.hint) for choice in asked.choices] == [
        (goods.strict, "comes back"),
        (twin, "is handed over"),
    ]
    for choice in asked.choices:
        answer = {"product_id": choice.product.pk, "as_serial": True}
        assert scanned(document, manager, "SAME", **answer) == Outcome.ACCEPTED
    back, out = document.lines.order_by("position")
    assert (back.product, back.origin) == (goods.strict, sale.lines.get())
    assert (out.product, out.origin) == (twin, None)
    document.lines.update(remark="too loud")
    post(document, manager)
    assert (place_of("SAME", goods.strict), place_of("SAME", twin)) == ("shelf", "customer")
    books_agree()


# A sale with more lines than can be asked about


@pytest.fixture
def long_sale(store, manager, goods) -> Document:
    lines = [
        (
            Product.objects.create(
                sku=f"P{nth}", name=f"Part {nth}", type=goods.plain.type, mode="none"
            ),
            1,
        )
        for nth in range(MOST_CHOICES + 1)
    ]
    receive(store, manager, *lines)
    return sell(store, manager, *lines)


@pytest.fixture
def browser(manager, client_of) -> Client:
    return client_of(manager)


def test_its_number_leads_to_where_it_is_found(store, manager, long_sale):
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    told = answer_to(back, manager, long_sale.number)
    assert told.outcome == Outcome.ASKS
    assert "find the sale with F8" in told.message


def test_it_is_found_by_its_number_and_a_line_of_it_is_chosen(store, manager, browser, long_sale):
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    page_url = reverse("documents:find_sale", args=[back.pk])
    page = browser.get(page_url, {"q": f" {long_sale.number.lower()} "})
    assert page.context["sale"] == long_sale
    assert page.content.decode().count("This comes back") == MOST_CHOICES + 1

    last = long_sale.lines.order_by("position").last()
    chosen = browser.post(page_url, {"origin": last.pk, "number": long_sale.number})
    assert chosen.headers["Location"] == reverse("documents:document", args=[back.pk])
    assert back.lines.get().origin == last
    back.lines.update(remark="too many")
    post(back, manager)
    books_agree()


def test_the_number_of_another_stores_sale_finds_nothing(
    other_store, other_manager, client_of, long_sale
):
    back = draft(Kind.CUSTOMER_RETURN, other_store, other_manager, [])
    page_url = reverse("documents:find_sale", args=[back.pk])
    browser = client_of(other_manager)
    page = browser.get(page_url, {"q": long_sale.number})
    assert page.context["sale"] is None
    answer = browser.post(page_url, {"origin": long_sale.lines.first().pk, "number": "x"})
    assert answer.status_code == 422
    assert not back.lines.exists()
