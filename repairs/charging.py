"""Work and parts of a repair with their prices, and what the customer owes."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from company.access import Access
from company.rights import Right
from documents.cancelling import cancel_document
from documents.models import Kind
from documents.models import Status as DocumentStatus
from documents.writing import NewLine, write_document
from products.models import Product
from serials.text import read_serial

from .holding import also, done, lock_repair, require_open, save
from .models import Charge, Payer, Repair, Result
from .refusals import refuse

MOST_PIECES = 10_000
"""The most pieces of one charge."""

NOTHING = Decimal("0.00")

NOT_DONE = (Result.REFUSED, Result.NO_FAULT, Result.REFUNDED)
"""Results by which the work that was agreed to was not done."""


@dataclasses.dataclass(frozen=True, slots=True)
class Totals:
    """What a repair costs.

    `charged` is the sum of its charges, `covered` the part of it that the warranty, or the store
    for its own stock, bears, `owed` what the customer pays, `agreed` what they agreed to, and
    `over_agreed` by how much `owed` is more than that.
    """

    charged: Decimal
    covered: Decimal
    owed: Decimal
    agreed: Decimal | None
    over_agreed: Decimal


def stands(charge: Charge) -> bool:
    """Whether a charge counts: not a part whose document was cancelled, which went back."""
    return charge.document is None or charge.document.status != DocumentStatus.CANCELLED


def totals_of(repair: Repair, charges: Sequence[Charge]) -> Totals:
    """What a repair costs, and what of it is owed. Pure.

    While nobody decided who pays it is as was proposed. Without charges the agreed amount is owed,
    unless what was agreed to was not done.
    """
    counted = [charge.amount for charge in charges if stands(charge)]
    charged = sum(counted, NOTHING)
    agreed = repair.agreed_amount
    if repair.is_own or (repair.decided or repair.proposed) == Payer.WARRANTY:
        return Totals(charged, charged, NOTHING, agreed, NOTHING)
    is_flat = not counted and repair.result not in NOT_DONE
    owed = agreed if is_flat and agreed is not None else charged
    over = max(owed - agreed, NOTHING) if agreed is not None else NOTHING
    return Totals(charged, NOTHING, owed, agreed, over)


def add_charge(
    pk: int,
    *,
    kind: str,
    name: str,
    quantity: int = 1,
    unit_price: Decimal,
    by: Access,
    now: dt.datetime,
) -> Charge:
    """Add work, or a part that is not of our stock, a Charge.Kind, with its price.

    Raises RepairRefused by field, Repair.DoesNotExist, PermissionDenied without Right.REPAIR.
    """
    called = name.strip()[:160]
    _check(called, quantity, unit_price)

    @transaction.atomic
    def work() -> Charge:
        repair = lock_repair(pk, by=by)
        require_open(repair)
        save(repair)
        return Charge.objects.create(
            repair=repair,
            kind=Charge.Kind(kind),
            name=called,
            quantity=quantity,
            unit_price=unit_price,
            added_by=by.user,
            added_at=now,
        )

    return done(work)


def _check(name: str, quantity: int, unit_price: Decimal) -> None:
    if not name:
        raise refuse("name_missing", field="name")
    if not 1 <= quantity <= MOST_PIECES:
        raise refuse("quantity_wrong", field="quantity")
    if unit_price < 0:
        raise refuse("price_negative", field="unit_price")


def add_stock_part(
    pk: int,
    *,
    product: Product,
    quantity: int = 1,
    serials: Sequence[str] = (),
    unit_price: Decimal | None = None,
    by: Access,
    now: dt.datetime,
) -> Charge:
    """Use a part from the store's stock: a document takes it out at once.

    `serials` are as entered, one for each piece where the product asks; `unit_price` is the
    product's own unless it is given. Raises what `add_charge` does, and PostingRefused with
    everything the ledger refuses; nothing was written then.
    """
    price = product.price if unit_price is None else unit_price
    _check(product.name, quantity, price)
    units = {one.key: one for one in map(read_serial, serials) if one.key}

    @transaction.atomic
    def work() -> Charge:
        repair = lock_repair(pk, by=by)
        require_open(repair)
        with translation.override(repair.store.language):
            remark = _("Repair %(number)s") % {"number": repair.number}
        line = NewLine(product.pk, quantity, list(units.values()), remark)
        document = write_document(Kind.PARTS, store=repair.store, lines=[line], by=by, now=now)
        save(repair)
        return Charge.objects.create(
            repair=repair,
            kind=Charge.Kind.PART,
            name=product.name,
            product=product,
            quantity=quantity,
            unit_price=price,
            document=document,
            added_by=by.user,
            added_at=now,
        )

    return done(work)


def edit_charge(
    pk: int,
    charge_pk: int,
    *,
    unit_price: Decimal,
    name: str | None = None,
    quantity: int | None = None,
    by: Access,
    now: dt.datetime,
) -> Charge:
    """Change a charge; of a part from stock only the price. Raises as `add_charge` does.

    Charge.DoesNotExist when it is gone.
    """

    @transaction.atomic
    def work() -> Charge:
        repair = lock_repair(pk, by=by)
        require_open(repair)
        charge = repair.charges.select_related("document").get(pk=charge_pk)
        called = charge.name if name is None else name.strip()[:160]
        pieces = charge.quantity if quantity is None else quantity
        _check(called, pieces, unit_price)
        if charge.document and (called, pieces) != (charge.name, charge.quantity):
            raise refuse("stock_part_moves", field="quantity", number=charge.document.number)
        charge.name, charge.quantity, charge.unit_price = called, pieces, unit_price
        charge.save(update_fields=["name", "quantity", "unit_price"])
        save(repair)
        return charge

    return done(work)


def remove_charge(pk: int, charge_pk: int, *, by: Access, now: dt.datetime) -> None:
    """Take a charge off; a part from stock goes back by cancelling its document.

    Nothing happens when it is gone already. Raises CancellingRefused as well.
    """

    @transaction.atomic
    def work() -> None:
        repair = lock_repair(pk, by=by)
        require_open(repair)
        charge = repair.charges.select_related("document").filter(pk=charge_pk).first()
        if charge is None:
            return
        document = charge.document
        charge.delete()
        if document is not None:
            with translation.override(repair.store.language):
                reason = _("Not used in repair %(number)s") % {"number": repair.number}
            may = also(by, Right.CANCEL, repair.store_id)
            cancel_document(document.pk, by=may, reason=reason, now=now)
        save(repair)

    done(work)
