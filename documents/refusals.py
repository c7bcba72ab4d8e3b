"""Why a document as a whole can't be posted, in words; its serials' reasons are the ledger's."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from serials.refusals import Refusal
from serials.text import SerialText

from .models import Line

MESSAGES: Mapping[str, object] = {
    "no_lines": _("There is nothing on this document yet."),
    "store_closed": _("%(store)s is closed: nothing moves there any more."),
    "date_in_future": _("%(date)s has not come yet: choose today or an earlier day."),
    "before_lock_date": _("The books are closed before %(date)s: choose that day or a later one."),
    "before_count": _(
        "Some of these goods were counted on %(date)s: choose that day or a later one."
    ),
    "back_dating": _("Only a manager may date a document in the past."),
    "supplier_missing": _("Choose the supplier, or mark this receipt as opening stock."),
    "customer_missing": _("A sale under warranty needs a customer here: choose one."),
    "supplier_to_name": _("Choose the supplier these goods go back to."),
    "to_store_missing": _("Choose the store these goods go to."),
    "nothing_comes_back": _("Scan the unit that comes back."),
    "nothing_handed_over": _("Scan what is handed over instead."),
    "nothing_on_the_way": _("Nothing of %(number)s is on the way any more."),
    "nothing_to_identify": _("No unit of %(number)s is without its serial number."),
    "without_serials_right": _("Only a manager may move goods without their serial numbers."),
    "without_serials_reason": _("Give the reason why the serial numbers are not entered now."),
    "changed_meanwhile": _(
        "Somebody moved the same units at this very moment. Nothing was posted: look again."
    ),
}


LINE_MESSAGES: Mapping[str, object] = {
    "reason_missing": _("Give the reason."),
    "return_too_many": _(
        "Only %(left)s of what %(number)s sold on this line may still come back, not %(quantity)s."
    ),
    "return_nothing": _("Nothing of this line of %(number)s is left to come back."),
    "return_unidentified": _(
        "Only %(left)s of this line of %(number)s may come back now: the others were sold without "
        "their serial numbers. Enter those of the sale first."
    ),
    "sold_elsewhere": _("Sold in %(store)s by %(number)s: its people take it back."),
    "card_void": _("Card %(card)s is void already: its piece came back before."),
    "came_back_before": _("%(serial)s came back of this sale already, by %(number)s."),
    "never_went": _(
        "%(serial)s was not handed over by this sale: another unit was, as %(number)s put right."
    ),
    "in_repair": _("%(serial)s is in repair %(number)s: end it there."),
    "card_in_repair": _("The piece of card %(card)s is in repair %(number)s: end it there."),
    "pieces_in_repair": _(
        "Only %(left)s of this line of %(number)s may come back now: others are in repair "
        "(%(repairs)s). End it there."
    ),
    "arrive_too_many": _("%(number)s has only %(left)s on the way, not %(quantity)s."),
    "arrive_nothing": _("Nothing of this line of %(number)s is on the way any more."),
    "identify_too_many": _(
        "Only %(left)s of the units of %(number)s are without serial numbers, not %(quantity)s."
    ),
    "identify_nothing": _("No unit of this line of %(number)s is without its serial number."),
    "before_origin": _("%(number)s is of %(date)s: this document can't be dated before that."),
    "window_over": _(
        "Sold by %(number)s on %(date)s, more than %(days)s days ago. A manager may still take it "
        "back."
    ),
}


def document_refusal(code: str, *, field: str | None = None, **facts: object) -> Refusal:
    """A refusal of the whole document, shown at a field of its header when one is named."""
    return Refusal(None, None, code, str(MESSAGES[code]) % facts, field=field)


def line_refusal(code: str, line: Line, *, field: str | None = None, **facts: object) -> Refusal:
    """A refusal of one line, shown beside it."""
    return Refusal(line.position, None, code, str(LINE_MESSAGES[code]) % facts, field=field)


def serial_refusal(code: str, line: Line, serial: SerialText, **facts: object) -> Refusal:
    """A refusal of one serial of a line, shown at it."""
    message = str(LINE_MESSAGES[code]) % {"serial": serial.text, **facts}
    return Refusal(line.position, serial.text, code, message, key=serial.key)
