"""Accounting goes from recorded to strict: what people only said of a serial is not believed.

While serials are recorded, R1 comes in and R2 is sold in its place. The stock is then 0, though
R1 "lies" on the shelf and R2, which nobody received, is sold.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from company.access import access_of
from company.constraints import broken_constraint
from company.models import Membership, Store, User
from company.rights import Role
from documents.models import Document
from documents.scanning import Outcome, scan
from products.models import Product
from products.modes import Mode
from serials.models import Balance, LedgerEntry, PlaceKind, Serial
from serials.refusals import PostingRefused
from tests.lasting import for_lasting, lasting
from tests.shop import draft, receive, sell

pytestmark = pytest.mark.django_db

Work = Callable[..., Document]


@for_lasting
def boss(manager: User, other_store: Store) -> User:
    """A manager of both stores."""
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    return manager


@lasting
def phone(goods, store, boss) -> Product:
    """A product that is strict now, after R1 came in and R2 went out while it was recorded."""
    product: Product = goods.recorded
    receive(store, boss, (product, ["R1"]))
    sell(store, boss, (product, ["R2"]))
    account(product, Mode.STRICT)
    return product


def account(product: Product, mode: str) -> None:
    """Change the accounting, past every form."""
    with transaction.atomic():
        Product.objects.filter(pk=product.pk).update(mode=mode)
    product.refresh_from_db()
    balance_agrees(product)


def balance_agrees(product: Product) -> None:
    """The pieces on each shelf are the verified serials there, when accounting is strict."""
    connection.check_constraints()
    if product.mode != Mode.STRICT:
        return
    verified = Serial.objects.filter(
        product=product, is_verified=True, place__kind=PlaceKind.SHELF
    ).values_list("place_id", flat=True)
    shelves = Balance.objects.filter(product=product, place__kind=PlaceKind.SHELF)
    assert Counter(verified) == Counter({each.place_id: each.quantity for each in shelves})


def does(work: Work, store: Store, by: User, product: Product, *units: str, **more) -> Document:
    """The movement goes through, and balance and serials agree after it."""
    document = work(store, by, (product, units), **more)
    balance_agrees(product)
    return document


def refuses(
    code: str, work: Work, store: Store, by: User, product: Product, *units: str, **more
) -> None:
    """Each unit is refused for this reason, and nothing moves."""
    before = state(product), LedgerEntry.objects.count()
    with pytest.raises(PostingRefused) as refused, transaction.atomic():
        work(store, by, (product, units), **more)
    assert [(one.serial, one.code) for one in refused.value.refusals] == [
        (unit, code) for unit in units
    ]
    assert (state(product), LedgerEntry.objects.count()) == before
    balance_agrees(product)


def state(product: Product) -> dict[str, tuple[str, int | None, int, bool]]:
    """Each serial's place, store, number of movements, and whether it is verified."""
    found = Serial.objects.filter(product=product).select_related("place")
    return {
        one.key: (one.place.kind, one.place.store_id, one.seq, one.is_verified) for one in found
    }


def chain(unit: str) -> list[tuple[int, int | None, str, str, bool]]:
    """The movements of a serial: seq, continues, from, to, verified."""
    entries = LedgerEntry.objects.filter(serial__key=unit).order_by("seq")
    return list(
        entries.values_list("seq", "continues", "from_place__kind", "to_place__kind", "verified")
    )


def test_the_stock_is_zero_though_a_recorded_serial_is_said_to_lie_there(phone, store):
    assert state(phone) == {
        "R1": ("shelf", store.pk, 1, False),
        "R2": ("customer", None, 1, False),
    }
    assert Balance.objects.get(product=phone).quantity == 0


def test_accounting_does_not_change_while_a_piece_is_left(goods, store, boss):
    product = goods.recorded
    receive(store, boss, (product, ["R1", "R2"]))
    sell(store, boss, (product, ["R2"]))
    with pytest.raises(IntegrityError) as refused:
        account(product, Mode.STRICT)
    assert broken_constraint(refused.value) == "serials_mode_changes_at_zero_stock"
    product.refresh_from_db()
    assert product.mode == Mode.RECORDED


@pytest.mark.parametrize("units", [["R1"], ["R1", "NEVER"]])
def test_a_phantom_is_not_sold_before_it_is_received(phone, store, other_store, boss, units):
    for at in (store, other_store):
        refuses("never_received", sell, at, boss, phone, *units)


def test_a_phantom_is_not_sold_beside_a_real_unit(phone, store, boss):
    """The balance alone would let it go: there is a piece, only not this one."""
    does(receive, store, boss, phone, "S1")
    refuses("never_received", sell, store, boss, phone, "R1")
    does(sell, store, boss, phone, "S1")
    refuses("never_received", sell, store, boss, phone, "R1")


def test_a_phantom_is_refused_at_the_scan_too(phone, store, boss):
    sale = draft("sale", store, boss, [])
    result = scan(sale.pk, "R1", by=access_of(boss), now=timezone.now())
    assert result.outcome == Outcome.REFUSED
    assert result.refusal.code == "never_received"
    receipt = draft("receipt", store, boss, [(phone, ["S1"])])
    assert scan(receipt.pk, "R1", by=access_of(boss), now=timezone.now()).line_id is not None


def test_a_phantom_is_received_anew_and_its_chain_begins_outside(phone, store, boss):
    does(receive, store, boss, phone, "R1", "S1")
    assert chain("R1") == [
        (1, None, "outside", "shelf", False),
        (2, None, "outside", "shelf", True),
    ]
    assert state(phone)["R1"] == ("shelf", store.pk, 2, True)
    refuses("already_received", receive, store, boss, phone, "R1")

    does(sell, store, boss, phone, "R1")
    assert chain("R1")[2:] == [(3, 2, "shelf", "customer", True)]
    refuses("already_sold", sell, store, boss, phone, "R1")
    refuses("received_but_sold", receive, store, boss, phone, "R1")
    assert state(phone)["S1"] == ("shelf", store.pk, 1, True)


def test_a_phantom_of_one_store_is_received_in_another(phone, store, other_store, boss):
    does(receive, other_store, boss, phone, "R1")
    assert state(phone)["R1"] == ("shelf", other_store.pk, 2, True)
    refuses("at_another_store", sell, store, boss, phone, "R1")
    refuses("already_received", receive, store, boss, phone, "R1")
    does(sell, other_store, boss, phone, "R1")
    assert chain("R1")[2:] == [(3, 2, "shelf", "customer", True)]


def test_a_phantom_is_not_received_before_the_day_it_was_recorded(phone, store, boss):
    yesterday = store.date_of(timezone.now()) - dt.timedelta(days=1)
    refuses("moved_later", receive, store, boss, phone, "R1", on=yesterday)
    does(receive, store, boss, phone, "R1")


def test_what_was_sold_while_recorded_does_not_come_back_without_a_return(
    phone, store, other_store, boss
):
    for at in (store, other_store):
        refuses("received_but_sold", receive, at, boss, phone, "R2")
        refuses("already_sold", sell, at, boss, phone, "R2")
    assert chain("R2") == [(1, None, "shelf", "customer", False)]


def test_one_bad_unit_keeps_the_phantom_beside_it_where_it_was(phone, store, boss):
    with pytest.raises(PostingRefused), transaction.atomic():
        receive(store, boss, (phone, ["R1", "R2"]))
    assert state(phone)["R1"] == ("shelf", store.pk, 1, False)
    balance_agrees(phone)


def test_strict_recorded_and_strict_again(phone, store, other_store, boss):
    """What was verified once is only said again, as soon as it moves unverified."""
    does(receive, store, boss, phone, "V1", "V2")
    does(sell, store, boss, phone, "V1", "V2")
    account(phone, Mode.RECORDED)
    does(receive, store, boss, phone, "V1")  # back on the shelf, people say
    does(sell, store, boss, phone, "R1")  # and this one went in its place
    account(phone, Mode.STRICT)

    assert state(phone) == {
        "R1": ("customer", None, 2, False),
        "R2": ("customer", None, 1, False),
        "V1": ("shelf", store.pk, 3, False),
        "V2": ("customer", None, 2, True),
    }
    refuses("received_but_sold", receive, store, boss, phone, "R1", "R2", "V2")
    refuses("never_received", sell, store, boss, phone, "V1")
    does(receive, other_store, boss, phone, "V1")
    does(sell, other_store, boss, phone, "V1")
    assert chain("V1") == [
        (1, None, "outside", "shelf", True),
        (2, 1, "shelf", "customer", True),
        (3, None, "outside", "shelf", False),
        (4, None, "outside", "shelf", True),
        (5, 4, "shelf", "customer", True),
    ]


def test_a_verified_unit_left_alone_keeps_its_chain_over_a_recorded_time(phone, store, boss):
    does(receive, store, boss, phone, "V1")
    does(sell, store, boss, phone, "V1")
    account(phone, Mode.RECORDED)
    does(receive, store, boss, phone, "X1")
    does(sell, store, boss, phone, "X1")
    account(phone, Mode.STRICT)
    assert state(phone)["V1"] == ("customer", None, 2, True)
    refuses("received_but_sold", receive, store, boss, phone, "V1", "X1")


@pytest.mark.parametrize("between", [Mode.NONE, Mode.PERIOD])
def test_a_time_without_serials_in_between_changes_nothing(phone, store, boss, between):
    account(phone, between)
    receive(store, boss, (phone, 2))
    sell(store, boss, (phone, 2))
    account(phone, Mode.STRICT)
    refuses("never_received", sell, store, boss, phone, "R1")
    refuses("received_but_sold", receive, store, boss, phone, "R2")
    does(receive, store, boss, phone, "R1")
    does(sell, store, boss, phone, "R1")


def test_many_phantoms_come_in_at_once(goods, store, other_store, boss):
    product = goods.recorded
    units = [f"P{nth}" for nth in range(30)]
    receive(store, boss, (product, units))
    sell(store, boss, (product, [f"Q{nth}" for nth in range(30)]))
    account(product, Mode.STRICT)
    does(receive, other_store, boss, product, *units[:10], "N1")
    does(receive, store, boss, product, *units[10:], "N2")
    refuses("at_another_store", sell, store, boss, product, *units[:10])
    does(sell, store, boss, product, *units[10:])
    does(sell, other_store, boss, product, *units[:10])
    assert {one.quantity for one in Balance.objects.filter(product=product)} == {1}
