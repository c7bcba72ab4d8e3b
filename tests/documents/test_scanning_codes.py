"""Scans on a draft that carry more than a text: GS1 codes, and other keyboard layouts."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from documents import drafting
from documents.continuing import start_arrival
from documents.models import Document
from documents.pasting import paste_serials
from documents.queries import line_views
from documents.scan_answers import Answer, Outcome, ScanResult
from documents.scanning import scan
from products.models import Product
from tests.lasting import lasting
from tests.shop import bring_back, draft, post, receive, sell, transfer
from warranty.models import Card

pytestmark = pytest.mark.django_db

GTIN = "04006381333931"
GS = "\x1d"
OTHER_GTIN = "00012345678905"


def code(serial: str, gtin: str = GTIN) -> str:
    return f"]d201{gtin}21{serial}{GS}10LOT"


@pytest.fixture
def phone(goods) -> Product:
    goods.strict.barcode = GTIN
    goods.strict.save()
    return goods.strict


@lasting
def receipt(store, manager) -> Document:
    return draft("receipt", store, manager, [])


@pytest.fixture
def sale(store, manager) -> Document:
    return draft("sale", store, manager, [])


@pytest.fixture
def take(manager):
    def take(
        document: Document, text: str, *, nonce: uuid.UUID | None = None, **chosen: Any
    ) -> ScanResult:
        answer = Answer(**chosen) if chosen else None
        return scan(
            document.pk, text, by=access_of(manager), now=timezone.now(), nonce=nonce, answer=answer
        )

    return take


def lines(document: Document) -> list[tuple[str, list[str]]]:
    return [
        (line.product.sku, [serial.text for serial in line.serials.all()])
        for line in document.lines.all()
    ]


def test_a_gs1_code_receives_product_and_serial_at_once(phone, receipt, take):
    result = take(receipt, code("SN-1"))
    assert (result.outcome, result.scanned, result.product) == (Outcome.ACCEPTED, "SN-1", phone)
    assert take(receipt, code("SN-2")).outcome == Outcome.ACCEPTED
    assert take(receipt, code("sn-2")).outcome == Outcome.REPEATED
    assert lines(receipt) == [(phone.sku, ["SN-1", "SN-2"])]


def test_a_gs1_code_goes_to_its_own_product_not_to_the_line_scanned_last(
    goods, phone, receipt, take
):
    take(receipt, goods.recorded.sku)
    take(receipt, code("SN-1"))
    assert lines(receipt) == [(goods.recorded.sku, []), (phone.sku, ["SN-1"])]


def test_a_gs1_code_sells_the_unit_of_its_product(store, manager, goods, phone, sale, take):
    receive(store, manager, (phone, ["SN-1"]), (goods.recorded, ["SN-1"]))
    assert take(sale, f"(01){GTIN}(21)SN-1").product == phone
    assert lines(sale) == [(phone.sku, ["SN-1"])]


def test_a_gs1_code_of_a_unit_never_received_is_refused(phone, sale, take):
    result = take(sale, code("SN-9"))
    assert result.outcome == Outcome.REFUSED
    assert "never received" in result.message


def test_the_same_scan_again_counts_once(goods, receipt, take):
    Product.objects.filter(pk=goods.plain.pk).update(barcode=GTIN)
    nonce = uuid.uuid4()
    assert take(receipt, code("SN-1"), nonce=nonce).outcome == Outcome.ACCEPTED
    assert take(receipt, code("SN-1"), nonce=nonce).outcome == Outcome.REPEATED
    assert receipt.lines.get().quantity == 1


def test_a_gs1_code_of_goods_without_serials_is_a_piece(goods, receipt, take):
    Product.objects.filter(pk=goods.plain.pk).update(barcode=GTIN)
    assert take(receipt, code("SN-1")).outcome == Outcome.ACCEPTED
    assert take(receipt, code("SN-2")).outcome == Outcome.ACCEPTED
    assert receipt.lines.get().quantity == 2


@pytest.mark.parametrize("text", [code("SN-1", OTHER_GTIN), f"]C101{OTHER_GTIN}"])
def test_a_gtin_of_no_product_is_said_by_number(phone, receipt, take, text):
    take(receipt, phone.sku)
    result = take(receipt, text)
    assert result.outcome == Outcome.REFUSED
    assert "No product has the barcode 012345678905" in result.message
    assert lines(receipt) == [(phone.sku, [])]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"]C101{GTIN[:-1]}221SN-1", "check digit"),
        (f"(01){GTIN}(05)1", "can't be read"),
        ("]E04006381333932", "check digit"),
    ],
)
def test_a_wrong_code_is_never_taken_for_a_serial(phone, receipt, take, text, said):
    take(receipt, phone.sku)
    result = take(receipt, text)
    assert result.outcome == Outcome.REFUSED
    assert said in result.message
    assert lines(receipt) == [(phone.sku, [])]


@pytest.mark.parametrize(
    ("barcode", "misread"),
    [
        ("4006381333931", "4006381333932"),
        ("4006381333931", "04006381333930"),
        ("036000291452", "036000291453"),
        ("96385074", "96385075"),
    ],
)
def test_a_misread_barcode_is_never_a_new_serial(phone, goods, receipt, take, barcode, misread):
    Product.objects.filter(pk=phone.pk).update(barcode="")
    Product.objects.filter(pk=goods.recorded.pk).update(barcode=barcode)
    take(receipt, phone.sku)
    result = take(receipt, misread)
    assert (result.outcome, "misread" in result.message) == (Outcome.REFUSED, True)
    assert lines(receipt) == [(phone.sku, [])]


def test_thirteen_digits_of_nobodys_barcode_may_be_a_serial(phone, receipt, take):
    assert "misread" in take(receipt, "5901234123458").message  # of nothing it can be one
    take(receipt, phone.sku)
    for digits in ("5901234123458", "400638133393", "400638133393100"):
        assert take(receipt, digits).outcome == Outcome.ACCEPTED


def test_what_was_entered_as_a_serial_all_the_same_stays_one(phone, manager, receipt, take):
    pasted(receipt, phone, manager, "4006381333932")
    assert take(receipt, "4006381333932").outcome == Outcome.REPEATED
    post(receipt, manager)
    other = draft("sale", receipt.store, manager, [])
    assert take(other, "4006381333932").outcome == Outcome.ACCEPTED


def test_looking_for_the_misread_barcode_is_one_statement(phone, receipt, take):
    take(receipt, phone.sku)
    take(receipt, "SN-1")

    def statements(text: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert take(receipt, text).outcome == Outcome.ACCEPTED
        return len(captured)

    assert statements("5901234123458") == statements("SN-5901234123") + 1


def test_a_code_without_marks_is_the_serial_that_was_received_so(
    manager, phone, receipt, sale, take
):
    whole = f"01{GTIN}21SN-1"
    take(receipt, whole, product_id=phone.pk, as_serial=True)
    post(receipt, manager)
    assert take(sale, whole).scanned == whole


def test_a_code_without_marks_gives_product_and_serial(phone, receipt, take):
    assert take(receipt, f"01{GTIN}21SN-1").scanned == "SN-1"


def test_a_gs1_code_of_what_is_no_longer_in_use_is_not_received(phone, receipt, take):
    Product.objects.filter(pk=phone.pk).update(is_active=False)
    assert "no longer in use" in take(receipt, code("SN-1")).message
    assert lines(receipt) == []


def test_a_gs1_code_comes_back_by_its_sale(store, manager, goods, phone, take):
    receive(store, manager, (phone, ["SN-1"]), (goods.recorded, ["SN-1"]))
    sell(store, manager, (phone, ["SN-1"]))
    sell(store, manager, (goods.recorded, ["SN-1"]))
    back = draft("customer_return", store, manager, [])
    result = take(back, code("SN-1"))
    assert (result.outcome, result.product) == (Outcome.ACCEPTED, phone)


def test_a_gs1_code_never_lands_on_another_line_that_comes_back(store, manager, goods, phone, take):
    receive(store, manager, (goods.recorded, ["R1"]))
    sold = sell(store, manager, (goods.recorded, ["R1"]))
    back = bring_back(sold, store, manager, (goods.recorded, []))
    take(back, sold.number)
    assert take(back, code("SN-9")).outcome == Outcome.REFUSED
    assert all("SN-9" not in serials for _, serials in lines(back))


def test_a_gs1_code_arrives_on_the_line_of_its_product(store, other_store, chief, goods, phone):
    receive(store, chief, (phone, ["SN-1"]), (goods.recorded, ["R1"]))
    sent = transfer(store, other_store, chief, (goods.recorded, ["R1"]), (phone, ["SN-1"]))
    arrival = start_arrival(sent.pk, by=access_of(chief))

    def take(text: str) -> ScanResult:
        return scan(arrival.pk, text, by=access_of(chief), now=timezone.now())

    assert take(goods.recorded.sku).outcome == Outcome.ACCEPTED
    assert take(code("SN-2")).outcome == Outcome.REFUSED  # strict: it was not sent
    assert take(code("SN-1")).product == phone
    assert lines(arrival) == [(goods.recorded.sku, []), (phone.sku, ["SN-1"])]


def test_a_known_serial_typed_under_a_cyrillic_layout_is_taken_and_said(
    store, manager, phone, sale, take
):
    receive(store, manager, (phone, ["SN123"]))
    result = take(sale, "ЫТ123")
    assert (result.outcome, result.scanned) == (Outcome.ACCEPTED, "SN123")
    assert result.warning == "Read as SN123: the keyboard is set to Russian."


def test_a_cyrillic_serial_that_is_known_stays_as_it_is(store, manager, phone, sale, take):
    receive(store, manager, (phone, ["ІТ123", "SN123"]))
    result = take(sale, "ІТ123")
    assert (result.scanned, result.warning) == ("ІТ123", "")


def test_a_new_serial_under_a_cyrillic_layout_is_asked_about_latin_first(phone, receipt, take):
    take(receipt, phone.sku)
    result = take(receipt, "ІТ123")
    assert result.outcome == Outcome.ASKS
    assert [choice.scan for choice in result.choices] == ["SN123", "ІТ123"]
    assert lines(receipt) == [(phone.sku, [])]
    for text in ("SN123", "ІТ123"):
        chosen = {"product_id": phone.pk, "as_serial": True}
        assert take(receipt, text, **chosen).outcome == Outcome.ACCEPTED
    assert lines(receipt) == [(phone.sku, ["SN123", "ІТ123"])]


def test_a_product_and_a_gs1_code_are_found_under_a_cyrillic_layout(phone, receipt, take):
    assert take(receipt, "ЫЛГ-ЫЕКШСЕ").product == phone  # SKU-STRICT
    result = take(receipt, f"їв201{GTIN}21ІТ-1")
    assert (result.outcome, result.scanned) == (Outcome.ACCEPTED, "SN-1")
    assert lines(receipt) == [(phone.sku, ["SN-1"])]


def test_a_name_in_cyrillic_is_still_a_name(goods, phone, sale, take):
    Product.objects.filter(pk=goods.plain.pk).update(name="Чохол синій")
    assert take(sale, "чохол").outcome == Outcome.ASKS
    assert take(sale, "зкщвгсе").choices  # product


def test_a_card_is_found_under_a_cyrillic_layout(store, manager, phone, take):
    receive(store, manager, (phone, ["SN-1"]))
    sell(store, manager, (phone, ["SN-1"]))
    card = Card.objects.get()
    back = draft("customer_return", store, manager, [])
    keys = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
    letters = "йцукенгшщзхїфівапролджєячсмитьбю"
    typed = card.number.translate(str.maketrans((keys + keys.upper()), letters + letters.upper()))
    assert typed != card.number
    assert take(back, typed).scanned == "SN-1"


def test_a_scan_takes_as_many_statements_however_it_is_written(phone, receipt, take):
    take(receipt, phone.sku)
    with CaptureQueriesContext(connection) as plain:
        take(receipt, "SN-1")
    with CaptureQueriesContext(connection) as gs1:
        take(receipt, code("SN-2"))
    # the product of the GTIN, that of the answer, and what unit has this as its second number
    assert len(gs1) <= len(plain) + 3


def test_an_imei_is_found_as_it_is_printed_too(store, manager, phone, sale, take):
    receive(store, manager, (phone, ["490154203237518"]))
    assert take(sale, "49-015420-323751-8").scanned == "490154203237518"


# A pasted column


def pasted(document: Document, product: Product, manager, *column: str):
    line, _ = drafting.line_for(document, product)
    return paste_serials(document.pk, line.pk, "\n".join(column), by=access_of(manager))


def test_a_column_of_gs1_codes_gives_serials(manager, phone, receipt):
    result = pasted(receipt, phone, manager, code("A1"), f"(01){GTIN}(21)A2", "A3", code("a1"))
    assert (result.added, result.repeated, result.left_over) == (3, 1, "")
    assert lines(receipt) == [(phone.sku, ["A1", "A2", "A3"])]


def test_a_column_says_when_a_code_is_of_another_product_or_of_none(manager, goods, phone, receipt):
    Product.objects.filter(pk=goods.recorded.pk).update(barcode=OTHER_GTIN)
    column = [
        f"(01){OTHER_GTIN}(21)A1",
        "(01)00614141123452(21)A2",
        f"(01){GTIN[:-1]}2(21)A3",
        f"(01){GTIN}",
        f"(01){GTIN}(21)A5",
    ]
    result = pasted(receipt, phone, manager, *column)
    assert result.added == 1
    assert [one.code for one in result.refused] == [
        "other_barcode", "no_such_barcode", "bad_code", "own_barcode",
    ]  # fmt: skip
    assert goods.recorded.name in result.refused[0].message
    assert result.left_over.splitlines()[:3] == column[:3]
    assert lines(receipt) == [(phone.sku, ["A5"])]


def test_known_serials_pasted_under_a_cyrillic_layout_are_read_and_said(
    store, manager, phone, sale
):
    receive(store, manager, (phone, ["SN1"]))
    result = pasted(sale, phone, manager, "ІТ1")
    assert result.notes == ["Read as SN1: the keyboard is set to Ukrainian."]
    assert lines(sale) == [(phone.sku, ["SN1"])]


def test_pasting_takes_as_many_statements_for_many_codes_as_for_few(manager, phone, receipt):
    def statements(first: int, count: int) -> int:
        column = [code(f"N{nth}") for nth in range(first, first + count)]
        column += [f"ІТ{nth}" for nth in range(first, first + count)]
        with CaptureQueriesContext(connection) as captured:
            assert pasted(receipt, phone, manager, *column).added == 2 * count
        return len(captured)

    statements(0, 1)
    assert statements(10, 2) == statements(100, 300)


# New serials that look like known ones


def test_a_new_serial_that_looks_like_a_known_one_is_taken_with_a_warning(
    store, manager, phone, receipt, take
):
    receive(store, manager, (phone, ["SN-O1"]))
    take(receipt, phone.sku)
    result = take(receipt, "SN-01")
    assert result.outcome == Outcome.ACCEPTED
    assert "looks like SN-O1" in result.warning
    assert not take(receipt, "SN-02").warning
    (view,) = line_views(receipt, access=access_of(manager))
    assert [chip.text for chip in view.chips if chip.alike] == ["SN-01"]


def test_a_known_serial_is_never_warned_of(store, manager, phone, sale, take):
    receive(store, manager, (phone, ["SN-O1", "SN-01"]))
    assert not take(sale, "SN-01").warning


def test_a_pasted_column_is_warned_of_too(store, manager, phone, receipt):
    receive(store, manager, (phone, ["SN-O1"]))
    result = pasted(receipt, phone, manager, "SN-01", "SN-02")
    assert result.added == 2
    assert ["looks like SN-O1" in note for note in result.notes] == [True]


def test_a_new_serial_that_looks_like_one_on_the_draft_is_taken_with_a_warning(
    phone, goods, receipt, take
):
    take(receipt, goods.recorded.sku)
    take(receipt, "WK6A0O1")  # of another product
    take(receipt, phone.sku)
    for text in ("WK6A001", "WK6A002"):
        assert not take(receipt, text).warning
    result = take(receipt, "WK6AOO1")
    assert result.outcome == Outcome.ACCEPTED
    assert "looks like WK6A001, which is on this document already" in result.warning
    assert "looks like WK6A002" in take(receipt, "WК6A0O2").warning  # its К is Cyrillic
    assert not take(receipt, "WK6A001").warning  # it is there, and counts once


def test_of_a_pasted_column_the_later_one_is_warned_of(phone, manager, receipt):
    (note,) = pasted(receipt, phone, manager, "WK-2", "WK-0", "WK-1", "WK-O").notes
    assert note.startswith("WK-O looks like WK-0, which is on this document already:")
