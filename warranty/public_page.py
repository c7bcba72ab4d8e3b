"""What a stranger with a card's address gets to read: the goods, and how long they are covered.

Whoever holds the card may show its address to anybody. So there is nothing here of the customer,
of the sale and its price, no number of the card, and of the serial number only so much that the
holder recognises it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import uuid

from django.db.models import Exists, OuterRef

from products.models import Period

from .models import Card, Claim
from .queries import cover_of_card
from .reasons import Custody, end_of
from .terms import Cover

SHOWN_OF_SERIAL = 4
"""Characters at the end of a serial number that are shown, if they are at most half of it."""


@dataclasses.dataclass(frozen=True, slots=True)
class PublicRepair:
    """Goods that lie in the shop for repair.

    `extends` tells whether the repair makes the warranty longer, as far as is known today;
    `months` is by how many where it is not by the days it takes.
    """

    since: dt.date
    is_decided: bool
    extends: bool
    months: int


@dataclasses.dataclass(frozen=True, slots=True)
class PublicCard:
    """All that the public page says; `state` is the code of its colour and icon.

    `serial_end` is empty where nothing of a serial is shown.
    """

    language: str
    store_name: str
    store_address: str
    store_phone: str
    product_name: str
    has_serial: bool
    serial_end: str
    unit: int
    units: int
    period: Period
    starts_on: dt.date
    ends_on: dt.date
    ended_at_first: dt.date
    cover: Cover
    state: str
    days_left: int
    void_on: dt.date | None
    void_kind: str
    repair: PublicRepair | None

    @property
    def is_extended(self) -> bool:
        return self.ends_on > self.ended_at_first

    @property
    def is_shortened(self) -> bool:
        return self.ends_on < self.ended_at_first

    @property
    def call(self) -> str:
        """The phone number as a telephone dials it; empty when there are no digits in it."""
        digits = re.sub(r"[^0-9+]", "", self.store_phone)
        return digits if any(each.isdigit() for each in digits) else ""


def end_of_serial(text: str) -> str:
    """The last characters of a serial number, of a short one less than half."""
    shown = min(SHOWN_OF_SERIAL, len(text) // 2)
    return text[len(text) - shown :]


def public_card(token: uuid.UUID, *, now: dt.datetime) -> PublicCard | None:
    """The card with this token as it is now, on its store's own day; None: no such card.

    One statement, and two more while the goods are in repair. Its end is then the one it would
    have if they went back today, as on the pages of the shop.
    """
    is_claimed = Exists(Claim.objects.open().filter(card=OuterRef("pk")))
    found = Card.objects.select_related("term__posting__store", "voided_by")
    card = found.annotate(is_claimed=is_claimed).filter(token=token).first()
    if card is None:
        return None
    term = card.term
    store = term.posting.store
    today = store.date_of(now)
    custody = end_of(card, today=today).custody if card.is_claimed else None
    cover = cover_of_card(card, today=today, custody=custody)
    return PublicCard(
        language=store.language,
        store_name=store.name,
        store_address=store.address,
        store_phone=store.phone,
        product_name=term.product_name,
        has_serial=bool(term.serial_text),
        serial_end=end_of_serial(term.serial_text),
        unit=card.unit,
        units=term.quantity,
        period=term.period,
        starts_on=term.starts_on,
        ends_on=cover.ends_on,
        ended_at_first=term.ends_on,
        cover=cover.cover,
        state=cover.pill,
        days_left=cover.days_left,
        void_on=cover.void_on,
        void_kind=card.voided_by.kind if card.voided_by else "",
        repair=_repair(card, custody),
    )


def _repair(card: Card, custody: Custody | None) -> PublicRepair | None:
    if custody is None:
        return None
    return PublicRepair(
        since=custody.since,
        is_decided=custody.is_decided,
        extends=custody.extends,
        months=card.term.on_repair_months,
    )
