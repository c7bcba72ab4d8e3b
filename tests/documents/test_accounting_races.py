"""The assistant and a sale of the same product at the same moment, each on a connection."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from documents import proving as documents_proving
from documents.accounting import MovedMeanwhile
from documents.accounting_stock import read_situation
from documents.models import Document
from products.models import Product
from products.modes import Mode
from serials import proving as serials_proving
from serials.models import Balance
from serials.refusals import PostingRefused
from tests.documents.test_accounting import change, place_of
from tests.documents.test_races import Behind, at_once
from tests.shop import draft, post, receive

pytestmark = pytest.mark.django_db(transaction=True)


def what_lies_there(product: Product) -> str:
    return read_situation(Product.objects.select_related("type").get(pk=product.pk)).seen


def all_agree() -> None:
    assert [*documents_proving.differences(), *serials_proving.differences()] == []


def test_who_sells_first_is_waited_for_and_seen(store, admin, manager, goods):
    receive(store, admin, (goods.plain, 2))
    sale = draft("sale", store, manager, [(goods.plain, 1)])
    seen = what_lies_there(goods.plain)
    units = {place_of(store): ["A", "B"]}
    with transaction.atomic():
        post(sale, manager)
        assistant = Behind(lambda: change(goods.plain, Mode.STRICT, admin, units, seen=seen))
        assistant.waits_for_us()

    assert isinstance(assistant.outcome(), MovedMeanwhile)
    assert Product.objects.get(pk=goods.plain.pk).mode == Mode.NONE
    assert Balance.objects.get(product=goods.plain).quantity == 1
    all_agree()


def test_who_sells_a_moment_later_is_asked_for_the_serial(store, admin, manager, goods):
    receive(store, admin, (goods.plain, 2))
    sale = draft("sale", store, manager, [(goods.plain, 1)])
    with transaction.atomic():
        change(goods.plain, Mode.STRICT, admin, {place_of(store): ["A", "B"]})
        seller = Behind(lambda: post(sale, manager))
        seller.waits_for_us()

    refused = seller.outcome()
    assert isinstance(refused, PostingRefused), refused
    assert [one.code for one in refused.refusals] == ["serials_missing"]
    assert Balance.objects.get(product=goods.plain, quantity__gt=0).quantity == 2
    all_agree()


def test_two_who_press_at_once_change_it_once(store, admin, goods):
    for nth in range(5):
        product = Product.objects.create(
            sku=f"P{nth}", name="P", type=goods.plain.type, mode="none"
        )
        receive(store, admin, (product, 2))
        seen, units = what_lies_there(product), {place_of(store): [f"A{nth}", f"B{nth}"]}

        def press(product=product, seen=seen, units=units) -> list[Document]:
            return change(product, Mode.STRICT, admin, units, seen=seen)

        results = at_once(press, press)
        assert sorted(type(one).__name__ for one in results) == ["MovedMeanwhile", "list"], results
    assert Document.objects.filter(kind="supplier_return").count() == 5
    connection.check_constraints()
    all_agree()
