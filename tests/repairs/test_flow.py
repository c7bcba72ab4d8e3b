"""Which status of a repair may follow which: over all pairs, and as PostgreSQL has it."""

from __future__ import annotations

import itertools

import pytest
from django.db import connection

from repairs.flow import ASKS, BUTTONS, may_follow, next_statuses, steps_to_hand_back
from repairs.models import ENDED, Repair, Status

MAY = {
    "received": "diagnosed in_work waiting_parts at_service at_supplier ready cancelled",
    "diagnosed": "estimate in_work waiting_parts at_service at_supplier ready",
    "estimate": "agreed ready",
    "agreed": "in_work waiting_parts at_service at_supplier estimate ready",
    "in_work": "waiting_parts at_service at_supplier estimate ready",
    "waiting_parts": "in_work at_service at_supplier estimate ready",
    "at_service": "in_work waiting_parts at_supplier estimate ready",
    "at_supplier": "in_work waiting_parts at_service estimate ready",
    "ready": "in_work handed_back",
    "handed_back": "",
    "cancelled": "",
}
PAIRS = list(itertools.product(Status.values, repeat=2))


@pytest.mark.parametrize(("status", "then"), PAIRS)
def test_only_what_the_table_says_follows(status, then):
    assert may_follow(status, then) == (then in MAY[status].split())


@pytest.mark.parametrize(("status", "then"), PAIRS)
def test_own_stock_is_never_estimated_for_a_customer(status, then):
    about_money = then in {"estimate", "agreed"}
    assert may_follow(status, then, is_own=True) == (
        then in MAY[status].split() and not about_money
    )


@pytest.mark.django_db
def test_postgresql_has_the_same_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a, b, repairs_may_follow(a, b) FROM unnest(%s::text[], %s::text[]) AS p (a, b)",
            [[a for a, _ in PAIRS], [b for _, b in PAIRS]],
        )
        assert all(may == may_follow(status, then) for status, then, may in cursor.fetchall())


def test_everything_but_what_ended_leads_to_ready():
    for status in Status:
        if status in {*ENDED, Status.READY}:
            continue
        assert may_follow(status, Status.READY), status
        assert steps_to_hand_back(status) == (Status.READY, Status.HANDED_BACK)
    assert steps_to_hand_back(Status.READY) == (Status.HANDED_BACK,)
    assert steps_to_hand_back(Status.HANDED_BACK) == ()


def test_every_status_that_may_follow_has_its_button_and_its_field():
    reachable = {one for status in Status for one in next_statuses(status)}
    assert reachable == set(BUTTONS)
    assert set(ASKS.values()) <= {f.name for f in Repair._meta.get_fields()}
