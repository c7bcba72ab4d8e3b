"""Handing back: the end of a repair, with everything that follows from how it ended."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from company.access import Access
from company.rights import Right
from documents.models import Document, Kind
from documents.models import Status as DocumentStatus
from documents.writing import NewLine, write_document
from serials.models import LedgerEntry, PlaceKind, Serial
from serials.scanned import read_scan
from serials.text import SerialText, read_serial
from warranty.claims import close_claim

from .flow import steps_to_hand_back
from .holding import DESK, also, done, lock_repair, require_open, require_version, save, step
from .lending import is_out
from .models import Payer, Repair, Result, Status
from .refusals import Refused, RepairRefused, refuse, refused

RETURNING = (Result.REPLACED, Result.REFUNDED)
"""Results by which the goods come back to the store."""

GOOD = (Result.REPAIRED, Result.NO_FAULT)
"""Results after which our own unit can be sold."""


def hand_back(
    pk: int,
    *,
    result: str = "",
    version: int,
    by: Access,
    now: dt.datetime,
    replacement: str = "",
    note: str = "",
) -> Repair:
    """Hand goods back, once and for good: a second press returns the repair as it is.

    `result` is a Result; empty takes the one said when it became ready, and whoever may take in
    may hand back with that one. Ready is implied where it may follow. In one transaction the
    claim is closed on the store's day and, when it was repaired under warranty, the term
    extended. REPLACED posts an exchange: the old unit comes back defective, `replacement`, a
    serial as entered (empty where the product has none), is handed over at no difference in
    price. REFUNDED posts a customer return of the defective unit. Our own stock goes back on the
    shelf when it is repaired or has no fault, else to the defective goods.

    Raises RepairRefused, PostingRefused with everything the ledger refuses (nothing was written
    then), RepairChanged, Repair.DoesNotExist, PermissionDenied.
    """
    reading = read_scan(replacement)

    @transaction.atomic
    def work() -> Repair:
        repair = lock_repair(pk, by=by, rights=DESK)
        if repair.status == Status.HANDED_BACK:
            return repair
        require_open(repair)
        require_version(repair, version)
        unit = reading.serial
        if reading.is_unit and reading.gtin != repair.product.gtin14:
            unit = read_serial(replacement)  # a unit of another product: refused as it was scanned
        said = repair.result
        repair.result = result or said
        if refusals := _refusals(repair, said, unit, by=by):
            raise RepairRefused(refusals)
        # The claim ends first: what is in repair neither comes back nor goes on the shelf.
        extends = repair.result == Result.REPAIRED and repair.decided == Payer.WARRANTY
        _close(repair, extends=extends, by=by, now=now)
        if repair.is_own:
            is_defective = repair.result not in GOOD
            repair.put_back = _put_back(repair, is_defective=is_defective, by=by, now=now)
        elif repair.result == Result.REPLACED:
            repair.document = _exchange(repair, unit, by=by, now=now)
        elif repair.result == Result.REFUNDED:
            repair.document = _refund(repair, by=by, now=now)
        *ready, handed_back = steps_to_hand_back(repair.status)
        for status in ready:
            step(repair, status, by=by, now=now)
        _end(repair, handed_back, by=by, now=now, note=note)
        return repair

    return done(work)


def cancel_repair(pk: int, *, reason: str, version: int, by: Access, now: dt.datetime) -> Repair:
    """Take back an intake that was a mistake, while nothing was done: status CANCELLED.

    Our own stock goes back to where it lay. Raises as `hand_back` does.
    """

    @transaction.atomic
    def work() -> Repair:
        repair = lock_repair(pk, by=by, rights=DESK)
        if repair.status == Status.CANCELLED:
            return repair
        require_open(repair)
        require_version(repair, version)
        if not reason.strip():
            raise refuse("reason_missing", field="reason")
        if repair.status != Status.RECEIVED or repair.charges.exists() or repair.loans.exists():
            raise refuse("something_done", number=repair.number)
        _close(repair, extends=False, by=by, now=now)
        if repair.is_own:
            came_from = _lay_defective(repair)
            repair.put_back = _put_back(repair, is_defective=came_from, by=by, now=now)
        _end(repair, Status.CANCELLED, by=by, now=now, note=reason)
        return repair

    return done(work)


def _close(repair: Repair, *, extends: bool, by: Access, now: dt.datetime) -> None:
    """Close the claim on the store's day; with the term extended when it was repaired under it."""
    on = repair.store.date_of(now)
    close_claim(repair.claim_id, on=on, extends=extends, by=by, now=now)
    repair.claim.closed_on = on


def _end(repair: Repair, status: str, *, by: Access, now: dt.datetime, note: str) -> None:
    step(repair, status, by=by, now=now, note=note)
    repair.ended_by, repair.ended_at = by.user, now
    save(repair)


def _refusals(repair: Repair, said: str, unit: SerialText, *, by: Access) -> list[Refused]:
    """Everything that keeps a repair from being handed back with its result."""
    found: list[Refused] = []
    works = by.can(Right.REPAIR, repair.store_id)
    result = repair.result
    if not works and (repair.status != Status.READY or result != said):
        return [refused("technician_decides", field="result")]
    if result not in Result.values:
        found.append(refused("result_missing", field="result"))
    if not steps_to_hand_back(repair.status):
        now = repair.get_status_display().lower()
        found.append(refused("not_back_yet", status=now))
    if not repair.decided:
        found.append(refused("undecided", field="decided"))
    found += [
        refused("loan_out", what=loan.serial_text or loan.product.name)
        for loan in repair.loans.select_related("out", "product")
        if is_out(loan)
    ]
    if result in RETURNING:
        found += _about_returning(repair, unit, by=by)
    return found


def _about_returning(repair: Repair, unit: SerialText, *, by: Access) -> list[Refused]:
    if repair.is_own:
        return [refused("own_result", field="result")]
    if repair.sold_on is None:
        return [refused("no_sale_line", field="result")]
    if not by.can(Right.RETURN_CUSTOMER, repair.store_id):
        return [refused("may_not_return", field="result")]
    if repair.result == Result.REPLACED and repair.product.asks_serials and not unit.key:
        return [refused("replacement_missing", field="replacement")]
    if repair.result == Result.REPLACED and (other := _of_another_product(repair, unit)):
        return [
            refused(
                "replacement_other",
                field="replacement",
                what=other.text,
                other=other.product.name,
                product=repair.product.name,
            )
        ]
    return []


def _of_another_product(repair: Repair, unit: SerialText) -> Serial | None:
    """The unit scanned, if it is one of this store's that is of another product only."""
    if not unit.key:
        return None
    units = list(Serial.objects.filter(key=unit.key).select_related("product", "place"))
    if any(one.product_id == repair.product_id for one in units):
        return None
    return next((one for one in units if one.place.store_id == repair.store_id), None)


def _units(repair: Repair) -> list[SerialText]:
    return [SerialText(repair.serial.text, repair.serial.key)] if repair.serial else []


def _comes_back(repair: Repair, remark: str) -> NewLine:
    """The line by which the goods come back: of their sale, defective, with their card.

    A unit whose product is accounted without serial numbers by now comes back as a piece.
    """
    card_id = repair.claim.card_id
    units = _units(repair) if repair.product.asks_serials else []
    return NewLine(
        repair.product_id,
        serials=units,
        remark=remark,
        origin_id=repair.sold_on_id,
        is_defective=True,
        card_ids=[card_id] if card_id is not None and not units else [],
    )


def _remark(repair: Repair) -> str:
    with translation.override(repair.store.language):
        words = _("Repair %(number)s: %(complaint)s")
        return words % {"number": repair.number, "complaint": repair.complaint}


def _exchange(repair: Repair, unit: SerialText, *, by: Access, now: dt.datetime) -> Document:
    """The defective unit comes back, another of the same product is handed over for it."""
    price = repair.sold_on.unit_price if repair.sold_on else Decimal(0)
    handed_over = NewLine(
        repair.product_id, serials=[unit] if unit.key else [], unit_price=price
    )  # fmt: skip
    return write_document(
        Kind.EXCHANGE,
        store=repair.store,
        lines=[_comes_back(repair, _remark(repair)), handed_over],
        by=by,
        now=now,
        customer=repair.customer,
        under_warranty=repair.decided == Payer.WARRANTY,
    )


def _refund(repair: Repair, *, by: Access, now: dt.datetime) -> Document:
    """The defective unit comes back for its price."""
    return write_document(
        Kind.CUSTOMER_RETURN,
        store=repair.store,
        lines=[_comes_back(repair, _remark(repair))],
        by=by,
        now=now,
        customer=repair.customer,
        under_warranty=repair.decided == Payer.WARRANTY,
    )


def _put_back(
    repair: Repair, *, is_defective: bool, by: Access, now: dt.datetime
) -> Document | None:
    """Our own unit goes back; None when somebody cancelled that it was set aside."""
    if repair.set_aside is None or repair.set_aside.status == DocumentStatus.CANCELLED:
        return None
    line = NewLine(
        repair.product_id,
        serials=_units(repair),
        remark=_remark(repair),
        is_defective=is_defective,
    )
    return write_document(
        Kind.PUT_BACK,
        store=repair.store,
        lines=[line],
        by=also(by, Right.SET_ASIDE, repair.store_id),
        now=now,
    )


def _lay_defective(repair: Repair) -> bool:
    """Whether our own unit was defective goods before it was set aside."""
    if repair.set_aside is None:
        return False
    return LedgerEntry.objects.filter(
        posting=repair.set_aside.posting_id, from_place__kind=PlaceKind.DEFECTIVE
    ).exists()
