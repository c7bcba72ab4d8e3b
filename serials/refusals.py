"""Refusals as data, and the words they are told in."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from company.access import Access

from .text import SerialText


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a document can't be posted.

    `line` is the line's number in the document (None: the whole document), `serial` and `key` the
    serial it is about, `posting_id` the posting that explains it (the page links to it), `field`
    the input it belongs to when it is about a number or a date.
    """

    line: int | None
    serial: str | None
    code: str
    message: str
    posting_id: int | None = None
    store_id: int | None = None
    field: str | None = None
    key: str | None = None

    def link_for(self, access: Access) -> int | None:
        """The posting to link to, when the person may open its document."""
        return self.posting_id if access.sees(self.store_id) else None


class PostingRefused(Exception):
    """A document is refused, for all the reasons it carries; nothing was written."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(refusal.message for refusal in refusals))


MESSAGES: Mapping[str, object] = {
    # a line
    "serials_not_asked": _("This product is accounted without serial numbers: take them off."),
    "serials_missing": _("%(serials)s of %(quantity)s serial numbers entered: enter the rest."),
    "serials_too_many": _(
        "%(serials)s serial numbers for %(quantity)s pieces: take off some, or raise the quantity."
    ),
    "not_enough": _("Only %(available)s in stock here, %(quantity)s asked for."),
    "product_inactive": _("%(product)s is no longer in use."),
    # a serial that comes in
    "already_received": _(
        "%(serial)s was already received: it is %(state)s (%(reference)s of %(date)s)."
    ),
    "received_but_sold": _(
        "%(serial)s was sold by %(reference)s on %(date)s. "
        "If the customer brings it back, make a customer return."
    ),
    "returned_to_supplier_before": _(
        "%(serial)s was returned to the supplier by %(reference)s on %(date)s. "
        "A manager has to acknowledge that it came back."
    ),
    "received_but_written_off": _(
        "%(serial)s was written off by %(reference)s on %(date)s. Cancel the write-off instead."
    ),
    "received_but_used": _(
        "%(serial)s was used in a repair by %(reference)s on %(date)s. Cancel that instead."
    ),
    "received_but_missing": _(
        "%(serial)s has been missing since %(reference)s of %(date)s. "
        "Put it back as found instead of receiving it."
    ),
    # a serial that goes out
    "never_received": _("%(serial)s was never received. Check the number, or receive it first."),
    "already_sold": _("%(serial)s was already sold by %(reference)s on %(date)s."),
    "at_another_store": _("%(serial)s lies in %(store)s (%(reference)s of %(date)s)."),
    "defective": _(
        "%(serial)s is defective (%(reference)s of %(date)s): it can only go back to the supplier "
        "or be written off."
    ),
    "blocked": _("%(serial)s was set aside by %(reference)s on %(date)s and stays here."),
    "not_set_aside": _("%(serial)s is not set aside: it is %(state)s (%(reference)s of %(date)s)."),
    "in_transit": _("%(serial)s is on its way between stores (%(reference)s of %(date)s)."),
    "at_supplier": _("%(serial)s was returned to the supplier by %(reference)s on %(date)s."),
    "written_off": _("%(serial)s was written off by %(reference)s on %(date)s."),
    "used_in_repair": _("%(serial)s was used in a repair by %(reference)s on %(date)s."),
    "missing": _("%(serial)s has been missing since %(reference)s of %(date)s."),
    "not_missing": _("%(serial)s is not missing: it is %(state)s (%(reference)s of %(date)s)."),
    "moved_later": _(
        "%(serial)s moved on %(date)s by %(reference)s: this document can't be dated before that."
    ),
    "not_enough_identified": _(
        "Only %(available)s in stock here, %(quantity)s asked for: others left without their "
        "serial numbers. Enter those first."
    ),
    # a serial that comes back, arrives or is entered later
    "never_sold": _("%(serial)s was never sold. Check the number."),
    "not_sold": _(
        "%(serial)s is not with a customer: it is %(state)s (%(reference)s of %(date)s)."
    ),
    "already_returned": _("%(serial)s was already taken back by %(reference)s on %(date)s."),
    "other_sale": _(
        "%(serial)s was sold by %(reference)s on %(date)s, not by the sale this line names."
    ),
    "not_in_transit": _(
        "%(serial)s is not on its way here: it is %(state)s (%(reference)s of %(date)s)."
    ),
    "other_transfer": _(
        "%(serial)s was sent by %(reference)s on %(date)s, not by the transfer this document "
        "receives."
    ),
    "not_from_there": _(
        "%(serial)s is %(state)s (%(reference)s of %(date)s), so it is not one of these units."
    ),
    # the second number of a unit
    "is_second_number": _(
        "%(serial)s is the second number of %(own)s: take it off, and scan the unit again."
    ),
    "second_is_first": _("%(second)s is the unit's own number. Scan its second one."),
    "second_is_taken": _(
        "%(second)s can't be the second number of %(serial)s: it names the unit %(other)s."
    ),
    "second_differs": _(
        "%(serial)s has another second number already, %(has)s. It is corrected on the unit's page."
    ),
    # the text of a serial
    "own_barcode": _("%(serial)s is the barcode of %(product)s, not a serial number."),
    "other_barcode": _("%(serial)s is a unit of %(other)s, as its code says."),
    "bad_format": _(
        "%(serial)s does not look like a serial number of %(type)s, which is like %(like)s."
    ),
    "bad_imei": _(
        "%(serial)s is not an IMEI: 15 digits, the last of which fits the others (14 without it)."
    ),
}


def refusal(
    code: str,
    *,
    line: int | None = None,
    serial: SerialText | None = None,
    posting_id: int | None = None,
    store_id: int | None = None,
    field: str | None = None,
    **facts: object,
) -> Refusal:
    """A refusal in the words of its code; `facts` fill the blanks."""
    text, key = (serial.text, serial.key) if serial else (None, None)
    message = str(MESSAGES[code]) % {"serial": text, **facts}
    return Refusal(line, text, code, message, posting_id, store_id, field, key)
