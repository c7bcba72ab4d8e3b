"""What was sold before anything broke."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client

from documents.models import Document
from repairs.models import Repair
from tests.lasting import lasting
from tests.shop import receive, sell, take_in

NOW = dt.datetime(2026, 9, 21, 9, 0, tzinfo=dt.UTC)
JUST_BEFORE = NOW - dt.timedelta(minutes=5)
WEEK_AGO = NOW - dt.timedelta(days=7)
SOLD = NOW - dt.timedelta(days=30)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _a_day_in_september():
    """It is NOW, and goes on from there."""
    with time_machine.travel(NOW):
        yield


@lasting(at=JUST_BEFORE)
def sold(store, manager, goods) -> Document:
    """A and R sold with two pieces of the period product and three plain ones; B is in stock."""
    receive(
        store, manager, (goods.strict, ["A", "B"]), (goods.recorded, ["R"]), (goods.period, 5),
        (goods.plain, 5), now=SOLD,
    )  # fmt: skip
    return sell(
        store, manager, (goods.strict, ["A"]), (goods.recorded, ["R"]), (goods.period, 2),
        (goods.plain, 3), now=SOLD,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


@lasting(at=JUST_BEFORE)
def repair(store, cashier, sold) -> Repair:
    return take_in(store, cashier, "A", now=WEEK_AGO, promised_on=TODAY - dt.timedelta(days=2))


@pytest.fixture
def desk(client_of, cashier) -> Client:
    return client_of(cashier)


@pytest.fixture
def bench(client_of, technician) -> Client:
    return client_of(technician)
