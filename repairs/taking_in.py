"""Taking goods in for repair: neither a return nor a movement, the sale stands (section 8)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from company.access import Access
from company.constraints import broken_constraint
from company.models import Store, User
from company.numbering import printed_number, take_numbers
from company.rights import Right
from documents.models import Document, Kind, Line
from documents.writing import NewLine, write_document
from partners.models import Customer
from partners.saving import CUSTOMER_FIELDS, hold_customer, save_customer
from serials.models import Serial
from serials.text import SerialText
from warranty.claims import AlreadyClaimed, decide_claim, open_claim

from .goods import Goods, in_repair, may_be_named, read_goods, what_is_in_the_way
from .holding import also, done, locked_row
from .models import Payer, Repair, Status, Step
from .people import works_on_repairs
from .refusals import Refused, RepairRefused, refuse, refused
from .subjects import Subject, SubjectKind

SERIES = "RP"

_LOCKED: Mapping[SubjectKind, type[models.Model]] = {
    SubjectKind.SERIAL: Serial,
    SubjectKind.LINE: Line,
}
"""What is locked before it is looked at; posting locks our own stock, opening a claim its card."""

_MOVED_MEANWHILE = "documents_claim_of_a_valid_card"


@dataclasses.dataclass(frozen=True, slots=True)
class _Intake:
    """What was said at the desk, tidied."""

    complaint: str
    condition: str
    contents: str
    customer: Customer | None
    new_customer: Mapping[str, Any] | None
    technician: User | None
    promised_on: dt.date | None
    claimed_on: dt.date
    decided: str
    reason: str


def take_in(
    store: Store,
    *,
    subject: Subject,
    complaint: str,
    condition: str = "",
    contents: str = "",
    customer: Customer | None = None,
    new_customer: Mapping[str, Any] | None = None,
    technician: User | None = None,
    promised_on: dt.date | None = None,
    claimed_on: dt.date | None = None,
    decided: str = "",
    reason: str = "",
    by: Access,
    now: dt.datetime,
) -> Repair:
    """Take a unit or a piece in: number it, open its claim, propose who pays. The new repair.

    The customer is one there is, or `new_customer` (CUSTOMER_FIELDS of partners: name, phone,
    e-mail); of our own stock there is none, and a document takes it off the shelf. `claimed_on` is
    the store's today, a manager may choose an earlier day. `decided` is a Payer when the person
    decides at once, with a `reason` when it is not what the term says.

    Raises RepairRefused with every reason by field, PostingRefused when our own stock is not set
    aside, Store.DoesNotExist for another store, PermissionDenied without the right.
    """
    if not by.sees(store.pk):
        raise Store.DoesNotExist
    if not by.can(Right.TAKE_IN_REPAIR, store.pk):
        raise PermissionDenied
    intake = _Intake(
        complaint=complaint.strip(),
        condition=condition.strip(),
        contents=contents.strip(),
        customer=customer,
        new_customer=new_customer,
        technician=technician,
        promised_on=promised_on,
        claimed_on=claimed_on or store.date_of(now),
        decided=decided,
        reason=reason.strip(),
    )
    try:
        return done(lambda: _take_in(store, subject, intake, by=by, now=now))
    except IntegrityError as error:
        if broken_constraint(error) != _MOVED_MEANWHILE:
            raise
        raise refuse("moved_meanwhile", field="subject") from error


@transaction.atomic
def _take_in(
    store: Store, subject: Subject, intake: _Intake, *, by: Access, now: dt.datetime
) -> Repair:
    # Whoever sells, takes back or takes in the same unit now waits, or is waited for.
    if subject.kind in _LOCKED:
        locked_row(_LOCKED[subject.kind], subject.pk)
    goods = next(iter(read_goods([subject])), None)
    if goods is None or not may_be_named(goods, access=by):
        raise refuse("never_seen", field="subject", what=_("It"))
    refusals = [
        *what_is_in_the_way(goods, store=store, access=by),
        *_about_customer(goods, intake),
        *_about_the_rest(goods, intake, store=store, by=by, now=now),
    ]
    if refusals:
        raise RepairRefused(refusals)
    proposed = goods.proposed(intake.claimed_on)
    decided = Payer.CUSTOMER if subject.is_own else intake.decided
    customer = intake.customer
    if customer is None and intake.new_customer is not None and not subject.is_own:
        customer = save_customer(
            {name: intake.new_customer.get(name, "") for name in CUSTOMER_FIELDS}, by=by
        )
    set_aside = _set_aside(store, goods, intake, by=by, now=now) if subject.is_own else None
    # The claim carries the number, so the series is locked a little longer than elsewhere.
    year = store.date_of(now).year
    (number,) = take_numbers(store, SERIES, year=year)
    reference = printed_number(store, SERIES, year=year, number=number)
    try:
        claim = open_claim(
            reference=reference,
            store=store,
            product=goods.product,
            claimed_on=intake.claimed_on,
            serial_id=goods.serial.pk if goods.serial else None,
            card_id=goods.card.pk if goods.card else None,
        )
    except AlreadyClaimed as error:
        raise RepairRefused([in_repair(goods.what, error.claim, access=by)]) from error
    if decided:
        claim = decide_claim(claim.pk, is_warranty=decided == Payer.WARRANTY)
    repair = Repair.objects.create(
        number=reference,
        store=store,
        claim=claim,
        is_own=subject.is_own,
        customer=customer,
        product=goods.product,
        serial=goods.serial,
        product_name=_name(goods),
        sku=_sku(goods),
        serial_text=goods.serial.text if goods.serial else "",
        sold_on=goods.sold_on,
        complaint=intake.complaint,
        condition=intake.condition,
        contents=intake.contents,
        technician=intake.technician,
        promised_on=intake.promised_on,
        proposed=proposed,
        decided=decided,
        decided_by=by.user if decided else None,
        decision_reason=intake.reason[:200] if decided else "",
        set_aside=set_aside,
        taken_in_by=by.user,
        taken_in_at=now,
    )
    Step.objects.create(repair=repair, status=Status.RECEIVED, made_by=by.user, made_at=now)
    return repair


def _name(goods: Goods) -> str:
    """What it was called when it was sold."""
    if goods.card is not None:
        return goods.card.term.product_name
    return (goods.sold_on.product_name if goods.sold_on else "") or goods.product.name


def _sku(goods: Goods) -> str:
    if goods.card is not None:
        return goods.card.term.sku
    return (goods.sold_on.sku if goods.sold_on else "") or goods.product.sku


def _set_aside(
    store: Store, goods: Goods, intake: _Intake, *, by: Access, now: dt.datetime
) -> Document:
    """Take our own unit off the shelf, or from the defective goods: nobody sells it meanwhile."""
    with translation.override(store.language):
        reason = _("For repair: %(complaint)s") % {"complaint": intake.complaint}
    serial = goods.serial
    line = NewLine(
        goods.product.pk,
        serials=[SerialText(serial.text, serial.key)] if serial else [],
        remark=reason[:200],
    )
    return write_document(
        Kind.SET_ASIDE,
        store=store,
        lines=[line],
        by=also(by, Right.SET_ASIDE, store.pk),
        now=now,
    )


def _about_customer(goods: Goods, intake: _Intake) -> list[Refused]:
    new = intake.new_customer
    if goods.subject.is_own:
        if intake.customer is not None or new is not None:
            return [refused("own_has_no_customer", field="customer")]
        return []
    if intake.customer is not None:
        if hold_customer(intake.customer.pk) is None:
            return [refused("customer_erased", field="customer")]
        return []
    if new is None:
        return [refused("customer_missing", field="customer")]
    found = []
    if not str(new.get("name", "")).strip():
        found.append(refused("customer_name_missing", field="name"))
    if not str(new.get("phone", "")).strip():
        found.append(refused("customer_phone_missing", field="phone"))
    return found


def _about_the_rest(
    goods: Goods, intake: _Intake, *, store: Store, by: Access, now: dt.datetime
) -> list[Refused]:
    """The store, the words, the days, the technician, who pays."""
    found = []
    if not store.is_active:
        found.append(refused("store_closed", store=store.name))
    if not intake.complaint:
        found.append(refused("complaint_missing", field="complaint"))
    found += _about_days(goods, intake, store=store, by=by, now=now)
    technician = intake.technician
    if technician is not None and not works_on_repairs(technician, store):
        found.append(
            refused("not_a_technician", field="technician", person=technician, store=store.name)
        )
    if intake.decided and not goods.subject.is_own:
        found += about_decision(
            intake.decided,
            intake.reason,
            proposed=goods.proposed(intake.claimed_on),
            has_card=goods.card is not None,
        )
        if intake.decided != goods.proposed(intake.claimed_on) and not by.can(
            Right.REPAIR, store.pk
        ):
            found.append(refused("no_right", field="decided", store=store.name))
    return found


def _about_days(
    goods: Goods, intake: _Intake, *, store: Store, by: Access, now: dt.datetime
) -> list[Refused]:
    found = []
    day, today = intake.claimed_on, store.date_of(now)
    if day > today:
        found.append(refused("claimed_in_future", field="claimed_on", date=date_format(day)))
    elif day < today and not by.can(Right.BACK_DATE, store.pk):
        found.append(refused("claimed_earlier", field="claimed_on"))
    elif goods.sold_day is not None and day < goods.sold_day:
        number = goods.sold_on.document.number if goods.sold_on else ""
        found.append(
            refused(
                "claimed_before_sale",
                field="claimed_on",
                date=date_format(goods.sold_day),
                number=number,
            )
        )
    if intake.promised_on is not None and intake.promised_on < day:
        found.append(refused("promised_too_early", field="promised_on", date=date_format(day)))
    return found


def about_decision(decided: str, reason: str, *, proposed: str, has_card: bool) -> list[Refused]:
    """Why it can't be decided so: no card, no such payer, or no reason to differ from the term."""
    if decided not in Payer.values:
        return [refused("undecided", field="decided")]
    if decided == Payer.WARRANTY and not has_card:
        return [refused("no_card", field="decided")]
    if decided != proposed and not reason.strip():
        return [refused("decision_reason_missing", field="reason")]
    return []
