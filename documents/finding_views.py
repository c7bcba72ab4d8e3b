"""Finding the sale that something comes back from, when there is no serial, card or number."""

from __future__ import annotations

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from company.middleware import PersonRequest
from company.parameters import whole_number
from partners.models import Customer
from partners.queries import find_customers
from serials.text import serial_key

from . import drafting, sold
from .guarding import of_document
from .kinds import spec_of
from .models import Document
from .pages import document_page, read_document
from .scan_answers import Answer, Outcome
from .scanning import scan

MOST_PEOPLE = 20
MOST_LINES = 50


@require_http_methods(["GET", "POST"])
@of_document
def find_sale(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Find a customer, then what they bought; a chosen line is put on the draft."""
    found = read_document(request, pk)
    if not spec_of(found.kind).takes_back:
        raise Http404
    drafting.require_right(found, request.access)
    if not found.is_draft:
        raise drafting.NotADraft
    if request.method == "POST":
        origin = whole_number(request.POST.get("origin"))
        result = scan(
            pk,
            request.POST.get("number", "?"),
            by=request.access,
            now=timezone.now(),
            answer=Answer(origin_id=origin),
        )
        if result.outcome == Outcome.ACCEPTED:
            return redirect("documents:document", pk=pk)
        status = 422 if result.outcome == Outcome.REFUSED else 200
        return document_page(request, read_document(request, pk), scan=result, status=status)
    text = request.GET.get("q", "").replace("\0", "").strip()
    chosen = whole_number(request.GET.get("customer"))
    customer = get_object_or_404(Customer.objects.kept(), pk=chosen) if chosen else None
    sale = sold.sale_numbered(serial_key(text), access=request.access) if text else None
    context = {
        "document": found,
        "section": found.kind,
        "text": text,
        "people": find_customers(text, limit=MOST_PEOPLE) if text and not sale else [],
        "customer": customer,
        "sale": sale,
        "sold": _sold(request, sale, customer),
    }
    return render(request, "documents/find_sale.html", context)


def _sold(
    request: PersonRequest, sale: Document | None, customer: Customer | None
) -> list[sold.Sold]:
    """What may come back of a sale, or of all that a customer bought."""
    if sale is not None:
        return sold.sold_on(sale, access=request.access)
    if customer is not None:
        return sold.sold_to(customer, access=request.access, limit=MOST_LINES)
    return []
