"""The pages of movement documents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from company.middleware import PersonRequest
from company.parameters import whole_number
from serials.refusals import PostingRefused
from serials.text import serial_key

from . import drafting
from .forms import HeaderForm, LineForm, PasteForm, read_scan
from .guarding import of_document
from .kinds import SPECS
from .models import Document
from .pages import (
    current_refusals,
    document_page,
    header_fragment,
    lines_fragment,
    may_edit,
    pasted_on,
    read_document,
    refusals_fragment,
    scan_fragment,
)
from .pasting import paste_serials
from .posting import post_document
from .queries import document_of_scan, refusal_views, serials_of_line
from .scan_answers import Answer, Outcome, ScanResult
from .scan_pairs import scan_in_pairs
from .scanning import scan


@require_POST
def start(request: PersonRequest, kind: str) -> HttpResponseBase:
    """A draft of this kind, with the first scan on it when there is one already."""
    if kind not in SPECS or not SPECS[kind].starts_alone or request.store is None:
        raise Http404
    scanned = read_scan(request.POST)
    taken = document_of_scan(scanned["nonce"], access=request.access)
    if taken:
        return redirect("documents:document", pk=taken.pk)
    draft = drafting.start_draft(kind, store=request.store, by=request.access)
    return open_draft(request, draft.pk)


@of_document
def open_draft(request: PersonRequest, pk: int) -> HttpResponseBase:
    """A draft just started, with what was scanned to start it already on it."""
    answers = read_scan(request.POST)
    if not answers["scan"]:
        return redirect("documents:document", pk=pk)
    result = _scanned(request, pk, answers)
    return document_page(request, read_document(request, pk), scan=result)


def _scanned(request: PersonRequest, pk: int, answers: dict[str, Any]) -> ScanResult:
    return scan(
        pk,
        answers["scan"],
        by=request.access,
        now=timezone.now(),
        nonce=answers["nonce"],
        answer=Answer(
            answers["product"],
            answers["as_serial"],
            answers["origin"],
            answers["acknowledge"] or False,
            answers["only_one"] or False,
        ),
    )


@require_GET
@of_document
def document(request: PersonRequest, pk: int) -> HttpResponse:
    return document_page(request, read_document(request, pk))


@require_POST
@of_document
def take_scan(request: PersonRequest, pk: int) -> HttpResponseBase:
    result = _scanned(request, pk, read_scan(request.POST))
    status = 422 if result.outcome == Outcome.REFUSED else 200
    found = read_document(request, pk)
    if request.htmx:
        return scan_fragment(request, found, result, status=status)
    return document_page(request, found, scan=result, status=status)


@require_POST
@of_document
def save_header(request: PersonRequest, pk: int) -> HttpResponseBase:
    found = read_document(request, pk)
    drafting.require_right(found, request.access)
    form = HeaderForm(
        request.POST, instance=Document(pk=found.pk, kind=found.kind, store_id=found.store_id)
    )
    status = 200 if form.is_valid() else 422
    if form.is_valid():
        found = drafting.edit_header(
            pk,
            by=request.access,
            changed={name: form.cleaned_data[name] for name in form.changed_data},
        )
        form = HeaderForm(instance=found)
    if request.htmx:
        return header_fragment(request, found, form, status=status)
    if status == 422:
        return document_page(request, found, header=form, status=status)
    return redirect("documents:document", pk=pk)


@require_POST
@of_document
def save_line(request: PersonRequest, pk: int, line_pk: int) -> HttpResponseBase:
    found = read_document(request, pk)
    drafting.require_right(found, request.access)
    form = LineForm(request.POST, instance=found.lines.select_related("document").get(pk=line_pk))
    if form.is_valid():
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        drafting.edit_line(pk, line_pk, by=request.access, changed=changed)
    status = 200 if form.is_valid() else 422
    wrong = None if form.is_valid() else form
    if request.htmx:
        return lines_fragment(request, found, wrong=wrong, status=status)
    return document_page(request, found, wrong=wrong, status=status)


@require_POST
@of_document
def pairs(request: PersonRequest, pk: int, line_pk: int) -> HttpResponseBase:
    """Whether the units of a line have two numbers each."""
    scan_in_pairs(pk, line_pk, on=request.POST.get("pairs") == "1", by=request.access)
    if request.htmx:
        return lines_fragment(request, read_document(request, pk))
    return redirect("documents:document", pk=pk)


@require_POST
@of_document
def remove_line(request: PersonRequest, pk: int, line_pk: int) -> HttpResponseBase:
    drafting.remove_line(pk, line_pk, by=request.access)
    return _lines_or_page(request, pk)


@require_POST
@of_document
def remove_serial(request: PersonRequest, pk: int, line_pk: int) -> HttpResponseBase:
    drafting.remove_serials(
        pk, line_pk, [serial_key(request.POST.get("key", ""))], by=request.access
    )
    return _lines_or_page(request, pk)


@require_POST
@of_document
def remove_refused(request: PersonRequest, pk: int, line_pk: int) -> HttpResponseBase:
    drafting.require_right(found := read_document(request, pk), request.access)
    refused = [view for view in current_refusals(request, found) if view.line_id == line_pk]
    keys = [view.refusal.key for view in refused if view.refusal.key]
    drafting.remove_serials(pk, line_pk, keys, by=request.access)
    return _lines_or_page(request, pk)


def _lines_or_page(request: PersonRequest, pk: int) -> HttpResponseBase:
    if request.htmx:
        return lines_fragment(request, read_document(request, pk))
    return redirect("documents:document", pk=pk)


@require_POST
@of_document
def paste(request: PersonRequest, pk: int, line_pk: int) -> HttpResponseBase:
    form = PasteForm(request.POST)
    column = form.cleaned_data["serials"] if form.is_valid() else ""
    as_written = bool(request.POST.get("as_written"))
    result = paste_serials(pk, line_pk, column, by=request.access, as_written=as_written)
    status = 422 if result.left_over or not column else 200
    found = read_document(request, pk)
    answer = lines_fragment if request.htmx else document_page
    return answer(request, found, pasted=pasted_on(line_pk, result), status=status)


@require_GET
@of_document
def refusals(request: PersonRequest, pk: int) -> HttpResponse:
    return refusals_fragment(request, read_document(request, pk))


@require_POST
@of_document
def post(request: PersonRequest, pk: int) -> HttpResponseBase:
    try:
        posted = post_document(pk, by=request.access, now=timezone.now())
    except PostingRefused as refused:
        found = read_document(request, pk)
        views = refusal_views(found, refused.refusals, access=request.access)
        return document_page(request, found, refusals=views, status=422)
    return redirect("documents:document", pk=posted.pk)


@require_http_methods(["GET", "POST"])
@of_document
def discard(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Asks first, for a browser without scripts; with them the page asks itself."""
    if request.method == "GET":
        found = read_document(request, pk)
        drafting.require_right(found, request.access)
        return render(request, "documents/discard.html", {"document": found})
    drafting.discard(pk, by=request.access)
    messages.success(request, _("The draft is gone."))
    return redirect("documents:list")


@require_GET
@of_document
def line_serials(request: PersonRequest, pk: int, line_pk: int) -> HttpResponse:
    """All serials of a line, page by page."""
    found = read_document(request, pk)
    line = found.lines.select_related("product").get(pk=line_pk)
    serials = serials_of_line(line, after=whole_number(request.GET.get("after")) or 0)
    context = {
        "document": found,
        "line": line,
        "serials": serials,
        "section": found.kind,
        "editable": may_edit(request, found),
    }
    return render(request, "documents/line_serials.html", context)
