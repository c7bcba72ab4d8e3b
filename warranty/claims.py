"""Goods in custody for repair: the claim that is opened, decided, and closed when they go back.

For the repair orders, inside whose transactions these run.
"""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import Q

from company.access import Access
from company.constraints import broken_constraint
from company.models import Store
from products.models import Product

from .models import Adjustment, Claim
from .reckoning import adjust, adjustments_of, locked_card, repaired
from .terms import repair_adds

_ONE_OPEN = frozenset({"warranty_one_open_claim_per_serial", "warranty_one_open_claim_per_card"})


class AlreadyClaimed(Exception):
    """The unit, or the piece, is in custody already: `claim` is the open one."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        super().__init__(f"in open claim {claim.reference}")


class ClaimClosed(Exception):
    """The goods went back already; `claim` is as it was closed."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        super().__init__(f"claim {claim.reference} is closed")


class NothingCovers(Exception):
    """A claim can't be under warranty: it names no card."""


def open_claim(
    *,
    reference: str,
    store: Store,
    product: Product,
    claimed_on: dt.date,
    serial_id: int | None = None,
    card_id: int | None = None,
) -> Claim:
    """Take goods into custody from a day on: a savepoint and one statement.

    Two claims of one unit, or of one piece, at once: PostgreSQL lets the second wait for the first.
    The caller's transaction is sound after a refusal. Raises AlreadyClaimed.
    """
    claim = Claim(
        reference=reference,
        store=store,
        product=product,
        serial_id=serial_id,
        card_id=card_id,
        claimed_on=claimed_on,
    )
    try:
        with transaction.atomic():
            claim.save(force_insert=True)
    except IntegrityError as error:
        if broken_constraint(error) not in _ONE_OPEN:
            raise
        if other := open_claim_of(serial_id=serial_id, card_id=card_id):
            raise AlreadyClaimed(other) from error
        raise  # it was closed at this very moment
    return claim


def open_claim_of(*, serial_id: int | None = None, card_id: int | None = None) -> Claim | None:
    """The open claim that a unit, or a piece, is in: of any store."""
    named = Q()
    if serial_id is not None:
        named |= Q(serial=serial_id)
    if card_id is not None:
        named |= Q(card=card_id)
    return Claim.objects.open().filter(named).order_by("pk").first() if named else None


def decide_claim(claim_id: int, *, is_warranty: bool) -> Claim:
    """Say whether an open claim is under warranty; it may be said anew until it is closed.

    Raises Claim.DoesNotExist, ClaimClosed, NothingCovers.
    """
    claim = _locked(claim_id)
    if is_warranty and claim.card_id is None:
        raise NothingCovers
    claim.is_warranty = is_warranty
    claim.save(update_fields=["is_warranty"])
    return claim


def close_claim(
    claim_id: int, *, on: dt.date, extends: bool, by: Access, now: dt.datetime
) -> Adjustment | None:
    """Hand the goods of a claim back on a day; the adjustment of the term, if there is one.

    A repair that `extends` adds what the term's own policy says, if the claim is under warranty
    and the card is not void: five statements at most. A repair whose months, or days, count
    already has its adjustment too, which adds nothing until the other is taken back; one of no
    days has none. Raises Claim.DoesNotExist, ClaimClosed.
    """
    claim = _locked(claim_id)
    claim.closed_on = on
    claim.save(update_fields=["closed_on"])
    if not (extends and claim.is_warranty and claim.card_id):
        return None
    card = locked_card(claim.card_id)
    added = repair_adds(
        card.term.on_repair, card.term.on_repair_months, claimed_on=claim.claimed_on, back_on=on
    )
    if card.void_on is not None or added is None:
        return None
    return adjust(
        card,
        adjustments_of(card),
        repaired(
            added,
            claim=claim,
            from_on=claim.claimed_on,
            to_on=on,
            made_by=by.user,
            made_at=now,
        ),
    )


def _locked(claim_id: int) -> Claim:
    claim = Claim.objects.select_for_update().get(pk=claim_id)
    if claim.closed_on is not None:
        raise ClaimClosed(claim)
    return claim
