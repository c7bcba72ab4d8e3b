"""The QR code of a warranty card, scanned into any box, is that card."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.searching import search
from company.access import access_of
from documents.scan_answers import Outcome
from inventory.answers import Verdict
from repairs.finding import find
from tests.inventory.conftest import begin
from tests.inventory.conftest import take as count_scan
from tests.lasting import lasting
from tests.second_numbers import take
from tests.shop import draft, receive, sell
from warranty.looking_up import look_up
from warranty.models import Card
from warranty.public import public_url
from warranty.scanned_cards import number_of_card

pytestmark = pytest.mark.django_db

LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,./QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?"
CYRILLIC = "йцукенгшщзхїфівапролджєячсмитьбю.ЙЦУКЕНГШЩЗХЇФІВАПРОЛДЖЄЯЧСМИТЬБЮ,"


@lasting
def card(store, manager, goods) -> Card:
    receive(store, manager, (goods.strict, ["SN1"]))
    sell(store, manager, (goods.strict, ["SN1"]))
    return Card.objects.get()


def address_of(card: Card) -> str:
    return public_url(card.token, at="https://shop.example")


def by_layout(text: str) -> str:
    return text.translate(str.maketrans(LATIN, CYRILLIC))


def test_its_address_in_every_form_is_its_number(card):
    address = address_of(card)
    for form in (
        address, f" {address}\r", f"]Q1{address}", address.rstrip("/"), f"{address}?lang=uk",
        address.replace("https", "HTTPS"), by_layout(address),
    ):  # fmt: skip
        assert number_of_card(form) == card.number, form


def test_another_address_is_none_and_most_scans_ask_nothing(card):
    other = address_of(card)
    assert number_of_card(other[:-3] + ("gw"[other[-3] == "g"]) + "A/") == ""
    with CaptureQueriesContext(connection) as asked:
        for text in (
            "SN1",
            "https://shop.example/w/short/",
            "https://id.gs1.org/01/09506000134352",
        ):
            assert number_of_card(text) == ""
    assert len(asked) == 0


@pytest.mark.parametrize("written", [str, by_layout])
def test_each_box_finds_the_unit_of_the_card(store, manager, card, written):
    scanned, access = written(address_of(card)), access_of(manager)
    today = store.date_of(timezone.now())
    assert search(scanned, access=access).exact == card
    (piece,) = look_up(scanned, access=access, today=today).pieces
    assert piece.card == card
    (found,) = find(scanned, store=store, access=access, today=today)
    assert found.serial.text == "SN1"
    for kind in ("customer_return", "exchange"):
        back = draft(kind, store, manager, [])
        assert take(back, manager, scanned).outcome == Outcome.ACCEPTED
        assert back.lines.get().serials.get().text == "SN1"


def test_where_goods_are_moved_or_counted_it_never_becomes_a_serial(store, manager, goods, card):
    receipt = draft("receipt", store, manager, [])
    take(receipt, manager, goods.strict.sku)
    said = take(receipt, manager, address_of(card))
    assert (said.outcome, receipt.lines.get().serials.count()) == (Outcome.REFUSED, 0)
    assert card.number in said.message
    assert count_scan(begin(store, manager), manager, address_of(card)).verdict == Verdict.REFUSED


def test_another_store_learns_no_more_than_from_the_number(other_store, other_manager, store, card):
    access, today = access_of(other_manager), store.date_of(timezone.now())
    assert search(address_of(card), access=access).nothing
    assert not look_up(address_of(card), access=access, today=today).pieces
    by_number, by_address = (
        find(text, store=other_store, access=access, today=today)
        for text in (card.number, address_of(card))
    )
    assert by_address == by_number
