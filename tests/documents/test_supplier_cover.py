"""How long the supplier stands for what he delivered, whatever happened to its number since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.constraints import broken_constraint
from documents.accounting import change_accounting
from documents.accounting_stock import read_situation
from documents.correcting import correct, look_at
from documents.models import Document, Kind, Line
from documents.posting import post_document
from documents.supplier_cover import (
    EndingClaim,
    SupplierCover,
    supplier_claims_ending,
    supplier_cover_of,
    supplier_covers,
)
from products.models import Period, Product, ProductType
from serials.models import Serial
from serials.text import read_serial
from tests.books import books_agree
from tests.shop import (
    cancel,
    draft,
    give_back,
    identify,
    post,
    receive,
    return_to_supplier,
    sell,
    set_aside,
    supplier,
)

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 1, 31)


def delivered(store, by, *lines, on: dt.date = DAY, **more) -> Document:
    """A receipt from the supplier."""
    document = draft(Kind.RECEIPT, store, by, lines, on=on, **more)
    Document.objects.filter(pk=document.pk).update(is_opening=False, supplier=supplier())
    return post(document, by)


def numbered_later(store, by, line) -> Document:
    """A receipt without serial numbers, which are entered afterwards."""
    product, keys = line
    document = draft(Kind.RECEIPT, store, by, [(product, len(keys))], on=DAY)
    receipt = post_document(
        document.pk, by=access_of(by), now=timezone.now(), without_serials="a queue"
    )
    identify(receipt, by, line)
    return receipt


def swap(store, by, product, lies: str, went: str) -> None:
    units = {"lies": read_serial(lies), "went": read_serial(went)}
    seen = look_at(store, product, **units, by=access_of(by)).seen
    correct(store, product, **units, seen=seen, by=access_of(by), now=timezone.now())


def cover(key: str) -> SupplierCover | None:
    return supplier_cover_of(Serial.objects.select_related("place").get(key=key))


@pytest.fixture(autouse=True)
def _periods(goods) -> None:
    ProductType.objects.update(supplier_period_count=24, supplier_period_unit="months")
    Product.objects.filter(pk=goods.recorded.pk).update(
        supplier_period_count=1, supplier_period_unit="months"
    )


class TestReceipts:
    def test_a_receipt_keeps_the_period_of_its_day(self, store, manager, goods):
        receipt = delivered(store, manager, (goods.strict, ["SN1"]), (goods.recorded, ["R1"]))
        ProductType.objects.update(supplier_period_count=None, supplier_period_unit="")

        assert [line.supplier_period for line in receipt.lines.all()] == [
            Period(24, "months"),
            Period(1, "months"),
        ]
        found = cover("SN1")
        assert found is not None
        assert (found.number, found.supplier, found.received_on, found.ends_on) == (
            receipt.number,
            "Wholesale",
            DAY,
            dt.date(2028, 1, 31),
        )
        assert cover("R1").ends_on == dt.date(2026, 2, 28)  # the month has no 31st
        books_agree()

    def test_what_goes_out_has_none(self, store, manager, goods):
        delivered(store, manager, (goods.strict, ["SN1"]))
        sale = sell(store, manager, (goods.strict, ["SN1"]))

        assert sale.lines.get().supplier_period is None

    def test_without_a_period_only_the_day_is_known(self, store, manager, goods):
        ProductType.objects.update(supplier_period_count=None, supplier_period_unit="")
        delivered(store, manager, (goods.strict, ["SN1"]))

        found = cover("SN1")
        assert (found.received_on, found.period, found.ends_on) == (DAY, None, None)
        assert not found.covers(DAY)

    def test_opening_stock_has_a_day_and_no_supplier(self, store, manager, goods):
        receive(store, manager, (goods.strict, ["SN1"]), on=DAY)

        found = cover("SN1")
        assert (found.supplier, found.supplier_id, found.ends_on) == (
            "",
            None,
            dt.date(2028, 1, 31),
        )

    @pytest.mark.parametrize(
        "change",
        ["supplier_period_count = 99", "supplier_period_unit = 'years'"],
    )
    def test_it_is_frozen(self, change, store, manager, goods):
        delivered(store, manager, (goods.strict, ["SN1"]))
        with (
            pytest.raises(IntegrityError) as refused,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE documents_line SET {change}")
        assert broken_constraint(refused.value) == "documents_line_frozen"

    def test_half_a_period_is_none(self, store, manager, goods):
        line = draft(Kind.RECEIPT, store, manager, [(goods.plain, 1)]).lines.get()
        for count, unit in ((1, ""), (None, "months"), (0, "months"), (1, "moons")):
            with pytest.raises(IntegrityError) as refused, transaction.atomic():
                Line.objects.filter(pk=line.pk).update(
                    supplier_period_count=count, supplier_period_unit=unit
                )
            assert broken_constraint(refused.value) == "documents_line_supplier_period_whole"


class TestUnits:
    def test_sold_and_taken_back_it_is_the_same(self, store, manager, goods):
        delivered(store, manager, (goods.strict, ["SN1"]))
        before = cover("SN1")
        sale = sell(store, manager, (goods.strict, ["SN1"]))
        give_back(sale, store, manager, (goods.strict, ["SN1"]), defective=True)

        assert cover("SN1") == before

    def test_received_again_it_begins_anew(self, store, manager, goods):
        first = delivered(store, manager, (goods.strict, ["SN1"]))
        cancel(first, manager)
        assert cover("SN1") is None
        again = delivered(store, manager, (goods.strict, ["SN1"]), on=DAY + dt.timedelta(9))

        assert cover("SN1").document_id == again.pk

    def test_a_number_entered_later_has_the_day_of_its_receipt(self, store, manager, goods):
        receipt = numbered_later(store, manager, (goods.strict, ["SN1"]))

        assert (cover("SN1").document_id, cover("SN1").received_on) == (receipt.pk, DAY)

    def test_a_mistyped_number_leaves_its_receipt_to_the_right_one(self, store, manager, goods):
        receipt = delivered(store, manager, (goods.strict, ["TYPO"]))
        swap(store, manager, goods.strict, "RIGHT", "TYPO")

        assert cover("RIGHT").document_id == receipt.pk
        assert cover("TYPO") is None

    def test_a_unit_that_had_not_gone_back_after_all_keeps_its_own_receipt(
        self, store, manager, goods
    ):
        first = delivered(store, manager, (goods.strict, ["SN1"]))
        delivered(store, manager, (goods.strict, ["SN2"]), on=DAY + dt.timedelta(9))
        return_to_supplier(store, manager, (goods.strict, ["SN1"]))
        swap(store, manager, goods.strict, "SN1", "SN2")

        assert cover("SN1").document_id == first.pk

    def test_a_change_of_accounting_is_no_receipt(self, store, admin, goods):
        receipt = delivered(store, admin, (goods.recorded, ["SN1"]))
        product = Product.objects.select_related("type").get(pk=goods.recorded.pk)
        situation = read_situation(product)
        change_accounting(
            product.pk,
            mode="strict",
            texts={pile.place.pk: "SN1" for pile in situation.piles},
            seen=situation.seen,
            by=access_of(admin),
            now=timezone.now(),
        )

        assert cover("SN1").document_id == receipt.pk

    def test_one_statement_for_all_of_them(self, store, manager, goods):
        delivered(store, manager, (goods.strict, [f"S{nth}" for nth in range(50)]))
        ids = list(Serial.objects.values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as captured:
            found = supplier_covers(ids)
        assert (len(found), len(captured)) == (50, 1)
        assert supplier_covers([]) == {}


def ending(store, today: dt.date) -> Sequence[EndingClaim]:
    """What must be claimed within 30 days."""
    return supplier_claims_ending({store.pk: today}, days=30)[store.pk]


class TestEnding:
    def test_what_can_still_be_claimed_is_listed_the_soonest_first(
        self, store, other_store, chief, goods
    ):
        later = DAY + dt.timedelta(9)
        delivered(store, chief, (goods.strict, ["LATE", "ASIDE", "GOOD"]), on=later)
        delivered(store, chief, (goods.strict, ["BAD"]), defective=True)
        delivered(other_store, chief, (goods.strict, ["LV"]), defective=True)
        set_aside(store, chief, (goods.strict, ["ASIDE"]))
        set_aside(store, chief, (goods.strict, ["LATE"]))
        end = dt.date(2028, 1, 31)

        with CaptureQueriesContext(connection) as captured:
            found = ending(store, end - dt.timedelta(30))
        assert len(captured) == 3
        assert [(one.serial.key, one.ends_on) for one in found] == [("BAD", end)]

        found = ending(store, end)
        assert [(one.serial.key, one.is_set_aside) for one in found] == [
            ("BAD", False),
            ("ASIDE", True),
            ("LATE", True),
        ]
        over = ending(store, end + dt.timedelta(1))
        assert [one.serial.key for one in over] == ["ASIDE", "LATE"]

    def test_it_is_found_by_its_receipt_whatever_became_of_its_number(self, store, chief, goods):
        delivered(store, chief, (goods.strict, ["TYPO", "BAD"]), (goods.recorded, ["R1"]))
        swap(store, chief, goods.strict, "RIGHT", "TYPO")
        numbered_later(store, chief, (goods.strict, ["LATER"]))
        cancel(delivered(store, chief, (goods.strict, ["TWICE"])), chief)
        for count, unit in ((10, "days"), (3, "weeks"), (2, "years"), (100, "years")):
            ProductType.objects.update(supplier_period_count=count, supplier_period_unit=unit)
            on = DAY + dt.timedelta(count % 28)
            twice = ["TWICE"] if unit == "years" and count == 2 else []
            delivered(store, chief, (goods.strict, [f"{count} {unit}", *twice]), on=on)
        for product in (goods.strict, goods.recorded):
            keys = Serial.objects.filter(product=product, place__kind="shelf")
            set_aside(store, chief, (product, list(keys.values_list("key", flat=True))))
        aside = Serial.objects.filter(place__kind="blocked").values_list("pk", "key")
        covers = supplier_covers([pk for pk, _ in aside])
        ends = {key: covers[pk].ends_on for pk, key in aside}
        assert len(ends) == 9

        days = {end + dt.timedelta(shift) for end in ends.values() for shift in (-31, -30, 0, 1)}
        for today in sorted(days):
            expected = {key for key, end in ends.items() if 0 <= (end - today).days <= 30}
            assert {one.serial.key for one in ending(store, today)} == expected, today


class TestPages:
    def test_the_page_of_a_unit_says_it(self, client_of, store, manager, goods):
        receipt = delivered(store, manager, (goods.strict, ["SN1"]))
        page = client_of(manager).get(f"/serials/{Serial.objects.get().pk}/").content.decode()

        assert "Supplier's warranty</h2>" in page
        assert f">{receipt.number}</a></span><span>until 31 Jan 2028</span>" in page

    def test_another_store_is_not_told_the_supplier(
        self, client_of, store, other_store, other_manager, chief, goods
    ):
        delivered(store, chief, (goods.strict, ["SN1"]))
        found = cover("SN1")

        assert found.as_told_to(access_of(other_manager)).supplier == ""
        assert found.as_told_to(access_of(chief)) == found

    def test_the_receipt_says_until_when(self, client_of, store, manager, goods):
        receipt = delivered(store, manager, (goods.strict, ["SN1"]))
        page = client_of(manager).get(f"/documents/{receipt.pk}/").content.decode()

        assert "<span>supplier's warranty until 31 Jan 2028</span>" in page
