"""One search for everything: documents, cards, repairs, serials, products, customers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from company.access import Access
from documents.models import Document
from partners.models import Customer
from partners.queries import find_customers
from products.finding import (
    no_product_words,
    product_with_gtin,
    products_coded,
    products_named,
)  # fmt: skip
from products.models import Product
from repairs.models import Repair
from serials.beginning import ids_beginning_with
from serials.models import Serial, SerialQuerySet
from serials.reading_scans import Reading, shown_gtin
from serials.scanned import read_scan
from serials.text import LONGEST
from warranty.models import Card
from warranty.queries import cards_numbered
from warranty.scanned_cards import number_of_card

MOST = 20
LOOKED_AT = 400
"""How many serials with a common beginning are looked at for those the person may see."""
SHORTEST_BEGINNING = 3
"""Fewer characters than this are looked up whole only, not as the beginning of a serial."""
SHORTEST_ENDING = 4
"""And fewer than this not as its ending."""


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What a search found, each list cut at MOST; `exact` is the one thing with this very code.

    `note` says how the text was read, when not as it came, or what is wrong with it.
    """

    documents: Sequence[Document] = ()
    cards: Sequence[Card] = ()
    repairs: Sequence[Repair] = ()
    serials: Sequence[Serial] = ()
    products: Sequence[Product] = ()
    customers: Sequence[Customer] = ()
    exact: Document | Card | Repair | Serial | Product | None = None
    note: str = ""

    @property
    def nothing(self) -> bool:
        found = (self.documents, self.cards, self.repairs, self.serials, self.products)
        return not (any(found) or self.customers)


def search(text: str, *, access: Access) -> Found:
    """Look a text up everywhere the person may look; a constant number of statements."""
    reading = read_scan(number_of_card(text) or text, also=[cards_numbered])
    if reading.wrong:
        return Found(note=reading.wrong)
    found = _search(reading, access=access)
    if found.nothing and reading.other is not None:
        reading = reading.other
        found = _search(reading, access=access)
    if found.nothing and reading.gtin:
        return Found(note=no_product_words(shown_gtin(reading.gtin)))
    return found if found.nothing else dataclasses.replace(found, note=reading.note)


def _search(reading: Reading, *, access: Access) -> Found:
    wanted = reading.serial
    if not wanted.key or len(wanted.key) > LONGEST:
        return Found()
    if reading.is_unit:
        return _search_unit(reading, access=access)
    documents = list(
        Document.objects.visible_to(access).select_related("store").filter(number=wanted.key)[:MOST]
    )
    cards = list(
        Card.objects.filter(number=wanted.key, term__posting__store_id__in=access.store_ids)
        .select_related("term")[:MOST]
    )  # fmt: skip
    repairs = list(Repair.objects.visible_to(access).filter(number=wanted.key)[:MOST])
    own_serials = Serial.objects.visible_to(access).select_related("product", "place__store")
    serials = list(own_serials.called(wanted.key).order_by("product_id")[:MOST])
    coded = products_coded(wanted.key)
    exact: list[Document | Card | Repair | Serial | Product] = [
        *documents, *cards, *repairs, *serials, *coded
    ]  # fmt: skip
    if len(exact) == 1:  # it is opened at once: nobody sees what else there is
        return Found(
            documents=documents,
            cards=cards,
            repairs=repairs,
            serials=serials,
            products=coded,
            exact=exact[0],
        )
    if not serials and len(wanted.key) >= SHORTEST_BEGINNING:
        serials = _beginning(wanted.key, own_serials)
        if len(wanted.key) >= SHORTEST_ENDING:
            serials = _and_ending(wanted.key, own_serials, serials)
    customers: Sequence[Customer] = ()
    if access.store_ids and len(wanted.text) >= SHORTEST_BEGINNING:
        customers = find_customers(wanted.text, limit=MOST)
    return Found(
        documents=documents,
        cards=cards,
        repairs=repairs,
        serials=serials,
        products=coded or products_named(wanted.text, limit=MOST),
        customers=customers,
    )


def _search_unit(reading: Reading, *, access: Access) -> Found:
    """What a GS1 code names: the unit, or else its product."""
    product = product_with_gtin(reading.gtin)
    if product is None:
        return Found()
    serial = (
        Serial.objects.visible_to(access)
        .select_related("product", "place__store")
        .called(reading.serial.key)
        .filter(product=product)
        .first()
    )
    serials = [serial] if serial else []
    return Found(serials=serials, products=[product], exact=serial or product)


def _beginning(key: str, own: SerialQuerySet) -> list[Serial]:
    """The first units with a number that begins like this and that the person may see.

    The index gives the candidates, a fixed number of them; only these are checked for having
    been in one of the person's stores. The cost does not grow with the ledger.
    """
    first = ids_beginning_with(key, LOOKED_AT)
    return list(own.filter(pk__in=first).order_by("key")[:MOST])


def _and_ending(key: str, own: SerialQuerySet, found: list[Serial]) -> list[Serial]:
    """These, and the first serials that end like this: of a few candidates, as above."""
    first = Serial.objects.ids_ending_with(key, LOOKED_AT)
    ending = own.filter(pk__in=first).exclude(pk__in=[serial.pk for serial in found])
    return [*found, *ending.order_by("key")[: MOST - len(found)]]
