"""The list of documents, and the same list as a file."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from company.exporting import FORMATS, export_response
from company.middleware import PersonRequest
from company.models import Company, Store
from company.parameters import whole_number

from .filters import DocumentFilter
from .kinds import SPECS
from .listing import MOST_EXPORTED, documents_page, export_columns, export_rows, is_too_long
from .models import Document

PLACES = ("before", "after")
"""Parameters that say where in the list a page is; all others are filters."""


def _filter(request: PersonRequest) -> DocumentFilter:
    return DocumentFilter(
        request.GET,
        Document.objects.visible_to(request.access),
        stores=Store.objects.visible_to(request.user),
        access=request.access,
    )


@require_GET
def document_list(request: PersonRequest) -> HttpResponseBase:
    """Documents, newest first, narrowed by the filters in the URL."""
    chosen = _filter(request)
    page = documents_page(
        chosen.found,
        before=whole_number(request.GET.get("before")),
        after=whole_number(request.GET.get("after")),
    )
    kept = request.GET.copy()
    for name in PLACES:
        kept.pop(name, None)
    makeable = [
        spec
        for spec in SPECS.values()
        if spec.starts_alone and request.store and request.access.can(spec.right, request.store.pk)
    ]
    kind = SPECS.get(request.GET.get("kind", ""))
    context = {
        "filter": chosen,
        "page": page,
        "kept": kept.urlencode(),
        "makeable": makeable,
        "chosen_kind": kind,
        "clear_url": reverse("documents:list") + (f"?kind={kind.kind}" if kind else ""),
        "chosen_product": chosen.linked_product(),
        "several_stores": len(request.access.store_ids) > 1,
        "is_elsewhere": any(name in request.GET for name in PLACES),
    }
    return render(request, "documents/list.html", context)


@require_GET
def export_documents(request: PersonRequest, file_format: str) -> HttpResponseBase:
    """The documents that fit the filters in the URL, as XLSX or CSV."""
    if file_format not in FORMATS:
        raise Http404
    chosen = _filter(request)
    back = f"{reverse('documents:list')}?{request.GET.urlencode()}"
    if not chosen.is_valid():
        return redirect(back)  # the list says what is wrong with the filters
    if is_too_long(chosen.found):
        text = _("A file takes %(most)s documents at most. Narrow the list, by dates for example.")
        messages.warning(request, text % {"most": intcomma(MOST_EXPORTED)})
        return redirect(back)
    return export_response(
        file_format,
        name=f"documents-{timezone.localdate():%Y-%m-%d}",
        columns=export_columns(Company.current().currency),
        rows=export_rows(chosen.found),
    )
