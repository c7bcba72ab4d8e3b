"""What waits in a store: what is told, to whom, how old it is, and what comes first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.decisions import Decision, decisions
from backoffice.waiting import unsettled
from backoffice.what_waits import what_waits
from company.access import access_of
from company.models import Store, User
from documents.models import Document, Kind
from documents.posting import post_document
from inventory.models import Scope
from inventory.pausing import pause_count
from inventory.starting import start_count
from products.models import ProductType
from tests.inventory.conftest import take
from tests.lasting import lasting
from tests.shop import (
    draft,
    identify,
    lend,
    post,
    receive,
    sell,
    supplier,
    take_in,
    transfer,
)

pytestmark = pytest.mark.django_db


def ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


def waiting(store: Store, person: User) -> Sequence[Decision]:
    found = what_waits([store], access=access_of(person), now=timezone.now())
    return decisions(store, found)


def told(store: Store, person: User) -> list[tuple[str, int, int, str]]:
    return [(one.title, one.number, one.days, one.tone) for one in waiting(store, person)]


def moved_without(store: Store, by: User, goods: Any, units: int, days: int) -> Document:
    on = store.date_of(ago(days))
    document = draft(Kind.RECEIPT, store, by, [(goods.strict, units)], on=on)
    return post_document(
        document.pk, by=access_of(by), now=timezone.now(), without_serials="in a hurry"
    )


@lasting
def busy(store, other_store, manager, goods) -> Store:
    """A store in which something of everything waits."""
    today = store.date_of(timezone.now())
    lines = [(goods.strict, list("ABCL")), (goods.recorded, ["R"]), (goods.plain, 9)]
    receive(store, manager, *lines, now=ago(40))
    sell(store, manager, (goods.strict, list("ABC")), now=ago(40))
    late = take_in(store, manager, "A", promised_on=today - dt.timedelta(days=2), now=ago(9))
    take_in(store, manager, "B", promised_on=today - dt.timedelta(days=5), now=ago(9))
    take_in(store, manager, "C", promised_on=today, now=ago(9))
    lend(late, manager, goods.strict, "L")
    moved_without(store, manager, goods, 3, 6)
    moved_without(store, manager, goods, 2, 1)
    transfer(store, other_store, manager, (goods.plain, 2), on=store.date_of(ago(4)))
    transfer(store, other_store, manager, (goods.plain, 1), on=store.date_of(ago(3)))
    sell(store, manager, (goods.recorded, ["NEVER-RECEIVED"]), now=ago(2))
    stale = draft(Kind.SALE, store, manager, [(goods.plain, 1)])
    fresh = draft(Kind.SALE, store, manager, [(goods.plain, 1)])
    Document.objects.filter(pk=stale.pk).update(created_at=ago(8))
    Document.objects.filter(pk=fresh.pk).update(created_at=ago(6))
    empty = draft(Kind.SALE, store, manager, [])
    Document.objects.filter(pk=empty.pk).update(created_at=ago(30))
    return store


def test_everything_that_waits_is_told_the_most_urgent_first(busy, manager):
    assert told(busy, manager) == [
        ("Repairs overdue", 2, 5, "bad"),
        ("Units without serial numbers", 5, 6, "warn"),
        ("Transfers on the way for long", 1, 4, "warn"),
        ("Recorded serial numbers that don't fit", 1, 2, "warn"),
        ("Repairs promised for today", 1, 0, "warn"),
        ("Drafts left for more than a week", 1, 8, "info"),
        ("Lent to customers", 1, 0, "info"),
    ]


def test_each_role_is_told_what_it_can_do_something_about(
    busy, cashier, storekeeper, technician, other_manager, other_store
):
    def titles(person: User) -> list[str]:
        return [one.title for one in waiting(busy, person)]

    assert titles(cashier) == ["Units without serial numbers"]
    assert titles(storekeeper) == ["Units without serial numbers", "Transfers on the way for long"]
    assert titles(technician) == [
        "Repairs overdue", "Repairs promised for today", "Lent to customers"
    ]  # fmt: skip
    assert titles(other_manager) == []
    assert told(other_store, other_manager) == [("Transfers on the way for long", 1, 4, "warn")]


def test_what_is_told_leads_to_its_list(busy, manager, client_of):
    client = client_of(manager)
    for one in waiting(busy, manager):
        assert one.url.startswith(("/", "#on-the-way"))
        if one.url.startswith("/"):
            assert client.get(one.url).status_code == 200, one.title
    page = client.get("/").text
    assert 'id="on-the-way"' in page
    assert "Needs a decision" in page
    assert "waiting, the oldest for 6 days" in page
    for text, word in (("?store=%d&amp;overdue=1", "Overdue"), ("", "Late")):
        assert (text % busy.pk if text else "") in page
        assert word in page


def test_a_list_of_the_board_has_as_many_as_told(busy, manager, client_of):
    overdue = waiting(busy, manager)[0]
    rows = client_of(manager).get(overdue.url).context["rows"]
    assert len(rows) == overdue.number == 2
    mismatches = next(one for one in waiting(busy, manager) if "Recorded" in one.title)
    assert len(client_of(manager).get(mismatches.url).context["page"].rows) == mismatches.number


def test_what_was_settled_waits_no_more(store, manager, goods):
    old = moved_without(store, manager, goods, 2, 4)
    assert [one.number for one in waiting(store, manager)] == [2]
    identify(old, manager, (goods.strict, ["X"]))
    assert [one.number for one in waiting(store, manager)] == [1]
    identify(old, manager, (goods.strict, ["Y"]))
    assert waiting(store, manager) == []


def test_a_claim_on_a_supplier_is_urgent_in_its_last_days(store, manager, goods):
    ProductType.objects.update(supplier_period_count=30, supplier_period_unit="days")

    def defective(key: str, days_ago: int) -> None:
        receipt = draft(
            Kind.RECEIPT, store, manager, [(goods.strict, [key])], on=store.date_of(ago(days_ago)),
            defective=True,
        )  # fmt: skip
        Document.objects.filter(pk=receipt.pk).update(is_opening=False, supplier=supplier())
        post(receipt, manager)

    defective("OVER", 31)  # its last day was yesterday, or before
    defective("SOON", 20)
    defective("FAR", 10)
    (claim,) = waiting(store, manager)
    assert (claim.number, claim.tone, claim.claims[0].serial.key) == (1, "warn", "SOON")
    defective("LAST", 29)
    (claim,) = waiting(store, manager)
    assert claim.tone == "bad"
    assert [one.serial.key for one in claim.claims] == ["LAST", "SOON"]


def test_a_count_under_way_is_told_with_how_far_it_is(store, manager, goods, client_of):
    receive(store, manager, (goods.strict, ["A", "B"]), now=ago(9))
    count = start_count(store, by=access_of(manager), now=ago(5), scope=Scope.ALL)
    take(count, manager, "A")
    assert told(store, manager) == [("A count is under way", 1, 5, "warn")]
    found = what_waits([store], access=access_of(manager), now=ago(4))
    assert [one.tone for one in decisions(store, found)] == ["info"]
    assert "1 of 2 units" in client_of(manager).get("/").text
    pause_count(count.pk, by=access_of(manager))
    assert told(store, manager) == [("A count is paused", 1, 5, "warn")]


def test_all_is_read_in_ten_statements_however_many_stores(busy, other_store, admin):
    for stores in ([busy], [busy, other_store]):
        with CaptureQueriesContext(connection) as made:
            what_waits(stores, access=access_of(admin), now=timezone.now())
        assert len(made) <= 10


def test_a_transfer_is_late_at_both_ends(busy, other_store, admin):
    todays = {one.pk: one.date_of(timezone.now()) for one in (busy, other_store)}
    late = unsettled(todays, access=access_of(admin)).late_transfers
    assert late[busy.pk] == late[other_store.pk]
