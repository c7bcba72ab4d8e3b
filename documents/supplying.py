"""Whom a receipt is from, as long as nobody has said so."""

from __future__ import annotations

from partners.models import Supplier
from products.models import Product

from .models import Document, Kind, Line, Status


def propose_supplier(document: Document, product: Product) -> Supplier | None:
    """Name the supplier these goods came from last in this store on the draft of a receipt.

    Returns the supplier when it was named: not where one is named already, for opening stock, or
    when the goods never came from a supplier that is still in use. The draft must be locked.
    """
    if document.kind != Kind.RECEIPT or document.supplier_id or document.is_opening:
        return None
    earlier = Line.objects.filter(
        product=product,
        document__kind=Kind.RECEIPT,
        document__status=Status.POSTED,
        document__store_id=document.store_id,
        document__supplier__is_active=True,
    )
    last = earlier.select_related("document__supplier").order_by("-document_id").first()
    if last is None:
        return None
    document.supplier = last.document.supplier
    document.save(update_fields=["supplier"])
    return document.supplier
