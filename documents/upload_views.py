"""The pages by which a file of serials comes onto a draft: choose it, see what it holds, add it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from company.exporting import Column, export_response
from company.middleware import PersonRequest
from company.parameters import whole_number
from serials.reading_files import takes_long

from . import drafting
from .forms import FileForm
from .guarding import of_document
from .kinds import spec_of
from .models import Document, Line, Upload
from .pages import read_document
from .uploading import Added, add_uploaded, find_upload, hold_file
from .uploading_long import hold_long_file, preview_of, request_adding

LATE = dt.timedelta(seconds=30)
"""A job that has not begun by then waits for something that the person should be told of."""
SHOWN_BAD = 200
"""Bad rows that a page lists; a file has them all."""


def _draft(request: PersonRequest, pk: int) -> Document:
    """A draft the person may work on."""
    document = read_document(request, pk)
    drafting.require_right(document, request.access)
    if not document.is_draft:
        raise drafting.NotADraft
    return document


@require_http_methods(["GET", "POST"])
@of_document
def upload(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Choose a file, for the whole draft or for one `line` of it."""
    document = _draft(request, pk)
    is_sent = request.method == "POST"
    asked = (request.POST if is_sent else request.GET).get("line")
    line: Line | None = None
    if asked:
        line = document.lines.select_related("product").get(pk=whole_number(asked) or 0)
    form = FileForm(request.POST, request.FILES) if is_sent else FileForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            content = file.read()
            hold = hold_long_file if takes_long(file.name, content) else hold_file
            held = hold(
                pk,
                line.pk if line else None,
                name=file.name,
                content=content,
                by=request.access,
                now=timezone.now(),
            )
            return redirect("documents:uploaded", pk=pk, upload_pk=held.pk)
        except ValidationError as refused:
            form.add_error("file", refused)
    context = {
        "document": document,
        "section": document.kind,
        "spec": spec_of(document.kind),
        "line": line,
        "form": form,
    }
    return render(request, "documents/upload.html", context, status=422 if form.errors else 200)


def _held(request: PersonRequest, document: Document, upload_pk: int) -> Upload:
    try:
        return find_upload(document, upload_pk, by=request.access)
    except Upload.DoesNotExist as error:
        raise Http404 from error


@require_GET
@cache_control(private=True, no_store=True)
@of_document
def uploaded(request: PersonRequest, pk: int, upload_pk: int) -> HttpResponse:
    """What a file comes to, and how far a long one is; nothing is added before a press."""
    document = _draft(request, pk)
    held = _held(request, document, upload_pk)
    again = reverse("documents:upload", args=[pk])
    context = {
        "document": document,
        "section": document.kind,
        "spec": spec_of(document.kind),
        "upload": held,
        "again": f"{again}?line={held.line_id}" if held.line_id else again,
    }
    if held.status == Upload.Status.ADDED:
        return _done(request, pk, held)
    if held.status != Upload.Status.READ:
        return _under_way(request, held, context)
    if request.htmx:  # its page showed how far it was, and has to show what it came to
        return HttpResponseClientRedirect(request.path)
    listed = preview_of(held, document, now=timezone.now())
    context |= {
        "listed": listed,
        "shown": listed.bad[:SHOWN_BAD],
        "hidden": max(0, len(listed.bad) - SHOWN_BAD),
    }
    return render(request, "documents/uploaded.html", context)


def _under_way(request: PersonRequest, held: Upload, context: dict[str, Any]) -> HttpResponse:
    """How far a long file is, or why it was not taken."""
    is_late = held.done == 0 and timezone.now() - held.uploaded_at > LATE
    template = "documents/upload_under_way.html"
    context |= {"left": max(0, held.total - held.done), "is_late": is_late}
    return render(request, f"{template}#job" if request.htmx else template, context)


def _done(request: PersonRequest, pk: int, held: Upload) -> HttpResponse:
    """A long file was added while the person waited, or was elsewhere."""
    _say(request, Added(**(held.told or {})))
    held.delete()
    to = reverse("documents:document", args=[pk])
    return HttpResponseClientRedirect(to) if request.htmx else redirect(to)


@require_GET
@of_document
def uploaded_bad(request: PersonRequest, pk: int, upload_pk: int) -> HttpResponseBase:
    """The rows that can't be taken, as a file."""
    document = _draft(request, pk)
    listed = preview_of(_held(request, document, upload_pk), document, now=timezone.now())
    columns = [Column(title) for title in (_("Row"), _("Cell"), _("What stands there"), _("Why"))]
    rows = ((str(row.number), row.cell, row.text, row.reason) for row in listed.bad)
    return export_response("csv", name="not-taken", columns=columns, rows=rows)


@require_POST
@of_document
def add(request: PersonRequest, pk: int, upload_pk: int) -> HttpResponseBase:
    """Add the good rows; a second press finds that it is done."""
    drafting.require_right(read_document(request, pk), request.access)
    try:
        if Upload.objects.filter(pk=upload_pk, is_long=True).exists():
            held = request_adding(pk, upload_pk, by=request.access)
            return redirect("documents:uploaded", pk=pk, upload_pk=held.pk)
        added = add_uploaded(pk, upload_pk, by=request.access, now=timezone.now())
    except Upload.DoesNotExist:
        if not Upload.objects.filter(pk=upload_pk).exists():
            return redirect("documents:document", pk=pk)
        raise Http404 from None
    _say(request, added)
    return redirect("documents:document", pk=pk)


def _say(request: PersonRequest, added: Added) -> None:
    """What came of a file."""
    things = added.serials + added.pieces
    words = ngettext("%(count)s added from the file.", "%(count)s added from the file.", things)
    messages.success(request, words % {"count": things})
    if added.bad:
        words = ngettext(
            "%(count)s row was not taken.", "%(count)s rows were not taken.", added.bad
        )
        messages.warning(request, words % {"count": added.bad})
