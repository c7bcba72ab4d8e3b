"""What happened to a unit, in words: one event for each movement that the ledger has of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from documents.corrected import PUT_BACK
from documents.kinds import spec_of
from documents.models import Document, Kind, LineSerial
from serials.models import LedgerEntry, Movement, PlaceKind


@dataclasses.dataclass(frozen=True, slots=True)
class OtherSide:
    """What a unit was exchanged for, or mixed up with: `serial_id` when it is one with a page."""

    pieces: int
    name: str
    serial_id: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Cancelled:
    """Who took a movement back, when and why; of another store only when."""

    on: dt.date
    who: str = ""
    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to the unit. Documents of other stores are named, not linked.

    `amount` is the unit's price, negative where the money went back. `notes` are sentences
    without a full stop. `other` is what it was exchanged for, or mixed up with when `is_mix_up`.
    """

    icon: str
    tone: str
    title: str
    on: dt.date
    at: dt.datetime
    who: str
    where: str
    reference: str
    document: Document | None = None
    amount: Decimal | None = None
    notes: Sequence[str] = ()
    other: OtherSide | None = None
    is_mix_up: bool = False
    cancelled: Cancelled | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class _Told:
    """The words and looks of a movement before anything is known of its document."""

    icon: str
    tone: str
    title: str


def movement_event(
    entry: LedgerEntry,
    document: Document | None,
    entered: LineSerial | None,
    other: OtherSide | None,
) -> Event:
    """A movement with what its document says, `entered` as the unit stands on it.

    Without a document, of a store that is not the reader's, it tells what the ledger has and no
    person, partner, price or reason.
    """
    posting = entry.posting
    corrects = posting.kind == Movement.CORRECTION
    told = _corrected(entry, other) if corrects else _told(entry, document)
    cancelled = _cancelled(entry, document)
    identifies = posting.kind == Movement.IDENTIFICATION
    return Event(
        icon="barcode" if identifies else told.icon,
        tone="neutral" if cancelled else told.tone,
        title=told.title,
        on=posting.effective_on,
        at=posting.posted_at,
        who=str(posting.posted_by) if document else "",
        where=posting.store.name,
        reference=posting.reference,
        document=document,
        amount=_amount(entry, document, entered),
        notes=_notes(entry, document, entered),
        other=other,
        is_mix_up=corrects,
        cancelled=cancelled,
    )


def _corrected(entry: LedgerEntry, other: OtherSide | None) -> _Told:
    """One of two units that were mixed up: which it is tells where it came from, or went."""
    if other is None:
        return _Told("swap", "info", _("Had been mixed up with another unit"))
    came_from, went_to = entry.from_place.kind, entry.to_place.kind
    if came_from == PlaceKind.OUTSIDE:
        words = _("Got its number: it had been received as %(other)s")
    elif went_to == PlaceKind.OUTSIDE:
        words = _("Was a typing error: the unit that was received is %(other)s")
    elif entry.line == PUT_BACK:
        words = _("Was here all along: %(other)s had gone instead")
    else:
        words = _("Had gone instead of %(other)s, which was written")
    return _Told("swap", "info", words % {"other": other.name})


def _told(entry: LedgerEntry, document: Document | None) -> _Told:
    partner = (document.customer or document.supplier) if document else None
    name = partner.name if partner else ""
    exchanged = entry.posting.kind == Movement.EXCHANGE
    came_from, went_to = entry.from_place.kind, entry.to_place.kind
    if went_to == PlaceKind.CUSTOMER:
        return _handed_over(name, exchanged=exchanged)
    if came_from == PlaceKind.CUSTOMER:
        return _taken_back(name, exchanged=exchanged, is_good=went_to == PlaceKind.SHELF)
    if went_to == PlaceKind.SUPPLIER:
        title = _("Returned to %(name)s") % {"name": name} if name else _("Returned to a supplier")
        return _Told("arrow-left", "warn", title)
    if entry.posting.kind == Movement.PARTS:
        return _Told("repair", "info", _("Used in a repair"))
    if went_to == PlaceKind.BLOCKED:
        return _Told("lock", "warn", _("Set aside"))
    if came_from == PlaceKind.BLOCKED:
        return _put_back(entry.posting.store.name, is_good=went_to == PlaceKind.SHELF)
    if went_to == PlaceKind.WRITTEN_OFF:
        return _Told("trash", "bad", _("Written off"))
    if went_to == PlaceKind.TRANSIT:
        to_store = document.to_store if document and document.kind == Kind.TRANSFER else None
        title = (
            _("Sent to %(store)s") % {"store": to_store.name}
            if to_store
            else _("Sent to another store")
        )
        return _Told("transfer", "info", title)
    if went_to == PlaceKind.MISSING:
        return _Told("warning", "bad", _("Missing when stock was counted"))
    if came_from == PlaceKind.MISSING:
        return _Told(
            "search", "good", _("Found again in %(store)s") % {"store": entry.posting.store.name}
        )
    if came_from == PlaceKind.TRANSIT:
        title = _("Arrived in %(store)s") % {"store": entry.posting.store.name}
        return _Told("transfer", "good", title)
    return _received(name, again=came_from == PlaceKind.SUPPLIER, document=document)


def _put_back(store_name: str, *, is_good: bool) -> _Told:
    if is_good:
        return _Told("undo", "good", _("Put back on the shelf"))
    return _Told(
        "undo", "warn", _("Put back, to the defective goods of %(store)s") % {"store": store_name}
    )


def _handed_over(name: str, *, exchanged: bool) -> _Told:
    if exchanged:
        title = (
            _("Handed over to %(name)s in an exchange") % {"name": name}
            if name
            else _("Handed over in an exchange")
        )
        return _Told("swap", "info", title)
    return _Told("sale", "info", _("Sold to %(name)s") % {"name": name} if name else _("Sold"))


def _taken_back(name: str, *, exchanged: bool, is_good: bool) -> _Told:
    tone = "good" if is_good else "warn"
    if exchanged:
        title = (
            _("Came back from %(name)s in an exchange") % {"name": name}
            if name
            else _("Came back in an exchange")
        )
        return _Told("swap", tone, title)
    title = (
        _("Taken back from %(name)s") % {"name": name}
        if name
        else _("Taken back from the customer")
    )
    return _Told("undo", tone, title)


def _received(name: str, *, again: bool, document: Document | None) -> _Told:
    if again:
        title = (
            _("Received again from %(name)s, after it went back to a supplier") % {"name": name}
            if name
            else _("Received again, after it went back to a supplier")
        )
        return _Told("receipt", "warn", title)
    if document and document.is_opening:
        return _Told("receipt", "good", _("Entered as opening stock"))
    title = _("Received from %(name)s") % {"name": name} if name else _("Received")
    return _Told("receipt", "good", title)


def _amount(
    entry: LedgerEntry, document: Document | None, entered: LineSerial | None
) -> Decimal | None:
    """The unit's price on its document; negative where it came back or went to a supplier."""
    if document is None or entered is None or not spec_of(document.kind).has_prices:
        return None
    price = entered.line.unit_price
    goes_back = (
        entry.from_place.kind == PlaceKind.CUSTOMER or entry.to_place.kind == PlaceKind.SUPPLIER
    )
    return -price if goes_back and price else price


def _notes(
    entry: LedgerEntry, document: Document | None, entered: LineSerial | None
) -> Sequence[str]:
    notes: list[str] = []
    if entry.posting.kind == Movement.CORRECTION:
        if document and document.origin and document.origin.number:
            notes.append(_("Put right: %(number)s") % {"number": document.origin.number})
        return notes
    if entry.from_place.kind == PlaceKind.CUSTOMER and entry.to_place.kind == PlaceKind.SHELF:
        notes.append(_("In good condition"))
    if entry.to_place.kind == PlaceKind.DEFECTIVE:
        notes.append(_("Defective"))
    if document is None or entered is None:
        return notes
    if document.origin and document.kind == Kind.IDENTIFICATION:
        number = document.origin.number
        notes.append(_("Serial number entered later, for %(number)s") % {"number": number})
    if (remark := entered.line.remark.rstrip(".")) and not _is_replacement(entry):
        gives_reason = spec_of(document.kind).asks_reason
        notes.append(_("Reason: %(reason)s") % {"reason": remark} if gives_reason else remark)
    if earlier := entered.acknowledged:
        notes.append(
            _("The return %(number)s was acknowledged by a manager") % {"number": earlier.reference}
        )
    return notes


def _is_replacement(entry: LedgerEntry) -> bool:
    """Whether the unit was handed over in an exchange: the reason is that of what came back."""
    is_exchange = entry.posting.kind == Movement.EXCHANGE
    return is_exchange and entry.to_place.kind == PlaceKind.CUSTOMER


def _cancelled(entry: LedgerEntry, document: Document | None) -> Cancelled | None:
    """Who cancelled the movement's document; None while it stands."""
    reversal = getattr(entry.posting, "reversed_by", None)
    if reversal is None:
        return None
    on = entry.posting.store.date_of(reversal.posted_at)
    if document is None:
        return Cancelled(on)
    return Cancelled(on, str(reversal.posted_by), document.cancel_reason.rstrip("."))
