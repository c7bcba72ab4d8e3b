"""The pages of reports, and the same reports as files."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from company.decorators import needs
from company.exporting import FORMATS, export_response
from company.middleware import PersonRequest
from company.models import Store
from company.parameters import whole_number
from company.rights import Right

from .mismatches import MOST_EXPORTED, export_columns, export_rows, is_too_long, mismatches_page
from .report_forms import MismatchForm

PLACES = ("before", "after")
"""Parameters that say where in the list a page is; all others are filters."""


def _form(request: PersonRequest) -> MismatchForm:
    return MismatchForm(request.GET, stores=Store.objects.visible_to(request.user))


@needs(Right.LOOK_UP)
@require_GET
def mismatches(request: PersonRequest) -> HttpResponse:
    """Movements of recorded serials that do not fit the ones before."""
    form = _form(request)
    page = mismatches_page(
        form.chosen(request.access),
        before=whole_number(request.GET.get("before")),
        after=whole_number(request.GET.get("after")),
    )
    kept = request.GET.copy()
    for name in PLACES:
        kept.pop(name, None)
    context = {
        "form": form,
        "page": page,
        "kept": kept.urlencode(),
        "chosen_product": form.linked_product(),
        "is_elsewhere": any(name in request.GET for name in PLACES),
    }
    return render(request, "backoffice/mismatches.html", context)


@needs(Right.LOOK_UP)
@require_GET
def export_mismatches(request: PersonRequest, file_format: str) -> HttpResponseBase:
    """The mismatches that fit the filters in the URL, as XLSX or CSV."""
    if file_format not in FORMATS:
        raise Http404
    form = _form(request)
    back = f"{reverse('backoffice:mismatches')}?{request.GET.urlencode()}"
    if not form.is_valid():
        return redirect(back)  # the page says what is wrong with the filters
    chosen = form.chosen(request.access)
    if is_too_long(chosen):
        text = _("A file takes %(most)s mismatches at most. Narrow the list, by dates for example.")
        messages.warning(request, text % {"most": intcomma(MOST_EXPORTED)})
        return redirect(back)
    return export_response(
        file_format,
        name=f"mismatches-{timezone.localdate():%Y-%m-%d}",
        columns=export_columns(),
        rows=export_rows(chosen),
    )
