"""A sale whose cards customers look at, and how they read their public pages."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import time_machine
from django.test import Client
from django.urls import reverse

from company.models import Store, User
from documents.models import Document
from partners.models import Customer
from tests.shop import Goods
from warranty.models import Card, Claim

SERIAL = "352099001761481"
SOLD_AT = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


@dataclasses.dataclass
class Shop:
    """A sale of one unit with a number, and of three pieces without."""

    store: Store
    manager: User
    goods: Goods
    customer: Customer
    sale: Document

    def card(self, unit: int = 0) -> Card:
        """The card of the unit with a number, or of one of the pieces."""
        found = Card.objects.filter(term__posting=self.sale.posting)
        if unit:
            return found.get(term__serial=None, unit=unit)
        return found.get(term__serial__key=SERIAL)

    def serials(self, *texts: str) -> tuple:
        return (self.goods.strict, list(texts))


def address(card: Card) -> str:
    return reverse("public:card", args=[card.token])


def read(card: Card, on: dt.date | None = None, language: str = "en") -> str:
    """The words of the page as somebody who is not signed in gets it at noon of a day."""
    moment = dt.datetime.combine(on or SOLD_AT.date(), dt.time(10), dt.UTC)
    with time_machine.travel(moment, tick=False):
        response = Client().get(address(card), headers={"accept-language": language})
    assert response.status_code == 200
    return words(response.text)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def claim(shop: Shop, on: str, *, is_warranty: bool | None = None) -> Claim:
    card = shop.card()
    return Claim.objects.create(
        reference="KY1-R2026-000001",
        store=shop.store,
        product=card.term.product,
        serial=card.term.serial,
        card=card,
        claimed_on=day(on),
        is_warranty=is_warranty,
    )
