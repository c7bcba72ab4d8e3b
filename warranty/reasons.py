"""Why a card ends when it does: each adjustment with its document, and the repair it is in now."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from company.models import Extension

from .models import Adjustment, Card, Claim
from .reckoning import base_of, changes_of
from .terms import projected_end


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """One adjustment: what it did, by which document or whom, and the end from then on.

    `days` are those it was in repair, `added` the days by which the end moved, fewer where some
    had counted already. `may_be_taken_back` is never so of what was, or takes back another.
    """

    pk: int
    kind: str
    reference: str
    from_on: dt.date | None
    to_on: dt.date | None
    days: int
    months: int
    added: int
    ends_on: dt.date
    reason: str
    who: str
    at: dt.datetime
    revokes: Reason | None
    is_taken_back: bool

    @property
    def may_be_taken_back(self) -> bool:
        return not self.is_taken_back and self.kind != Adjustment.Kind.REVOCATION

    @property
    def counted_before(self) -> bool:
        """Whether it adds less than it would alone: days that overlap, months added once."""
        if self.kind != Adjustment.Kind.REPAIR or self.is_taken_back:
            return False
        return self.added < self.days if self.days else self.added == 0


@dataclasses.dataclass(frozen=True, slots=True)
class Custody:
    """The open claim a piece is in.

    `ends_on` is the end as it would be if it was handed back today, the card's own where a repair
    adds nothing. `is_decided` tells whether a person has said who pays.
    """

    reference: str
    since: dt.date
    is_decided: bool
    is_paused: bool
    extends: bool
    ends_on: dt.date


@dataclasses.dataclass(frozen=True, slots=True)
class EndOfCard:
    """A card's end with all that led to it; `base_on` is what the sale or the exchange gave."""

    base_on: dt.date
    ends_on: dt.date
    reasons: Sequence[Reason]
    custody: Custody | None

    @property
    def is_changed(self) -> bool:
        return bool(self.reasons)


def ends_of(cards: Iterable[Card], *, today: dt.date) -> Mapping[int, EndOfCard]:
    """The ends of these cards by id, as they are today: two statements, however many there are.

    The cards had better come with their terms.
    """
    found = list(cards)
    adjustments: defaultdict[int, list[Adjustment]] = defaultdict(list)
    rows = Adjustment.objects.filter(card__in=found).select_related("claim", "made_by")
    for row in rows.order_by("card_id", "seq"):
        adjustments[row.card_id].append(row)
    claims = {claim.card_id: claim for claim in Claim.objects.open().filter(card__in=found)}
    return {
        card.pk: EndOfCard(
            base_on=card.term.ends_on,
            ends_on=card.ends_on,
            reasons=_reasons(adjustments[card.pk]),
            custody=_custody(card, claims.get(card.pk), adjustments[card.pk], today),
        )
        for card in found
    }


def end_of(card: Card, *, today: dt.date) -> EndOfCard:
    """The end of one card: two statements."""
    return ends_of([card], today=today)[card.pk]


def _reasons(adjustments: Sequence[Adjustment]) -> list[Reason]:
    taken_back = {one.revokes_id for one in adjustments if one.revokes_id}
    told: dict[int, Reason] = {}
    for one in adjustments:
        told[one.pk] = Reason(
            pk=one.pk,
            kind=one.kind,
            reference=one.claim.reference if one.claim else "",
            from_on=one.from_on,
            to_on=one.to_on,
            days=one.days,
            months=one.months,
            added=(one.ends_on - one.ends_before).days,
            ends_on=one.ends_on,
            reason=one.reason,
            who=str(one.made_by),
            at=one.made_at,
            revokes=told.get(one.revokes_id or 0),
            is_taken_back=one.pk in taken_back,
        )
    return list(told.values())


def _custody(
    card: Card, claim: Claim | None, adjustments: Sequence[Adjustment], today: dt.date
) -> Custody | None:
    """The repair a piece is in; what nobody decided yet is taken as the day of the claim says."""
    if claim is None:
        return None
    covered = claim.claimed_on <= card.ends_on if claim.is_warranty is None else claim.is_warranty
    policy = card.term.on_repair
    extends = covered and card.void_on is None and policy != Extension.NONE
    ends_on = card.ends_on
    if extends:
        ends_on = projected_end(
            base_of(card.term),
            changes_of(adjustments),
            policy=policy,
            months=card.term.on_repair_months,
            claimed_on=claim.claimed_on,
            back_on=max(today, claim.claimed_on),
        )
    return Custody(
        reference=claim.reference,
        since=claim.claimed_on,
        is_decided=claim.is_warranty is not None,
        is_paused=extends and policy == Extension.DAYS,
        extends=extends,
        ends_on=ends_on,
    )
