"""A whole document written inside another transaction, as repairs and counts do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from documents.drafting import start_draft
from documents.models import Document, Kind
from documents.writing import NewLine, write_document
from partners.models import Customer
from serials.refusals import PostingRefused
from serials.text import read_serial
from tests.books import books_agree, pieces, place_of, refusals_of, valid_cards
from tests.lasting import lasting
from tests.shop import draft, post, receive, sell, set_aside
from warranty.models import Card

pytestmark = pytest.mark.django_db

FOR = "Used in the repair KY1-RP2026-000001"


def write(kind, store, person, *lines: NewLine, **more) -> Document:
    with transaction.atomic():
        return write_document(
            kind, store=store, lines=lines, by=access_of(person), now=timezone.now(), **more
        )


def units(product, *texts: str, **more) -> NewLine:
    return NewLine(product.pk, len(texts), [read_serial(text) for text in texts], **more)


@lasting
def stock(store, manager, goods) -> None:
    receive(
        store,
        manager,
        (goods.strict, ["SN1", "SN2", "SN3"]),
        (goods.recorded, ["R1"]),
        (goods.period, 5),
        (goods.plain, 5),
    )


class TestParts:
    def test_they_leave_the_stock_by_a_movement_of_their_own(self, store, technician, goods, stock):
        used = write(
            Kind.PARTS,
            store,
            technician,
            units(goods.strict, "SN1", remark=FOR),
            NewLine(goods.plain.pk, 2, remark=FOR),
        )

        assert used.number.startswith("KY1-P2")
        assert used.posting.kind == "parts"
        assert (place_of("SN1"), pieces(goods.plain)) == ("written_off", 3)
        assert [line.remark for line in used.lines.all()] == [FOR, FOR]
        assert not Document.objects.filter(kind=Kind.WRITE_OFF).exists()
        books_agree()

    def test_a_unit_used_is_told_from_one_written_off(self, store, manager, goods, stock):
        write(Kind.PARTS, store, manager, units(goods.strict, "SN1", remark=FOR))

        sale = draft(Kind.SALE, store, manager, [(goods.strict, ["SN1"])])
        assert refusals_of(lambda: post(sale, manager)) == [("used_in_repair", 1, "SN1")]
        again = draft(Kind.RECEIPT, store, manager, [(goods.strict, ["SN1"])])
        assert refusals_of(lambda: post(again, manager)) == [("received_but_used", 1, "SN1")]

    def test_what_is_set_aside_or_defective_is_no_part(self, store, manager, goods, stock):
        set_aside(store, manager, (goods.strict, ["SN1"]))
        post(draft("receipt", store, manager, [(goods.strict, ["BAD"])], defective=True), manager)

        assert refusals_of(
            lambda: write(Kind.PARTS, store, manager, units(goods.strict, "SN1", "BAD", remark="x"))
        ) == [("blocked", 1, "SN1"), ("defective", 1, "BAD")]

    def test_nobody_starts_them_by_hand(self, store, manager):
        with pytest.raises(PermissionDenied):
            start_draft(Kind.PARTS, store=store, by=access_of(manager))

    def test_who_does_not_repair_uses_none(self, store, storekeeper, goods, stock):
        with pytest.raises(PermissionDenied):
            write(Kind.PARTS, store, storekeeper, NewLine(goods.plain.pk, 1, remark=FOR))


class TestComingBack:
    @pytest.fixture
    def sale(self, store, manager, stock, goods) -> Document:
        old = store.date_of(timezone.now()) - dt.timedelta(days=100)
        receive(store, manager, (goods.strict, ["OLD"]), on=old)
        return sell(store, manager, (goods.strict, ["OLD"]), on=old)

    def test_a_cashier_refunds_under_warranty_after_the_window(self, store, cashier, goods, sale):
        line = sale.lines.get()
        back = units(goods.strict, "OLD", origin_id=line.pk, remark="dead", is_defective=True)

        assert refusals_of(lambda: write(Kind.CUSTOMER_RETURN, store, cashier, back)) == [
            ("window_over", 1, None)
        ]
        refund = write(Kind.CUSTOMER_RETURN, store, cashier, back, under_warranty=True)

        assert refund.lines.get().unit_price == line.unit_price == Decimal("100.00")
        assert (place_of("OLD"), valid_cards()) == ("defective", 0)
        books_agree()

    def test_a_replacement_is_one_document(self, store, manager, goods, sale):
        customer = Customer.objects.create(name="Iryna")
        exchange = write(
            Kind.EXCHANGE,
            store,
            manager,
            units(goods.strict, "OLD", origin_id=sale.lines.get().pk, remark="dead"),
            units(goods.strict, "SN1"),
            customer=customer,
            note="Repair KY1-RP2026-000001",
        )

        assert (place_of("OLD"), place_of("SN1")) == ("shelf", "customer")
        assert [line.unit_price for line in exchange.lines.all()] == [100, 100]
        assert Card.objects.get(void_on=None).term.customer == customer
        books_agree()

    def test_the_named_card_becomes_void(self, store, manager, goods, stock):
        sale = sell(store, manager, (goods.period, 3))
        first = Card.objects.order_by("unit").first()
        back = NewLine(
            goods.period.pk,
            origin_id=sale.lines.get().pk,
            remark="dead",
            card_ids=[first.pk],
            unit_price=Decimal("70.00"),
        )

        refund = write(Kind.CUSTOMER_RETURN, store, manager, back)

        assert refund.lines.get().unit_price == 70
        assert list(Card.objects.exclude(void_on=None)) == [first]
        books_agree()


def test_every_reason_is_told_and_nothing_is_left(store, manager, goods, stock):
    lines = [
        units(goods.strict, "NEVER", remark=FOR),
        NewLine(goods.plain.pk, 9),
        units(goods.recorded, "R1", remark=FOR),
    ]

    assert refusals_of(lambda: write(Kind.PARTS, store, manager, *lines)) == [
        ("reason_missing", 2, None),
        ("never_received", 1, "NEVER"),
        ("not_enough", 2, None),
    ]
    assert not Document.objects.filter(kind=Kind.PARTS).exists()


@pytest.mark.django_db(transaction=True)
def test_it_is_part_of_somebodys_transaction(store, manager, goods, stock):
    by, now = access_of(manager), timezone.now()
    line = NewLine(goods.plain.pk, remark=FOR)
    with pytest.raises(RuntimeError):
        write_document(Kind.PARTS, store=store, lines=[line], by=by, now=now)

    def fails_after_it() -> None:
        with transaction.atomic():
            write_document(Kind.PARTS, store=store, lines=[line], by=by, now=now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails_after_it()
    assert pieces(goods.plain) == 5


def test_what_continues_a_document_is_not_written_like_that(store, manager, goods, stock):
    with pytest.raises(ValueError, match="goes on from one document"):
        write(Kind.ARRIVAL, store, manager, NewLine(goods.plain.pk))


def test_the_number_of_statements_does_not_grow(store, manager, goods):
    counts = []
    for size in (1, 2, 200):
        texts = [f"{size}-{nth}" for nth in range(size)]
        receive(store, manager, (goods.strict, texts), (goods.plain, size))
        with CaptureQueriesContext(connection) as captured:
            write(
                Kind.SET_ASIDE,
                store,
                manager,
                *(units(goods.strict, text, remark="checked") for text in texts),
                NewLine(goods.plain.pk, size, remark="checked"),
            )
        counts.append(len(captured))
    assert counts[1] == counts[2]


def test_a_posting_is_refused_by_what_it_says(store, manager, goods, stock):
    with pytest.raises(PostingRefused) as raised:
        write(Kind.SET_ASIDE, store, manager)
    assert [one.code for one in raised.value.refusals] == ["no_lines"]
