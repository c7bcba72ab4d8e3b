"""The life of a unit as its page tells it, and what can be done with the unit next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.serial_actions import actions_for, may_receive
from backoffice.serial_events import Event
from backoffice.serial_life import Life, life_of
from company.access import access_of
from company.models import Company, Membership, Replacement, Store, User
from company.rights import Role
from documents.acknowledging import acknowledge_returns
from documents.models import Document, Kind
from documents.posting import post_document
from partners.models import Customer
from serials.models import Serial
from tests import shop
from tests.lasting import lasting
from tests.shop import (
    arrive,
    draft,
    exchange,
    give_back,
    identify,
    post,
    receive,
    return_to_supplier,
    sell,
    supplier,
    transfer,
    write_off,
)
from warranty.stories import Basis

pytestmark = pytest.mark.django_db


def life(key: str, who: User) -> Life:
    serial = Serial.objects.select_related("product", "place__store").get(key=key)
    return life_of(serial, access=access_of(who), today=today())


def today() -> dt.date:
    return Store.objects.get(prefix="KY1").date_of(timezone.now())


def last(key: str, who: User) -> Event:
    return life(key, who).events[0]


def facts(event: Event) -> tuple[str, str, str]:
    return event.icon, event.tone, event.title


def serial_url(key: str) -> str:
    return reverse("backoffice:serial", args=[Serial.objects.get(key=key).pk])


def cancel(document: Document, by: User) -> Document:
    """Cancel what was posted before: each of them is a transaction of its own."""
    connection.check_constraints()
    return shop.cancel(document, by)


@lasting
def sold(store, manager, goods) -> Document:
    """Two units on the shelf, A and B; A is sold to Iryna for 100."""
    receive(store, manager, (goods.strict, ["A", "B"]))
    sale = draft(Kind.SALE, store, manager, [(goods.strict, ["A"])])
    Document.objects.filter(pk=sale.pk).update(customer=Customer.objects.create(name="Iryna"))
    return post(sale, manager)


@pytest.fixture
def of_both(manager: User, other_store: Store) -> User:
    """The manager of both stores."""
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    return manager


# What the timeline tells of each movement


def test_opening_stock_and_a_sale_to_somebody(sold, manager):
    first, second = life("A", manager).events[::-1]
    assert facts(first) == ("receipt", "good", "Entered as opening stock")
    assert facts(second) == ("sale", "info", "Sold to Iryna")
    assert second.amount == Decimal(100)


def test_taken_back_in_good_condition_for_a_reason(sold, store, manager, goods):
    give_back(sold, store, manager, (goods.strict, ["A"]))
    event = last("A", manager)
    assert facts(event) == ("undo", "good", "Taken back from the customer")
    assert event.notes == ["In good condition", "Reason: changed their mind"]
    assert event.amount == Decimal(-100)


def test_taken_back_defective(sold, store, manager, goods):
    give_back(sold, store, manager, (goods.strict, ["A"]), defective=True)
    event = last("A", manager)
    assert (event.tone, event.notes[0]) == ("warn", "Defective")


def test_exchanged_units_name_each_other(sold, store, manager, goods):
    exchange(sold, store, manager, [(goods.strict, ["A"])], [(goods.strict, ["B"])])
    came, went = last("A", manager), last("B", manager)
    assert facts(came) == ("swap", "good", "Came back in an exchange")
    assert facts(went) == ("swap", "info", "Handed over in an exchange")
    for event, other in ((came, "B"), (went, "A")):
        assert event.other is not None
        assert event.other.name == other
        assert event.other.serial_id == Serial.objects.get(key=other).pk
    assert (came.amount, went.amount) == (Decimal(-100), Decimal(100))
    assert "Reason: changed their mind" in came.notes
    assert went.notes == []


def test_exchanged_for_several_pieces_tells_how_many(sold, store, manager, goods):
    receive(store, manager, (goods.plain, 3))
    exchange(
        sold, store, manager, [(goods.strict, ["A"])], [(goods.plain, 3), (goods.strict, ["B"])]
    )
    came, went = last("A", manager).other, last("B", manager).other
    assert came is not None
    assert (came.pieces, came.serial_id) == (4, None)
    assert went is not None
    assert (went.pieces, went.name) == (1, "A")


def test_exchanged_for_a_piece_without_a_serial_names_the_product(sold, store, manager, goods):
    receive(store, manager, (goods.period, 1))
    exchange(sold, store, manager, [(goods.strict, ["A"])], [(goods.period, 1)])
    other = last("A", manager).other
    assert other is not None
    assert (other.name, other.serial_id) == (goods.period.name, None)


def test_returned_to_the_supplier_with_the_reason(sold, store, manager, goods):
    return_to_supplier(store, manager, (goods.strict, ["B"]))
    event = last("B", manager)
    assert facts(event) == ("arrow-left", "warn", "Returned to Wholesale")
    assert event.notes == ["Reason: dead pixel"]


def test_received_again_after_the_supplier_had_it(store, manager, goods):
    receive(store, manager, (goods.strict, ["A"]))
    returned = return_to_supplier(store, manager, (goods.strict, ["A"]))
    again = draft(Kind.RECEIPT, store, manager, [(goods.strict, ["A"])])
    Document.objects.filter(pk=again.pk).update(supplier=supplier(), is_opening=False)
    acknowledge_returns(again.pk, by=access_of(manager), now=timezone.now())
    post(again, manager)
    event = last("A", manager)
    assert event.title == "Received again from Wholesale, after it went back to a supplier"
    assert event.notes == [f"The return {returned.number} was acknowledged by a manager"]


def test_written_off_with_the_reason_and_no_price(sold, store, manager, goods):
    write_off(store, manager, (goods.strict, ["B"]))
    event = last("B", manager)
    assert facts(event) == ("trash", "bad", "Written off")
    assert (event.notes, event.amount) == (["Reason: fell down"], None)


def test_sent_to_another_store_and_arrived(sold, store, other_store, of_both, goods):
    sent = transfer(store, other_store, of_both, (goods.strict, ["B"]))
    assert facts(last("B", of_both)) == ("transfer", "info", "Sent to Lviv")
    arrive(sent, of_both, (goods.strict, ["B"]))
    event = last("B", of_both)
    assert facts(event) == ("transfer", "good", "Arrived in Lviv")
    assert event.where == "Lviv"


def test_a_serial_entered_later_says_for_which_document(store, manager, goods):
    moved = draft(Kind.RECEIPT, store, manager, [(goods.strict, 2)])
    moved = post_document(
        moved.pk, by=access_of(manager), now=timezone.now(), without_serials="late"
    )
    identify(moved, manager, (goods.strict, ["A"]))
    event = last("A", manager)
    assert facts(event) == ("barcode", "good", "Received")
    assert event.notes == [f"Serial number entered later, for {moved.number}"]


def test_a_cancelled_movement_and_its_cancelling_are_one_event(sold, manager):
    cancel(sold, manager)
    events = life("A", manager).events
    assert [event.title for event in events] == ["Sold to Iryna", "Entered as opening stock"]
    sale = events[0]
    assert sale.cancelled is not None
    assert (sale.cancelled.who, sale.cancelled.reason) == ("manager", "a mistake")
    assert sale.tone == "neutral"
    assert events[1].cancelled is None


def test_a_cancelled_sale_is_struck_through_on_the_page(sold, manager, client_of):
    cancel(sold, manager)
    page = client_of(manager).get(serial_url("A")).content.decode()
    assert "<s>Sold to Iryna</s>" in page
    assert "by manager: a mistake" in page


def test_of_another_store_only_the_ledgers_facts_are_told(
    sold, store, other_store, manager, of_both, other_manager, goods
):
    sent = transfer(store, other_store, of_both, (goods.strict, ["B"]))
    arrive(sent, of_both, (goods.strict, ["B"]))
    sale = sell(other_store, of_both, (goods.strict, ["B"]))
    give_back(sale, other_store, of_both, (goods.strict, ["B"]), defective=True)
    cancel(write_off(other_store, of_both, (goods.strict, ["B"]), defective=True), of_both)
    Membership.objects.filter(user=of_both, store=other_store).delete()

    events = life("B", manager).events
    written_off, back, sold_there, arrived = events[:4]
    assert [event.title for event in events[:4]] == [
        "Written off", "Taken back from the customer", "Sold", "Arrived in Lviv",
    ]  # fmt: skip
    assert back.notes == ["Defective"]
    assert written_off.cancelled is not None
    assert (written_off.cancelled.who, written_off.cancelled.reason) == ("", "")
    for event in (written_off, back, sold_there, arrived):
        assert (event.document, event.who, event.amount, event.other) == (None, "", None, None)


# Terms


def test_a_term_says_what_ended_it_and_what_took_its_place(sold, store, manager, goods):
    swap = exchange(sold, store, manager, [(goods.strict, ["A"])], [(goods.strict, ["B"])])
    (old,), (new,) = life("A", manager).terms, life("B", manager).terms
    assert old.story.ended_by is not None
    assert (old.story.ended_by.reference, old.story.ended_by.kind) == (swap.number, "exchange")
    assert [each.name for each in old.story.replaced_by] == ["B"]
    assert new.story.replaces is not None
    assert new.story.replaces.name == "A"
    assert new.story.basis == Basis.RESTART


@pytest.mark.parametrize(
    ("policy", "days", "basis"),
    [
        (Replacement.RESTART, 90, Basis.RESTART),
        (Replacement.INHERIT, 90, Basis.INHERIT),
        (Replacement.AT_LEAST, 1000, Basis.AT_LEAST),
        (Replacement.AT_LEAST, 1, Basis.INHERIT),
    ],
)
def test_a_replacements_term_tells_by_what_it_goes(store, manager, goods, policy, days, basis):
    Company.current()
    Company.objects.update(replacement=policy, replacement_days=days)
    ago = today() - dt.timedelta(days=5)
    receive(store, manager, (goods.strict, ["A", "B"]), on=ago)
    sale = sell(store, manager, (goods.strict, ["A"]), on=ago)
    exchange(sale, store, manager, [(goods.strict, ["A"])], [(goods.strict, ["B"])])
    assert life("B", manager).terms[0].story.basis == basis


def test_a_cancelled_sale_ends_its_term_and_says_so(sold, manager, client_of):
    cancel(sold, manager)
    (term,) = life("A", manager).terms
    assert term.story.ended_by is not None
    assert term.story.ended_by.is_cancelling
    assert term.story.ended_by.reference == sold.number
    assert "Void because this was cancelled:" in client_of(manager).get(serial_url("A")).text


def test_a_cancelled_exchange_leaves_nothing_of_itself_on_the_old_term(sold, store, manager, goods):
    swap = exchange(sold, store, manager, [(goods.strict, ["A"])], [(goods.strict, ["B"])])
    cancel(swap, manager)
    (term,) = life("A", manager).terms
    assert (term.story.ended_by, term.story.replaced_by) == (None, [])


# What can be done next


def kinds(key: str, store: Store, who: User) -> list[str]:
    return [
        action.kind for action in actions_for(life(key, who), store=store, access=access_of(who))
    ]


def test_on_the_shelf_each_role_gets_its_buttons(
    sold, store, cashier, storekeeper, technician, manager
):
    assert kinds("B", store, cashier) == [Kind.SALE]
    assert kinds("B", store, storekeeper) == [Kind.TRANSFER, Kind.SET_ASIDE]
    assert kinds("B", store, technician) == [Kind.SET_ASIDE]
    assert kinds("B", store, manager) == [
        Kind.SALE, Kind.TRANSFER, Kind.SET_ASIDE, Kind.SUPPLIER_RETURN, Kind.WRITE_OFF,
    ]  # fmt: skip


def test_a_sold_unit_can_be_taken_back_or_exchanged(sold, store, cashier, storekeeper):
    assert kinds("A", store, cashier) == [Kind.CUSTOMER_RETURN, Kind.EXCHANGE]
    assert kinds("A", store, storekeeper) == []


def test_a_unit_taken_back_by_mistake_can_be_taken_back_again(sold, store, cashier, manager, goods):
    cancel(give_back(sold, store, manager, (goods.strict, ["A"])), manager)
    assert kinds("A", store, cashier) == [Kind.CUSTOMER_RETURN, Kind.EXCHANGE]


def test_a_defective_unit_goes_back_or_away_and_is_not_sold(sold, store, manager, cashier, goods):
    give_back(sold, store, manager, (goods.strict, ["A"]), defective=True)
    assert kinds("A", store, manager) == [
        Kind.SUPPLIER_RETURN, Kind.WRITE_OFF, Kind.SET_ASIDE,
    ]  # fmt: skip
    assert kinds("A", store, cashier) == []


def test_a_unit_of_another_store_is_left_alone(sold, store, other_store, of_both, goods):
    assert kinds("B", other_store, of_both) == []


def test_a_unit_sold_elsewhere_is_not_taken_back_here(
    sold, store, other_store, of_both, goods, cashier
):
    sent = transfer(store, other_store, of_both, (goods.strict, ["B"]))
    arrive(sent, of_both, (goods.strict, ["B"]))
    sell(other_store, of_both, (goods.strict, ["B"]))
    assert kinds("B", store, cashier) == []
    assert kinds("B", store, of_both) == [Kind.CUSTOMER_RETURN, Kind.EXCHANGE]


def test_at_most_one_action_is_the_primary_one(sold, store, manager):
    for key in ("A", "B"):
        actions = actions_for(life(key, manager), store=store, access=access_of(manager))
        assert sum(action.is_primary for action in actions) <= 1


def test_only_the_store_it_goes_to_receives_a_unit_on_its_way(
    sold, store, other_store, of_both, goods
):
    sent = transfer(store, other_store, of_both, (goods.strict, ["B"]))
    found, access = life("B", of_both), access_of(of_both)
    assert found.on_its_way == sent
    assert may_receive(found, store=other_store, access=access)
    assert not may_receive(found, store=store, access=access)


def test_the_buttons_lead_to_drafts_with_the_unit_on_them(sold, manager, client_of):
    client = client_of(manager)
    for key, kind in (("A", Kind.CUSTOMER_RETURN), ("A", Kind.EXCHANGE), ("B", Kind.WRITE_OFF)):
        page = client.get(serial_url(key)).content.decode()
        start = reverse("documents:start", args=[kind])
        assert f'action="{start}"' in page
        assert client.post(start, {"scan": key}).status_code in {200, 302}
        line = Document.objects.filter(kind=kind).latest("pk").lines.get()
        assert line.serials.get().key == key


# How much is asked


def test_the_number_of_statements_does_not_grow_with_a_life(
    store, manager, goods, client_of: Callable[[User], Client]
):
    receive(store, manager, (goods.strict, ["A", "B", "C"]), on=None)
    client = client_of(manager)

    def turn(unit: str, other: str) -> Any:
        sale = sell(store, manager, (goods.strict, [unit]))
        exchange(sale, store, manager, [(goods.strict, [unit])], [(goods.strict, [other])])
        cancel(sell(store, manager, (goods.strict, [unit])), manager)
        return other

    def asked() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(serial_url("A")).status_code == 200
        return len(made)

    turn("A", "B")
    before = asked()
    turn("A", "C")
    cancel(write_off(store, manager, (goods.strict, ["A"])), manager)
    assert asked() == before <= 25
