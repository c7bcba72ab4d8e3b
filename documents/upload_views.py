"""The pages by which a file of serials comes onto a draft: choose it, see what it holds, add it."""

from __future__ import annotations

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

from company.exporting import Column, export_response
from company.middleware import PersonRequest
from company.parameters import whole_number

from . import drafting
from .forms import FileForm
from .guarding import of_document
from .kinds import spec_of
from .models import Document, Line, Upload
from .pages import read_document
from .uploading import add_uploaded, find_upload, hold_file, read_upload

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
            held = hold_file(
                pk,
                line.pk if line else None,
                name=file.name,
                content=file.read(),
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
    """What a file comes to as the draft is now; nothing is added yet."""
    document = _draft(request, pk)
    held = _held(request, document, upload_pk)
    listed = read_upload(held, document, now=timezone.now())
    again = reverse("documents:upload", args=[pk])
    context = {
        "document": document,
        "section": document.kind,
        "spec": spec_of(document.kind),
        "upload": held,
        "listed": listed,
        "shown": listed.bad[:SHOWN_BAD],
        "hidden": max(0, len(listed.bad) - SHOWN_BAD),
        "again": f"{again}?line={held.line_id}" if held.line_id else again,
    }
    return render(request, "documents/uploaded.html", context)


@require_GET
@of_document
def uploaded_bad(request: PersonRequest, pk: int, upload_pk: int) -> HttpResponseBase:
    """The rows that can't be taken, as a file."""
    document = _draft(request, pk)
    listed = read_upload(_held(request, document, upload_pk), document, now=timezone.now())
    columns = [Column(title) for title in (_("Row"), _("Cell"), _("What stands there"), _("Why"))]
    rows = ((str(row.number), row.cell, row.text, row.reason) for row in listed.bad)
    return export_response("csv", name="not-taken", columns=columns, rows=rows)


@require_POST
@of_document
def add(request: PersonRequest, pk: int, upload_pk: int) -> HttpResponseBase:
    """Add the good rows; a second press finds that it is done."""
    drafting.require_right(read_document(request, pk), request.access)
    try:
        added = add_uploaded(pk, upload_pk, by=request.access, now=timezone.now())
    except Upload.DoesNotExist:
        if not Upload.objects.filter(pk=upload_pk).exists():
            return redirect("documents:document", pk=pk)
        raise Http404 from None
    things = added.serials + added.pieces
    words = ngettext("%(count)s added from the file.", "%(count)s added from the file.", things)
    messages.success(request, words % {"count": things})
    if added.bad:
        words = ngettext(
            "%(count)s row was not taken.", "%(count)s rows were not taken.", added.bad
        )
        messages.warning(request, words % {"count": added.bad})
    return redirect("documents:document", pk=pk)
