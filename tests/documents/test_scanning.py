"""One box: what a scan means on a draft, and what is said."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils import timezone

from company.access import access_of
from documents import drafting
from documents.models import Document
from documents.pasting import paste_serials
from documents.scan_answers import Answer, Outcome, ScanResult
from documents.scanning import scan
from products.models import Product
from tests.lasting import lasting
from tests.shop import draft, receive, sell

pytestmark = pytest.mark.django_db

BARCODE = "4006381333931"


@lasting
def sale(store, manager) -> Document:
    return draft("sale", store, manager, [])


@lasting
def receipt(store, manager) -> Document:
    return draft("receipt", store, manager, [])


@pytest.fixture
def take(manager):
    """Scan a text on a document as the manager."""

    def take(
        document: Document, text: str, *, nonce: uuid.UUID | None = None, **chosen: Any
    ) -> ScanResult:
        answer = Answer(**chosen) if chosen else None
        by = access_of(manager)
        return scan(document.pk, text, by=by, now=timezone.now(), nonce=nonce, answer=answer)

    return take


def lines(document: Document) -> list[tuple[str, int, list[str]]]:
    return [
        (line.product.mode, line.quantity, [serial.text for serial in line.serials.all()])
        for line in document.lines.all()
    ]


def test_a_serial_alone_finds_its_product_and_price(store, manager, goods, sale, take):
    receive(store, manager, (goods.strict, ["SN1"]))
    result = take(sale, "sn1")

    assert result.outcome == Outcome.ACCEPTED
    assert result.product == goods.strict
    assert lines(sale) == [("strict", 1, ["SN1"])]
    assert sale.lines.get().unit_price == goods.strict.price


@pytest.mark.parametrize("code", ["barcode", "sku", "sku in lower case"])
def test_barcode_and_sku_find_the_product(goods, receipt, take, code):
    Product.objects.filter(pk=goods.strict.pk).update(barcode=BARCODE)
    text = {"barcode": BARCODE, "sku": goods.strict.sku}.get(code, goods.strict.sku.lower())
    assert take(receipt, text).product == goods.strict
    assert take(receipt, "SN1").outcome == Outcome.ACCEPTED
    assert take(receipt, "SN2").outcome == Outcome.ACCEPTED
    assert lines(receipt) == [("strict", 2, ["SN1", "SN2"])]


def test_scanning_goods_without_serials_counts_pieces(goods, receipt, take):
    for _ in range(3):
        take(receipt, goods.plain.sku)
    assert lines(receipt) == [("none", 3, [])]


def test_a_repeated_scan_counts_once_and_says_so(store, manager, goods, sale, take):
    receive(store, manager, (goods.strict, ["SN1"]))
    take(sale, "SN1")
    assert take(sale, " sn1 ").outcome == Outcome.REPEATED
    assert lines(sale) == [("strict", 1, ["SN1"])]


def test_a_lost_answer_does_not_count_twice(goods, receipt, take):
    nonce = uuid.uuid4()
    take(receipt, goods.plain.sku, nonce=nonce)
    again = take(receipt, goods.plain.sku, nonce=nonce)
    assert again.outcome == Outcome.REPEATED
    assert lines(receipt) == [("none", 1, [])]


def test_a_sold_unit_is_refused_with_the_document_that_sold_it(store, manager, goods, sale, take):
    receive(store, manager, (goods.strict, ["SN1"]))
    sold = sell(store, manager, (goods.strict, ["SN1"]))
    result = take(sale, "SN1")

    assert result.outcome == Outcome.REFUSED
    assert sold.number in result.message
    assert result.refusal.posting_id == sold.posting_id
    assert lines(sale) == []


def test_a_unit_of_another_store_is_refused_with_its_name(
    store, other_store, admin, goods, sale, take
):
    receive(other_store, admin, (goods.strict, ["SN1"]))
    assert other_store.name in take(sale, "SN1").message


def test_an_unknown_text_is_refused_with_advice(sale, receipt, take):
    assert "receive it first" in take(sale, "NOTHING").message
    assert "Scan the product first" in take(receipt, "NOTHING").message


def test_part_of_a_name_offers_products(goods, sale, take):
    result = take(sale, "product str")
    assert result.outcome == Outcome.ASKS
    assert [choice.product for choice in result.choices] == [goods.strict]

    take(sale, "product str", product_id=goods.strict.pk)
    assert lines(sale) == [("strict", 1, [])]


def test_the_same_serial_of_two_products_in_stock_is_asked_about(store, manager, goods, sale, take):
    receive(store, manager, (goods.strict, ["X1"]), (goods.recorded, ["X1"]))
    result = take(sale, "X1")
    assert result.outcome == Outcome.ASKS
    assert {choice.product for choice in result.choices} == {goods.strict, goods.recorded}

    take(sale, "X1", product_id=goods.recorded.pk, as_serial=True)
    assert lines(sale) == [("recorded", 1, ["X1"])]


def test_of_two_units_with_one_text_the_one_that_can_be_sold_is_taken(
    store, manager, goods, sale, take
):
    twin = Product.objects.create(sku="TWIN", name="Twin", type=goods.strict.type, mode="strict")
    receive(store, manager, (goods.strict, ["X1"]), (twin, ["X1"]))
    sell(store, manager, (twin, ["X1"]))

    assert take(sale, "X1").product == goods.strict


def test_a_barcode_that_is_also_a_serial_is_asked_about(store, manager, goods, sale, take):
    receive(store, manager, (goods.strict, [BARCODE]))
    Product.objects.filter(pk=goods.plain.pk).update(barcode=BARCODE)
    assert take(sale, BARCODE).outcome == Outcome.ASKS


def test_scanning_the_products_own_barcode_is_not_a_serial(goods, receipt, take):
    Product.objects.filter(pk=goods.strict.pk).update(barcode=BARCODE)
    take(receipt, goods.strict.sku)
    take(receipt, BARCODE)
    assert lines(receipt) == [("strict", 1, [])]
    result = take(receipt, BARCODE, product_id=goods.strict.pk, as_serial=True)
    assert result.outcome == Outcome.REFUSED
    assert "barcode" in result.message


def test_a_recorded_serial_never_received_is_sold_after_its_product_was_scanned(
    store, manager, goods, sale, take
):
    receive(store, manager, (goods.recorded, ["R1"]))
    take(sale, goods.recorded.sku)
    assert take(sale, "R9").outcome == Outcome.ACCEPTED


def test_a_new_serial_that_does_not_look_right_is_taken_with_a_warning(goods, receipt, take):
    kind = goods.strict.type
    kind.serial_format = "imei"
    kind.save()
    take(receipt, goods.strict.sku)

    result = take(receipt, "12345")
    assert (result.outcome, bool(result.warning)) == (Outcome.ACCEPTED, True)
    assert not take(receipt, "490154203237518").warning


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\x00\x01"])
def test_nothing_readable_is_said(sale, take, text):
    assert take(sale, text).outcome == Outcome.REFUSED


def test_a_text_of_5000_characters_is_refused_in_words(sale, take):
    result = take(sale, "9" * 5000)
    assert result.outcome == Outcome.REFUSED
    assert "5000" in result.message
    assert len(result.scanned) < 30


def test_taking_a_serial_off_takes_its_line_when_it_was_the_only_one(
    store, manager, goods, sale, take
):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    take(sale, "SN1")
    line_id = take(sale, "SN2").line_id
    drafting.remove_serials(sale.pk, line_id, ["SN1"], by=access_of(manager))
    assert lines(sale) == [("strict", 1, ["SN2"])]
    drafting.remove_serials(sale.pk, line_id, ["SN2"], by=access_of(manager))
    assert lines(sale) == []


def test_a_typed_quantity_stays_when_a_serial_is_taken_off(manager, goods, receipt, take):
    take(receipt, goods.strict.sku)
    line = receipt.lines.get()
    line.quantity = 5
    line.save()
    take(receipt, "SN1")
    drafting.remove_serials(receipt.pk, line.pk, ["SN1"], by=access_of(manager))
    assert lines(receipt) == [("strict", 5, [])]


def test_pasting_keeps_the_good_and_hands_the_bad_back(manager, goods, receipt, take):
    Product.objects.filter(pk=goods.strict.pk).update(barcode=BARCODE)
    line_id = take(receipt, goods.strict.sku).line_id
    column = f"A1\r\nA2\n\n a1 \nA3\x00\n{BARCODE}\n{'x' * 81}"
    result = paste_serials(receipt.pk, line_id, column, by=access_of(manager))

    assert (result.added, result.repeated) == (3, 1)
    assert result.left_over.splitlines() == [BARCODE, "x" * 81]
    assert lines(receipt) == [("strict", 3, ["A1", "A2", "A3"])]
    again = paste_serials(receipt.pk, line_id, "A1\nA4", by=access_of(manager))
    assert (again.added, again.repeated) == (1, 1)


def test_a_scan_on_a_posted_document_changes_nothing(store, manager, goods, take):
    posted = receive(store, manager, (goods.plain, 1))
    with pytest.raises(drafting.NotADraft):
        take(posted, goods.plain.sku)


def test_an_empty_draft_is_used_again(store, manager):
    access = access_of(manager)
    first = drafting.start_draft("sale", store=store, by=access)
    assert drafting.start_draft("sale", store=store, by=access) == first
    assert drafting.start_draft("receipt", store=store, by=access) != first


def test_a_known_serial_of_another_product_is_asked_about_on_a_receipt(
    store, manager, goods, receipt, take
):
    twin = Product.objects.create(sku="TWIN", name="Twin", type=goods.strict.type, mode="strict")
    receive(store, manager, (goods.strict, ["X1"]))
    take(receipt, "TWIN")
    result = take(receipt, "X1")

    assert result.outcome == Outcome.ASKS
    assert take(receipt, "X1", product_id=twin.pk, as_serial=True).outcome == Outcome.ACCEPTED
    refused = take(receipt, "X1", product_id=goods.strict.pk, as_serial=True)
    assert "already received" in refused.message


def test_a_sold_unit_is_not_taken_for_a_new_recorded_serial_without_asking(
    store, manager, goods, sale, take
):
    receive(store, manager, (goods.strict, ["X1"]), (goods.recorded, ["R1"]))
    sell(store, manager, (goods.strict, ["X1"]))
    take(sale, goods.recorded.sku)
    assert take(sale, "X1").outcome == Outcome.ASKS


def test_a_serial_that_is_also_its_products_sku_is_asked_about(store, manager, goods, sale, take):
    receive(store, manager, (goods.strict, [goods.strict.sku]))
    result = take(sale, goods.strict.sku)
    assert [choice.as_serial for choice in result.choices] == [False, True]


def test_what_is_no_longer_in_use_is_sold_but_not_received(
    store, manager, goods, sale, receipt, take
):
    receive(store, manager, (goods.strict, ["SN1"]))
    Product.objects.filter(pk=goods.strict.pk).update(is_active=False)
    assert take(sale, "SN1").outcome == Outcome.ACCEPTED
    assert "no longer in use" in take(receipt, goods.strict.sku).message


def test_a_unit_in_stock_is_sold_though_barcode_and_format_came_later(
    store, manager, goods, sale, take
):
    receive(store, manager, (goods.strict, ["OLD1", BARCODE]))
    kind = goods.strict.type
    kind.serial_format, kind.on_bad_format = "imei", "refuse"
    kind.save()
    assert take(sale, "OLD1").outcome == Outcome.ACCEPTED
    sell(store, manager, (goods.strict, ["OLD1"]))


def test_two_people_on_one_draft_may_both_send_a_scan_again(goods, receipt, take):
    first, second = uuid.uuid4(), uuid.uuid4()
    take(receipt, goods.plain.sku, nonce=first)
    take(receipt, goods.plain.sku, nonce=second)
    take(receipt, goods.plain.sku, nonce=first)
    assert lines(receipt) == [("none", 2, [])]


def test_a_column_is_cut_at_line_ends_only(manager, goods, receipt, take):
    line_id = take(receipt, goods.strict.sku).line_id
    paste_serials(receipt.pk, line_id, "A\x1d12\rB1\u00852", by=access_of(manager))
    assert [text for _, _, texts in lines(receipt) for text in texts] == ["A12", "B12"]


def test_a_forged_answer_puts_no_serial_on_goods_without(goods, receipt, take):
    take(receipt, "A1", product_id=goods.plain.pk, as_serial=True)
    assert lines(receipt) == [("none", 1, [])]
