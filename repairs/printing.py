"""Reading a repair for its papers: a constant number of statements, whatever is on it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from company.models import Company
from documents.models import LineSerial
from documents.sheets import Contact
from warranty.models import Adjustment, Card

from .charging import stands, totals_of
from .models import Charge, Payer, Repair, Result
from .sheets import Paper, RepairSheet, SheetCharge


def read_repair_sheet(repair_id: int, paper: Paper, *, now: dt.datetime) -> RepairSheet:
    """What one paper of a repair says. Raises Repair.DoesNotExist."""
    repair = Repair.objects.select_related(
        "store", "customer", "claim__card", "sold_on__document", "technician", "taken_in_by",
        "ended_by", "document__posting",
    ).get(pk=repair_id)  # fmt: skip
    company, store, card = Company.current(), repair.store, repair.claim.card
    sale = repair.sold_on.document if repair.sold_on else None
    charges = [charge for charge in repair.charges.select_related("document") if stands(charge)]
    return RepairSheet(
        paper=paper,
        language=store.language,
        company_name=company.name,
        currency=company.currency,
        store=Contact(store.name, store.phone, store.address),
        number=repair.number,
        customer=Contact(repair.customer.name, repair.customer.phone) if repair.customer else None,
        product_name=repair.product_name,
        sku=repair.sku,
        serial=repair.serial_text,
        card=card.number if card else "",
        sale=sale.number or "" if sale else "",
        sold_on=sale.effective_on if sale else None,
        taken_in_on=repair.claim.claimed_on,
        taken_in_by=str(repair.taken_in_by),
        promised_on=repair.promised_on,
        technician=str(repair.technician or ""),
        complaint=repair.complaint,
        condition=repair.condition,
        contents=repair.contents,
        diagnosis=repair.diagnosis,
        work_done=repair.work_done,
        is_warranty=(repair.decided or repair.proposed) == Payer.WARRANTY,
        is_decided=bool(repair.decided),
        reason=repair.decision_reason,
        charges=_told(charges),
        to_pay=totals_of(repair, charges).owed,
        result=repair.result,
        result_name=repair.get_result_display(),
        ended_on=store.date_of(repair.ended_at) if repair.ended_at else None,
        ended_by=str(repair.ended_by or ""),
        lent=[_lent(loan) for loan in repair.loans.select_related("product")],
        today=store.date_of(now),
        **_ends(repair),
        **_outcome(repair),
    )


def _told(charges: Sequence[Charge]) -> list[SheetCharge]:
    serials = _serials_of({charge.document_id for charge in charges if charge.document_id})
    return [
        SheetCharge(
            charge.name,
            charge.quantity,
            charge.unit_price,
            is_part=charge.kind == Charge.Kind.PART,
            serials=serials.get(charge.document_id, ()),
        )
        for charge in charges
    ]


def _serials_of(documents: set[int]) -> Mapping[int | None, list[str]]:
    found: defaultdict[int | None, list[str]] = defaultdict(list)
    if documents:
        rows = LineSerial.objects.filter(document__in=documents).order_by("pk")
        for document_id, text in rows.values_list("document_id", "text"):
            found[document_id].append(text)
    return found


def _lent(loan: Any) -> str:
    """A unit lent, with what was noted of it."""
    named = f"{loan.product.name} {loan.serial_text}".strip()
    return f"{named} ({loan.note})" if loan.note else named


def _ends(repair: Repair) -> dict[str, Any]:
    """The end of the warranty before the repair and after it; nothing without a card."""
    card = repair.claim.card
    if card is None:
        return {}
    longer = Adjustment.objects.filter(claim=repair.claim, card=card).order_by("seq").first()
    if longer:
        return {"ends_before": longer.ends_before, "ends_on": longer.ends_on}
    is_over = repair.result in (Result.REPLACED, Result.REFUNDED) or card.void_on is not None
    return {"ends_before": card.ends_on, "ends_on": None if is_over else card.ends_on}


def _outcome(repair: Repair) -> dict[str, Any]:
    """The document a replacement or a refund has, and what it handed over or gave back."""
    document = repair.document
    if document is None:
        return {}
    told: dict[str, Any] = {"document": document.number or ""}
    if repair.result == Result.REPLACED:
        new = LineSerial.objects.filter(document=document, line__origin=None).first()
        card = Card.objects.filter(term__posting=document.posting_id).order_by("pk").first()
        told["replaced_by"] = new.text if new else ""
        told["replaced_card"] = card.number if card else ""
    if repair.result == Result.REFUNDED:
        told["refunded"] = sum((line.amount for line in document.lines.all()), Decimal(0))
    return told
