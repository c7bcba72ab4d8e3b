"""Units of the store lent to a customer while theirs is in repair."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from company.access import Access
from company.rights import Right
from documents.models import Document, Kind, LineSerial
from documents.models import Status as DocumentStatus
from documents.writing import NewLine, write_document
from products.models import Product
from serials.models import Serial
from serials.text import SerialText, read_serial

from .holding import DESK, also, done, lock_repair, require_open, save
from .models import Loan, Repair
from .refusals import refuse


def is_out(loan: Loan) -> bool:
    """Whether a lent unit is with the customer: not back, and nobody cancelled that it left."""
    return loan.back_id is None and loan.out.status != DocumentStatus.CANCELLED


def lend(
    pk: int, *, product: Product, serial: str = "", note: str = "", by: Access, now: dt.datetime
) -> Loan:
    """Lend a unit of this store's stock: a document sets it aside at once.

    `serial` is as entered, where the product asks for one; `note` says its condition and what
    came with it. Raises RepairRefused, PostingRefused with everything the ledger refuses,
    Repair.DoesNotExist, PermissionDenied without Right.TAKE_IN_REPAIR.
    """
    unit = read_serial(serial)

    @transaction.atomic
    def work() -> Loan:
        repair = lock_repair(pk, by=by, rights=DESK)
        require_open(repair)
        if repair.is_own:
            raise refuse("own_needs_no_loaner")
        with translation.override(repair.store.language):
            remark = _("Lent to the customer of repair %(number)s") % {"number": repair.number}
        document = write_document(
            Kind.SET_ASIDE,
            store=repair.store,
            lines=[NewLine(product.pk, serials=[unit] if unit.key else [], remark=remark)],
            by=also(by, Right.SET_ASIDE, repair.store_id),
            now=now,
        )
        save(repair)
        return Loan.objects.create(
            repair=repair,
            product=product,
            serial=Serial.objects.filter(product=product, key=unit.key).first(),
            serial_text=unit.text,
            out=document,
            note=note.strip()[:400],
            lent_on=repair.store.date_of(now),
        )

    return done(work)


def take_loaner_back(
    pk: int, loan_pk: int, *, is_defective: bool = False, by: Access, now: dt.datetime
) -> Loan:
    """Take a lent unit back onto the shelf, or to the defective goods.

    One that is back already is returned as it is; one that somebody put back by a document of
    their own is back by that. Raises as `lend` does.
    """

    @transaction.atomic
    def work() -> Loan:
        repair = lock_repair(pk, by=by, rights=DESK)
        loan = repair.loans.select_related("out", "product", "serial").get(pk=loan_pk)
        if not is_out(loan):
            return loan
        require_open(repair)
        loan.back = _put_back_meanwhile(loan) or _put_back(
            repair, loan, is_defective=is_defective, by=by, now=now
        )
        loan.returned_on = repair.store.date_of(now)
        loan.save(update_fields=["back", "returned_on"])
        save(repair)
        return loan

    return done(work)


def _put_back(
    repair: Repair, loan: Loan, *, is_defective: bool, by: Access, now: dt.datetime
) -> Document:
    with translation.override(repair.store.language):
        remark = _("Back from the customer of repair %(number)s") % {"number": repair.number}
    unit = SerialText(loan.serial_text, read_serial(loan.serial_text).key)
    line = NewLine(
        loan.product_id,
        serials=[unit] if unit.key else [],
        remark=remark,
        is_defective=is_defective,
    )
    return write_document(
        Kind.PUT_BACK,
        store=repair.store,
        lines=[line],
        by=also(by, Right.SET_ASIDE, repair.store_id),
        now=now,
    )


def _put_back_meanwhile(loan: Loan) -> Document | None:
    """The document by which somebody put the lent unit back without saying so here."""
    if loan.serial is None:
        return None
    named = LineSerial.objects.filter(
        product=loan.product_id,
        key=loan.serial.key,
        document__kind=Kind.PUT_BACK,
        document__status=DocumentStatus.POSTED,
        document__store=loan.out.store_id,
        document__posting__gt=loan.out.posting_id,
    ).exclude(document__in=Loan.objects.exclude(back=None).values("back"))
    first = named.select_related("document").order_by("document__posting").first()
    return first.document if first else None
