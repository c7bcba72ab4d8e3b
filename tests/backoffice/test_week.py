"""The week's figures against a small shop reckoned by hand. 10 June 2026 is a Wednesday."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.week import Figures, Week, day_of_person, weeks_of
from backoffice.week_chart import chart_of, compared, round_up
from company.access import access_of
from company.models import Store, User
from documents.models import Document, Kind
from repairs.handing_back import cancel_repair
from tests.lasting import lasting
from tests.shop import (
    Goods,
    cancel,
    draft,
    exchange,
    give_back,
    hand_back,
    post,
    receive,
    sell,
    supplier,
    take_in,
)

pytestmark = pytest.mark.django_db

KYIV = ZoneInfo("Europe/Kyiv")


def june(day: int, hour: int = 12, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 6, day, hour, minute, tzinfo=KYIV)


NOW = june(10, 18)


def week_of(store: Store, now: dt.datetime = NOW) -> Week:
    (week,) = weeks_of([store], now=now)
    return week


def delivered(store: Store, by: User, goods: Goods, pieces: int, now: dt.datetime) -> Document:
    """A receipt from a supplier: no opening stock."""
    receipt = draft(Kind.RECEIPT, store, by, [(goods.plain, pieces)])
    Document.objects.filter(pk=receipt.pk).update(is_opening=False, supplier=supplier())
    return post(receipt, by, now=now)


@lasting
def shop(store: Store, manager: User, goods: Goods) -> Store:
    """Everything costs 100 a piece."""
    receive(store, manager, (goods.plain, 100), now=june(1) - dt.timedelta(days=30))
    receive(store, manager, (goods.strict, ["A", "B"]), now=june(1) - dt.timedelta(days=30))

    def sold(pieces: int, now: dt.datetime) -> Document:
        return sell(store, manager, (goods.plain, pieces), now=now)

    sold(7, june(1) - dt.timedelta(days=1))  # a Sunday, before both weeks
    sold(1, june(1, 0, 30))  # Monday of the week before
    delivered(store, manager, goods, 10, june(2))
    sold(3, june(3, 23, 59))
    sold(5, june(4))  # Thursday: no such day this week yet
    sell(store, manager, (goods.strict, ["A", "B"]), now=june(7, 23, 59))
    monday = sold(3, june(8, 0, 30))  # in UTC it is still Sunday
    receive(store, manager, (goods.plain, 50), now=june(8))  # opening stock is no trade
    delivered(store, manager, goods, 20, june(8))
    taken = take_in(store, manager, "A", decided="warranty", now=june(8))
    given_up = take_in(store, manager, "B", now=june(8))
    give_back(monday, store, manager, (goods.plain, 1), now=june(9))
    cancel(sold(6, june(9)), manager, now=june(9))
    hand_back(taken, manager, "no_fault", now=june(9))
    cancel_repair(
        given_up.pk, reason="a mistake", version=given_up.version, by=access_of(manager), now=NOW
    )
    sold(2, june(10))
    return store


def test_this_week_so_far_beside_the_same_days_of_the_week_before(shop):
    week = week_of(shop)
    assert week.monday == dt.date(2026, 6, 8)
    assert week.of_today == Figures(sales=1, pieces=2, amount=Decimal(200))
    assert week.so_far == Figures(
        sales=2, pieces=5, amount=Decimal(500),
        returns=1, pieces_back=1, amount_back=Decimal(100),
        receipts=1, pieces_in=20, taken_in=1, handed_back=1,
    )  # fmt: skip
    assert week.before == Figures(sales=2, pieces=4, amount=Decimal(400), receipts=1, pieces_in=10)


def test_a_day_belongs_to_the_stores_own_week(shop):
    just_monday = june(8, 0, 30)
    assert just_monday.astimezone(dt.UTC).date() == dt.date(2026, 6, 7)
    week = week_of(shop, just_monday)
    assert (week.monday, week.so_far.pieces, week.before.pieces) == (dt.date(2026, 6, 8), 3, 1)


def test_stores_far_apart_have_weeks_of_their_own(shop, other_store, other_manager, goods):
    other_store.time_zone = "America/New_York"
    other_store.save()
    receive(other_store, other_manager, (goods.plain, 9), now=june(1) - dt.timedelta(days=20))
    for pieces, day in ((4, dt.date(2026, 5, 25)), (5, dt.date(2026, 6, 1))):
        sell(other_store, other_manager, (goods.plain, pieces), on=day, now=june(8))
    # Monday morning in Kyiv, Sunday evening in New York.
    here, there = weeks_of([shop, other_store], now=june(8, 5))
    assert (here.monday, there.monday) == (dt.date(2026, 6, 8), dt.date(2026, 6, 1))
    assert (there.so_far.pieces, there.before.pieces) == (5, 4)
    assert here.so_far.pieces == 3


def test_an_exchange_is_sold_on_one_side_and_given_back_on_the_other(store, manager, goods):
    receive(store, manager, (goods.strict, ["A", "B"]), now=NOW)
    sale = sell(store, manager, (goods.strict, ["A"]), now=NOW)
    exchange(sale, store, manager, [(goods.strict, ["A"])], [(goods.strict, ["B"])], now=NOW)
    found = week_of(store).of_today
    assert (found.sales, found.pieces, found.returns, found.pieces_back) == (2, 2, 1, 1)
    assert found.net == Decimal(100)


def test_a_persons_day_is_what_they_posted_themselves(shop, manager, cashier, goods):
    sell(shop, cashier, (goods.plain, 4), now=NOW)
    assert day_of_person(shop, cashier.pk, today=NOW.date()).pieces == 4
    assert day_of_person(shop, manager.pk, today=NOW.date()).pieces == 2


def test_the_figures_of_many_stores_take_two_statements(shop, other_store):
    for stores in ([shop], [shop, other_store]):
        with CaptureQueriesContext(connection) as made:
            weeks_of(stores, now=NOW)
        assert len(made) == 2
    assert weeks_of([], now=NOW) == []


# What is shown of them


def test_growth_is_told_where_there_was_something_to_grow_from(shop):
    told = {str(one.label): one.change for one in compared(week_of(shop))}
    assert told["Sold"] == 25
    assert told["Receipts"] == 0
    assert told["Given back"] is None


def test_the_chart_has_two_bars_a_day_and_none_for_days_to_come(shop):
    chart = chart_of(week_of(shop))
    assert chart.top == 500
    assert [one.bar_before.height for one in chart.days] == [20, 0, 60, 100, 0, 0, 40]
    assert [one.bar and one.bar.height for one in chart.days] == [60, 0, 40, None, None, None, None]
    best = chart.best
    assert best is not None
    assert best.day == dt.date(2026, 6, 8)
    edges = [side for one in chart.days for side in (one.bar_before.x, one.bar_before.x + 50)]
    assert edges == sorted(edges)
    assert (edges[0] > 0, edges[-1] < 1000) == (True, True)


@pytest.mark.parametrize(
    ("amount", "top"),
    [("0", "0"), ("1", "1"), ("123456.78", "150000"), ("500", "500"), ("9.01", "9.5")],
)
def test_the_scale_ends_at_a_round_number(amount, top):
    assert round_up(Decimal(amount)) == Decimal(top)
