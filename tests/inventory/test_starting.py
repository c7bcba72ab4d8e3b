"""A count begins: what is expected, and who may begin it; pausing it and giving it up."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.models import Store
from inventory.holding import NotUnderWay
from inventory.models import Count, CountStatus, ExpectedUnit, Scope
from inventory.pausing import abandon_count, pause_count, resume_count
from inventory.queries import progress_of
from inventory.starting import CountUnderWay, start_count
from products.models import Product, ProductType
from products.modes import Mode
from serials.models import Serial
from tests.at_once import at_once
from tests.shop import draft, post, receive, return_to_supplier, sell, transfer

from .conftest import begin, take

pytestmark = pytest.mark.django_db


def expected(count: Count) -> set[str]:
    ids = ExpectedUnit.objects.filter(count=count).values("serial")
    return set(Serial.objects.filter(pk__in=ids).values_list("text", flat=True))


def test_what_lies_in_the_store_is_expected_and_nothing_else(store, other_store, chief, goods):
    receive(store, chief, (goods.strict, ["A", "B", "C", "D"]), (goods.recorded, ["R"]))
    receive(store, chief, (goods.strict, ["BAD"]), (goods.plain, 5))
    receive(other_store, chief, (goods.strict, ["ELSEWHERE"]))
    sell(store, chief, (goods.strict, ["B"]))
    transfer(store, other_store, chief, (goods.strict, ["C"]))
    return_to_supplier(store, chief, (goods.strict, ["D"]))
    count = begin(store, chief)
    assert expected(count) == {"A", "R", "BAD"}
    seqs = dict(Serial.objects.values_list("pk", "seq"))
    for row in ExpectedUnit.objects.filter(count=count):
        assert row.seq == seqs[row.serial_id]


def test_defective_goods_are_expected_too(store, manager, goods):
    post(draft("receipt", store, manager, [(goods.strict, ["BAD"])], defective=True), manager)
    assert expected(begin(store, manager)) == {"BAD"}


def test_a_type_or_chosen_products_narrow_what_is_expected(store, manager, goods):
    lamps = ProductType.objects.create(name="Lamps")
    lamp = Product.objects.create(sku="LAMP", name="Lamp", type=lamps, mode=Mode.STRICT)
    receive(store, manager, (goods.strict, ["A"]), (goods.recorded, ["R"]), (lamp, ["L"]))
    by_type = begin(store, manager, scope=Scope.TYPE, product_type=lamps)
    assert expected(by_type) == {"L"}
    abandon_count(by_type.pk, by=access_of(manager), now=timezone.now())
    chosen = begin(store, manager, scope=Scope.PRODUCTS, products=[goods.recorded, lamp])
    assert expected(chosen) == {"R", "L"}


def test_what_was_only_said_of_a_serial_before_it_became_strict_is_not_expected(
    store, manager, goods
):
    receive(store, manager, (goods.recorded, ["R1"]))
    sell(store, manager, (goods.recorded, ["R2"]))  # R1 "lies" here, though the stock is 0
    Product.objects.filter(pk=goods.recorded.pk).update(mode=Mode.STRICT)
    count = begin(store, manager)
    assert expected(count) == set()
    assert take(count, manager, "R1").verdict == "unknown"


@pytest.mark.parametrize(
    ("scope", "field"),
    [("all of it", "scope"), (Scope.TYPE, "product_type"), (Scope.PRODUCTS, "products")],
)
def test_a_scope_has_to_be_said(store, manager, scope, field):
    with pytest.raises(ValidationError) as wrong:
        begin(store, manager, scope=scope)
    assert list(wrong.value.message_dict) == [field]


def test_a_store_has_one_count_at_a_time(store, other_store, chief):
    first = begin(store, chief)
    with pytest.raises(CountUnderWay) as refused:
        begin(store, chief)
    assert refused.value.count == first
    assert first.number in str(refused.value)
    assert begin(other_store, chief).number == "LV1-CN" + first.number[6:]
    pause_count(first.pk, by=access_of(chief))
    with pytest.raises(CountUnderWay):
        begin(store, chief)
    abandon_count(first.pk, by=access_of(chief), now=timezone.now())
    assert begin(store, chief).number.endswith("000002")


@pytest.mark.django_db(transaction=True)
def test_two_start_at_once_and_one_wins(store, manager):
    results = at_once(lambda: begin(store, manager), lambda: begin(store, manager))
    winners = [one for one in results if isinstance(one, Count)]
    losers = [one for one in results if isinstance(one, CountUnderWay)]
    assert (len(winners), len(losers)) == (1, 1), results
    assert losers[0].count == winners[0]
    abandon_count(winners[0].pk, by=access_of(manager), now=timezone.now())
    assert begin(store, manager).number.endswith("000002")  # the loser took no number


def test_who_may_start_one(store, other_store, cashier, storekeeper, technician):
    def start(at: Store, by) -> Count:
        return start_count(at, scope=Scope.ALL, by=access_of(by), now=timezone.now())

    for person in (cashier, technician):
        with pytest.raises(PermissionDenied):
            start(store, person)
    with pytest.raises(Store.DoesNotExist):
        start(other_store, storekeeper)
    assert start(store, storekeeper).started_by == storekeeper


def test_pausing_abandoning_and_what_then_stays(store, manager, goods):
    receive(store, manager, (goods.strict, ["A"]))
    count, by = begin(store, manager), access_of(manager)
    take(count, manager, "A")
    assert pause_count(count.pk, by=by).status == CountStatus.PAUSED
    assert pause_count(count.pk, by=by).status == CountStatus.PAUSED
    assert resume_count(count.pk, by=by).status == CountStatus.OPEN
    pause_count(count.pk, by=by)
    ended = abandon_count(count.pk, by=by, now=timezone.now())
    assert (ended.status, ended.ended_by) == (CountStatus.ABANDONED, manager)
    assert abandon_count(count.pk, by=by, now=timezone.now()).ended_at == ended.ended_at
    assert progress_of(count).counted == 1
    for verb in (pause_count, resume_count):
        with pytest.raises(NotUnderWay, match="abandoned"):
            verb(count.pk, by=by)


def test_another_stores_count_is_not_there(store, other_manager, manager):
    count, by = begin(store, manager), access_of(other_manager)
    for verb in (pause_count, resume_count):
        with pytest.raises(Count.DoesNotExist):
            verb(count.pk, by=by)
    with pytest.raises(Count.DoesNotExist):
        abandon_count(count.pk, by=by, now=timezone.now())


def test_starting_takes_the_same_number_of_statements_for_many_units(store, manager, goods):
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            count = begin(store, manager)
        abandon_count(count.pk, by=access_of(manager), now=timezone.now())
        return len(captured)

    receive(store, manager, (goods.strict, ["A", "B"]))
    few = statements()
    receive(store, manager, (goods.strict, [f"N{nth}" for nth in range(60)]))
    assert statements() == few <= 12
