"""The reports of warranties, and the same as files."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from company.decorators import needs
from company.exporting import FORMATS, export_response, workbook_response
from company.middleware import PersonRequest
from company.models import Store
from company.replicas import from_replica
from company.rights import Right

from . import under_warranty
from .claims_chart import chart_of
from .claims_report import By, sheets_of, tables_of, total_of
from .report_views import PLACES
from .warranty_report_forms import ClaimsForm, UnderWarrantyForm

MOST_SHOWN = 20
"""Products on the page of claims; the file has all of them."""


def _stores(request: PersonRequest) -> QuerySet[Store]:
    access = request.access
    ids = [pk for pk in access.store_ids if access.can(Right.REPORTS, pk)]
    return Store.objects.filter(pk__in=ids).order_by("name")


def _today(request: PersonRequest) -> dt.date:
    now = timezone.now()
    return request.store.date_of(now) if request.store else now.date()


@needs(Right.LOOK_UP)
@require_GET
def reports(request: PersonRequest) -> HttpResponse:
    """The reports the person may read."""
    may_read = request.access.can_somewhere(Right.REPORTS)
    return render(request, "backoffice/reports.html", {"may_read": may_read})


@needs(Right.REPORTS)
@require_GET
@from_replica
def held(request: PersonRequest) -> HttpResponse:
    """Who holds what under warranty, and until when.

    To count takes longer than to show the first cards: with `totals` in the address, which a
    fragment then asks for.
    """
    form = UnderWarrantyForm(request.GET, stores=_stores(request))
    chosen = form.chosen(request.access, today=_today(request))
    kept = request.GET.copy()
    for name in (*PLACES, "totals"):
        kept.pop(name, None)
    totals = {
        "totals": under_warranty.totals_of(chosen) if "totals" in request.GET else None,
        "most_counted": under_warranty.MOST_COUNTED,
    }
    if request.htmx and totals["totals"]:
        return render(request, "backoffice/_under_warranty_totals.html", totals)
    context = totals | {
        "form": form,
        "chosen": chosen,
        "page": under_warranty.page_of(
            chosen,
            after=under_warranty.place_of(request.GET.get("after")),
            before=under_warranty.place_of(request.GET.get("before")),
        ),
        "kept": kept.urlencode(),
        "is_elsewhere": any(name in request.GET for name in PLACES),
    }
    return render(request, "backoffice/under_warranty.html", context)


@needs(Right.REPORTS)
@require_GET
@from_replica
def export_held(request: PersonRequest, file_format: str) -> HttpResponseBase:
    """The cards that fit the filters in the URL, as XLSX or CSV."""
    if file_format not in FORMATS:
        raise Http404
    form = UnderWarrantyForm(request.GET, stores=_stores(request))
    back = f"{reverse('backoffice:under_warranty')}?{request.GET.urlencode()}"
    if not form.is_valid():
        return redirect(back)  # the page says what is wrong with the filters
    chosen = form.chosen(request.access, today=_today(request))
    if under_warranty.is_too_long(chosen):
        text = _("A file takes %(most)s cards at most. Narrow the list, by product for example.")
        messages.warning(request, text % {"most": intcomma(under_warranty.MOST_EXPORTED)})
        return redirect(back)
    return export_response(
        file_format,
        name=f"under-warranty-{chosen.today:%Y-%m-%d}",
        columns=under_warranty.export_columns(),
        rows=under_warranty.export_rows(chosen),
    )


@needs(Right.REPORTS)
@require_GET
@from_replica
def claims(request: PersonRequest) -> HttpResponse:
    """How often what was sold comes back for repair, and how that ends."""
    form = ClaimsForm(request.GET, stores=_stores(request))
    chosen = form.chosen(request.access, today=_today(request))
    by_supplier = "suppliers" in request.GET
    tables = tables_of(chosen, suppliers=by_supplier)
    months = tables[By.MONTH]
    context = {
        "form": form,
        "chosen": chosen,
        "total": total_of(months),
        "products": tables[By.PRODUCT][:MOST_SHOWN],
        "hidden": max(len(tables[By.PRODUCT]) - MOST_SHOWN, 0),
        "types": tables[By.TYPE],
        "suppliers": tables.get(By.SUPPLIER),
        "months": months,
        "chart": chart_of(months),
        "kept": request.GET.urlencode(),
    }
    return render(request, "backoffice/claims.html", context)


@needs(Right.REPORTS)
@require_GET
@from_replica
def export_claims(request: PersonRequest) -> HttpResponseBase:
    """The tables of the page as one workbook, every product among them."""
    form = ClaimsForm(request.GET, stores=_stores(request))
    if not form.is_valid():
        return redirect(f"{reverse('backoffice:claims')}?{request.GET.urlencode()}")
    chosen = form.chosen(request.access, today=_today(request))
    return workbook_response(
        name=f"warranty-claims-{chosen.since:%Y-%m-%d}-{chosen.until:%Y-%m-%d}",
        sheets=sheets_of(list(tables_of(chosen, suppliers=True).items())),
    )
