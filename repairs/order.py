"""One repair order with all its page shows."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.db.models import Q

from company.access import Access
from company.rights import Right
from documents.supplier_cover import SupplierCover, supplier_covers
from warranty.models import Adjustment
from warranty.queries import CoverView, cover_of_card

from .charging import Totals, stands, totals_of
from .flow import next_statuses
from .lending import is_out
from .models import Charge, Loan, Photo, Repair, Status, Step
from .queries import days_here


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """A repair with its story.

    `charges` are those that stand: a part whose document was cancelled is none. `days` it is here,
    `cover` what its warranty card means today, `adjustment` what handing it back added. `supplier`
    is the receipt of its unit, and until when the supplier stands for it.
    `next` are the statuses a person may choose now, `can_*` whether this person may. `loan_out`
    is whether a loaner is still with the customer.
    """

    repair: Repair
    steps: Sequence[Step]
    charges: Sequence[Charge]
    loans: Sequence[Loan]
    photos: Sequence[Photo]
    earlier: Sequence[Repair]
    totals: Totals
    days: int
    is_overdue: bool
    cover: CoverView | None
    adjustment: Adjustment | None
    supplier: SupplierCover | None
    next: Sequence[Status]
    loan_out: bool
    can_work: bool
    can_take_in: bool


def order(pk: int, *, access: Access, now: dt.datetime) -> Order:
    """Read an order: a constant number of statements. Repair.DoesNotExist for another store's."""
    repair = (
        Repair.objects.visible_to(access)
        .select_related("store", "claim__card__term", "customer", "product__type", "serial")
        # What an order mostly has not, or only later. All joined, planning takes eighty times as
        # long as reading.
        .prefetch_related(
            "sold_on__document", "technician", "decided_by", "sent_to", "set_aside", "put_back",
            "document", "taken_in_by", "ended_by",
        )
        .get(pk=pk)
    )  # fmt: skip
    today = repair.store.date_of(now)
    charges = [
        charge
        for charge in repair.charges.select_related("document", "product", "added_by")
        if stands(charge)
    ]
    loans = list(repair.loans.select_related("out", "back", "product", "serial"))
    card = repair.claim.card
    promised = None if repair.has_ended else repair.promised_on
    return Order(
        repair=repair,
        steps=list(repair.steps.select_related("made_by")),
        charges=charges,
        loans=loans,
        photos=list(repair.photos.select_related("added_by")),
        earlier=_earlier(repair, access=access),
        totals=totals_of(repair, charges),
        days=days_here(repair, today),
        is_overdue=promised is not None and promised < today,
        cover=cover_of_card(card, today=today) if card else None,
        adjustment=repair.claim.adjustments.order_by("pk").first(),
        supplier=_supplier(repair, access=access),
        next=next_statuses(repair.status, is_own=repair.is_own),
        loan_out=any(is_out(loan) for loan in loans),
        can_work=access.can(Right.REPAIR, repair.store_id),
        can_take_in=access.can(Right.TAKE_IN_REPAIR, repair.store_id),
    )


def _supplier(repair: Repair, *, access: Access) -> SupplierCover | None:
    """Whether somebody else pays for it: told of a unit by its receipt, not of bare pieces."""
    if repair.serial_id is None:
        return None
    cover = supplier_covers([repair.serial_id]).get(repair.serial_id)
    return cover.as_told_to(access) if cover else None


def _earlier(repair: Repair, *, access: Access) -> Sequence[Repair]:
    """The repairs of the same unit, or piece, that came before this one, newest first."""
    same = Q()
    if repair.serial_id is not None:
        same |= Q(serial=repair.serial_id)
    if repair.claim.card_id is not None:
        same |= Q(claim__card=repair.claim.card_id)
    if not same:
        return []
    before = Repair.objects.visible_to(access).filter(same, pk__lt=repair.pk)
    return list(before.select_related("claim", "store").order_by("-pk"))
