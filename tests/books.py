"""What every test of a movement asks at its end: do the books agree with themselves?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from documents import proving as documents
from documents.models import Document
from inventory import proving as counts
from products.models import Product
from repairs import proving as repairs
from serials import proving as ledger
from serials.models import Balance, Serial
from serials.refusals import PostingRefused
from warranty import proving as warranty
from warranty.models import Card


def books_agree() -> None:
    """The deferred rules of PostgreSQL hold, and the product's own check finds nothing."""
    connection.check_constraints()
    found = [module.differences() for module in (ledger, documents, warranty, counts, repairs)]
    different = [difference for differences in found for difference in differences]
    assert different == [], different


def refusals_of(work: Callable[[], object]) -> list[tuple[str, int | None, str | None]]:
    """What a posting refuses: (code, line, serial) of each reason, in words that are complete."""
    posted = Document.objects.exclude(status="draft").count()
    with pytest.raises(PostingRefused) as raised:
        work()
    assert Document.objects.exclude(status="draft").count() == posted
    assert all(one.message and "%(" not in one.message for one in raised.value.refusals)
    return [(one.code, one.line, one.serial) for one in raised.value.refusals]


def place_of(serial: str, product: Product | None = None) -> str:
    """The kind of place a serial is in."""
    units = Serial.objects.filter(key=serial)
    if product is not None:
        units = units.filter(product=product)
    return str(units.values_list("place__kind", flat=True).get())


def pieces(product: Product, kind: str = "shelf") -> int:
    """How many pieces of a product lie in places of a kind."""
    held = Balance.objects.filter(product=product, place__kind=kind)
    return sum(held.values_list("quantity", flat=True))


def valid_cards(product: Product | None = None) -> int:
    """How many warranty cards are not void."""
    cards = Card.objects.filter(void_on=None)
    if product is not None:
        cards = cards.filter(term__product=product)
    return cards.count()


def everything() -> dict[str, Any]:
    """States, balances, terms and cards as they are: what cancelling has to bring back."""
    return {
        "serials": {
            (unit.product_id, unit.key): (unit.place_id, unit.moved_on)
            for unit in Serial.objects.all()
        },
        "balances": {
            (held.product_id, held.place_id): held.quantity
            for held in Balance.objects.exclude(quantity=0)
        },
        "cards": set(Card.objects.filter(void_on=None).values_list("number", flat=True)),
        "terms": set(
            Card.objects.filter(term__void_on=None).values_list(
                "term_id", "term__starts_on", "term__ends_on", "term__customer_id"
            )
        ),
    }
