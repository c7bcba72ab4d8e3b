"""What goes back to the supplier, why, and what happens when it comes again."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.models import Membership, User
from documents.acknowledging import acknowledge_returns
from documents.models import Document, Kind, Notice
from documents.notices import SHOWN_SERIALS, notices_for, see
from documents.scan_answers import Outcome
from documents.scanning import scan
from tests.books import books_agree, pieces, place_of, refusals_of
from tests.lasting import lasting
from tests.shop import (
    cancel,
    draft,
    give_back,
    post,
    receive,
    return_to_supplier,
    scanned,
    sell,
    write_off,
)

pytestmark = pytest.mark.django_db


@lasting
def returned(store, manager, goods) -> Document:
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    return return_to_supplier(store, manager, (goods.strict, ["SN1"]), reason="dead pixel.")


def again(store, by: User, goods, *units: str) -> Document:
    return draft(Kind.RECEIPT, store, by, [(goods.strict, list(units))])


def acknowledge(document: Document, by: User) -> int:
    return acknowledge_returns(document.pk, by=access_of(by), now=timezone.now())


def test_a_returned_unit_is_at_the_supplier_and_not_for_sale(returned, store, manager, goods):
    assert (place_of("SN1"), pieces(goods.strict)) == ("supplier", 1)
    document = draft("sale", store, manager, [(goods.strict, ["SN1"])])
    assert refusals_of(lambda: post(document, manager)) == [("at_supplier", 1, "SN1")]
    books_agree()


def test_defective_and_good_units_go_back_together(store, manager, goods):
    receive(store, manager, (goods.strict, ["GOOD", "BAD"]))
    sale = sell(store, manager, (goods.strict, ["BAD"]))
    give_back(sale, store, manager, (goods.strict, ["BAD"]), defective=True)
    return_to_supplier(store, manager, (goods.strict, ["GOOD", "BAD"]))
    assert (pieces(goods.strict), pieces(goods.strict, "defective")) == (0, 0)
    books_agree()


def test_defective_pieces_are_taken_from_the_defective_ones(store, manager, goods):
    receive(store, manager, (goods.plain, 1))
    post(draft(Kind.RECEIPT, store, manager, [(goods.plain, 2)], defective=True), manager)
    too_many = draft(Kind.WRITE_OFF, store, manager, [(goods.plain, 3)])
    assert refusals_of(lambda: post(too_many, manager)) == [("not_enough", 1, None)]
    write_off(store, manager, (goods.plain, 2), defective=True)
    assert (pieces(goods.plain), pieces(goods.plain, "defective")) == (1, 0)
    books_agree()


def test_a_return_names_the_supplier_and_a_reason_for_each_line(store, manager, goods):
    receive(store, manager, (goods.plain, 2))
    document = draft(Kind.SUPPLIER_RETURN, store, manager, [(goods.plain, 1)])
    document.lines.update(remark="")
    Document.objects.filter(pk=document.pk).update(supplier=None)
    assert refusals_of(lambda: post(document, manager)) == [
        ("supplier_to_name", None, None),
        ("reason_missing", 1, None),
    ]


@pytest.mark.parametrize("kind", [Kind.SUPPLIER_RETURN, Kind.WRITE_OFF])
def test_only_a_manager_takes_goods_out_for_good(store, cashier, storekeeper, manager, goods, kind):
    receive(store, manager, (goods.plain, 2))
    for person in (cashier, storekeeper):
        with pytest.raises(PermissionDenied):
            post(draft(kind, store, manager, [(goods.plain, 1)]), person)


# It comes again


def test_receiving_it_again_is_refused_with_the_reason_it_went_back_for(
    returned, store, manager, goods
):
    document = again(store, manager, goods, "SN1")
    with pytest.raises(Exception, match=r"because of: dead pixel\.") as raised:
        post(document, manager)
    assert returned.number in str(raised.value)
    assert refusals_of(lambda: post(document, manager)) == [
        ("returned_to_supplier_before", 1, "SN1")
    ]


def test_a_manager_acknowledges_it_and_every_manager_of_the_store_is_told(
    returned, store, other_store, manager, cashier, other_manager, admin, goods
):
    second = User.objects.create_user("second")
    Membership.objects.create(user=second, store=store, role="manager")
    gone = User.objects.create_user("gone", is_active=False)
    Membership.objects.create(user=gone, store=store, role="manager")
    document = again(store, manager, goods, "SN1", "SN3")
    assert acknowledge(document, manager) == 1
    post(document, manager)

    assert place_of("SN1") == "shelf"
    told = Notice.objects.values_list("person__username", flat=True)
    assert sorted(told) == ["manager", "second"]
    (notice,) = notices_for(access_of(second))
    assert [unit.key for unit in notice.units] == ["SN1"]
    for person in (cashier, other_manager):
        assert not notices_for(access_of(person))
    books_agree()


def test_a_notice_is_gone_when_it_was_seen_by_its_own_person(returned, store, manager, goods):
    document = again(store, manager, goods, "SN1")
    acknowledge(document, manager)
    post(document, manager)
    notice = Notice.objects.get()
    somebody = User.objects.create_user("somebody")
    see(notice.pk, by=access_of(somebody), now=timezone.now())
    assert notices_for(access_of(manager))
    see(notice.pk, by=access_of(manager), now=timezone.now())
    assert not notices_for(access_of(manager))


def test_a_notice_of_many_units_names_the_first_and_counts_the_others(store, manager, goods):
    units = [f"SN{nth}" for nth in range(SHOWN_SERIALS + 2)]
    receive(store, manager, (goods.strict, units))
    return_to_supplier(store, manager, (goods.strict, units))
    document = again(store, manager, goods, *units)
    acknowledge(document, manager)
    post(document, manager)
    access = access_of(manager)
    with CaptureQueriesContext(connection) as statements:
        (notice,) = notices_for(access)
    assert [unit.key for unit in notice.units] == units[:SHOWN_SERIALS]
    assert notice.more == 2
    assert len(statements) == 2
    with connection.cursor() as cursor:
        cursor.execute(statements[1]["sql"])
        assert len(cursor.fetchall()) == SHOWN_SERIALS


def test_a_cancelled_receipt_is_no_news(returned, store, manager, goods):
    document = again(store, manager, goods, "SN1")
    acknowledge(document, manager)
    post(document, manager)
    assert notices_for(access_of(manager))
    cancel(document, manager)
    assert not notices_for(access_of(manager))


def test_an_ordinary_receipt_tells_nobody(returned, store, manager, goods):
    receive(store, manager, (goods.strict, ["SN9"]))
    assert not Notice.objects.exists()


def test_nobody_but_a_manager_acknowledges(returned, store, storekeeper, goods):
    document = again(store, storekeeper, goods, "SN1")
    with pytest.raises(PermissionDenied):
        acknowledge(document, storekeeper)
    document = draft(Kind.RECEIPT, store, storekeeper, [])
    assert scanned(document, storekeeper, "SN1") == Outcome.REFUSED


def test_the_managers_word_holds_when_a_storekeeper_posts(
    returned, store, manager, storekeeper, goods
):
    document = again(store, storekeeper, goods, "SN1")
    acknowledge(document, manager)
    post(document, storekeeper)
    assert place_of("SN1") == "shelf"


def test_a_later_return_needs_a_word_of_its_own(returned, store, manager, goods):
    document = again(store, manager, goods, "SN1")
    acknowledge(document, manager)
    other = again(store, manager, goods, "SN1")
    acknowledge(other, manager)
    post(other, manager)
    return_to_supplier(store, manager, (goods.strict, ["SN1"]), reason="dead again")

    assert refusals_of(lambda: post(document, manager)) == [
        ("returned_to_supplier_before", 1, "SN1")
    ]
    assert acknowledge(document, manager) == 1
    post(document, manager)
    books_agree()


def test_it_does_not_come_again_before_it_went(returned, store, manager, goods):
    yesterday = store.date_of(timezone.now()) - dt.timedelta(days=1)
    document = again(store, manager, goods, "SN1")
    acknowledge(document, manager)
    Document.objects.filter(pk=document.pk).update(effective_on=yesterday)
    assert refusals_of(lambda: post(document, manager)) == [("moved_later", 1, "SN1")]


def test_scanning_asks_the_manager_and_takes_the_answer(returned, store, manager, goods):
    document = draft(Kind.RECEIPT, store, manager, [])
    scanned(document, manager, goods.strict.sku)
    asked = scan(document.pk, "SN1", by=access_of(manager), now=timezone.now())
    assert asked.outcome == Outcome.ASKS
    assert "dead pixel" in asked.message
    (choice,) = asked.choices
    answer = {"product_id": choice.product.pk, "as_serial": True, "acknowledge": True}
    assert scanned(document, manager, "SN1", **answer) == Outcome.ACCEPTED
    post(document, manager)
    assert place_of("SN1") == "shelf"


def test_a_storekeeper_forges_no_word(returned, store, storekeeper, goods):
    document = draft(Kind.RECEIPT, store, storekeeper, [])
    answer = {"product_id": goods.strict.pk, "as_serial": True, "acknowledge": True}
    assert scanned(document, storekeeper, "SN1", **answer) == Outcome.REFUSED
    assert not document.lines.exists()


def test_cancelling_the_receipt_puts_it_back_at_the_supplier(returned, store, manager, goods):
    document = again(store, manager, goods, "SN1")
    acknowledge(document, manager)
    post(document, manager)
    cancel(document, manager)
    assert place_of("SN1") == "supplier"
    cancel(returned, manager)
    assert place_of("SN1") == "shelf"
    books_agree()
