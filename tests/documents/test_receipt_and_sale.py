"""Receipt and sale in every mode: what they do, and what they refuse."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from company.access import access_of
from company.models import Company
from documents.judging import what_posting_refuses
from documents.models import Document, Status
from documents.posting import post_document
from serials.models import Balance, LedgerEntry, Serial
from serials.refusals import PostingRefused
from tests.shop import draft, post, receive, sell
from warranty.models import Card, Term

pytestmark = pytest.mark.django_db


def refused(document: Document, by) -> list[tuple[str, int | None, str | None]]:
    """What posting refuses, and that nothing was written."""
    before = LedgerEntry.objects.count()
    with pytest.raises(PostingRefused) as raised:
        post(document, by)
    assert LedgerEntry.objects.count() == before
    document.refresh_from_db()
    assert document.status == Status.DRAFT
    return [(one.code, one.line, one.serial) for one in raised.value.refusals]


def pieces(product, store) -> int:
    balance = Balance.objects.filter(product=product, place__store=store, place__kind="shelf")
    return sum(balance.values_list("quantity", flat=True))


def test_received_units_lie_on_the_shelf(store, manager, goods):
    document = receive(store, manager, (goods.strict, ["SN1", "SN2"]))

    assert document.number == f"KY1-R{document.effective_on:%Y}-000001"
    assert pieces(goods.strict, store) == 2
    unit = Serial.objects.select_related("place").get(key="SN1")
    assert (unit.place.kind, unit.place.store, unit.seq) == ("shelf", store, 1)


def test_sold_unit_is_at_the_customer_with_a_warranty_and_a_card(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]), on=dt.date(2026, 1, 31))
    document = sell(store, manager, (goods.strict, ["SN1"]), on=dt.date(2026, 1, 31))

    assert Serial.objects.get(key="SN1").place.kind == "customer"
    term = Term.objects.get(serial__key="SN1")
    assert (term.starts_on, term.ends_on) == (dt.date(2026, 1, 31), dt.date(2027, 1, 31))
    assert term.posting.reference == document.number
    assert Card.objects.get(term=term).number == "KY1-W2026-000001"


def test_quantities_of_products_without_serials_are_counted(store, manager, goods):
    receive(store, manager, (goods.plain, 5), (goods.period, 4))
    sell(store, manager, (goods.plain, 2), (goods.period, 3))

    assert (pieces(goods.plain, store), pieces(goods.period, store)) == (3, 1)
    assert Term.objects.get().quantity == 3
    assert Card.objects.count() == 3


def test_recorded_serial_is_sold_without_being_received_as_long_as_quantity_suffices(
    store, manager, goods
):
    receive(store, manager, (goods.recorded, ["R1"]))
    sell(store, manager, (goods.recorded, ["R2"]))

    assert pieces(goods.recorded, store) == 0
    assert Term.objects.get().serial.key == "R2"


def test_recorded_quantity_is_checked(store, manager, goods):
    receive(store, manager, (goods.recorded, ["R1"]))

    assert refused(draft("sale", store, manager, [(goods.recorded, ["R1", "R2"])]), manager) == [
        ("not_enough", 1, None)
    ]


def test_every_unit_needs_a_serial(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, 3), (goods.recorded, 2)])

    assert refused(document, manager) == [
        ("serials_missing", 1, None),
        ("serials_missing", 2, None),
    ]


def test_all_refusals_come_together_each_at_its_line(store, other_store, manager, admin, goods):
    receive(store, manager, (goods.strict, ["HERE", "SOLD"]))
    sell(store, manager, (goods.strict, ["SOLD"]))
    receive(other_store, admin, (goods.strict, ["THERE"]))
    document = draft(
        "sale",
        store,
        manager,
        [(goods.plain, 1), (goods.strict, ["HERE", "SOLD", "THERE", "NEVER"])],
    )

    assert refused(document, manager) == [
        ("not_enough", 1, None),
        ("already_sold", 2, "SOLD"),
        ("at_another_store", 2, "THERE"),
        ("never_received", 2, "NEVER"),
    ]
    assert document.lines.get(position=2).serials.count() == 4


def test_a_refusal_names_the_document_that_put_the_unit_elsewhere(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    with pytest.raises(PostingRefused) as raised:
        sell(store, manager, (goods.strict, ["SN1"]))

    refusal = raised.value.refusals[0]
    assert sale.number in refusal.message
    assert refusal.posting_id == sale.posting_id


@pytest.mark.parametrize(
    ("sold", "code"), [(False, "already_received"), (True, "received_but_sold")]
)
def test_a_unit_is_not_received_twice(store, manager, goods, sold, code):
    receive(store, manager, (goods.strict, ["SN1"]))
    if sold:
        sell(store, manager, (goods.strict, ["SN1"]))

    assert refused(draft("receipt", store, manager, [(goods.strict, ["SN1"])]), manager) == [
        (code, 1, "SN1")
    ]


def test_posting_twice_posts_once(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, ["SN1"])])
    first = post(document, manager)
    second = post(document, manager)

    assert first.number == second.number
    assert LedgerEntry.objects.count() == 1


def test_numbers_have_no_gaps_though_a_posting_was_refused(store, manager, goods):
    numbers = [receive(store, manager, (goods.plain, 1)).number]
    refused(draft("sale", store, manager, [(goods.plain, 9)]), manager)
    refused(draft("receipt", store, manager, [(goods.strict, 2)]), manager)
    numbers.append(receive(store, manager, (goods.plain, 1)).number)

    assert [number[-6:] for number in numbers] == ["000001", "000002"]


def test_numbers_are_per_store_kind_and_year(store, other_store, admin, goods):
    last_year = dt.date(timezone.now().year - 1, 6, 1)
    documents = [
        receive(store, admin, (goods.plain, 9)),
        receive(other_store, admin, (goods.plain, 9)),
        receive(store, admin, (goods.plain, 9), on=last_year),
        sell(store, admin, (goods.plain, 1)),
    ]

    assert all(document.number.endswith("-000001") for document in documents)
    assert len({document.number for document in documents}) == 4


def test_an_empty_document_is_refused(store, manager):
    assert refused(draft("sale", store, manager, []), manager) == [("no_lines", None, None)]


def test_a_receipt_names_its_supplier_or_is_opening_stock(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.plain, 1)])
    Document.objects.filter(pk=document.pk).update(is_opening=False)

    assert refused(document, manager) == [("supplier_missing", None, None)]


def test_a_future_date_is_refused(store, manager, goods):
    tomorrow = store.date_of(timezone.now()) + dt.timedelta(days=1)
    document = draft("receipt", store, manager, [(goods.plain, 1)], on=tomorrow)

    assert refused(document, manager) == [("date_in_future", None, None)]


def test_a_date_before_the_lock_date_is_refused(store, manager, goods):
    company = Company.current()
    company.lock_date = dt.date(2026, 6, 1)
    company.save()
    document = draft("receipt", store, manager, [(goods.plain, 1)], on=dt.date(2026, 5, 31))

    assert refused(document, manager) == [("before_lock_date", None, None)]


def test_only_a_manager_dates_back(store, storekeeper, manager, goods):
    document = draft("receipt", store, storekeeper, [(goods.plain, 1)], on=dt.date(2026, 1, 5))

    assert refused(document, storekeeper) == [("back_dating", None, None)]
    assert post(document, manager).effective_on == dt.date(2026, 1, 5)


def test_a_sale_is_not_dated_before_its_unit_came(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]), on=dt.date(2026, 3, 1))
    document = draft("sale", store, manager, [(goods.strict, ["SN1"])], on=dt.date(2026, 2, 1))

    assert refused(document, manager) == [("moved_later", 1, "SN1")]


def test_a_customer_is_asked_for_where_the_company_wants_one(store, manager, goods):
    Company.objects.update_or_create(id=1, defaults={"customer_required": True})
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 1))

    assert refused(draft("sale", store, manager, [(goods.strict, ["SN1"])]), manager) == [
        ("customer_missing", None, None)
    ]
    sell(store, manager, (goods.plain, 1))


def test_the_products_own_barcode_is_no_serial(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, ["4006381333931"])])
    goods.strict.barcode = "4006381333931"
    goods.strict.save()

    assert refused(document, manager) == [("own_barcode", 1, "4006381333931")]


def test_a_strict_format_is_kept(store, manager, goods):
    kind = goods.strict.type
    kind.serial_format, kind.on_bad_format = "imei", "refuse"
    kind.save()
    document = draft("receipt", store, manager, [(goods.recorded, 1)])
    line = document.lines.get()
    line.serials.create(document=document, product=goods.recorded, text="SN1", key="SN1")

    assert refused(document, manager) == [("bad_imei", 1, "SN1")]


def test_serials_are_compared_by_key(store, manager, goods):
    receive(store, manager, (goods.strict, ["  ab-１２ 3\u200b "]))

    assert Serial.objects.get().key == "AB-12 3"
    sell(store, manager, (goods.strict, ["AB-12  3"]))


def test_a_cashier_sells_but_does_not_receive(store, cashier, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    with pytest.raises(PermissionDenied):
        receive(store, cashier, (goods.plain, 1))
    assert sell(store, cashier, (goods.strict, ["SN1"])).status == Status.POSTED


def test_another_stores_document_is_not_there(store, manager, other_manager, goods):
    document = draft("receipt", store, manager, [(goods.plain, 1)])
    with pytest.raises(Document.DoesNotExist):
        post_document(document.pk, by=access_of(other_manager), now=timezone.now())


def test_posted_lines_keep_the_product_as_it_was(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    document = sell(store, manager, (goods.strict, ["SN1"]))
    goods.strict.name = "Renamed"
    goods.strict.period_count, goods.strict.period_unit = 1, "days"
    goods.strict.save()

    assert document.lines.get().product_name == "Product strict"
    term = Term.objects.get()
    assert (term.product_name, term.period_count) == ("Product strict", 12)


def test_what_would_be_refused_is_told_before_posting(store, manager, goods):
    document = draft("sale", store, manager, [(goods.strict, ["NEVER"])])
    told = what_posting_refuses(document, by=access_of(manager), now=timezone.now())

    assert [one.code for one in told] == ["never_received"]


def test_nothing_moves_in_a_closed_store(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.plain, 1)])
    store.is_active = False
    store.save()
    assert refused(document, manager) == [("store_closed", None, None)]


def test_numbers_of_two_centuries_do_not_meet(store, manager, goods):
    old = receive(store, manager, (goods.plain, 1), on=dt.date(1926, 1, 1))
    new = receive(store, manager, (goods.plain, 1), on=dt.date(2026, 1, 1))
    assert (old.number, new.number) == ("KY1-R1926-000001", "KY1-R2026-000001")
