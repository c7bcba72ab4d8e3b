"""What people see of a correction: on both units, on the document put right, and on paper."""

from __future__ import annotations

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from company.access import access_of
from documents.correcting import correct, look_at
from documents.models import Document
from documents.sheet_reading import read_sheet
from serials.models import Serial
from serials.text import SerialText
from tests.lasting import lasting
from tests.shop import arrive, cancel, draft, post, receive, return_to_supplier, sell, transfer
from warranty.models import Card

pytestmark = pytest.mark.django_db


def put_right(store, by, product, lies: str, went: str) -> Document:
    units = {"lies": SerialText(lies, lies), "went": SerialText(went, went)}
    access = access_of(by)
    seen = look_at(store, product, **units, by=access).seen
    return correct(store, product, **units, seen=seen, by=access, now=timezone.now())


@lasting
def sale(store, manager, goods) -> Document:
    receive(store, manager, (goods.strict, ["A1", "B1"]))
    return sell(store, manager, (goods.strict, ["A1"]))


@pytest.fixture
def correction(store, manager, goods, sale) -> Document:
    return put_right(store, manager, goods.strict, "A1", "B1")


@pytest.fixture
def page(client_of, manager):
    """The text of a page as the manager sees it, blanks made one."""

    def read(url: str) -> str:
        response = client_of(manager).get(url)
        assert response.status_code == 200
        return " ".join(response.content.decode().split())

    return read


def page_of(serial: str) -> str:
    return f"/serials/{Serial.objects.get(key=serial).pk}/"


def test_the_page_of_the_unit_that_was_written_says_it_was_here(page, correction, sale):
    text = page(page_of("A1"))
    assert "Was here all along: B1 had gone instead" in text
    assert f"Put right: {sale.number}" in text
    assert correction.number in text


def test_the_page_of_the_unit_that_went_says_so_and_has_the_warranty(page, correction, sale):
    text = page(page_of("B1"))
    assert "Had gone instead of A1, which was written" in text
    assert f"from the sale {sale.number}, on which another unit was written by mistake" in text


def test_a_mistyped_receipt_is_told_on_both_numbers(page, store, manager, goods):
    receive(store, manager, (goods.strict, ["B1"]))
    put_right(store, manager, goods.strict, "A1", "B1")
    new, old = page(page_of("A1")), page(page_of("B1"))
    assert "Got its number: it had been received as B1" in new
    assert "Was a typing error: the unit that was received is A1" in old
    assert f'The other number: <a class="serial" href="{page_of("A1")}">A1</a>' in old
    assert f'The other number: <a class="serial" href="{page_of("B1")}">B1</a>' in new


def test_the_document_tells_beside_its_serial_which_unit_it_was(page, correction, sale):
    text = page(f"/documents/{sale.pk}/")
    assert f'in fact B1: <a href="/documents/{correction.pk}/">{correction.number}</a>' in text


def test_a_cancelled_correction_is_told_no_more(page, manager, correction, sale):
    cancel(correction, manager)
    assert "in fact B1" not in page(f"/documents/{sale.pk}/")


def test_the_page_of_the_correction_says_which_is_which_and_offers_the_new_card(
    page, correction, sale
):
    text = page(f"/documents/{correction.pk}/")
    assert text.index("Put back") < text.index("Moved instead")
    assert sale.number in text
    assert f'action="/cards/print/{correction.posting_id}/"' in text


def test_a_sale_whose_cards_are_void_offers_none_to_print(page, manager, correction, sale):
    assert f'action="/cards/print/{sale.posting_id}/"' not in page(f"/documents/{sale.pk}/")
    cancel(correction, manager)
    assert f'action="/cards/print/{sale.posting_id}/"' in page(f"/documents/{sale.pk}/")


def test_the_void_card_says_why(page, correction, sale):
    number = Card.objects.get(term__posting=sale.posting).number
    assert (
        f"another unit had been handed over; that was corrected by {correction.number}".lower()
        in (" ".join(strip_tags(page(f"/cards/{number}/")).split()).lower())
    )


def test_prints_say_what_was_put_right(correction, sale):
    (line,) = read_sheet(sale.pk).lines
    assert line.corrections == [("A1", "B1", correction.number)]
    assert line.has_more
    back, instead = read_sheet(correction.pk).lines
    assert (list(back.serials), back.remark) == (["A1"], "put back: it was written by mistake")
    assert (list(instead.serials), instead.remark) == (["B1"], "moved instead")


def test_the_print_of_a_corrected_supplier_return_gives_the_reason(store, manager, goods):
    receive(store, manager, (goods.strict, ["A1", "B1"]))
    return_to_supplier(store, manager, (goods.strict, ["A1"]), reason="dead pixel")
    correction = put_right(store, manager, goods.strict, "A1", "B1")
    _, instead = read_sheet(correction.pk).lines
    assert instead.remark == "moved instead (dead pixel)"


def test_who_does_not_see_the_correction_sees_no_other_unit(
    client_of, store, other_store, manager, other_manager, goods
):
    """The unit came to the other store later; what was mixed up before is not its business."""

    receive(store, manager, (goods.strict, ["A1", "SECRET1"]))
    sell(store, manager, (goods.strict, ["A1"]))
    put_right(store, manager, goods.strict, "A1", "SECRET1")
    arrive(
        transfer(store, other_store, manager, (goods.strict, ["A1"])),
        other_manager,
        (goods.strict, ["A1"]),
    )
    text = client_of(other_manager).get(page_of("A1")).content.decode()
    assert "Had been mixed up with another unit" in text
    assert "SECRET1" not in text


def test_a_missing_unit_offers_to_be_put_back(client_of, store, manager, cashier, goods):

    receive(store, manager, (goods.strict, ["A1"]))
    post(draft("shortage", store, manager, [(goods.strict, ["A1"])]), manager)
    url = page_of("A1")
    assert "Put back as found" in client_of(manager).get(url).content.decode()
    assert "Put back as found" not in client_of(cashier).get(url).content.decode()


def test_a_receipt_tells_beside_the_mistyped_number_which_one_it_was(page, store, manager, goods):
    receipt = receive(store, manager, (goods.strict, ["B1", "C1"]))
    correction = put_right(store, manager, goods.strict, "A1", "B1")
    text = page(f"/documents/{receipt.pk}/")
    assert f'in fact A1: <a href="/documents/{correction.pk}/">{correction.number}</a>' in text
    (line,) = read_sheet(receipt.pk).lines
    assert line.corrections == [("B1", "A1", correction.number)]


def test_the_correction_of_a_mistyped_receipt_says_which_number_is_right(
    page, store, manager, goods
):
    receive(store, manager, (goods.strict, ["B1"]))
    correction = put_right(store, manager, goods.strict, "A1", "B1")
    text = page(f"/documents/{correction.pk}/")
    assert text.index("The right number") < text.index("The mistyped number")
    assert "Moved instead" not in text
    right, mistyped = read_sheet(correction.pk).lines
    assert (right.remark, mistyped.remark) == ("the right number", "the mistyped number")


def test_of_a_unit_put_right_twice_the_last_word_is_told(page, store, manager, goods, sale):
    put_right(store, manager, goods.strict, "A1", "B1")
    last = put_right(store, manager, goods.strict, "B1", "A1")
    text = page(f"/documents/{sale.pk}/")
    assert "in fact" not in text, "it was the written one after all"
    cancel(last, manager)
    assert "in fact B1" in page(f"/documents/{sale.pk}/")


def test_of_two_corrections_in_a_row_the_document_names_the_unit_that_went(
    page, store, manager, goods
):
    receive(store, manager, (goods.strict, ["A1", "B1", "C1"]))
    sale = sell(store, manager, (goods.strict, ["A1"]))
    put_right(store, manager, goods.strict, "A1", "B1")
    last = put_right(store, manager, goods.strict, "B1", "C1")
    (line,) = read_sheet(sale.pk).lines
    assert line.corrections == [("A1", "C1", last.number)]
