"""Why a piece is covered or is not, in sentences for whoever stands at the counter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from serials.models import Movement, PlaceKind, Posting

from .models import Adjustment, Card, Succession, Term
from .reckoning import end_of_card, in_force

_NOT_SOLD = {
    PlaceKind.SUPPLIER: lambda: _("Never sold by us: it went back to the supplier"),
    PlaceKind.WRITTEN_OFF: lambda: _("Never sold by us: it was written off"),
    PlaceKind.MISSING: lambda: _("Never sold by us: it was missing when stock was counted"),
    PlaceKind.TRANSIT: lambda: _("Never sold by us: it is on its way between stores"),
    PlaceKind.OUTSIDE: lambda: _("Never sold by us: everything that was booked of it is cancelled"),
}


def reasons_of_cards(cards: Iterable[Card], *, access: Access) -> Mapping[int, Sequence[str]]:
    """Why each card's end is where it is, by card: three statements at most.

    The cards come with `term__sale`, `term__posting` and with what made them and their terms void.
    """
    found = list(cards)
    adjustments: defaultdict[int, list[Adjustment]] = defaultdict(list)
    for each in Adjustment.objects.filter(card__in=found).select_related("claim").order_by("seq"):
        adjustments[each.card_id].append(each)
    old = Term.objects.in_bulk({card.term.replaces_id for card in found} - {None})
    new: defaultdict[tuple[int | None, int], list[Term]] = defaultdict(list)
    after = Term.objects.filter(
        replaces__in={card.term_id for card in found}, posting__reversed_by=None
    )
    for term in after.select_related("posting").order_by("pk"):
        new[term.replaces_id, term.posting_id].append(term)
    return {
        card.pk: [
            *_base(card.term, old.get(card.term.replaces_id or 0)),
            *_adjusted(card.term, in_force(adjustments[card.pk])),
            *_ended(card, new, access),
        ]
        for card in found
    }


def reasons_without_card(
    place_kind: str, sale: Posting | None, *, is_own: bool, unidentified: bool = False
) -> Sequence[str]:
    """Why there is no card: it was not sold, or by others, or without a warranty."""
    if sale is None:
        said = _NOT_SOLD.get(PlaceKind(place_kind))
        return [said() if said else _("Never sold by us: it is in stock")]
    facts = {
        "reference": sale.reference,
        "day": date_format(sale.effective_on, "DATE_FORMAT"),
        "store": sale.store.name,
    }
    if not is_own:
        words = _("Sold in %(store)s on %(day)s: ask there whether it is covered")
    elif getattr(sale, "reversed_by", None) is not None:
        words = _("The sale %(reference)s was cancelled")
    elif unidentified:
        words = _("Sold without its serial number, which its warranty begins with: enter it first")
    else:
        words = _("Sold without a warranty")
    return [words % facts]


def _base(term: Term, old: Term | None) -> list[str]:
    facts = {
        "period": term.period,
        "reference": term.sale.reference,
        "day": date_format(term.starts_on, "DATE_FORMAT"),
        "old": (old.serial_text or old.product_name) if old else "",
    }
    if old is None:
        return [_("%(period)s from the sale %(reference)s on %(day)s") % facts]
    if term.replacement == Succession.SWAP:
        words = _(
            "%(period)s from the sale %(reference)s on %(day)s, written for %(old)s by mistake"
        )
    elif term.replacement == Succession.RESTART:
        words = _("%(period)s from the exchange %(reference)s on %(day)s, for %(old)s")
    elif term.replacement == Succession.INHERIT:
        words = _("The rest of the warranty of %(old)s, by the exchange %(reference)s on %(day)s")
    else:
        words = _(
            "The rest of the warranty of %(old)s but a least number of days,"
            " by the exchange %(reference)s on %(day)s"
        )
    return [words % facts]


def _adjusted(term: Term, adjustments: Sequence[Adjustment]) -> list[str]:
    """What each of the adjustments in force does; one that had counted before does nothing."""
    told = []
    before = end_of_card(term, [])
    for nth, one in enumerate(adjustments, start=1):
        after = end_of_card(term, adjustments[:nth])
        if one.kind == Adjustment.Kind.OVERRIDE or after != before:
            told.append(_adjustment(one, added=(after - before).days))
        before = after
    return told


def _adjustment(adjustment: Adjustment, *, added: int) -> str:
    if adjustment.kind == Adjustment.Kind.OVERRIDE:
        return _("Set to %(day)s by an admin: %(reason)s") % {
            "day": date_format(adjustment.ends_on, "DATE_FORMAT"),
            "reason": adjustment.reason,
        }
    repair = adjustment.claim.reference if adjustment.claim else ""
    if adjustment.months:
        words = ngettext(
            "%(count)d month longer by the repair %(repair)s",
            "%(count)d months longer by the repair %(repair)s",
            adjustment.months,
        )
        return words % {"count": adjustment.months, "repair": repair}
    words = ngettext(
        "%(count)d day longer by the repair %(repair)s",
        "%(count)d days longer by the repair %(repair)s",
        added,
    )
    return words % {"count": added, "repair": repair}


def _ended(
    card: Card, new: Mapping[tuple[int | None, int], Sequence[Term]], access: Access
) -> list[str]:
    """What made the card void, and what was handed over in its piece's place."""
    by, day = (card.voided_by, card.void_on) if card.void_on else (
        card.term.voided_by, card.term.void_on
    )  # fmt: skip
    if by is None or day is None:
        return []
    told = by.reverses or by
    facts = {"reference": told.reference, "day": date_format(day, "DATE_FORMAT")}
    if by.kind == Movement.CANCELLATION:
        words = _("Void since %(day)s: %(reference)s was cancelled")
    elif by.kind == Movement.EXCHANGE:
        words = _("Void since %(day)s: it came back in the exchange %(reference)s")
    elif by.kind == Movement.CORRECTION:
        words = _("Void since %(day)s: another unit had gone, see the correction %(reference)s")
    else:
        words = _("Void since %(day)s: it came back, return %(reference)s")
    replaced = [
        _("Replaced by %(name)s") % {"name": term.serial_text or term.product_name}
        for term in new[card.term_id, by.pk]
        if access.sees(term.posting.store_id)
    ]
    return [words % facts, *replaced]
