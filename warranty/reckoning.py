"""The end of a card: what its term and its adjustments come to, and how one more is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, cast

from .models import Adjustment, Card, Succession, Term
from .terms import Base, Change, InRepair, MonthsOnce, SetTo, end_of_term, last_covered_day

_DATES = frozenset({Succession.INHERIT.value, Succession.AT_LEAST.value})


def base_of(term: Term) -> Base:
    """What the sale gave: the term's period, or the day that a policy for replacements gave."""
    full = last_covered_day(term.starts_on, term.period_count, term.period_unit)
    if term.replacement in _DATES or term.ends_on != full:
        return Base(term.starts_on, given_on=term.ends_on)
    return Base(term.starts_on, term.period_count, term.period_unit)


def in_force(adjustments: Iterable[Adjustment]) -> list[Adjustment]:
    """Those that change the end: neither what takes another back, nor what was taken back."""
    found = sorted(adjustments, key=lambda one: one.seq)
    taken_back = {one.revokes_id for one in found if one.revokes_id}
    return [
        one for one in found if one.kind != Adjustment.Kind.REVOCATION and one.pk not in taken_back
    ]


def changes_of(adjustments: Iterable[Adjustment]) -> list[Change]:
    """The adjustments in force, as the arithmetic of terms reads them."""
    return [_change(one) for one in in_force(adjustments)]


def end_of_card(term: Term, adjustments: Iterable[Adjustment]) -> dt.date:
    """The last covered day of a piece of a term with these adjustments."""
    return end_of_term(base_of(term), changes_of(adjustments))


def locked_card(card_id: int) -> Card:
    """A card, held until the transaction ends, with its term. Raises Card.DoesNotExist."""
    return Card.objects.select_for_update(of=("self",)).select_related("term").get(pk=card_id)


def adjustments_of(card: Card) -> list[Adjustment]:
    """The adjustments of a card in their order."""
    return list(card.adjustments.order_by("seq"))


def adjust(card: Card, before: Sequence[Adjustment], adjustment: Adjustment) -> Adjustment:
    """Write one more adjustment of a locked card, and the end that follows: two statements.

    `before` are all it has. What the adjustment does and whose it is is set; the rest is reckoned.
    """
    adjustment.card = card
    adjustment.seq = len(before) + 1
    adjustment.ends_before = card.ends_on
    adjustment.ends_on = end_of_card(card.term, [*before, adjustment])
    adjustment.save(force_insert=True)
    card.ends_on = adjustment.ends_on
    card.save(update_fields=["ends_on"])
    return adjustment


def repaired(change: Change, **facts: Any) -> Adjustment:
    """An adjustment by a repair that adds this, not yet written."""
    days = (change.back_on - change.claimed_on).days if isinstance(change, InRepair) else 0
    months = change.months if isinstance(change, MonthsOnce) else 0
    return Adjustment(kind=Adjustment.Kind.REPAIR, days=days, months=months, **facts)


def _change(adjustment: Adjustment) -> Change:
    if adjustment.sets_end is not None:
        return SetTo(adjustment.sets_end)
    if adjustment.months:
        return MonthsOnce(adjustment.months)
    return InRepair(cast(dt.date, adjustment.from_on), cast(dt.date, adjustment.to_on))
