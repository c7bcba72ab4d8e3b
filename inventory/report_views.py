"""The report of a count: page, paper, workbook; and the accuracy of counts over time."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from company.decorators import needs
from company.exporting import workbook_response
from company.middleware import PersonRequest
from company.models import Store
from company.parameters import whole_number
from company.rights import Right
from warranty.rendering import NotRendered

from .accuracy import history_of, stores_to_compare
from .guarding import of_count
from .report import CountReport, find_report
from .report_print import render_report
from .report_sheets import report_sheets, scope_in_words

NAMED = 200
"""Missing units of a product that are named on the page: the document has them all."""


@require_GET
@of_count
def report(request: PersonRequest, pk: int) -> HttpResponseBase:
    """What a count found; one still under way has no report yet."""
    found = find_report(pk, by=request.access)
    if found.count.is_under_way:
        return redirect("inventory:count", pk=pk)
    return _page(request, found)


def _page(request: PersonRequest, found: CountReport, *, failed: bool = False) -> HttpResponse:
    context = {
        "report": found,
        "count": found.count,
        "scope": scope_in_words(found),
        "missing": [(part, part.serials[:NAMED]) for part in found.missing],
        "failed": failed,
    }
    return render(request, "inventory/report.html", context, status=503 if failed else 200)


@require_GET
@cache_control(private=True, no_store=True)
@of_count
def report_pdf(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The report on paper."""
    found = find_report(pk, by=request.access)
    if found.count.is_under_way:
        return redirect("inventory:count", pk=pk)
    try:
        pdf = render_report(found)
    except NotRendered:
        return _page(request, found, failed=True)
    response = HttpResponse(pdf, content_type="application/pdf")
    name = f"{found.count.number}.pdf"
    response["Content-Disposition"] = cast(str, content_disposition_header(False, name))
    # Browsers' own viewers of PDFs break under our policy; the pages keep it.
    response._csp_exempt = True  # type: ignore[attr-defined]
    return response


@require_GET
@of_count
def report_xlsx(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The report as a workbook, everything that was scanned among it."""
    found = find_report(pk, by=request.access)
    if found.count.is_under_way:
        return redirect("inventory:count", pk=pk)
    return workbook_response(name=found.count.number, sheets=report_sheets(found))


@require_GET
@needs(Right.COUNT)
def accuracy(request: PersonRequest) -> HttpResponse:
    """How well the records of a store fitted its shelves, count by count."""
    stores = stores_to_compare(request.access)
    context = {
        "stores": stores,
        "history": history_of(_chosen(request, {store.pk: store for store in stores})),
    }
    return render(request, "inventory/accuracy.html", context)


def _chosen(request: PersonRequest, stores: dict[int, Store]) -> Store:
    """The store the URL names, else the one the person works in, else the first."""
    if asked := request.GET.get("store"):
        pk = whole_number(asked)
        if pk not in stores:
            raise Http404
        return stores[pk]
    if request.store and request.store.pk in stores:
        return stores[request.store.pk]
    return next(iter(stores.values()))
