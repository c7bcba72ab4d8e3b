"""Repairs as the warranty sees them: goods claimed on a day and handed back on another."""

from __future__ import annotations

import datetime as dt
import itertools

from django.db import transaction
from django.utils import timezone

from company.access import access_of
from company.models import User
from warranty.claims import close_claim, decide_claim, open_claim
from warranty.models import Adjustment, Card, Claim

_numbers = itertools.count(1)


def claim(card: Card, on: dt.date, *, is_warranty: bool | None = True) -> Claim:
    """The piece of a card is in custody from a day on, by the store that sold it."""
    term = card.term
    with transaction.atomic():
        opened = open_claim(
            reference=f"KY1-RP-2026-{next(_numbers):05}",
            store=term.posting.store,
            product=term.product,
            serial_id=term.serial_id,
            card_id=card.pk,
            claimed_on=on,
        )
        if is_warranty is not None:
            decide_claim(opened.pk, is_warranty=is_warranty)
    return opened


def close(opened: Claim, on: dt.date, by: User, *, extends: bool = True) -> Adjustment | None:
    """Hand the goods of a claim back."""
    with transaction.atomic():
        return close_claim(opened.pk, on=on, extends=extends, by=access_of(by), now=timezone.now())


def repair(
    card: Card, on: dt.date, back: dt.date, by: User, *, is_warranty: bool = True
) -> Adjustment | None:
    """A repair from claim to hand-back; what it did to the warranty."""
    return close(claim(card, on, is_warranty=is_warranty), back, by)
