"""A looked-up piece as the counter reads it: yes or no in colour, icon and word, and until when."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from company.rights import Right
from serials.models import PlaceKind
from warranty.pieces import LookedUp, Piece
from warranty.terms import Cover

_WITH_US = {PlaceKind.CUSTOMER, PlaceKind.SHELF, PlaceKind.DEFECTIVE}
"""Places whose units may be taken in for repair."""


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """A piece with its answer.

    `tone`, `icon` and `word` say it three times over; `until` says when it ends, or ended, and
    `left` how many days that is from now. What may be done with it is in `may_take_in`,
    `may_print`; `may_open_repair` tells whether the open repair is of a store of the person's.
    """

    piece: Piece
    tone: str
    icon: str
    word: str
    until: str = ""
    left: str = ""
    may_take_in: bool = False
    may_print: bool = False
    may_open_repair: bool = False


def verdicts_of(found: LookedUp, *, access: Access) -> list[Verdict]:
    """The answers to what was looked up, in its order."""
    return [_verdict(piece, access) for piece in found.pieces]


def sound_of(verdicts: Sequence[Verdict]) -> str:
    """What the scan box hears: a piece that is covered, one that is not, several, or nothing."""
    if not verdicts:
        return "unknown"
    if len(verdicts) > 1:
        return "chosen"
    return "accepted" if verdicts[0].piece.is_covered else "refused"


def _verdict(piece: Piece, access: Access) -> Verdict:
    tone, icon, word = _answer(piece)
    card, claim = piece.card, piece.open_claim
    kind = piece.serial.place.kind if piece.serial else None
    return Verdict(
        piece=piece,
        tone=tone,
        icon=icon,
        word=word,
        until=_until(piece),
        left=_left(piece),
        may_take_in=bool(piece.code)
        and claim is None
        and (kind is None or kind in _WITH_US)
        and access.can_somewhere(Right.TAKE_IN_REPAIR),
        may_print=card is not None
        and piece.void_on is None
        and access.can(Right.PRINT_CARDS, card.term.posting.store_id),
        may_open_repair=claim is not None and access.sees(claim.store_id),
    )


def _answer(piece: Piece) -> tuple[str, str, str]:
    """Tone, icon and word."""
    if piece.is_covered:
        return "good", "shield", _("Covered")
    if piece.cover == Cover.NOT_YET:
        return "warn", "clock", _("Not begun")
    if piece.cover is not None:
        return "bad", "refuse", _("Not covered")
    if piece.sale is None:
        return "neutral", "info", _("Not sold")
    if not piece.is_own_sale:
        return "odd", "question", _("Not known here")
    return "bad", "refuse", _("Not covered")


def _until(piece: Piece) -> str:
    if piece.cover is None or piece.ends_on is None or piece.sold_on is None:
        return ""
    day = date_format(piece.ends_on, "DATE_FORMAT")
    match piece.cover:
        case Cover.VOID:
            since = date_format(piece.void_on or piece.ends_on, "DATE_FORMAT")
            return _("void since %(day)s") % {"day": since}
        case Cover.OVER:
            return _("ended on %(day)s") % {"day": day}
        case Cover.NOT_YET:
            return _("from %(day)s") % {"day": date_format(piece.sold_on, "DATE_FORMAT")}
    return _("until %(day)s") % {"day": day}


def _left(piece: Piece) -> str:
    days = piece.days_left
    if piece.is_covered:
        if days == 0:
            return _("today is the last day")
        return ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days}
    if piece.cover == Cover.OVER:
        return ngettext("%(n)d day ago", "%(n)d days ago", -days) % {"n": -days}
    return ""
