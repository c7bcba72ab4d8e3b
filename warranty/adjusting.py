"""What an admin does to the end of a card: sets it, and takes an adjustment back."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from company.access import Access

from .models import Adjustment, Card
from .reckoning import adjust, adjustments_of, locked_card


@transaction.atomic
def override_end(
    card_id: int,
    *,
    ends_on: dt.date,
    reason: str,
    seen: dt.date,
    by: Access,
    now: dt.datetime,
) -> Adjustment:
    """Set the last covered day of a card; `seen` is the one that the person saw.

    Raises PermissionDenied, Card.DoesNotExist, and ValidationError by field.
    """
    _only_admin(by)
    card = locked_card(card_id)
    _only_as_seen(card, seen)
    wrong: dict[str, str] = {}
    if not reason.strip():
        wrong["reason"] = _("Say why: the card's page shows it.")
    if ends_on < card.term.starts_on:
        day = date_format(card.term.starts_on)
        wrong["ends_on"] = _("Not before %(day)s, when the warranty begins.") % {"day": day}
    elif ends_on == card.ends_on:
        wrong["ends_on"] = _("It ends on this day already.")
    if wrong:
        raise ValidationError(wrong)
    override = Adjustment(
        kind=Adjustment.Kind.OVERRIDE,
        reason=reason.strip(),
        sets_end=ends_on,
        made_by=by.user,
        made_at=now,
    )
    return adjust(card, adjustments_of(card), override)


@transaction.atomic
def revoke(
    adjustment_id: int, *, reason: str, seen: dt.date, by: Access, now: dt.datetime
) -> Adjustment:
    """Take an adjustment back: the end is reckoned anew from what is left.

    `seen` is the card's end as the person saw it. Raises PermissionDenied,
    Adjustment.DoesNotExist, and ValidationError by field.
    """
    _only_admin(by)
    revoked = Adjustment.objects.get(pk=adjustment_id)
    card = locked_card(revoked.card_id)
    before = adjustments_of(card)
    if any(one.revokes_id == adjustment_id for one in before):
        raise ValidationError(_("It was taken back already."))
    if revoked.kind == Adjustment.Kind.REVOCATION:
        raise ValidationError(_("What was taken back stays so: set the end instead."))
    _only_as_seen(card, seen)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: the card's page shows it.")})
    taken_back = Adjustment(
        kind=Adjustment.Kind.REVOCATION,
        reason=reason.strip(),
        revokes=revoked,
        made_by=by.user,
        made_at=now,
    )
    return adjust(card, before, taken_back)


def _only_as_seen(card: Card, seen: dt.date) -> None:
    """Refuse for a void card, and for one whose end is no longer the one that was seen."""
    if card.void_on is not None:
        raise ValidationError(_("The card is void: its warranty has ended."))
    if card.ends_on != seen:
        words = _("The end was changed meanwhile: it is %(day)s now. Look at it and decide anew.")
        raise ValidationError(words % {"day": date_format(card.ends_on)})


def _only_admin(by: Access) -> None:
    if not by.user.is_admin:
        raise PermissionDenied
