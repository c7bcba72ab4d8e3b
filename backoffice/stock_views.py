"""The stock by serial: its units, its totals, and both as a file."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import (
    FileResponse,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from company.decorators import needs
from company.exporting import FORMATS
from company.middleware import PersonRequest
from company.models import Store
from company.replicas import from_replica
from company.rights import Right
from serials.models import StockFile

from . import stock_files
from .report_views import PLACES
from .stock_choice import Chosen
from .stock_files import FileState, TooManyFiles
from .stock_forms import StockForm
from .stock_sheets import write
from .stock_totals import MOST_COUNTED, named_place_of, products_page, totals_of
from .stock_units import page_of, place_of

MOST_FILES = 3
"""The person's newest files that the page names."""


def _form(request: PersonRequest) -> StockForm:
    now = timezone.now()
    today = request.store.date_of(now) if request.store else now.date()
    return StockForm(request.GET, stores=Store.objects.visible_to(request.user), today=today)


def _kept(request: PersonRequest) -> str:
    """The filters of the address, without empty ones and the place in the list."""
    kept = QueryDict(mutable=True)
    for name in StockForm.base_fields:
        if value := request.GET.get(name, "").strip():
            kept[name] = value
    return kept.urlencode()


def _context(request: PersonRequest, form: StockForm, chosen: Chosen) -> dict[str, Any]:
    """What both tabs show."""
    return {
        "form": form,
        "chosen": chosen,
        "kept": _kept(request),
        "chosen_product": form.linked_product(),
        "is_elsewhere": any(name in request.GET for name in PLACES),
        "most_counted": MOST_COUNTED,
        "several_stores": len(request.access.store_ids) > 1,
        "files": stock_files.files_of(request.access, now=timezone.now())[:MOST_FILES],
    }


@needs(Right.LOOK_UP)
@require_GET
@from_replica
def stock(request: PersonRequest) -> HttpResponse:
    """Units by serial, narrowed by the filters in the URL, as they are or were on a day."""
    form = _form(request)
    chosen = form.chosen(request.access)
    page = page_of(
        chosen,
        after=place_of(request.GET.get("after")),
        before=place_of(request.GET.get("before")),
    )
    # What several stores have together takes as long as their units: it comes after the page.
    is_quick = chosen.is_of_pieces and not chosen.is_past and len(chosen.stores) == 1
    context = _context(request, form, chosen) | {
        "page": page,
        "totals": totals_of(chosen) if is_quick else None,
    }
    return render(request, "backoffice/stock.html", context)


@needs(Right.LOOK_UP)
@require_GET
@from_replica
def stock_totals(request: PersonRequest) -> HttpResponse:
    """How much there is by state and product; only the former for the page of units."""
    form = _form(request)
    chosen = form.chosen(request.access)
    totals = totals_of(chosen)
    if request.htmx:
        context = {"totals": totals, "most_counted": MOST_COUNTED, "chosen": chosen}
        return render(request, "backoffice/_stock_totals.html", context)
    context = _context(request, form, chosen) | {"totals": totals}
    if chosen.is_of_pieces:
        context["products"] = products_page(
            chosen,
            after=named_place_of(request.GET.get("after")),
            before=named_place_of(request.GET.get("before")),
        )
    return render(request, "backoffice/stock_totals.html", context)


@needs(Right.LOOK_UP)
@require_POST
def export_stock(request: PersonRequest) -> HttpResponseBase:
    """The units that fit the filters in the URL: a small file at once, a large one by a job."""
    file_format = request.POST.get("format", "")
    if file_format not in FORMATS:
        raise BadRequest("no such format")
    form = _form(request)
    back = f"{reverse('backoffice:stock')}?{_kept(request)}"
    if not form.is_valid():
        return redirect(back)  # the page says what is wrong with the filters
    chosen = form.chosen(request.access)
    if stock_files.is_small(chosen):
        file = io.BytesIO()
        write(file, file_format, chosen)
        file.seek(0)
        return FileResponse(
            file,
            as_attachment=True,
            filename=_file_name(chosen.day, file_format),
            content_type=FORMATS[file_format].media_type,
        )
    try:
        made = stock_files.request_file(
            chosen,
            file_format=file_format,
            filters=_kept(request),
            by=request.access,
            now=timezone.now(),
        )
    except TooManyFiles:
        words = _("You have several files being made already. Wait until one of them is ready.")
        messages.warning(request, words)
        return redirect(back)
    return redirect("backoffice:stock_file", pk=made.pk)


def _file_name(day: dt.date, file_format: str) -> str:
    return f"stock-{day:%Y-%m-%d}.{file_format}"


@needs(Right.LOOK_UP)
@require_GET
@cache_control(private=True, no_store=True)
def stock_file(request: PersonRequest, pk: uuid.UUID) -> HttpResponse:
    """How far a large file is."""
    found = _own_file(request, pk)
    context = {
        "file": found,
        "state": stock_files.state_of_file(found),
        "left": found.total - found.done,
        "kept_until": found.requested_at + stock_files.KEPT,
    }
    template = "backoffice/stock_file.html#job" if request.htmx else "backoffice/stock_file.html"
    return render(request, template, context)


@needs(Right.LOOK_UP)
@require_POST
def stock_file_again(request: PersonRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Try a file that failed once more."""
    found = _own_file(request, pk)
    stock_files.request_again(found.pk, by=request.access, now=timezone.now())
    return redirect("backoffice:stock_file", pk=pk)


@needs(Right.LOOK_UP)
@require_GET
@cache_control(private=True, no_store=True)
def stock_file_content(request: PersonRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The file itself, or its page while there is none."""
    found = _own_file(request, pk)
    if stock_files.state_of_file(found) is not FileState.READY:
        return redirect("backoffice:stock_file", pk=pk)
    response = StreamingHttpResponse(
        stock_files.content_of(found), content_type=FORMATS[found.file_format].media_type
    )
    name = _file_name(found.day, found.file_format)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Content-Length"] = str(found.size)
    return response


def _own_file(request: PersonRequest, pk: uuid.UUID) -> StockFile:
    return get_object_or_404(stock_files.files_of(request.access, now=timezone.now()), pk=pk)
