"""The counter's question: is it covered, until when, and why?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from company.access import access_of
from company.models import User
from documents.correcting import correct, look_at
from documents.models import Document, Kind
from documents.posting import post_document
from partners.models import Customer
from products.models import ProductType
from serials.models import Serial
from serials.text import read_serial
from tests.lasting import for_lasting, lasting
from tests.shop import (
    cancel,
    draft,
    exchange,
    give_back,
    identify,
    post,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)
from warranty.adjusting import revoke
from warranty.claims import close_claim
from warranty.looking_up import MOST, look_up
from warranty.models import Adjustment, Card, Claim
from warranty.pieces import LookedUp, Piece
from warranty.terms import Cover

pytestmark = pytest.mark.django_db

SOLD = dt.date(2026, 1, 31)
TODAY = dt.date(2026, 11, 28)
ENDS = dt.date(2027, 1, 31)


@pytest.fixture(autouse=True)
def _on_that_day() -> Iterator[None]:
    with time_machine.travel(f"{TODAY}T12:00:00Z"):
        yield


def formatted(day: dt.date) -> str:
    return date_format(day, "DATE_FORMAT")


def looked(text: str, person, today: dt.date = TODAY) -> LookedUp:
    return look_up(text, access=access_of(person), today=today)


def the_piece(text: str, person, today: dt.date = TODAY) -> Piece:
    (piece,) = looked(text, person, today).pieces
    return piece


@for_lasting
def buyer() -> Customer:
    return Customer.objects.create(name="Iryna Bondar", phone="+380 67 123 45 67")


@lasting(at=f"{TODAY}T11:00:00Z")
def sale(store, manager, goods, buyer) -> Document:
    """A unit of each mode that has a warranty, three pieces, and two of what has none."""
    lines = [
        (goods.strict, ["SN-0001"]), (goods.recorded, ["RC-0001"]), (goods.period, 3),
        (goods.plain, 2),
    ]  # fmt: skip
    receive(store, manager, *lines, (goods.strict, ["WENT"]), on=SOLD)
    document = draft(Kind.SALE, store, manager, lines, on=SOLD)
    Document.objects.filter(pk=document.pk).update(customer=buyer)
    return post(document, manager)


def card_of(key: str) -> Card:
    return Card.objects.select_related("term").get(term__serial__key=key, void_on=None)


# By what it is found


@pytest.mark.parametrize("text", ["SN-0001", " sn-0001 ", "\uff33\uff2e\uff0d0001"])
def test_a_serial_in_any_spelling_says_all_there_is_to_say(sale, cashier, text, buyer):
    piece = the_piece(text, cashier)
    assert piece.card == card_of("SN-0001")
    assert piece.is_covered
    assert (piece.ends_on, piece.days_left, piece.cover) == (ENDS, 64, Cover.COVERED)
    assert piece.why == [f"12 months from the sale {sale.number} on 31 Jan 2026"]
    assert piece.customer == buyer
    assert piece.sale.reference == sale.number
    assert piece.state.code == "sold"
    assert (piece.open_claim, piece.claims) == (None, 0)


def test_the_last_characters_find_every_serial_that_ends_so(sale, cashier):
    found = [piece.serial.key for piece in looked("0001", cashier).pieces]
    assert sorted(found) == ["RC-0001", "SN-0001"]


def test_an_ending_is_looked_for_only_when_nothing_fits_whole(sale, store, manager, goods):
    receive(store, manager, (goods.strict, ["0001", "X-0001"]))
    assert [piece.serial.key for piece in looked("0001", manager).pieces] == ["0001"]


@pytest.mark.parametrize("text", ["001", "1"])
def test_three_characters_are_too_few_for_an_ending(sale, cashier, text):
    assert not looked(text, cashier).pieces


def test_a_card_number_finds_its_own_piece_of_a_line(sale, cashier, goods):
    second = Card.objects.get(term__product=goods.period, unit=2)
    piece = the_piece(second.number.lower(), cashier)
    assert piece.card == second
    assert (piece.unit, piece.units, piece.serial, piece.state) == (2, 3, None, None)
    assert piece.is_covered
    assert piece.code == second.number


def test_a_sale_number_finds_all_that_was_sold(sale, cashier, goods):
    pieces = looked(sale.number, cashier).pieces
    assert sorted((piece.name, piece.unit, piece.pieces) for piece in pieces) == [
        (goods.plain.name, 1, 2),
        (goods.period.name, 1, 1),
        (goods.period.name, 2, 1),
        (goods.period.name, 3, 1),
        (goods.recorded.name, 1, 1),
        (goods.strict.name, 1, 1),
    ]
    plain = next(piece for piece in pieces if piece.product == goods.plain)
    assert (plain.card, plain.cover, plain.is_covered, plain.pieces) == (None, None, False, 2)
    assert plain.why == ["Sold without a warranty"]
    assert sum(piece.is_covered for piece in pieces) == 5


@pytest.mark.parametrize("text", ["+380671234567", "067 123-45-67", "(067) 123 45 67"])
def test_a_phone_in_any_spelling_finds_what_its_customer_has(sale, cashier, text):
    assert len(looked(text, cashier).pieces) == 5


@pytest.mark.parametrize("text", ["123 45 67", "1234567", "067 123 45 68"])
def test_a_part_of_a_phone_finds_nobody(sale, cashier, text):
    assert not looked(text, cashier).pieces


@pytest.mark.parametrize(
    "text",
    ["", "   ", "\0", "\u200b", "%", "____", "%%%%", "' OR 1=1 --", "\\", "x" * 5000, "🙂🙂🙂🙂",
     "9" * 400, "+" * 90, "0000000000000000000000", "\ud800bad"],
)  # fmt: skip
def test_hostile_text_finds_nothing_and_breaks_nothing(sale, cashier, text):
    assert not looked(text, cashier).pieces


# What is said of it


def test_over_and_ending_soon_and_the_last_day(sale, cashier):
    assert the_piece("SN-0001", cashier, ENDS).is_covered
    assert the_piece("SN-0001", cashier, ENDS).cover == Cover.ENDS_SOON
    over = the_piece("SN-0001", cashier, ENDS + dt.timedelta(days=1))
    assert (over.is_covered, over.cover, over.days_left) == (False, Cover.OVER, -1)


def test_never_sold_says_where_it_is(store, other_store, manager, goods):
    receive(store, manager, (goods.strict, ["AAAA", "BBBB", "CCCC", "DDDD"]))
    write_off(store, manager, (goods.strict, ["BBBB"]))
    return_to_supplier(store, manager, (goods.strict, ["CCCC"]))
    transfer(store, other_store, manager, (goods.strict, ["DDDD"]))
    said = {
        key: (the_piece(key, manager).state.code, *the_piece(key, manager).why)
        for key in ("AAAA", "BBBB", "CCCC", "DDDD")
    }
    assert said == {
        "AAAA": ("in_stock", "Never sold by us: it is in stock"),
        "BBBB": ("written_off", "Never sold by us: it was written off"),
        "CCCC": ("at_supplier", "Never sold by us: it went back to the supplier"),
        "DDDD": ("in_transit", "Never sold by us: it is on its way between stores"),
    }
    assert not the_piece("AAAA", manager).is_covered


def test_what_came_back_is_void_and_says_so(sale, store, manager, goods):
    back = give_back(sale, store, manager, (goods.strict, ["SN-0001"]))
    today = back.effective_on
    piece = the_piece("SN-0001", manager, today)
    assert (piece.cover, piece.is_covered, piece.state.code) == (Cover.VOID, False, "in_stock")
    assert f"return {back.number}" in piece.why[-1]


def test_sold_again_after_it_came_back_is_one_piece_with_the_new_card(sale, store, manager, goods):
    give_back(sale, store, manager, (goods.strict, ["SN-0001"]))
    again = sell(store, manager, (goods.strict, ["SN-0001"]))
    piece = the_piece("SN-0001", manager, again.effective_on)
    assert piece.sale.reference == again.number
    assert piece.is_covered


def test_sold_again_without_a_warranty_is_not_covered_by_the_old_one(sale, store, manager, goods):
    give_back(sale, store, manager, (goods.strict, ["SN-0001"]))
    ProductType.objects.update(period_count=None, period_unit="")
    again = sell(store, manager, (goods.strict, ["SN-0001"]))
    piece = the_piece("SN-0001", manager, again.effective_on)
    assert (piece.card, piece.sale.reference) == (None, again.number)
    assert piece.why == ["Sold without a warranty"]


def test_a_recorded_serial_sold_twice_is_two_pieces_the_newest_first(sale, store, manager, goods):
    receive(store, manager, (goods.recorded, ["RC-0002"]))
    second = sell(store, manager, (goods.recorded, ["RC-0001"]))
    pieces = looked("RC-0001", manager, second.effective_on).pieces
    assert [piece.sale.reference for piece in pieces] == [second.number, sale.number]
    assert all(piece.is_covered for piece in pieces)


def test_an_exchange_voids_one_and_covers_the_other(sale, store, manager, goods):
    receive(store, manager, (goods.strict, ["SN-0002"]))
    swapped = exchange(
        sale, store, manager, [(goods.strict, ["SN-0001"])], [(goods.strict, ["SN-0002"])]
    )
    old = the_piece("SN-0001", manager, swapped.effective_on)
    assert old.cover == Cover.VOID
    day = formatted(swapped.effective_on)
    assert old.why[-2:] == [
        f"Void since {day}: it came back in the exchange {swapped.number}",
        "Replaced by SN-0002",
    ]
    new = the_piece("SN-0002", manager, swapped.effective_on)
    assert new.is_covered
    assert "SN-0001" in new.why[0]
    assert swapped.number in new.why[0]
    by_sale = looked(sale.number, manager, swapped.effective_on).pieces
    assert {piece.serial.key for piece in by_sale if piece.serial} == {
        "SN-0001", "SN-0002", "RC-0001",
    }  # fmt: skip


def test_of_two_units_that_were_mixed_up_the_one_that_went_is_covered(sale, store, manager, goods):
    access, (lies, went) = access_of(manager), map(read_serial, ("SN-0001", "WENT"))
    seen = look_at(store, goods.strict, lies=lies, went=went, by=access).seen
    now = timezone.now()
    put_right = correct(store, goods.strict, lies=lies, went=went, seen=seen, by=access, now=now)
    gone = the_piece("WENT", manager)
    assert (gone.is_covered, gone.ends_on, gone.sale.reference) == (True, ENDS, sale.number)
    assert gone.why == [
        f"12 months from the sale {sale.number} on 31 Jan 2026, written for SN-0001 by mistake"
    ]
    here = the_piece("SN-0001", manager)
    assert (here.is_covered, here.state.code) == (False, "in_stock")
    assert f"see the correction {put_right.number}" in here.why[1]
    assert here.why[2] == "Replaced by WENT"
    for text in (sale.number, "067 123 45 67"):
        keys = {piece.serial.key for piece in looked(text, manager).pieces if piece.serial}
        assert keys == {"WENT", "RC-0001"}


def test_a_cancelled_sale_covers_nothing(sale, manager):
    cancel(sale, manager)
    piece = next(
        piece for piece in looked(sale.number, manager).pieces
        if piece.serial and piece.serial.key == "SN-0001"
    )  # fmt: skip
    assert not piece.is_covered
    assert f"{sale.number} was cancelled" in piece.why[-1]
    plain = next(piece for piece in looked(sale.number, manager).pieces if piece.card is None)
    assert plain.why == [f"The sale {sale.number} was cancelled"]


def test_pieces_sold_without_serials_ask_for_them_until_they_are_entered(store, manager, goods):
    receive(store, manager, (goods.strict, ["LATE-1", "LATE-2"]))
    sold = draft(Kind.SALE, store, manager, [(goods.strict, 2)])
    sold = post_document(
        sold.pk, by=access_of(manager), now=timezone.now(), without_serials="scanner broken"
    )
    (piece,) = looked(sold.number, manager).pieces
    assert (piece.pieces, piece.is_covered) == (2, False)
    assert "enter it first" in piece.why[0]
    identify(sold, manager, (goods.strict, ["LATE-1"]))
    pieces = looked(sold.number, manager, sold.effective_on).pieces
    assert sorted((piece.pieces, piece.is_covered) for piece in pieces) == [(1, False), (1, True)]


# Repairs


def claim_of(card: Card, reference: str, **more) -> Claim:
    return Claim.objects.create(
        reference=reference,
        store=card.term.posting.store,
        product=card.term.product,
        serial=card.term.serial,
        card=card,
        **more,
    )


def repaired(key: str, reference: str, since: dt.date, until: dt.date, by: User) -> Adjustment:
    """A claim of a unit that was repaired under warranty: what that added."""
    claim = claim_of(card_of(key), reference, claimed_on=since, is_warranty=True)
    added = close_claim(claim.pk, on=until, extends=True, by=access_of(by), now=timezone.now())
    assert added is not None
    connection.check_constraints()
    return added


def test_an_open_claim_and_the_earlier_ones(sale, cashier):
    card = card_of("SN-0001")
    claim_of(card, "R-1", claimed_on=SOLD, closed_on=SOLD)
    claim_of(card, "R-2", claimed_on=TODAY)
    piece = the_piece("SN-0001", cashier)
    assert (piece.open_claim.reference, piece.claims) == ("R-2", 1)
    other = the_piece("RC-0001", cashier)
    assert (other.open_claim, other.claims) == (None, 0)


def test_a_claim_of_one_piece_of_a_line_is_not_one_of_the_others(sale, cashier, goods):
    second = Card.objects.get(term__product=goods.period, unit=2)
    claim_of(second, "R-1", claimed_on=SOLD, closed_on=SOLD)
    claim_of(second, "R-2", claimed_on=TODAY)
    told = {
        (piece.name, piece.unit): (piece.open_claim and piece.open_claim.reference, piece.claims)
        for piece in looked(sale.number, cashier).pieces
    }
    assert told.pop((goods.period.name, 2)) == ("R-2", 1)
    assert set(told.values()) == {(None, 0)}


def test_a_repair_that_made_it_longer_is_told(sale, manager):
    repaired("SN-0001", "R-1", SOLD, SOLD + dt.timedelta(days=14), manager)
    piece = the_piece("SN-0001", manager, ENDS + dt.timedelta(days=14))
    assert (piece.is_covered, piece.days_left) == (True, 0)
    assert piece.why[1:] == ["14 days longer by the repair R-1"]


def test_days_that_had_counted_before_are_told_of_the_repair_that_counts_now(sale, admin):
    days = SOLD, SOLD + dt.timedelta(days=14)
    first = repaired("SN-0001", "R-1", *days, admin)
    repaired("SN-0001", "R-2", *days, admin)
    assert the_piece("SN-0001", admin).why[1:] == ["14 days longer by the repair R-1"]
    revoke(
        first.pk, reason="by mistake", seen=ENDS + dt.timedelta(days=14), by=access_of(admin),
        now=timezone.now(),
    )  # fmt: skip
    assert the_piece("SN-0001", admin).why[1:] == ["14 days longer by the repair R-2"]


def test_months_that_are_added_once_are_told_once(store, manager, goods, buyer):
    ProductType.objects.update(extension="months", extension_months=3)
    goods.strict.refresh_from_db()
    receive(store, manager, (goods.strict, ["M-0001"]), on=SOLD)
    sell(store, manager, (goods.strict, ["M-0001"]), on=SOLD)
    for nth in (1, 2):
        day = SOLD + dt.timedelta(days=30 * nth)
        repaired("M-0001", f"R-{nth}", day, day + dt.timedelta(days=2), manager)
    piece = the_piece("M-0001", manager)
    assert piece.ends_on == dt.date(2027, 4, 30)
    assert piece.why[1:] == ["3 months longer by the repair R-1"]


# Other stores


def test_another_stores_sale_is_not_found_by_any_number(sale, other_manager, buyer):
    card = card_of("SN-0001")
    for text in (sale.number, card.number, "SN-0001", "0001", buyer.phone):
        assert not looked(text, other_manager).pieces, text


def test_a_unit_that_was_here_and_sold_elsewhere_tells_no_customer(
    sale, store, manager, other_store, other_manager, goods
):
    receive(other_store, other_manager, (goods.recorded, ["RC-0001"]))
    piece = the_piece("RC-0001", other_manager)
    assert (piece.customer, piece.card, piece.term, piece.is_covered) == (None, None, None, False)


def test_sold_elsewhere_names_the_store_to_ask(store, manager, other_store, other_manager, goods):
    receive(store, manager, (goods.recorded, ["SPAN"]))
    receive(other_store, other_manager, (goods.recorded, ["SPAN"]))
    sold = sell(other_store, other_manager, (goods.recorded, ["SPAN"]))
    piece = the_piece("SPAN", manager, sold.effective_on)
    assert piece.why == [
        f"Sold in Lviv on {formatted(sold.effective_on)}: ask there whether it is covered"
    ]
    assert (piece.is_own_sale, piece.customer, piece.ends_on) == (False, None, None)


def test_somebody_of_no_store_finds_nothing(sale, stranger, buyer):
    for text in (sale.number, "SN-0001", "0001", buyer.phone):
        assert not looked(text, stranger).pieces


# How much it costs


def statements(text: str, person) -> int:
    access = access_of(person)
    with CaptureQueriesContext(connection) as queries:
        look_up(text, access=access, today=TODAY)
    return len(queries)


def test_the_number_of_statements_does_not_grow(sale, store, manager, goods, buyer):
    one = statements("SN-0001", manager)
    by_sale = statements(sale.number, manager)
    keys = [f"MANY-{nth:04}" for nth in range(60)]
    receive(store, manager, (goods.strict, keys), (goods.period, 60), on=SOLD)
    large = draft(Kind.SALE, store, manager, [(goods.strict, keys), (goods.period, 60)], on=SOLD)
    Document.objects.filter(pk=large.pk).update(customer=buyer)
    large = post(large, manager)
    assert statements(large.number, manager) <= by_sale + 1
    assert statements(buyer.phone, manager) <= by_sale + 1
    assert one <= 14
    answer = looked(large.number, manager)
    assert (len(answer.pieces), answer.more) == (MOST, True)
    assert not looked(sale.number, manager).more


def test_many_serials_with_one_ending_are_capped(store, manager, goods):
    keys = [f"K{nth:04}-9999" for nth in range(MOST + 5)]
    receive(store, manager, (goods.strict, keys))
    answer = looked("9999", manager)
    assert (len(answer.pieces), answer.more) == (MOST, True)
    assert Serial.objects.count() == MOST + 5
