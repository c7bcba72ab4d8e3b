"""Own stock that is set aside and put back."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from company.access import access_of
from documents.cancelling import CancellingRefused
from documents.drafting import start_draft
from documents.judging import what_posting_refuses
from documents.models import Kind
from serials.models import Serial
from tests.books import books_agree, everything, pieces, place_of, refusals_of
from tests.lasting import lasting
from tests.shop import (
    cancel,
    draft,
    post,
    put_back,
    receive,
    return_to_supplier,
    sell,
    set_aside,
)

pytestmark = pytest.mark.django_db


@lasting
def stock(store, manager, goods) -> None:
    receive(
        store,
        manager,
        (goods.strict, ["SN1", "SN2"]),
        (goods.recorded, ["R1", "R2"]),
        (goods.period, 3),
    )


@pytest.mark.parametrize(
    "kind", [Kind.SALE, Kind.TRANSFER, Kind.SUPPLIER_RETURN, Kind.WRITE_OFF, Kind.SET_ASIDE]
)
def test_a_unit_set_aside_goes_nowhere(kind, store, other_store, manager, goods, stock):
    set_aside(store, manager, (goods.strict, ["SN1"]))
    to_store = other_store if kind == Kind.TRANSFER else None
    document = draft(kind, store, manager, [(goods.strict, ["SN1"])], to_store=to_store)

    assert refusals_of(lambda: post(document, manager)) == [("blocked", 1, "SN1")]
    books_agree()


def test_it_is_said_what_it_was_set_aside_for(store, manager, goods, stock):
    aside = set_aside(store, manager, (goods.strict, ["SN1"]))
    sale = draft(Kind.SALE, store, manager, [(goods.strict, ["SN1"])])

    (refused,) = what_posting_refuses(sale, by=access_of(manager), now=timezone.now())

    assert aside.number in refused.message
    assert refused.message.endswith("The reason: for a repair.")


def test_what_is_put_back_can_be_sold(store, manager, goods, stock):
    set_aside(store, manager, (goods.strict, ["SN1"]))
    assert place_of("SN1") == "blocked"

    put_back(store, manager, (goods.strict, ["SN1"]))

    assert place_of("SN1") == "shelf"
    sell(store, manager, (goods.strict, ["SN1"]))
    books_agree()


def test_a_defective_unit_is_set_aside_too_and_may_be_put_back_as_good(
    store, manager, goods, stock
):
    post(draft("receipt", store, manager, [(goods.strict, ["BAD"])], defective=True), manager)

    set_aside(store, manager, (goods.strict, ["BAD"]))
    assert place_of("BAD") == "blocked"
    put_back(store, manager, (goods.strict, ["BAD"]))

    assert place_of("BAD") == "shelf"
    books_agree()


def test_a_good_unit_may_be_put_back_as_defective(store, manager, goods, stock):
    set_aside(store, manager, (goods.strict, ["SN1"]))
    put_back(store, manager, (goods.strict, ["SN1"]), defective=True)

    assert place_of("SN1") == "defective"
    return_to_supplier(store, manager, (goods.strict, ["SN1"]))
    books_agree()


def test_only_what_is_set_aside_here_is_put_back(store, other_store, chief, goods, stock):
    receive(other_store, chief, (goods.strict, ["LV"]))
    set_aside(other_store, chief, (goods.strict, ["LV"]))
    document = draft(Kind.PUT_BACK, store, chief, [(goods.strict, ["SN1", "NEW", "LV"])])

    assert refusals_of(lambda: post(document, chief)) == [
        ("not_set_aside", 1, "SN1"),
        ("never_received", 1, "NEW"),
        ("at_another_store", 1, "LV"),
    ]


def test_recorded_units_and_pieces_are_set_aside_by_quantity(store, manager, goods, stock):
    set_aside(store, manager, (goods.recorded, ["R1"]), (goods.period, 2))

    assert [pieces(goods.recorded, kind) for kind in ("shelf", "blocked")] == [1, 1]
    assert [pieces(goods.period, kind) for kind in ("shelf", "blocked")] == [1, 2]
    sale = draft(Kind.SALE, store, manager, [(goods.period, 2)])
    assert refusals_of(lambda: post(sale, manager)) == [("not_enough", 1, None)]
    too_many = draft(Kind.PUT_BACK, store, manager, [(goods.period, 3)])
    assert refusals_of(lambda: post(too_many, manager)) == [("not_enough", 1, None)]

    put_back(store, manager, (goods.recorded, ["R1"]), (goods.period, 2))
    assert [pieces(goods.period, kind) for kind in ("shelf", "blocked")] == [3, 0]
    books_agree()


def test_a_reason_is_given_to_set_aside_and_need_not_be_to_put_back(store, manager, goods, stock):
    document = draft(Kind.SET_ASIDE, store, manager, [(goods.strict, ["SN1"])], reason="")

    assert refusals_of(lambda: post(document, manager)) == [("reason_missing", 1, None)]


def test_cancelling_brings_everything_back(store, manager, goods, stock):
    before = everything()
    aside = set_aside(store, manager, (goods.strict, ["SN1"]), (goods.period, 2))
    between = everything()
    back = put_back(store, manager, (goods.strict, ["SN1"]), (goods.period, 2), defective=True)

    with pytest.raises(CancellingRefused):
        cancel(aside, manager)
    cancel(back, manager)
    assert everything() == between
    cancel(aside, manager)
    assert everything() == before
    books_agree()


def test_a_technician_sets_aside_and_a_cashier_does_not(
    store, technician, storekeeper, cashier, goods
):
    for person in (technician, storekeeper):
        for kind in (Kind.SET_ASIDE, Kind.PUT_BACK):
            assert start_draft(kind, store=store, by=access_of(person)).is_draft
    with pytest.raises(PermissionDenied):
        start_draft(Kind.SET_ASIDE, store=store, by=access_of(cashier))


def test_the_state_of_a_unit_set_aside_is_said(client_of, store, manager, goods, stock):
    set_aside(store, manager, (goods.strict, ["SN1"]))
    unit = Serial.objects.get(key="SN1")

    page = client_of(manager).get(f"/serials/{unit.pk}/").content.decode()

    assert "Set aside" in page
    assert "Reason: for a repair" in page
    assert "Put back" in page
    assert "Sell this unit" not in page
