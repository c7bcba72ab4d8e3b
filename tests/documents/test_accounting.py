"""Changing the accounting of goods in stock: every way, there and back, and what refuses it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.models import Company, Store, User
from documents import proving as documents_proving
from documents.accounting import MovedMeanwhile, change_accounting
from documents.accounting_plan import AccountingRefused, make_plan, modes_to_choose
from documents.accounting_stock import Pile, read_situation
from documents.models import Document, Kind, Notice
from documents.notices import notices_for
from documents.posting import post_document
from products.models import Product
from products.modes import SERIAL_MODES, Mode
from products.saving import save_product
from serials import proving as serials_proving
from serials.models import Balance, LedgerEntry, Place, PlaceKind, Serial
from serials.places import places_for
from serials.refusals import PostingRefused
from tests.shop import (
    Goods,
    arrive,
    cancel,
    draft,
    identify,
    post,
    put_back,
    receive,
    return_to_supplier,
    sell,
    set_aside,
    supplier,
    transfer,
    write_off,
)
from warranty import proving as warranty_proving
from warranty.models import Card, Term

pytestmark = pytest.mark.django_db

CHANGES = [(before, after) for before in Mode for after in modes_to_choose(before)]
LAYOUTS = {
    "on one shelf": [("store", PlaceKind.SHELF)],
    "defective only": [("store", PlaceKind.DEFECTIVE)],
    "good and defective": [("store", PlaceKind.SHELF), ("store", PlaceKind.DEFECTIVE)],
    "in two stores": [
        ("store", PlaceKind.SHELF),
        ("store", PlaceKind.DEFECTIVE),
        ("other_store", PlaceKind.SHELF),
    ],
}


def of_mode(goods: Goods, mode: str) -> Product:
    by_mode = {one.mode: one for one in (goods.strict, goods.recorded, goods.period, goods.plain)}
    return by_mode[mode]


def lay(product: Product, place: Place, by: User, what: Sequence[str] | int) -> None:
    """Goods in a place, by a receipt."""
    defective = place.kind == PlaceKind.DEFECTIVE
    post(draft(Kind.RECEIPT, place.store, by, [(product, what)], defective=defective), by)


def place_of(store: Store, kind: str = PlaceKind.SHELF) -> Place:
    return places_for([kind], store_id=store.pk)[kind]


def change(
    product: Product,
    mode: str,
    by: User,
    units: dict[Place, Sequence[str]] | None = None,
    *,
    seen: str | None = None,
    now: dt.datetime | None = None,
) -> list[Document]:
    """Do it as a person would who looks now."""
    fresh = Product.objects.select_related("type").get(pk=product.pk)
    return change_accounting(
        product.pk,
        mode=mode,
        texts={place.pk: "\n".join(lines) for place, lines in (units or {}).items()},
        seen=read_situation(fresh).seen if seen is None else seen,
        by=access_of(by),
        now=now or timezone.now(),
    )


def refused(product: Product, mode: str, by: User, units: dict[Place, Sequence[str]]) -> list[str]:
    """Why it is refused, in words; nothing may be written then."""
    before = everything()
    with pytest.raises(AccountingRefused) as caught:
        change(product, mode, by, units)
    assert everything() == before
    return [one.message for one in caught.value.problems]


def told(product: Product, mode: str, units: dict[Place, Sequence[str]]) -> list[str]:
    """What the preview tells a person to look at."""
    fresh = Product.objects.select_related("type").get(pk=product.pk)
    texts = {place.pk: "\n".join(lines) for place, lines in units.items()}
    return [one.message for one in make_plan(read_situation(fresh), mode, texts).told]


def everything() -> tuple[int, ...]:
    return (Document.objects.count(), LedgerEntry.objects.count(), Serial.objects.count())


def all_agree() -> None:
    connection.check_constraints()
    assert documents_proving.differences() == []
    assert serials_proving.differences() == []
    assert warranty_proving.differences() == []


def pieces(product: Product) -> dict[int, int]:
    held = Balance.objects.filter(product=product).exclude(quantity=0)
    return dict(held.values_list("place_id", "quantity"))


def serials_in(product: Product, place: Place) -> set[str]:
    return set(Serial.objects.filter(product=product, place=place).values_list("key", flat=True))


@pytest.fixture
def laid(request, store, other_store) -> list[Place]:
    """The places of a layout."""
    stores = {"store": store, "other_store": other_store}
    return [place_of(stores[name], kind) for name, kind in LAYOUTS[request.param]]


every_layout = pytest.mark.parametrize("laid", LAYOUTS, indirect=True)
every_change = pytest.mark.parametrize(("before", "after"), CHANGES)


def test_every_change_to_or_from_serial_numbers_is_offered_and_no_other():
    by_hand = {(Mode.NONE, Mode.PERIOD), (Mode.PERIOD, Mode.NONE)}
    assert set(CHANGES) == set(itertools.permutations(Mode, 2)) - by_hand


@every_change
@every_layout
def test_goods_stay_where_they_are_under_the_new_accounting(laid, before, after, admin, goods):
    product = of_mode(goods, before)
    old = {place: [f"OLD-{place.pk}-{nth}" for nth in range(3)] for place in laid}
    new = {place: [f"NEW-{place.pk}-{nth}" for nth in range(3)] for place in laid}
    for place in laid:
        lay(product, place, admin, old[place] if before in SERIAL_MODES else 3)
    held = pieces(product)
    if before == Mode.RECORDED and after not in SERIAL_MODES:
        new = old  # what leaves is what the records have

    documents = change(product, after, admin, new)

    product.refresh_from_db()
    assert (product.mode, product.version) == (after, 2)
    assert pieces(product) == held
    for place in laid:
        expected = set(new[place]) if after in SERIAL_MODES else set()
        assert expected <= serials_in(product, place)
        if Mode.RECORDED not in (before, after):
            assert serials_in(product, place) == expected
    stores = len({place.store_id for place in laid})
    kinds = [Kind.SUPPLIER_RETURN] * stores + [Kind.RECEIPT] * stores
    assert [one.kind for one in documents] == kinds
    assert {(one.status, one.is_opening) for one in documents} == {("posted", True)}
    assert all(product.name in one.note for one in documents)
    assert {line.unit_price for one in documents for line in one.lines.all()} == {0}
    assert not Notice.objects.exists()
    all_agree()


@every_change
def test_every_change_works_back_and_forth_with_the_same_serials(
    before, after, store, admin, goods
):
    product, shelf = of_mode(goods, before), place_of(store)
    units = {shelf: ["SN1", "SN2", "SN3"]}
    lay(product, shelf, admin, units[shelf] if before in SERIAL_MODES else 3)

    for mode in (after, before, after, before):
        change(product, mode, admin, units)
        all_agree()

    assert Product.objects.get(pk=product.pk).mode == before
    assert pieces(product) == {shelf.pk: 3}
    assert not Notice.objects.exists()


def test_units_are_sold_by_their_serials_afterwards(store, admin, goods):
    shelf = place_of(store)
    lay(goods.period, shelf, admin, 3)
    change(goods.period, Mode.STRICT, admin, {shelf: ["SN1", "SN2", "SN3"]})

    sell(store, admin, (goods.period, ["SN2"]))

    assert Card.objects.get().term.serial_text == "SN2"
    with pytest.raises(PostingRefused, match="already sold"):
        sell(store, admin, (goods.period, ["SN2"]))
    all_agree()


def test_defective_goods_come_back_defective(store, admin, goods):
    shelf, defective = place_of(store), place_of(store, PlaceKind.DEFECTIVE)
    lay(goods.plain, shelf, admin, 1)
    lay(goods.plain, defective, admin, 1)
    change(goods.plain, Mode.STRICT, admin, {shelf: ["GOOD"], defective: ["BAD"]})

    with pytest.raises(PostingRefused, match="defective"):
        sell(store, admin, (goods.plain, ["BAD"]))
    sell(store, admin, (goods.plain, ["GOOD"]))


def test_what_was_sold_before_keeps_its_warranty(store, admin, goods):
    shelf = place_of(store)
    lay(goods.period, shelf, admin, 3)
    sell(store, admin, (goods.period, 1))
    (before,) = Term.objects.values()

    change(goods.period, Mode.STRICT, admin, {shelf: ["SN1", "SN2"]})

    assert list(Term.objects.values()) == [before]
    all_agree()


def test_documents_say_why_they_were_made(store, admin, goods):
    shelf = place_of(store)
    lay(goods.plain, shelf, admin, 2)
    out, back = change(goods.plain, Mode.STRICT, admin, {shelf: ["SN1", "SN2"]})

    reason = "Change of accounting: No warranty accounting → Strict warranty accounting"
    assert [one.lines.get().remark for one in (out, back)] == [reason, reason]
    assert (out.author, out.posting.posted_by, out.lines.get().mode) == (admin, admin, "none")
    assert list(back.lines.get().serials.values_list("text", flat=True)) == ["SN1", "SN2"]


def test_cancelling_the_receipts_and_changing_the_mode_undoes_it_by_hand(store, admin, goods):
    shelf = place_of(store)
    lay(goods.plain, shelf, admin, 2)
    out, back = change(goods.plain, Mode.STRICT, admin, {shelf: ["SN1", "SN2"]})
    cancel(back, admin)
    Product.objects.filter(pk=goods.plain.pk).update(mode="none")
    cancel(out, admin)

    assert pieces(goods.plain) == {shelf.pk: 2}
    all_agree()


# What people enter


def test_as_many_serials_as_pieces_in_every_place(store, other_store, admin, goods):
    here, there = place_of(store), place_of(other_store)
    lay(goods.plain, here, admin, 3)
    lay(goods.plain, there, admin, 1)
    assert refused(goods.plain, Mode.STRICT, admin, {here: ["A", "B"], there: ["C", "D"]}) == [
        "2 of 3 serial numbers: enter 1 more.",
        "2 serial numbers, but the stock is 1: take off 1, or correct the stock first.",
    ]


def test_a_place_nothing_was_entered_for_is_refused(store, other_store, admin, goods):
    here, there = place_of(store), place_of(other_store)
    lay(goods.plain, here, admin, 1)
    lay(goods.plain, there, admin, 1)
    words = refused(goods.plain, Mode.STRICT, admin, {here: ["A"]})
    assert words == ["0 of 1 serial numbers: enter 1 more."]


def test_a_repeated_serial_counts_once_and_is_told(store, admin, goods):
    shelf = place_of(store)
    lay(goods.plain, shelf, admin, 2)
    twice = "a is there more than once and counts once."
    assert refused(goods.plain, Mode.STRICT, admin, {shelf: ["A", "a"]}) == [
        "1 of 2 serial numbers: enter 1 more.",
        twice,
    ]
    assert told(goods.plain, Mode.STRICT, {shelf: ["A", "a", "B"]}) == [twice]


def test_a_unit_lies_in_one_place_only(store, other_store, admin, goods):
    here, there = place_of(store), place_of(other_store)
    lay(goods.plain, here, admin, 1)
    lay(goods.plain, there, admin, 1)
    assert refused(goods.plain, Mode.STRICT, admin, {here: ["A"], there: ["a"]}) == [
        "a is also under “Podil, in stock”: a unit lies in one place only."
    ]


def test_own_barcode_is_refused(store, admin, goods):
    shelf = place_of(store)
    Product.objects.filter(pk=goods.plain.pk).update(barcode="4006381333931")
    lay(goods.plain, shelf, admin, 1)
    (words,) = refused(goods.plain, Mode.RECORDED, admin, {shelf: ["4006381333931"]})
    assert words == "4006381333931 is the barcode of Product none, not a serial number."


def test_gs1_codes_give_serials_and_those_of_another_product_are_refused(store, admin, goods):
    shelf = place_of(store)
    Product.objects.filter(pk=goods.plain.pk).update(barcode="4006381333931")
    lay(goods.plain, shelf, admin, 2)
    texts = ["(01)04006381333931(21)A1", "(01)00012345678905(21)A2"]
    assert refused(goods.plain, Mode.RECORDED, admin, {shelf: texts}) == [
        "A2 is of another product: its code has the barcode 012345678905."
    ]
    texts[1] = "(01)04006381333932(21)A2"
    (words,) = refused(goods.plain, Mode.RECORDED, admin, {shelf: texts})
    assert "check digit" in words


def test_odd_looking_serials_are_told_or_refused_as_their_type_says(store, admin, goods):
    shelf, kind = place_of(store), goods.plain.type
    lay(goods.plain, shelf, admin, 1)
    kind.serial_format, kind.serial_mask, kind.on_bad_format = "mask", "@@-####", "warn"
    kind.save()
    odd = "12 does not look like a serial number of Phones, which is like AB-1234."
    assert told(goods.plain, Mode.STRICT, {shelf: ["12"]}) == [odd]

    kind.on_bad_format = "refuse"
    kind.save()
    assert refused(goods.plain, Mode.STRICT, admin, {shelf: ["12"]}) == [odd]


def test_a_serial_that_is_too_long_is_refused(store, admin, goods):
    shelf = place_of(store)
    lay(goods.plain, shelf, admin, 1)
    words = refused(goods.plain, Mode.STRICT, admin, {shelf: ["A", "x" * 90]})
    assert words == [f"“{'x' * 24}…” is too long for a serial number."]


def test_units_that_strict_accounting_knows_to_be_elsewhere_are_refused(store, admin, goods):
    shelf = place_of(store)
    receive(store, admin, (goods.strict, ["SOLD", "GONE", "HERE"]))
    sale = sell(store, admin, (goods.strict, ["SOLD"]))
    lost = write_off(store, admin, (goods.strict, ["GONE"]))
    change(goods.strict, Mode.NONE, admin)
    lay(goods.strict, shelf, admin, 1)

    sold, gone = refused(goods.strict, Mode.STRICT, admin, {shelf: ["SOLD", "GONE"]})
    assert sold.startswith(f"SOLD was sold by {sale.number}")
    assert gone.startswith(f"GONE was written off by {lost.number}")
    change(goods.strict, Mode.STRICT, admin, {shelf: ["HERE", "NEW"]})
    all_agree()


def test_recorded_serials_that_were_sold_do_not_become_strict_stock(store, admin, goods):
    shelf = place_of(store)
    receive(store, admin, (goods.recorded, ["A", "B"]))
    sale = sell(store, admin, (goods.recorded, ["A"]))
    (words,) = refused(goods.recorded, Mode.STRICT, admin, {shelf: ["A"]})
    assert words.startswith(f"A was sold by {sale.number}")


def test_unit_that_went_back_to_a_supplier_comes_again_and_managers_are_told(
    store, manager, admin, goods
):
    shelf = place_of(store)
    receive(store, admin, (goods.strict, ["BACK", "HERE"]))
    went = return_to_supplier(store, admin, (goods.strict, ["BACK"]))
    change(goods.strict, Mode.NONE, admin)
    lay(goods.strict, shelf, admin, 1)
    units = {shelf: ["BACK", "HERE"]}

    (words,) = told(goods.strict, Mode.STRICT, units)
    assert words.startswith(f"BACK was returned to the supplier by {went.number}")
    assert "dead pixel" in words
    *_, receipt = change(goods.strict, Mode.STRICT, admin, units)

    notice = Notice.objects.get()
    assert (notice.document, notice.person) == (receipt, manager)
    (shown,) = notices_for(access_of(manager))
    assert [one.text for one in shown.units] == ["BACK"]  # not HERE, which only left the books
    all_agree()


def test_the_serials_of_strict_accounting_leave_whatever_is_recorded_instead(store, admin, goods):
    shelf = place_of(store)
    receive(store, admin, (goods.strict, ["A", "B"]))
    assert told(goods.strict, Mode.RECORDED, {shelf: ["A", "C"]}) == [
        "The ledger does not have C under “Podil, in stock”."
    ]
    out, back = change(goods.strict, Mode.RECORDED, admin, {shelf: ["A", "C"]})

    assert set(out.lines.get().serials.values_list("key", flat=True)) == {"A", "B"}
    assert set(back.lines.get().serials.values_list("key", flat=True)) == {"A", "C"}
    all_agree()


# What is in the way


def test_goods_on_the_way_are_named_with_their_transfer(store, other_store, admin, goods):
    receive(store, admin, (goods.plain, 5))
    sent = transfer(store, other_store, admin, (goods.plain, 3))
    arrive(sent, admin, (goods.plain, 1))
    with pytest.raises(AccountingRefused) as caught:
        change(goods.plain, Mode.STRICT, admin)
    (problem,) = caught.value.problems
    assert problem.message == (
        "2 pieces on the way from Podil to Lviv. Receive the transfer first."
    )
    assert problem.document == sent


def test_what_is_set_aside_is_to_be_put_back_first(store, admin, goods):
    receive(store, admin, (goods.strict, ["A", "B"]))
    set_aside(store, admin, (goods.strict, ["A"]))
    words = refused(goods.strict, Mode.NONE, admin, {})
    assert words == ["Podil has 1 piece set aside. Put that back first."]

    put_back(store, admin, (goods.strict, ["A"]))
    change(goods.strict, Mode.NONE, admin)
    all_agree()


def test_units_without_serials_have_to_be_identified_first(store, admin, goods):
    document = draft(Kind.RECEIPT, store, admin, [(goods.strict, 2)])
    post_document(
        document.pk, by=access_of(admin), now=timezone.now(), without_serials="the box is sealed"
    )
    with pytest.raises(AccountingRefused) as caught:
        change(goods.strict, Mode.NONE, admin)
    (problem,) = caught.value.problems
    assert problem.message == "2 pieces of Podil moved without serial numbers. Enter these first."
    assert problem.document == document

    identify(document, admin, (goods.strict, ["A", "B"]))
    change(goods.strict, Mode.NONE, admin)
    all_agree()


def test_a_closed_store_with_stock_is_named(store, other_store, admin, goods):
    receive(other_store, admin, (goods.plain, 1))
    Store.objects.filter(pk=other_store.pk).update(is_active=False)
    words = refused(goods.plain, Mode.STRICT, admin, {place_of(other_store): ["A"]})
    assert words == ["Lviv is closed and still has 1 piece. Open it until this is done."]


def test_a_product_out_of_use_is_named(store, admin, goods):
    receive(store, admin, (goods.plain, 1))
    Product.objects.filter(pk=goods.plain.pk).update(is_active=False)
    (words,) = refused(goods.plain, Mode.STRICT, admin, {place_of(store): ["A"]})
    assert "is not in use" in words


def test_without_stock_there_is_nothing_to_assist_with(admin, goods):
    (words,) = refused(goods.plain, Mode.STRICT, admin, {})
    assert "change its accounting on its own page" in words


@pytest.mark.parametrize("mode", ["none", "period", "no-such"])
def test_a_mode_that_is_not_offered_is_refused(mode, store, admin, goods):
    receive(store, admin, (goods.plain, 1))
    assert refused(goods.plain, mode, admin, {}) == ["Choose another accounting."]


def test_only_an_admin_changes_accounting(store, manager, goods):
    receive(store, manager, (goods.plain, 1))
    with pytest.raises(PermissionDenied):
        change(goods.plain, Mode.STRICT, manager, {place_of(store): ["A"]})


def test_the_form_says_which_units_wait_for_their_serial_numbers(store, admin, goods):
    document = draft(Kind.RECEIPT, store, admin, [(goods.strict, 2)])
    moved = post_document(
        document.pk, by=access_of(admin), now=timezone.now(), without_serials="the box is sealed"
    )
    product = goods.strict
    data = {name: getattr(product, name) for name in SAVED} | {"mode": "none"}
    with pytest.raises(ValidationError) as caught:
        save_product(data, by=access_of(admin), pk=product.pk, version=1)
    stock, waiting = caught.value.message_dict["mode"]
    assert "still has stock (Podil: 2 pieces)" in stock
    assert f"wait for their serial numbers ({moved.number}, Podil: 2 pieces)" in waiting


SAVED = (
    "sku", "name", "type", "barcode", "price", "period_count", "period_unit",
    "supplier_period_count", "supplier_period_unit", "is_active",
)  # fmt: skip


# All or nothing


def test_a_refused_receipt_takes_the_returns_back_too(store, admin, goods):
    """The return is posted by then; only the receipt finds that the unit moved on a later day."""
    shelf = place_of(store)
    long_ago = store.date_of(timezone.now()) - dt.timedelta(days=9)
    receive(store, admin, (goods.strict, ["A"]), on=long_ago)
    change(goods.strict, Mode.NONE, admin)
    earlier = timezone.now() - dt.timedelta(days=3)

    (words,) = refused_on(earlier, goods.strict, admin, {shelf: ["A"]})

    assert words.startswith("A moved on")
    assert Product.objects.get(pk=goods.strict.pk).mode == Mode.NONE
    assert pieces(goods.strict) == {shelf.pk: 1}
    all_agree()


def refused_on(
    now: dt.datetime, product: Product, by: User, units: dict[Place, Sequence[str]]
) -> list[str]:
    before = everything()
    with pytest.raises(AccountingRefused) as caught:
        change(product, Mode.STRICT, by, units, now=now)
    assert everything() == before
    return [one.message for one in caught.value.problems]


def test_closed_books_are_told_with_the_store(store, admin, goods):
    receive(store, admin, (goods.plain, 1))
    tomorrow = store.date_of(timezone.now()) + dt.timedelta(days=1)
    Company.objects.update(lock_date=tomorrow)
    (words,) = refused(goods.plain, Mode.STRICT, admin, {place_of(store): ["A"]})
    assert words.startswith("Podil: The books are closed before")


@pytest.mark.parametrize("moves", ["quantity", "product", "units"])
def test_what_changed_since_the_preview_is_not_overrun(moves, store, admin, goods):
    receive(store, admin, (goods.strict, ["A", "B"]))
    seen = read_situation(Product.objects.select_related("type").get(pk=goods.strict.pk)).seen
    if moves == "product":
        Product.objects.filter(pk=goods.strict.pk).update(version=2)
    else:
        sell(store, admin, (goods.strict, ["A"]))
    if moves == "units":  # as many pieces as before, but not the same ones
        receive(store, admin, (goods.strict, ["C"]))
    before = everything()

    with pytest.raises(MovedMeanwhile):
        change(goods.strict, Mode.NONE, admin, seen=seen)
    assert everything() == before


@every_change
def test_statements_do_not_grow_with_the_serials(before, after, store, other_store, admin, goods):
    shelves = [place_of(store), place_of(other_store)]
    counts = []
    for size in (2, 200):
        product = Product.objects.create(
            sku=f"P{size}", name=f"Of {size}", type=goods.plain.type, mode=before
        )
        units = {shelf: [f"{shelf.pk}-{nth}" for nth in range(size)] for shelf in shelves}
        for shelf in shelves:
            lay(product, shelf, admin, units[shelf] if before in SERIAL_MODES else size)
        with CaptureQueriesContext(connection) as made:
            change(product, after, admin, units)
            # Once more, with serials that the ledger knows by now.
            change(product, before, admin, units)
        counts.append(len(made))
    assert counts[0] == counts[1]


def test_a_pile_says_its_store_and_state(store):
    assert str(Pile(place_of(store, PlaceKind.DEFECTIVE), 1)) == "Podil, defective"


def test_a_return_to_a_real_supplier_still_needs_its_name(store, admin, goods):
    receive(store, admin, (goods.plain, 1))
    unnamed = draft(Kind.SUPPLIER_RETURN, store, admin, [(goods.plain, 1)])
    Document.objects.filter(pk=unnamed.pk).update(supplier=None)
    with pytest.raises(PostingRefused, match="Choose the supplier"):
        post(unnamed, admin)
    assert supplier().name == "Wholesale"
