"""The history of the master data as a page and as a file, for admins."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from company.decorators import admin_only
from company.exporting import FORMATS, export_response
from company.middleware import PersonRequest
from company.parameters import whole_number

from .audit_forms import AuditForm
from .audit_reading import (
    MOST_EXPORTED,
    Page,
    audit_page,
    export_columns,
    export_rows,
    is_too_long,
    thing_name,
)

PLACES = ("before", "after")
"""Parameters that say where in the list a page is; all others are filters."""


@admin_only
@require_GET
def audit(request: PersonRequest) -> HttpResponse:
    """Who changed what, newest first, narrowed by the filters in the URL."""
    form = AuditForm(request.GET)
    chosen = form.chosen
    places = {name: whole_number(request.GET.get(name)) for name in PLACES}
    kept = request.GET.copy()
    for name in PLACES:
        kept.pop(name, None)
    context = {
        "form": form,
        "page": audit_page(chosen, **places) if chosen else Page([], None, None),
        "kept": kept.urlencode(),
        "thing": thing_name(chosen.thing) if chosen and chosen.thing else "",
        "is_elsewhere": any(name in request.GET for name in PLACES),
    }
    return render(request, "backoffice/audit.html", context)


@admin_only
@require_GET
def export_audit(request: PersonRequest, file_format: str) -> HttpResponseBase:
    """The changes that fit the filters in the URL, as XLSX or CSV."""
    if file_format not in FORMATS:
        raise Http404
    chosen = AuditForm(request.GET).chosen
    back = f"{reverse('backoffice:audit')}?{request.GET.urlencode()}"
    if chosen is None:
        return redirect(back)  # the page says what is wrong with the filters
    if is_too_long(chosen):
        text = _("A file takes %(most)s changes at most. Narrow the list, by dates for example.")
        messages.warning(request, text % {"most": intcomma(MOST_EXPORTED)})
        return redirect(back)
    return export_response(
        file_format,
        name=f"changes-{timezone.localdate():%Y-%m-%d}",
        columns=export_columns(),
        rows=export_rows(chosen),
    )
