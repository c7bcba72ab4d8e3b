"""A scan in a count: expected, repeated, unknown and why, which product, pieces."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from documents.posting import post_document
from inventory.answers import Verdict
from inventory.models import Count, Scan, Scope
from inventory.pausing import abandon_count, pause_count, resume_count
from inventory.pieces import set_total
from inventory.taking_back import take_back
from products.models import Product
from tests.shop import (
    cancel,
    draft,
    post,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)

from .conftest import begin, take, verdict

pytestmark = pytest.mark.django_db

BARCODE = "4006381333931"


def live(count: Count) -> list[tuple[str, bool]]:
    rows = Scan.objects.filter(count=count, taken_back_at=None).order_by("pk")
    return list(rows.values_list("text", "was_here"))


# Expected, repeated


def test_a_unit_in_the_records_is_expected(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]), (goods.recorded, ["R1"]))
    count = begin(store, manager)
    answer = take(count, manager, " sn1 ")
    assert (answer.verdict, answer.product, answer.scanned) == (
        Verdict.EXPECTED, goods.strict, "SN1",
    )  # fmt: skip
    assert verdict(count, manager, "R1") == Verdict.EXPECTED
    row = Scan.objects.get(key="SN1")
    assert (row.serial.text, row.was_here, row.scanned_by) == ("SN1", True, manager)


def test_a_defective_unit_is_expected_and_its_state_said(store, manager, goods):
    post(draft("receipt", store, manager, [(goods.strict, ["BAD"])], defective=True), manager)
    answer = take(begin(store, manager), manager, "BAD")
    assert answer.verdict == Verdict.EXPECTED
    assert answer.is_defective
    assert "defective" in answer.message


def test_a_repeated_scan_says_who_scanned_it_and_counts_once(store, manager, storekeeper, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    count = begin(store, manager)
    first = take(count, storekeeper, "SN1")
    mine, other = take(count, storekeeper, "sn1"), take(count, manager, "SN1")
    assert mine.verdict == other.verdict == Verdict.REPEATED
    assert "You scanned it" in mine.message
    assert storekeeper.username in other.message
    assert other.scan_id == first.scan_id
    assert live(count) == [("SN1", True)]


def test_a_scan_sent_again_is_answered_as_before(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 5))
    count = begin(store, manager)
    for text, said in (
        ("SN1", Verdict.EXPECTED),
        ("NOBODYS-1", Verdict.UNKNOWN),
        (goods.plain.sku, Verdict.COUNTED),
    ):
        nonce = uuid.uuid4()
        first, again = (take(count, manager, text, nonce=nonce) for _ in range(2))
        assert first == again
        assert first.verdict == said
    assert Scan.objects.count() == 3


def test_a_scan_sent_again_after_a_pause_is_answered_as_before(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    count, nonce = begin(store, manager), uuid.uuid4()
    take(count, manager, "SN1", nonce=nonce)
    pause_count(count.pk, by=access_of(manager))
    assert verdict(count, manager, "SN1", nonce=nonce) == Verdict.EXPECTED


# Unknown, with the reason


def test_an_unknown_unit_says_which_document_put_it_elsewhere(store, other_store, chief, goods):
    units = ["SOLD", "SENT", "SUPPLIER", "GONE", "LVIV"]
    receive(store, chief, (goods.strict, units[:4]))
    receive(other_store, chief, (goods.strict, ["LVIV"]))
    documents = {
        "SOLD": sell(store, chief, (goods.strict, ["SOLD"])),
        "SENT": transfer(store, other_store, chief, (goods.strict, ["SENT"])),
        "SUPPLIER": return_to_supplier(store, chief, (goods.strict, ["SUPPLIER"])),
        "GONE": write_off(store, chief, (goods.strict, ["GONE"])),
    }
    count = begin(store, chief)
    codes = {"SOLD": "already_sold", "SENT": "in_transit", "SUPPLIER": "at_supplier",
             "GONE": "written_off"}  # fmt: skip
    for unit, document in documents.items():
        answer = take(count, chief, unit)
        assert answer.verdict == Verdict.UNKNOWN
        assert document.number in answer.message
        assert answer.explanation.code == codes[unit]
        assert answer.explanation.document == document
    assert other_store.name in take(count, chief, "LVIV").message
    assert [was_here for _, was_here in live(count)] == [False] * 5


def test_the_document_of_a_strangers_store_is_named_and_not_linked(
    store, other_store, other_manager, manager, goods
):
    received = receive(other_store, other_manager, (goods.strict, ["LVIV"]))
    answer = take(begin(store, manager), manager, "LVIV")
    assert received.number in answer.message
    assert answer.explanation.document is None


def test_a_serial_nobody_has_seen_is_counted_as_unknown(store, manager, goods):
    count = begin(store, manager)
    answer = take(count, manager, "NEW-1")
    assert answer.explanation.code == "never_seen"
    assert Scan.objects.get().product is None
    assert verdict(count, manager, "new-1") == Verdict.REPEATED


def test_a_unit_whose_receipt_was_cancelled_is_one_nobody_has_seen(store, manager, goods):
    cancel(receive(store, manager, (goods.strict, ["SN1"])), manager)
    answer = take(begin(store, manager), manager, "SN1")
    assert answer.explanation.code == "never_seen"
    assert answer.product == goods.strict


def test_a_recorded_unit_that_was_sold_is_unknown(store, manager, goods):
    receive(store, manager, (goods.recorded, ["R1"]))
    sold = sell(store, manager, (goods.recorded, ["R1"]))
    assert sold.number in take(begin(store, manager), manager, "R1").message


def test_units_without_serials_are_mentioned_with_an_unknown_one(store, manager, goods):
    bare = post_document(
        draft("receipt", store, manager, [(goods.strict, 3)]).pk,
        by=access_of(manager),
        now=timezone.now(),
        without_serials="the lorry waits",
    )
    count = begin(store, manager)
    take(count, manager, goods.strict.sku)
    answer = take(count, manager, "NEW-1", context=goods.strict.pk)
    assert answer.explanation.loose.units == 3
    assert answer.explanation.loose.document == bare
    assert take(count, manager, "R-NEW-1", context=goods.recorded.pk).explanation.loose is None


# Which product


def test_a_new_serial_is_of_the_product_chosen_last(store, manager, goods):
    count = begin(store, manager)
    chosen = take(count, manager, goods.strict.sku)
    assert (chosen.verdict, chosen.context) == (Verdict.CHOSEN, goods.strict)
    assert not Scan.objects.exists()
    answer = take(count, manager, "NEW-1", context=chosen.context.pk)
    assert (answer.verdict, answer.product, answer.context) == (
        Verdict.UNKNOWN, goods.strict, goods.strict,
    )  # fmt: skip


def test_a_forged_context_is_none(store, manager, goods):
    count = begin(store, manager, scope=Scope.PRODUCTS, products=[goods.strict, goods.plain])
    for forged in (goods.plain.pk, goods.recorded.pk, 10**12):
        answer = take(count, manager, f"NEW-{forged}", context=forged)
        assert (answer.product, answer.context) == (None, None)


def test_a_new_serial_gets_its_product_afterwards_and_counts_once(store, manager, goods):
    count = begin(store, manager)
    take(count, manager, "NEW-1")
    named = take(count, manager, "NEW-1", product_id=goods.strict.pk, as_serial=True)
    assert (named.verdict, named.product) == (Verdict.UNKNOWN, goods.strict)
    assert live(count) == [("NEW-1", False)]
    assert Scan.objects.get(taken_back_at=None).product == goods.strict
    take(count, manager, "NEW-2")
    assert verdict(count, manager, "NEW-2", context=goods.recorded.pk) == Verdict.UNKNOWN
    assert verdict(count, manager, "NEW-2") == Verdict.REPEATED
    assert len(live(count)) == 2


def test_the_same_serial_of_two_products_is_asked_about(store, manager, goods):
    receive(store, manager, (goods.strict, ["X1"]), (goods.recorded, ["X1"]))
    count = begin(store, manager)
    asked = take(count, manager, "X1")
    assert asked.verdict == Verdict.ASKS
    assert {choice.product for choice in asked.choices} == {goods.strict, goods.recorded}
    assert not Scan.objects.exists()
    answer = take(count, manager, "X1", product_id=goods.recorded.pk, as_serial=True)
    assert (answer.verdict, answer.product) == (Verdict.EXPECTED, goods.recorded)


def test_of_two_units_with_one_text_the_one_that_is_here_is_meant(store, manager, goods):
    receive(store, manager, (goods.strict, ["X1"]), (goods.recorded, ["X1"]))
    sell(store, manager, (goods.recorded, ["X1"]))
    count = begin(store, manager)
    answer = take(count, manager, "X1")
    assert (answer.verdict, answer.product) == (Verdict.EXPECTED, goods.strict)
    context = goods.recorded.pk
    assert verdict(count, manager, "X1", context=context) == Verdict.ASKS


def test_a_known_serial_is_not_taken_for_a_new_one_of_the_chosen_product(store, manager, goods):
    receive(store, manager, (goods.strict, ["X1"]))
    sell(store, manager, (goods.strict, ["X1"]))
    asked = take(begin(store, manager), manager, "X1", context=goods.recorded.pk)
    assert asked.verdict == Verdict.ASKS
    assert [choice.product for choice in asked.choices] == [goods.strict, goods.recorded]


def test_part_of_a_name_offers_products_and_a_serial_all_the_same(store, manager, goods):
    count = begin(store, manager)
    asked = take(count, manager, "product strict")
    assert [choice.product for choice in asked.choices] == [goods.strict, None]
    assert verdict(count, manager, "product strict", as_serial=True) == Verdict.UNKNOWN


def test_a_barcode_that_is_also_a_serial_is_asked_about(store, manager, goods):
    receive(store, manager, (goods.strict, [BARCODE]))
    Product.objects.filter(pk=goods.plain.pk).update(barcode=BARCODE)
    assert verdict(begin(store, manager), manager, BARCODE) == Verdict.ASKS


# Not in this count, not readable, not now


def test_what_is_not_in_scope_is_not_counted(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 3))
    count = begin(store, manager, scope=Scope.PRODUCTS, products=[goods.recorded])
    for text in ("SN1", goods.plain.sku, goods.strict.sku):
        answer = take(count, manager, text)
        assert answer.verdict == Verdict.OUT_OF_SCOPE
        assert answer.product.name in answer.message
    forged = verdict(count, manager, "SN1", product_id=goods.strict.pk, as_serial=True)
    assert forged == Verdict.OUT_OF_SCOPE
    assert not Scan.objects.exists()


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "\x00\x01", "9" * 5000])
def test_what_can_be_no_serial_is_refused_in_words(store, manager, text):
    answer = take(begin(store, manager), manager, text)
    assert answer.verdict == Verdict.REFUSED
    assert answer.message
    assert not Scan.objects.exists()


def test_a_paused_or_ended_count_takes_nothing_and_says_why(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 1))
    count, by = begin(store, manager), access_of(manager)
    pause_count(count.pk, by=by)
    assert "paused" in take(count, manager, "SN1").message
    refused = set_total(count.pk, product_id=goods.plain.pk, quantity=1, by=by, now=timezone.now())
    assert refused.verdict == Verdict.REFUSED
    resume_count(count.pk, by=by)
    assert verdict(count, manager, "SN1") == Verdict.EXPECTED
    abandon_count(count.pk, by=by, now=timezone.now())
    assert "abandoned" in take(count, manager, "SN1").message


def test_who_may_scan(store, manager, other_manager, cashier, storekeeper, goods):
    count = begin(store, manager)
    with pytest.raises(Count.DoesNotExist):
        take(count, other_manager, "SN1")
    with pytest.raises(PermissionDenied):
        take(count, cashier, "SN1")
    assert take(count, storekeeper, "SN1").counts


# Pieces


def pieces(count: Count, manager, product, quantity: int, **more):
    return set_total(
        count.pk, product_id=product.pk, quantity=quantity, by=access_of(manager),
        now=timezone.now(), **more,
    )  # fmt: skip


def test_a_barcode_counts_one_more_piece(store, manager, goods):
    receive(store, manager, (goods.plain, 7), (goods.period, 2))
    Product.objects.filter(pk=goods.plain.pk).update(barcode=BARCODE)
    count = begin(store, manager)
    take(count, manager, BARCODE)
    answer = take(count, manager, goods.plain.sku)
    assert (answer.verdict, answer.total, answer.balance) == (Verdict.COUNTED, 2, 7)
    assert take(count, manager, goods.plain.sku, quantity=10).total == 12
    assert take(count, manager, goods.period.sku).total == 1


def test_a_total_replaces_what_was_counted_before(store, manager, goods):
    receive(store, manager, (goods.plain, 7))
    count, nonce = begin(store, manager), uuid.uuid4()
    for _ in range(3):
        take(count, manager, goods.plain.sku)
    first = pieces(count, manager, goods.plain, 6, nonce=nonce)
    assert (first.total, first.balance) == (6, 7)
    take(count, manager, goods.plain.sku)
    assert pieces(count, manager, goods.plain, 6, nonce=nonce).total == 7  # nothing changed
    assert pieces(count, manager, goods.plain, 0).total == 0
    assert Scan.objects.filter(taken_back_at=None).count() == 1


def test_defective_pieces_are_counted_beside_the_good_ones(store, manager, goods):
    receive(store, manager, (goods.plain, 7))
    post(draft("receipt", store, manager, [(goods.plain, 2)], defective=True), manager)
    count = begin(store, manager)
    take(count, manager, goods.plain.sku)
    answer = pieces(count, manager, goods.plain, 3, is_defective=True)
    assert (answer.total, answer.balance) == (3, 2)
    assert take(count, manager, goods.plain.sku).total == 2


@pytest.mark.parametrize("quantity", [-1, 1_000_001])
def test_a_senseless_number_of_pieces_is_refused_and_changes_nothing(
    store, manager, goods, quantity
):
    count = begin(store, manager)
    take(count, manager, goods.plain.sku)
    assert pieces(count, manager, goods.plain, quantity).verdict == Verdict.REFUSED
    assert verdict(count, manager, goods.plain.sku, quantity=quantity) == Verdict.REFUSED
    assert Scan.objects.get().taken_back_at is None


def test_units_with_serials_are_not_counted_as_pieces(store, manager, goods):
    count = begin(store, manager)
    assert pieces(count, manager, goods.strict, 3).verdict == Verdict.REFUSED


# Taking back


def test_a_scan_taken_back_counts_no_more_and_stays_to_be_seen(store, manager, storekeeper, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    count, nonce = begin(store, manager), uuid.uuid4()
    answer = take(count, storekeeper, "SN1", nonce=nonce)
    now = timezone.now()
    taken = take_back(count.pk, answer.scan_id, by=access_of(manager), now=now)
    assert (taken.taken_back_at, taken.taken_back_by) == (now, manager)
    again = take_back(count.pk, answer.scan_id, by=access_of(storekeeper), now=timezone.now())
    assert again.taken_back_by == manager
    assert "taken back" in take(count, storekeeper, "SN1", nonce=nonce).message
    assert verdict(count, storekeeper, "SN1") == Verdict.EXPECTED
    assert Scan.objects.count() == 2


def test_who_may_take_back(store, other_store, chief, cashier, other_manager, goods):
    count, other = begin(store, chief), begin(other_store, chief)
    answer = take(count, chief, "NEW-1")

    def back(pk: int, by) -> None:
        take_back(pk, answer.scan_id, by=access_of(by), now=timezone.now())

    with pytest.raises(Scan.DoesNotExist):
        back(other.pk, chief)
    with pytest.raises(PermissionDenied):
        back(count.pk, cashier)
    with pytest.raises(Count.DoesNotExist):
        back(count.pk, other_manager)


# Statements


@pytest.mark.parametrize(
    ("text", "most"), [("N1", 10), ("N0", 18), ("SKU-NONE", 12), ("NEW-1", 14), ("SN-OUT", 14)]
)
def test_a_scan_takes_few_statements_however_large_the_count_is(store, manager, goods, text, most):
    """Savepoints and the reading of the person's rights among them."""

    def statements(count: Count) -> int:
        with CaptureQueriesContext(connection) as captured:
            take(count, manager, text)
        return len(captured)

    receive(store, manager, (goods.strict, ["N0", "N1"]), (goods.plain, 3))
    sell(store, manager, (goods.strict, ["N0"]))
    small = begin(store, manager, scope=Scope.PRODUCTS, products=[goods.strict, goods.plain])
    few = statements(small)
    abandon_count(small.pk, by=access_of(manager), now=timezone.now())
    receive(store, manager, (goods.strict, [f"M{nth}" for nth in range(60)]))
    large = begin(store, manager, scope=Scope.PRODUCTS, products=[goods.strict, goods.plain])
    for nth in range(30):
        take(large, manager, f"M{nth}")
    assert statements(large) == few <= most


# GS1 codes and other keyboard layouts


def test_a_gs1_code_counts_the_unit_of_its_product(store, manager, goods):
    Product.objects.filter(pk=goods.strict.pk).update(barcode=BARCODE)
    receive(store, manager, (goods.strict, ["SN1"]), (goods.recorded, ["SN1"]))
    count = begin(store, manager)
    answer = take(count, manager, f"]C1010{BARCODE}21SN1")
    assert (answer.verdict, answer.product, answer.scanned) == (
        Verdict.EXPECTED, goods.strict, "SN1",
    )  # fmt: skip
    assert verdict(count, manager, f"(01)0{BARCODE}(21)SN1") == Verdict.REPEATED


def test_a_gs1_code_of_an_unknown_unit_names_its_product(store, manager, goods):
    Product.objects.filter(pk=goods.strict.pk).update(barcode=BARCODE)
    count = begin(store, manager)
    answer = take(count, manager, f"(01)0{BARCODE}(21)NEW", context=goods.recorded.pk)
    assert (answer.verdict, answer.product) == (Verdict.UNKNOWN, goods.strict)


def test_a_gs1_code_of_no_product_or_malformed_is_not_counted(store, manager, goods):
    count = begin(store, manager)
    for text, said in [
        (f"(01)0{BARCODE}(21)SN1", f"No product has the barcode {BARCODE}"),
        ("(01)04006381333932(21)SN1", "check digit"),
        (f"(01)0{BARCODE}(05)1", "can't be read"),
    ]:
        answer = take(count, manager, text)
        assert (answer.verdict, said in answer.message) == (Verdict.REFUSED, True)
    assert live(count) == []


def test_a_gs1_code_of_goods_without_serials_is_a_piece(store, manager, goods):
    Product.objects.filter(pk=goods.plain.pk).update(barcode=BARCODE)
    count = begin(store, manager)
    assert take(count, manager, f"(01)0{BARCODE}(21)X").total == 1


def test_a_serial_typed_under_a_cyrillic_layout_is_counted_and_said(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    count = begin(store, manager)
    answer = take(count, manager, "ІТ1")
    assert (answer.verdict, answer.scanned) == (Verdict.EXPECTED, "SN1")
    assert answer.note == "Read as SN1: the keyboard is set to Ukrainian."


def test_a_new_serial_under_a_cyrillic_layout_is_asked_about_latin_first(store, manager, goods):
    count = begin(store, manager)
    answer = take(count, manager, "ІТ1")
    assert answer.verdict == Verdict.ASKS
    assert [choice.scan for choice in answer.choices] == ["SN1", "ІТ1"]
    assert verdict(count, manager, "ІТ1", as_serial=True) == Verdict.UNKNOWN
    assert live(count) == [("ІТ1", False)]


def test_the_products_own_barcode_is_counted_as_no_serial(store, manager, goods):
    Product.objects.filter(pk=goods.strict.pk).update(barcode=BARCODE)
    count = begin(store, manager)
    answer = take(count, manager, BARCODE, product_id=goods.strict.pk, as_serial=True)
    assert answer.verdict == Verdict.REFUSED
    assert "is the barcode of" in answer.message
    assert live(count) == []
