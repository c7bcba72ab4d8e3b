"""What handing back would do, in a sentence for each way a repair may end."""

from __future__ import annotations

import datetime as dt

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from company.rights import Right
from warranty.models import Card
from warranty.reckoning import adjustments_of, base_of, changes_of
from warranty.terms import projected_end

from .models import Payer, Repair, Result

OWN_RESULTS = (Result.REPAIRED, Result.NO_FAULT, Result.REFUSED)


def results_for(repair: Repair, *, access: Access) -> list[str]:
    """The outcomes that a person may choose: goods that come back need their sale, and a right."""
    if repair.is_own:
        return list(OWN_RESULTS)
    if not access.can(Right.REPAIR, repair.store_id):
        return [repair.result] if repair.result else []
    returns = repair.sold_on_id is not None and access.can(Right.RETURN_CUSTOMER, repair.store_id)
    returning = {Result.REPLACED, Result.REFUNDED}
    return [result for result in Result.values if returns or result not in returning]


def what_it_does(repair: Repair, *, today: dt.date) -> dict[str, object]:
    """By outcome, what handing the goods back today would do."""
    if repair.is_own:
        return {
            Result.REPAIRED: _("It goes back on the shelf and can be sold."),
            Result.NO_FAULT: _("It goes back on the shelf and can be sold."),
            Result.REFUSED: _("It can't be repaired: it goes to the defective goods."),
        }
    card = repair.claim.card
    stays = _stays(card, today)
    return {
        Result.REPAIRED: _longer(repair, card, today) or stays,
        Result.REPLACED: _(
            "An exchange is posted: this unit comes back as defective, the new one is handed over "
            "with a warranty card of its own. What its warranty is follows the policy of the sale."
        ),
        Result.REFUNDED: _refund(repair),
        Result.REFUSED: _("It is handed back as it is, with the reason on the act. %(end)s")
        % {"end": stays},
        Result.NO_FAULT: _("It is handed back as it is. %(end)s") % {"end": stays},
    }


def end_if_repaired(repair: Repair, card: Card, *, today: dt.date) -> dt.date:
    """The card's last covered day if it was handed back repaired today: one statement."""
    term = card.term
    return projected_end(
        base_of(term),
        changes_of(adjustments_of(card)),
        policy=term.on_repair,
        months=term.on_repair_months,
        claimed_on=repair.claim.claimed_on,
        back_on=today,
    )


def _longer(repair: Repair, card: Card | None, today: dt.date) -> str:
    """How the warranty is extended; empty when it is not."""
    payer = repair.decided or repair.proposed
    if card is None or card.void_on or payer != Payer.WARRANTY:
        return ""
    end = end_if_repaired(repair, card, today=today)
    days = (end - card.ends_on).days
    if days <= 0:
        return ""
    words = ngettext(
        "The warranty will end on %(day)s, %(n)s day later than now.",
        "The warranty will end on %(day)s, %(n)s days later than now.",
        days,
    )
    return words % {"day": date_format(end), "n": days}


def _stays(card: Card | None, today: dt.date) -> str:
    if card is None or card.void_on:
        return _("There is no warranty to extend.")
    day = {"day": date_format(card.ends_on)}
    if card.ends_on < today:
        return _("The warranty ended on %(day)s.") % day
    return _("The warranty ends on %(day)s, as before.") % day


def _refund(repair: Repair) -> str:
    if repair.sold_on is None:
        return _("A customer return is posted, and the warranty ends.")
    words = _("A customer return is posted: %(price)s is given back, and the warranty ends.")
    price = number_format(repair.sold_on.unit_price, 2, force_grouping=True)
    return words % {"price": price}
