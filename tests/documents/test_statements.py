"""The number of SQL statements never grows with the number of serials, whatever is posted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.models import Membership
from documents.acknowledging import acknowledge_returns
from documents.cancelling import what_cancelling_refuses
from documents.continuing import (
    receive_at_once,
    start_arrival,
    start_identification,
    take_everything,
)
from documents.judging import what_posting_refuses
from documents.models import Document, Kind
from documents.posting import post_document
from serials.models import Serial
from tests.books import books_agree
from tests.shop import (
    bring_back,
    cancel,
    draft,
    exchange,
    give_back,
    identify,
    post,
    put,
    receive,
    return_to_supplier,
    sell,
    set_aside,
    transfer,
    write_off,
)
from warranty.models import Claim

pytestmark = pytest.mark.django_db

Work = Callable[[], object]


class Stage:
    """Prepares a document of some size, and hands back what is to be counted."""

    def __init__(self, store, other_store, manager, goods) -> None:
        self.store, self.other, self.manager, self.goods = store, other_store, manager, goods
        self.by = access_of(manager)
        self.batches = 0

    def units(self, size: int) -> list[str]:
        self.batches += 1
        return [f"{self.batches}-{nth}" for nth in range(size)]

    def lines(self, units: list[str]):
        return [(self.goods.strict, units), (self.goods.recorded, units)]

    def received(self, size: int):
        lines = self.lines(self.units(size))
        receive(self.store, self.manager, *lines)
        return lines

    def posting(self, document: Document) -> Work:
        return lambda: post(document, self.manager)

    def bare(self, kind: str, size: int) -> Document:
        """A document posted without its serials."""
        lines = [(self.goods.strict, size), (self.goods.recorded, size)]
        document = draft(kind, self.store, self.manager, lines)
        return post_document(document.pk, by=self.by, now=timezone.now(), without_serials="a queue")

    # what is counted

    def receipt(self, size: int) -> Work:
        return self.posting(
            draft(Kind.RECEIPT, self.store, self.manager, self.lines(self.units(size)))
        )

    def _out(self, kind: str, size: int) -> Work:
        to_store = self.other if kind == Kind.TRANSFER else None
        lines = self.received(size)
        return self.posting(draft(kind, self.store, self.manager, lines, to_store=to_store))

    def sale(self, size: int) -> Work:
        return self._out(Kind.SALE, size)

    def write_off(self, size: int) -> Work:
        return self._out(Kind.WRITE_OFF, size)

    def set_aside(self, size: int) -> Work:
        return self._out(Kind.SET_ASIDE, size)

    def put_back(self, size: int) -> Work:
        lines = self.received(size)
        set_aside(self.store, self.manager, *lines)
        return self.posting(draft(Kind.PUT_BACK, self.store, self.manager, lines))

    def parts(self, size: int) -> Work:
        return self._out(Kind.PARTS, size)

    def supplier_return(self, size: int) -> Work:
        return self._out(Kind.SUPPLIER_RETURN, size)

    def transfer(self, size: int) -> Work:
        return self._out(Kind.TRANSFER, size)

    def customer_return(self, size: int) -> Work:
        lines = self.received(size)
        sale = sell(self.store, self.manager, *lines)
        return self.posting(bring_back(sale, self.store, self.manager, *lines))

    def exchange(self, size: int) -> Work:
        old, new = self.received(size), self.received(size)
        sale = sell(self.store, self.manager, *old)
        document = bring_back(sale, self.store, self.manager, *old, kind=Kind.EXCHANGE)
        for product, units in new:
            put(document, self.manager, product, units)
        return self.posting(document)

    def arrival(self, size: int) -> Work:
        lines = self.received(size)
        sent = transfer(self.store, self.other, self.manager, *lines)
        arrival = start_arrival(sent.pk, by=self.by)
        for product, units in lines:
            put(arrival, self.manager, product, units, origin=sent.lines.get(product=product))
        return self.posting(arrival)

    def everything_that_arrived(self, size: int) -> Work:
        sent = transfer(self.store, self.other, self.manager, *self.received(size))
        arrival = start_arrival(sent.pk, by=self.by)
        return lambda: take_everything(arrival.pk, by=self.by)

    def at_once(self, size: int) -> Work:
        sent = draft(
            Kind.TRANSFER, self.store, self.manager, self.received(size), to_store=self.other
        )
        return lambda: receive_at_once(sent.pk, by=self.by, now=timezone.now())

    def identification(self, size: int) -> Work:
        receipt = self.bare(Kind.RECEIPT, size)
        entering = start_identification(receipt.pk, by=self.by)
        for product, units in self.lines(self.units(size)):
            put(entering, self.manager, product, units, origin=receipt.lines.get(product=product))
        return self.posting(entering)

    def acknowledging(self, size: int) -> Work:
        units = self.units(size)
        receive(self.store, self.manager, (self.goods.strict, units))
        return_to_supplier(self.store, self.manager, (self.goods.strict, units))
        again = draft(Kind.RECEIPT, self.store, self.manager, [(self.goods.strict, units)])
        return lambda: acknowledge_returns(again.pk, by=self.by, now=timezone.now())

    def acknowledged_receipt(self, size: int) -> Work:
        units = self.units(size)
        receive(self.store, self.manager, (self.goods.strict, units))
        return_to_supplier(self.store, self.manager, (self.goods.strict, units))
        again = draft(Kind.RECEIPT, self.store, self.manager, [(self.goods.strict, units)])
        acknowledge_returns(again.pk, by=self.by, now=timezone.now())
        return self.posting(again)

    def refusing(self, size: int) -> Work:
        lines = self.received(size)
        document = draft(Kind.WRITE_OFF, self.store, self.manager, lines)
        sell(self.store, self.manager, *lines)
        return lambda: what_posting_refuses(document, by=self.by, now=timezone.now())

    def _in_repair(self, size: int) -> Document:
        """Units that were sold and are all in repair."""
        lines = self.received(size)
        sale = sell(self.store, self.manager, *lines)
        Claim.objects.bulk_create(
            Claim(
                reference=f"RP{unit.pk}",
                store=self.store,
                product_id=unit.product_id,
                serial=unit,
                claimed_on=self.store.date_of(timezone.now()),
            )
            for unit in Serial.objects.filter(entries__posting=sale.posting)
        )
        return sale

    def refusing_what_is_in_repair(self, size: int) -> Work:
        sale = self._in_repair(size)
        back = draft(Kind.CUSTOMER_RETURN, self.store, self.manager, [])
        for line in sale.lines.all():
            texts = list(line.serials.values_list("text", flat=True))
            put(back, self.manager, line.product, texts, origin=line)
        return lambda: what_posting_refuses(back, by=self.by, now=timezone.now())

    def refusing_to_cancel_what_is_in_repair(self, size: int) -> Work:
        sale = self._in_repair(size)
        return lambda: what_cancelling_refuses(sale, by=self.by)

    # cancelling each

    def _cancelling(self, document: Document) -> Work:
        connection.check_constraints()
        return lambda: cancel(document, self.manager)

    def cancelled_receipt(self, size: int) -> Work:
        lines = self.lines(self.units(size))
        return self._cancelling(receive(self.store, self.manager, *lines))

    def cancelled_sale(self, size: int) -> Work:
        return self._cancelling(sell(self.store, self.manager, *self.received(size)))

    def cancelled_write_off(self, size: int) -> Work:
        return self._cancelling(write_off(self.store, self.manager, *self.received(size)))

    def cancelled_transfer(self, size: int) -> Work:
        lines = self.received(size)
        return self._cancelling(transfer(self.store, self.other, self.manager, *lines))

    def cancelled_return(self, size: int) -> Work:
        lines = self.received(size)
        sale = sell(self.store, self.manager, *lines)
        return self._cancelling(give_back(sale, self.store, self.manager, *lines))

    def cancelled_exchange(self, size: int) -> Work:
        old, new = self.received(size), self.received(size)
        sale = sell(self.store, self.manager, *old)
        return self._cancelling(exchange(sale, self.store, self.manager, old, new))

    def cancelled_identification(self, size: int) -> Work:
        receipt = self.bare(Kind.RECEIPT, size)
        return self._cancelling(identify(receipt, self.manager, *self.lines(self.units(size))))


NAMES = [name for name in vars(Stage) if not name.startswith("_")]
WORKS = sorted(set(NAMES) - {"units", "lines", "received", "posting", "bare"})


@pytest.fixture
def stage(store, other_store, manager, goods) -> Stage:
    Membership.objects.create(user=manager, store=other_store, role="manager")
    return Stage(store, other_store, manager, goods)


@pytest.mark.parametrize("name", WORKS)
def test_the_number_of_statements_does_not_grow_with_the_serials(stage, name):
    counts = {}
    for size in (1, 2, 20):  # places and company are made on first use, so the first is dropped
        work = getattr(stage, name)(size)
        with CaptureQueriesContext(connection) as captured:
            work()
        counts[size] = len(captured)
    assert counts[2] == counts[20]
    books_agree()
