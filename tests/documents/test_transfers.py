"""From one store's shelf to another's, in one go or in parts."""

from __future__ import annotations

import datetime as dt
import functools

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from company.access import access_of
from company.models import Membership, Store
from documents.cancelling import CancellingRefused
from documents.continuing import (
    receive_at_once,
    start_arrival,
    start_identification,
    take_everything,
)
from documents.models import Document, Kind, Outstanding
from documents.posting import post_document
from documents.scan_answers import Outcome
from serials.models import Serial
from serials.refusals import PostingRefused
from tests.books import books_agree, pieces, place_of, refusals_of
from tests.lasting import lasting
from tests.shop import (
    arrive,
    cancel,
    draft,
    identify,
    post,
    put,
    receive,
    scanned,
    sell,
    transfer,
)

pytestmark = pytest.mark.django_db


@lasting
def sent(store, other_store, chief, goods) -> Document:
    """Two units and three pieces on their way."""
    lines = [(goods.strict, ["SN1", "SN2"]), (goods.plain, 3)]
    receive(store, chief, *lines)
    return transfer(store, other_store, chief, *lines)


def left(sent: Document) -> list[int]:
    """Pieces still on their way, by line."""
    rows = Outstanding.objects.filter(line__document=sent).order_by("line__position")
    return [row.left for row in rows]


def test_what_was_sent_is_on_its_way_and_can_not_be_sold(sent, store, other_store, chief, goods):
    assert (place_of("SN1"), pieces(goods.plain, "transit"), pieces(goods.plain)) == (
        "transit", 3, 0,
    )  # fmt: skip
    for shop in (store, other_store):
        document = draft("sale", shop, chief, [(goods.strict, ["SN1"])])
        assert refusals_of(functools.partial(post, document, chief)) == [("in_transit", 1, "SN1")]
    books_agree()


def test_it_arrives_in_parts(sent, other_store, chief, goods):
    arrive(sent, chief, (goods.strict, ["SN2"]), (goods.plain, 1))
    assert (place_of("SN1"), place_of("SN2"), left(sent)) == ("transit", "shelf", [1, 2])
    arrive(sent, chief, (goods.strict, ["SN1"]), (goods.plain, 2))

    assert left(sent) == [0, 0]
    assert Serial.objects.get(key="SN1").place.store == other_store
    sell(other_store, chief, (goods.strict, ["SN1"]), (goods.plain, 3))
    books_agree()


def test_what_arrives_broken_lies_apart(sent, chief, goods):
    arrival = start_arrival(sent.pk, by=access_of(chief))
    put(arrival, chief, goods.strict, ["SN1"], origin=sent.lines.get(product=goods.strict))
    arrival.lines.update(is_defective=True)
    post(arrival, chief)
    assert place_of("SN1") == "defective"
    books_agree()


def test_only_what_was_sent_arrives(sent, store, other_store, chief, goods):
    receive(store, chief, (goods.strict, ["HERE", "LATER"]))
    transfer(store, other_store, chief, (goods.strict, ["LATER"]))
    arrival = start_arrival(sent.pk, by=access_of(chief))
    unit_line, piece_line = sent.lines.order_by("position")
    put(arrival, chief, goods.strict, ["NEVER", "HERE", "LATER"], origin=unit_line)
    put(arrival, chief, goods.plain, 4, origin=piece_line)

    assert set(refusals_of(lambda: post(arrival, chief))) == {
        ("arrive_too_many", 1, None),
        ("never_received", 1, "NEVER"),
        ("not_in_transit", 1, "HERE"),
        ("other_transfer", 1, "LATER"),
        ("arrive_too_many", 2, None),
        ("not_enough", 2, None),
    }


def test_nothing_arrives_twice(sent, chief, goods):
    arrive(sent, chief, (goods.plain, 3))
    assert refusals_of(lambda: arrive(sent, chief, (goods.plain, 1))) == [
        ("arrive_nothing", 1, None),
        ("not_enough", 1, None),
    ]


def test_nothing_arrives_before_it_was_sent(sent, chief, goods, store):
    yesterday = store.date_of(timezone.now()) - dt.timedelta(days=1)
    assert refusals_of(lambda: arrive(sent, chief, (goods.plain, 1), on=yesterday)) == [
        ("before_origin", 1, None)
    ]


def test_a_transfer_says_where_it_goes(store, other_store, chief, goods):
    receive(store, chief, (goods.plain, 1))
    document = draft(Kind.TRANSFER, store, chief, [(goods.plain, 1)])
    assert refusals_of(lambda: post(document, chief)) == [("to_store_missing", None, None)]
    other_store.is_active = False
    other_store.save()
    document = draft(Kind.TRANSFER, store, chief, [(goods.plain, 1)], to_store=other_store)
    assert refusals_of(lambda: post(document, chief)) == [("store_closed", None, None)]


def test_recorded_units_arrive_under_whatever_number(store, other_store, chief, goods):
    receive(store, chief, (goods.recorded, ["R1"]))
    sent = transfer(store, other_store, chief, (goods.recorded, ["R1"]))
    arrive(sent, chief, (goods.recorded, ["OTHER"]))
    assert pieces(goods.recorded) == 1
    books_agree()


# Scanning what arrives


def test_each_unit_is_scanned_and_what_was_not_sent_is_refused(sent, store, chief, goods):
    receive(store, chief, (goods.strict, ["HERE"]))
    arrival = start_arrival(sent.pk, by=access_of(chief))

    assert scanned(arrival, chief, "SN1") == Outcome.ACCEPTED
    assert scanned(arrival, chief, "SN1") == Outcome.REPEATED
    assert scanned(arrival, chief, goods.plain.sku) == Outcome.ACCEPTED
    for text in ("NEVER", "HERE", goods.period.sku):
        assert scanned(arrival, chief, text) == Outcome.REFUSED
    post(arrival, chief)
    assert left(sent) == [1, 2]


def test_the_same_serial_of_two_products_is_asked_about(store, other_store, chief, goods):
    lines = [(goods.strict, ["SAME"]), (goods.recorded, ["SAME"])]
    receive(store, chief, *lines)
    sent = transfer(store, other_store, chief, *lines)
    arrival = start_arrival(sent.pk, by=access_of(chief))

    assert scanned(arrival, chief, "SAME") == Outcome.ASKS
    chosen = {"product_id": goods.recorded.pk, "as_serial": True}
    assert scanned(arrival, chief, "SAME", **chosen) == Outcome.ACCEPTED
    assert arrival.lines.get().product == goods.recorded
    assert scanned(arrival, chief, "SAME") == Outcome.ACCEPTED  # the other one is left
    assert scanned(arrival, chief, "SAME") == Outcome.REPEATED
    post(arrival, chief)
    books_agree()


def test_everything_is_taken_over_at_once_and_only_what_is_left(sent, chief, goods):
    arrive(sent, chief, (goods.strict, ["SN2"]), (goods.plain, 1))
    arrival = start_arrival(sent.pk, by=access_of(chief))
    scanned(arrival, chief, goods.plain.sku)
    take_everything(arrival.pk, by=access_of(chief))

    found = [
        (line.quantity, [serial.key for serial in line.serials.all()])
        for line in arrival.lines.all()
    ]
    assert found == [(2, []), (1, ["SN1"])]  # what was scanned first stays first
    post(arrival, chief)
    assert left(sent) == [0, 0]
    books_agree()


def test_everything_leaves_what_was_said_of_a_unit_as_it_is(sent, chief, goods):
    units, parts = sent.lines.order_by("position")
    arrival = start_arrival(sent.pk, by=access_of(chief))
    put(arrival, chief, goods.strict, ["SN2"], origin=units)
    arrival.lines.update(is_defective=True, remark="The box is open")
    put(arrival, chief, goods.plain, 1, origin=parts)
    for _ in range(2):  # a second press adds nothing
        take_everything(arrival.pk, by=access_of(chief))

    assert said(arrival) == [
        (units.pk, 1, ["SN2"], True, "The box is open"),
        (parts.pk, 3, [], False, ""),
        (units.pk, 1, ["SN1"], False, ""),
    ]
    post(arrival, chief)
    assert (place_of("SN1"), place_of("SN2"), left(sent)) == ("shelf", "defective", [0, 0])
    books_agree()


def test_everything_puts_no_second_serial_beside_one_that_was_entered(
    store, other_store, chief, goods
):
    receive(store, chief, (goods.recorded, ["R1", "R2"]))
    sent = transfer(store, other_store, chief, (goods.recorded, ["R1", "R2"]))
    arrival = start_arrival(sent.pk, by=access_of(chief))
    put(arrival, chief, goods.recorded, ["OTHER"], origin=sent.lines.get())
    take_everything(arrival.pk, by=access_of(chief))
    assert said(arrival) == [(sent.lines.get().pk, 2, ["OTHER", "R1"], False, "")]
    post(arrival, chief)
    books_agree()


def test_everything_enters_the_serials_of_pieces_already_counted(sent, chief, goods):
    units = sent.lines.get(product=goods.strict)
    arrival = start_arrival(sent.pk, by=access_of(chief))
    put(arrival, chief, goods.strict, 2, origin=units)
    take_everything(arrival.pk, by=access_of(chief))
    assert said(arrival)[0] == (units.pk, 2, ["SN1", "SN2"], False, "")


def said(arrival: Document) -> list[tuple[int | None, int, list[str], bool, str]]:
    """What the lines of a draft say, in their order."""
    return [
        (
            line.origin_id,
            line.quantity,
            [serial.key for serial in line.serials.order_by("id")],
            line.is_defective,
            line.remark,
        )
        for line in arrival.lines.order_by("position")
    ]


# Received at once


def test_a_draft_is_dispatched_and_received_at_once(store, other_store, chief, goods):
    receive(store, chief, (goods.strict, ["SN1"]), (goods.plain, 2))
    document = draft(
        Kind.TRANSFER,
        store,
        chief,
        [(goods.strict, ["SN1"]), (goods.plain, 2)],
        to_store=other_store,
    )
    arrival = receive_at_once(document.pk, by=access_of(chief), now=timezone.now())

    assert arrival.number.startswith("LV1-A")
    assert left(document) == [0, 0]
    assert Serial.objects.get(key="SN1").place.store == other_store
    books_agree()


def test_neither_is_posted_when_one_is_refused(store, other_store, chief, goods):
    document = draft(Kind.TRANSFER, store, chief, [(goods.strict, ["NEVER"])], to_store=other_store)
    at_once = {"by": access_of(chief), "now": timezone.now()}
    refused = refusals_of(lambda: receive_at_once(document.pk, **at_once))
    assert refused == [("never_received", 1, "NEVER")]
    assert not Document.objects.filter(kind=Kind.ARRIVAL).exists()


def test_a_transfer_dated_back_is_received_today(store, other_store, chief, goods):
    day = store.date_of(timezone.now()) - dt.timedelta(days=3)
    receive(store, chief, (goods.strict, ["SN1"]), on=day)
    sent = transfer(store, other_store, chief, (goods.strict, ["SN1"]), on=day)
    arrival = receive_at_once(sent.pk, by=access_of(chief), now=timezone.now())
    assert arrival.effective_on == other_store.date_of(timezone.now())


def test_what_is_sent_from_where_it_is_tomorrow_already_arrives_tomorrow(
    store, other_store, chief, goods
):
    """In Auckland it is the second of June, in New York the first."""
    evening = dt.datetime(2026, 6, 1, 22, tzinfo=dt.UTC)
    for place, zone in ((store, "Pacific/Auckland"), (other_store, "America/New_York")):
        place.time_zone = zone
        place.save()
    receive(store, chief, (goods.plain, 3), now=evening)
    sent = draft(Kind.TRANSFER, store, chief, [(goods.plain, 3)], to_store=other_store)
    sent = post(sent, chief, now=evening)
    arrival = start_arrival(sent.pk, by=access_of(chief))
    put(arrival, chief, goods.plain, 1, origin=sent.lines.get())
    arrival = post(arrival, chief, now=evening)
    assert sent.effective_on == arrival.effective_on == dt.date(2026, 6, 2)

    rest = receive_at_once(sent.pk, by=access_of(chief), now=evening + dt.timedelta(days=3))
    assert rest.effective_on == dt.date(2026, 6, 4)
    books_agree()


def test_the_rest_is_received_though_a_unit_came_without_its_number(sent, chief, goods):
    arrival = start_arrival(sent.pk, by=access_of(chief))
    put(arrival, chief, goods.strict, 1, origin=sent.lines.get(product=goods.strict))
    arrival = post_document(
        arrival.pk, by=access_of(chief), now=timezone.now(), without_serials="torn label"
    )
    identify(arrival, chief, (goods.strict, ["SN1"]))
    receive_at_once(sent.pk, by=access_of(chief), now=timezone.now())

    assert (place_of("SN1"), place_of("SN2"), left(sent)[:1]) == ("shelf", "shelf", [0])
    books_agree()


def test_units_sent_without_numbers_get_them_and_then_arrive(store, other_store, chief, goods):
    receive(store, chief, (goods.strict, ["SN1", "SN2"]))
    document = draft(Kind.TRANSFER, store, chief, [(goods.strict, 2)], to_store=other_store)
    sent = post_document(
        document.pk, by=access_of(chief), now=timezone.now(), without_serials="in a hurry"
    )
    identify(sent, chief, (goods.strict, ["SN2", "SN1"]))
    receive_at_once(sent.pk, by=access_of(chief), now=timezone.now())
    sell(other_store, chief, (goods.strict, ["SN1", "SN2"]))
    books_agree()


def test_why_nothing_is_received_at_once_is_said_on_the_page(
    store, other_store, chief, goods, client_of
):
    browser = client_of(chief)
    document = draft(Kind.TRANSFER, store, chief, [(goods.strict, ["NEVER"])], to_store=other_store)
    url = reverse("documents:receive_at_once", args=[document.pk])
    page = browser.post(url)
    assert page.status_code == 422
    assert "NEVER was never received" in page.content.decode()

    receive(store, chief, (goods.strict, ["NEVER"]))
    sent = post(document, chief)
    Store.objects.filter(pk=other_store.pk).update(is_active=False)
    page = browser.post(url, follow=True)
    assert page.redirect_chain == [(reverse("documents:document", args=[sent.pk]), 302)]
    assert "Lviv is closed: nothing moves there any more." in page.content.decode()
    assert left(sent) == [1]


# Who may


def test_the_store_it_goes_to_receives_it_and_nobody_else(
    sent, store, other_store, cashier, manager, other_manager, goods
):
    with pytest.raises(PermissionDenied):
        start_arrival(sent.pk, by=access_of(manager))
    with pytest.raises(PermissionDenied):
        start_arrival(sent.pk, by=access_of(cashier))
    arrive(sent, other_manager, (goods.plain, 3))
    books_agree()


def test_who_receives_does_not_send_and_sees_no_draft(
    store, other_store, manager, other_manager, goods
):
    document = draft(Kind.TRANSFER, store, manager, [(goods.plain, 1)], to_store=other_store)
    at_once = {"by": access_of(other_manager), "now": timezone.now()}
    with pytest.raises(Document.DoesNotExist):
        receive_at_once(document.pk, **at_once)


def test_a_stranger_sees_no_transfer(sent, stranger):
    with pytest.raises(Document.DoesNotExist):
        start_arrival(sent.pk, by=access_of(stranger))


def test_a_storekeeper_of_both_stores_moves_goods(store, other_store, chief, storekeeper, goods):
    Membership.objects.create(user=storekeeper, store=other_store, role="storekeeper")
    receive(store, chief, (goods.strict, ["SN1"]))
    document = draft(
        Kind.TRANSFER, store, storekeeper, [(goods.strict, ["SN1"])], to_store=other_store
    )
    receive_at_once(document.pk, by=access_of(storekeeper), now=timezone.now())
    assert Serial.objects.get(key="SN1").place.store == other_store


# Cancelling


def test_a_transfer_is_cancelled_after_its_arrivals(sent, store, chief, goods):
    arrival = arrive(sent, chief, (goods.plain, 1))
    with pytest.raises(CancellingRefused, match=arrival.number):
        cancel(sent, chief)
    cancel(arrival, chief)
    cancel(sent, chief)
    assert (place_of("SN1"), pieces(goods.plain)) == ("shelf", 3)
    assert Serial.objects.get(key="SN1").place.store == store
    books_agree()


def test_what_was_cancelled_does_not_arrive(sent, chief, goods):
    arrival = start_arrival(sent.pk, by=access_of(chief))
    put(arrival, chief, goods.strict, ["SN1"], origin=sent.lines.get(product=goods.strict))
    cancel(sent, chief)
    assert refusals_of(lambda: post(arrival, chief)) == [
        ("arrive_nothing", 1, None),
        ("not_in_transit", 1, "SN1"),
    ]


def test_no_empty_draft_is_made_where_nothing_is_left(sent, chief, client_of):
    receive_at_once(sent.pk, by=access_of(chief), now=timezone.now())
    with pytest.raises(PostingRefused, match=f"Nothing of {sent} is on the way any more"):
        start_arrival(sent.pk, by=access_of(chief))
    with pytest.raises(PostingRefused, match=f"No unit of {sent} is without its serial number"):
        start_identification(sent.pk, by=access_of(chief))
    browser, page_of = client_of(chief), reverse("documents:document", args=[sent.pk])
    for name, words in (("receive", "on the way any more"), ("identify", "without its serial")):
        page = browser.post(reverse(f"documents:{name}", args=[sent.pk]), follow=True)
        assert page.redirect_chain == [(page_of, 302)]
        assert words in page.content.decode()
    assert not Document.objects.filter(status="draft").exists()
