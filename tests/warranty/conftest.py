"""A sale with warranty cards."""

from __future__ import annotations

import time_machine

from documents.models import Document
from partners.models import Customer
from tests.lasting import lasting
from tests.shop import draft, post, receive, sell
from tests.warranty.public_shop import SERIAL, SOLD_AT, Shop


@lasting
def sale(store, manager, goods) -> Document:
    """Two units with serial numbers and three pieces without: five cards."""
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), (goods.period, 3))
    return sell(store, manager, (goods.strict, ["SN1", "SN2"]), (goods.period, 3))


@lasting
def large_sale(store, manager, goods) -> Document:
    """Twenty pieces: more cards than are made while somebody waits."""
    receive(store, manager, (goods.period, 20))
    return sell(store, manager, (goods.period, 20))


@lasting
def shop(store, manager, goods) -> Shop:
    store.phone = "+380 (44) 123-45-67"
    store.save()
    customer = Customer.objects.create(
        name="Оксана Бондаренко", phone="+380675551234", email="oksana@example.com"
    )
    with time_machine.travel(SOLD_AT, tick=False):
        receive(store, manager, (goods.strict, [SERIAL, "SPARE"]), (goods.period, 5))
        sale = draft("sale", store, manager, [(goods.strict, [SERIAL]), (goods.period, 3)])
        sale.customer = customer
        sale.save()
        sale.lines.update(unit_price="24990.00")
        post(sale, manager)
    sale.refresh_from_db()
    return Shop(store, manager, goods, customer, sale)
