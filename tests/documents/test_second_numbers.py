"""Units with two numbers on documents: scanned in pairs, listed in files, undone and put right."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from documents.models import Document, Kind, LineSerial
from documents.pasting import paste_serials
from documents.posting import post_document
from documents.scan_answers import Outcome
from serials.models import SecondNumber, Serial
from serials.refusals import PostingRefused
from serials.second_numbers import change_second
from tests.documents.test_correcting import put_right
from tests.documents.test_uploading import add, see
from tests.second_numbers import (
    FIRST,
    NEXT,
    NEXT_SECOND,
    SECOND,
    THIRD,
    pairs_draft,
    receive_pairs,
    take,
    with_imeis,
)
from tests.shop import cancel, draft, post, receive, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(goods):
    return with_imeis(goods.strict)


def seconds() -> dict[str, str]:
    """The second numbers there are now, by the unit's own."""
    rows = SecondNumber.objects.filter(removed_at=None)
    return dict(rows.values_list("serial__text", "text"))


def entered(document: Document) -> list[tuple[str, str]]:
    rows = LineSerial.objects.filter(document=document).order_by("pk")
    return list(rows.values_list("text", "second_text"))


# By scans


def test_units_come_by_scans_alone_first_then_second(store, manager, phone):
    receipt = pairs_draft(store, manager, phone)
    first = take(receipt, manager, FIRST)
    assert (first.outcome, first.choices[0].only_one) == (Outcome.ACCEPTED, True)
    assert "Now scan its second number." in first.message
    second = take(receipt, manager, SECOND)
    assert (second.outcome, second.scanned) == (Outcome.ACCEPTED, FIRST)
    assert f"{SECOND} is its second number." in second.message
    take(receipt, manager, NEXT)
    take(receipt, manager, NEXT, product_id=phone.pk, as_serial=True, only_one=True)
    take(receipt, manager, THIRD)
    assert entered(receipt) == [(FIRST, SECOND), (NEXT, ""), (THIRD, "")]
    post(receipt, manager)
    assert seconds() == {FIRST: SECOND}


def test_a_second_number_is_an_imei_and_no_other_units(store, manager, phone):
    receipt = pairs_draft(store, manager, phone)
    take(receipt, manager, FIRST)
    assert take(receipt, manager, "352099001762019").outcome == Outcome.REFUSED
    assert take(receipt, manager, FIRST).outcome == Outcome.REPEATED
    take(receipt, manager, SECOND)
    again = take(receipt, manager, SECOND)  # would be the next unit's own number
    assert (again.outcome, again.scanned) == (Outcome.REPEATED, FIRST)
    assert entered(receipt) == [(FIRST, SECOND)]


def test_the_next_receipt_of_the_product_begins_as_the_last_one_was(store, manager, phone):
    receive_pairs(store, manager, phone, FIRST, SECOND)
    receipt = draft(Kind.RECEIPT, store, manager, [])
    offered = take(receipt, manager, phone.sku)
    assert not offered.offers_pairs
    take(receipt, manager, NEXT)
    take(receipt, manager, NEXT_SECOND)
    assert entered(receipt) == [(NEXT, NEXT_SECOND)]


def test_products_without_imeis_and_documents_that_bring_nothing_ask_for_one(
    store, manager, goods, phone
):
    goods.recorded.type = goods.recorded.type.__class__.objects.create(name="Kettles")
    goods.recorded.save()
    receive(store, manager, (phone, [FIRST]))
    receipt, sale = (draft(kind, store, manager, []) for kind in (Kind.RECEIPT, Kind.SALE))
    assert not take(receipt, manager, goods.recorded.sku).offers_pairs
    assert not take(sale, manager, FIRST).offers_pairs
    assert take(receipt, manager, phone.sku).offers_pairs


def test_a_scan_of_the_second_number_puts_the_unit_on_the_document_by_its_own(
    store, manager, phone
):
    receive_pairs(store, manager, phone, FIRST, SECOND)
    sale = draft(Kind.SALE, store, manager, [])
    result = take(sale, manager, SECOND)
    assert (result.outcome, result.scanned) == (Outcome.ACCEPTED, FIRST)
    assert f"{SECOND} is its second number." in result.message
    assert take(sale, manager, FIRST).outcome == Outcome.REPEATED
    assert entered(sale) == [(FIRST, "")]
    post(sale, manager)
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    assert take(back, manager, SECOND).outcome == Outcome.ACCEPTED
    assert entered(back) == [(FIRST, "")]


def test_both_numbers_pasted_are_one_unit(store, manager, phone):
    receive_pairs(store, manager, phone, FIRST, SECOND)
    sale = draft(Kind.SALE, store, manager, [(phone, 1)])
    line = sale.lines.get()
    pasted = paste_serials(sale.pk, line.pk, f"{SECOND}\n{FIRST}", by=access_of(manager))
    assert (pasted.added, pasted.repeated) == (1, 1)
    assert entered(sale) == [(FIRST, "")]


# At posting


def test_a_number_that_became_a_second_one_meanwhile_is_refused(store, manager, phone):
    receive(store, manager, (phone, [FIRST]))
    receipt = draft(Kind.RECEIPT, store, manager, [(phone, [SECOND, NEXT])])
    unit = Serial.objects.get(key=FIRST)
    change_second(unit.pk, SECOND, reason="box", by=manager, now=timezone.now())
    with pytest.raises(PostingRefused) as refused:
        post_document(receipt.pk, by=access_of(manager), now=timezone.now())
    (one,) = refused.value.refusals
    assert (one.code, one.serial) == ("is_second_number", SECOND)
    assert not Serial.objects.filter(key=NEXT).exists()


def test_second_numbers_that_name_other_units_are_refused_together(store, manager, phone):
    receive_pairs(store, manager, phone, FIRST, SECOND)
    receipt = draft(Kind.RECEIPT, store, manager, [(phone, [NEXT, THIRD, NEXT_SECOND])])
    for key, second in ((NEXT, SECOND), (THIRD, NEXT_SECOND)):
        LineSerial.objects.filter(document=receipt, key=key).update(
            second_text=second, second_key=second
        )
    with pytest.raises(PostingRefused) as refused:
        post_document(receipt.pk, by=access_of(manager), now=timezone.now())
    codes = [(one.code, one.serial) for one in refused.value.refusals]
    assert codes == [("second_is_taken", NEXT), ("second_is_taken", THIRD)]


def test_the_statements_of_a_posting_do_not_grow_with_second_numbers(store, manager, phone):
    receive_pairs(store, manager, phone, FIRST, SECOND)
    counts = []
    for begin, units in ((100, 2), (200, 40)):
        receipt = draft(
            Kind.RECEIPT,
            store,
            manager,
            [(phone, [f"3520990017{begin + n:04d}" for n in range(units)])],
        )
        for row in LineSerial.objects.filter(document=receipt):
            row.second_text = row.second_key = f"9{row.key[1:]}"
            row.save()
        with CaptureQueriesContext(connection) as captured:
            post(receipt, manager)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert len(seconds()) == 43


# Undone, and put right


def test_a_cancelled_receipt_takes_its_second_numbers_with_it(store, manager, phone):
    receipt = receive_pairs(store, manager, phone, FIRST, SECOND)
    cancel(receipt, manager)
    assert seconds() == {}
    receive(store, manager, (phone, [SECOND]))  # it was the unit's own number after all
    assert Serial.objects.get(key=SECOND).place.kind == "shelf"


def test_of_a_mistyped_receipt_the_second_number_goes_with_the_unit_and_comes_back(
    store, manager, phone
):
    receive_pairs(store, manager, phone, FIRST, SECOND)
    correction = put_right(store, manager, phone, NEXT, FIRST)
    assert seconds() == {NEXT: SECOND}
    cancel(correction, manager)
    assert seconds() == {FIRST: SECOND}


def test_two_units_that_change_places_keep_their_second_numbers(store, manager, phone):
    receive_pairs(store, manager, phone, FIRST, SECOND, NEXT, NEXT_SECOND)
    sell(store, manager, (phone, [FIRST]))
    put_right(store, manager, phone, FIRST, NEXT)
    assert seconds() == {FIRST: SECOND, NEXT: NEXT_SECOND}


# Files


def test_a_file_gives_both_numbers_and_says_what_is_wrong_by_cell(store, manager, phone):
    receive_pairs(store, manager, phone, FIRST, SECOND)
    receipt = draft(Kind.RECEIPT, store, manager, [])
    wrong = "352099001762019"
    content = (
        f"SKU;IMEI;IMEI 2\n{phone.sku};{NEXT};{NEXT_SECOND}\n{phone.sku};{THIRD};{SECOND}\n"
        f"{phone.sku};352099001762059;{wrong}\n{phone.sku};352099001762067;{NEXT}\n"
    )
    listed = see(receipt, manager, content)
    bad = [(row.number, row.cell, row.text) for row in listed.bad]
    assert bad == [(3, "C3", SECOND), (4, "C4", wrong), (5, "C5", NEXT)]
    assert add(receipt, manager, content).serials == 1
    assert entered(receipt) == [(NEXT, NEXT_SECOND)]
    post(receipt, manager)
    assert seconds()[NEXT] == NEXT_SECOND


def test_a_file_for_a_sale_may_list_units_by_either_number(store, manager, phone):
    receive_pairs(store, manager, phone, FIRST, SECOND, NEXT, NEXT_SECOND)
    sale = draft(Kind.SALE, store, manager, [])
    listed = see(sale, manager, f"{SECOND}\n{NEXT}\n{FIRST}\n", "list.txt")
    assert (listed.serials, listed.repeated, listed.bad) == (2, ["3"], [])
    add(sale, manager, f"{SECOND}\n{NEXT}\n", "list.txt")
    assert entered(sale) == [(FIRST, ""), (NEXT, "")]
