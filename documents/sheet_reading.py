"""Reads a document into what its print says: a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from django.db.models import Max, Min
from django.utils import translation
from django.utils.translation import gettext as _

from company.models import Company, Store
from partners.models import Customer, Supplier
from products.models import Period
from warranty.models import Term

from .corrected import PUT_BACK, corrections_of
from .models import Document, Kind, Line, LineSerial
from .sheets import Contact, SheetLine, SheetView, SheetWarranty

READ_WITH = ("store", "supplier", "customer", "author", "to_store", "origin__store")


def read_sheet(document_id: int) -> SheetView:
    """All that the document's print says, whatever its number of lines and serials.

    Raises Document.DoesNotExist. Who may see it is for the caller to ask.
    """
    document = Document.objects.select_related(*READ_WITH).get(pk=document_id)
    company = Company.current()
    return SheetView(
        kind=document.kind,
        status=document.status,
        language=document.store.language,
        company_name=company.name,
        currency=company.currency,
        store=_contact(document.store),
        author_name=str(document.author),
        lines=_lines(document),
        number=document.number or "",
        effective_on=document.effective_on,
        partner=_partner(document.supplier or document.customer),
        is_opening=document.is_opening,
        other_store=_other_store(document),
        origin_number=(document.origin.number or "") if document.origin else "",
        note=document.note,
        without_serials=document.without_serials,
        cancel_reason=document.cancel_reason,
    )


def _contact(store: Store) -> Contact:
    return Contact(store.name, store.phone, store.address)


def _partner(partner: Supplier | Customer | None) -> Contact | None:
    return Contact(partner.name, partner.phone) if partner else None


def _other_store(document: Document) -> Contact | None:
    """Where a transfer goes, or where what arrives comes from."""
    if document.kind == Kind.ARRIVAL and document.origin:
        return _contact(document.origin.store)
    return _contact(document.to_store) if document.to_store else None


def _lines(document: Document) -> list[SheetLine]:
    serials = _serials(document)
    warranties = _warranties(document)
    lines = list(document.lines.select_related("product", "origin__document").order_by("position"))
    corrected = corrections_of(lines)
    return [
        SheetLine(
            position=line.position,
            product_name=line.product_name or line.product.name,
            sku=line.sku or line.product.sku,
            quantity=line.quantity,
            unit_price=line.unit_price,
            serials=serials.get(line.pk, ()),
            remark=_part_of_correction(document, line) or line.remark,
            is_defective=line.is_defective,
            unidentified=line.unidentified,
            is_coming_back=document.kind == Kind.EXCHANGE and line.origin_id is not None,
            sale_number=_sale_number(document, line),
            warranties=warranties.get(line.position, ()),
            corrections=[
                (one.written, one.went, one.by.number or "") for one in corrected.get(line.pk, ())
            ],
        )
        for line in lines
    ]


def _part_of_correction(document: Document, line: Line) -> str:
    """Which of the two units of a correction this is."""
    if document.kind != Kind.CORRECTION:
        return ""
    with translation.override(document.store.language):
        if document.is_mistyped_receipt:
            return _("the right number") if line.position == PUT_BACK else _("the mistyped number")
        if line.position == PUT_BACK:
            return _("put back: it was written by mistake")
        return _("moved instead") + (f" ({line.remark})" if line.remark else "")


def _sale_number(document: Document, line: Line) -> str:
    """The sale that a line brings goods back from."""
    if line.origin is None or document.kind not in {Kind.CUSTOMER_RETURN, Kind.EXCHANGE}:
        return ""
    return line.origin.document.number or ""


def _serials(document: Document) -> Mapping[int, list[str]]:
    """The serials of each line, in the order they were entered."""
    texts: defaultdict[int, list[str]] = defaultdict(list)
    entered = LineSerial.objects.filter(document=document).order_by("id")
    for line_id, text in entered.values_list("line_id", "text"):
        texts[line_id].append(text)
    return texts


def _warranties(document: Document) -> Mapping[int, list[SheetWarranty]]:
    """The warranty terms that the document started, by the positions of its lines."""
    found: defaultdict[int, list[SheetWarranty]] = defaultdict(list)
    if document.posting_id is None:
        return found
    terms = (
        Term.objects.filter(posting_id=document.posting_id)
        .values("line", "period_count", "period_unit")
        .annotate(first_end=Min("cards__ends_on"), last_end=Max("cards__ends_on"))
        .order_by("line", "first_end")
    )
    for term in terms:
        period = Period(term["period_count"], term["period_unit"])
        found[term["line"]].append(SheetWarranty(period, term["first_end"], term["last_end"]))
    return found
