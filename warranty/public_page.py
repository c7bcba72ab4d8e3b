"""What a stranger with a card's address gets to read: the goods, and how long they are covered.

Whoever holds the card may show its address to anybody. So there is nothing here of the customer,
the sale and its price, no number of the card, and of the serial number only
so much that the holder recognises it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import uuid

from company.models import Extension
from products.models import Period

from .models import Card, Claim
from .terms import Cover, cover_on, days_left

SHOWN_OF_SERIAL = 4
"""Characters at the end of a serial number that are shown, if they are at most half of it."""


@dataclasses.dataclass(frozen=True, slots=True)
class PublicRepair:
    """Goods that lie in the shop for repair.

    `adds_days` and `adds_months` tell what a repair under warranty adds; both are off where it is
    not under warranty, or adds nothing.
    """

    since: dt.date
    adds_days: bool
    adds_months: int


@dataclasses.dataclass(frozen=True, slots=True)
class PublicCard:
    """All that the public page says. `serial_end` is empty where nothing of a serial is shown."""

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
    days_left: int
    void_on: dt.date | None
    void_kind: str
    repair: PublicRepair | None

    @property
    def state(self) -> str:
        """The code of its colour and icon."""
        is_on = self.cover in {Cover.COVERED, Cover.NOT_YET}
        return "in_warranty" if is_on else self.cover.value

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

    Two statements at most. Goods claimed in time are covered as they were on that day, however
    long the repair takes, until somebody decides that it is no claim under warranty.
    """
    card = (
        Card.objects.select_related("term__posting__store", "voided_by").filter(token=token).first()
    )
    if card is None:
        return None
    term = card.term
    store = term.posting.store
    claim = card.claims.open().first()
    today = store.date_of(now)
    judged_on = today
    if claim is not None and claim.is_warranty is not False:
        judged_on = min(today, claim.claimed_on)
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
        ends_on=card.ends_on,
        ended_at_first=term.ends_on,
        cover=cover_on(
            term.starts_on,
            card.ends_on,
            judged_on if card.void_on is None else today,
            void_on=card.void_on,
        ),
        days_left=days_left(card.ends_on, judged_on),
        void_on=card.void_on,
        void_kind=card.voided_by.kind if card.voided_by else "",
        repair=_repair(card, claim),
    )


def _repair(card: Card, claim: Claim | None) -> PublicRepair | None:
    if claim is None:
        return None
    may_add = claim.is_warranty is not False and card.void_on is None
    term = card.term
    return PublicRepair(
        since=claim.claimed_on,
        adds_days=may_add and term.on_repair == Extension.DAYS,
        adds_months=term.on_repair_months if may_add else 0,
    )
