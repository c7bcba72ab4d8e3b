"""The pages by which a file comes into the records: choose it, see what it does, write it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from company.exporting import FORMATS, Column, export_response, undefused
from company.import_models import ImportFile, ImportStatus
from company.import_outcome import Outcome
from company.middleware import PersonRequest
from company.parameters import whole_number
from company.tables import WHY, Table, number_text

from . import importing
from .import_forms import ImportForm
from .import_kinds import KINDS, ImportKind

PAGE = 100
"""Rows of a preview on one page."""


def _kind(request: PersonRequest, what: str) -> ImportKind:
    """What is imported, by somebody who may."""
    kind = KINDS.get(what)
    if kind is None:
        raise Http404
    if not kind.may(request.access):
        raise PermissionDenied
    return kind


def _held(request: PersonRequest, kind: ImportKind, pk: uuid.UUID) -> ImportFile:
    try:
        return importing.find_import(kind, pk, by=request.access, now=timezone.now())
    except kind.model.DoesNotExist as error:
        raise Http404 from error


@require_http_methods(["GET", "HEAD", "POST"])
def start_import(request: PersonRequest, what: str) -> HttpResponseBase:
    """Choose a file; the columns it may have are explained."""
    kind = _kind(request, what)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            held = importing.hold_import(
                kind,
                name=file.name,
                content=file.read(),
                clears=bool(form.cleaned_data["clears"]),
                by=request.access,
                now=timezone.now(),
            )
            return redirect("backoffice:import_file", what=what, pk=held.pk)
        except ValidationError as refused:
            form.add_error("file", refused)
        except importing.TooManyImports:
            form.add_error("file", _("Several files are being read already. Wait for one."))
    context = {"kind": kind, "form": form}
    return render(request, "backoffice/import.html", context, status=422 if form.errors else 200)


@require_GET
def import_example(request: PersonRequest, what: str, file_format: str) -> HttpResponseBase:
    """A file with the columns and one row, to be filled in."""
    kind = _kind(request, what)
    if file_format not in FORMATS:
        raise Http404
    columns = [Column(str(field.title), field.cell, field.width) for field in kind.fields]
    row = [
        field.example if field.key == "price" else str(field.example) for field in kind.fields
    ]  # fmt: skip
    return export_response(file_format, name=f"{what}-example", columns=columns, rows=[row])


@require_GET
@cache_control(private=True, no_store=True)
def import_file(request: PersonRequest, what: str, pk: uuid.UUID) -> HttpResponse:
    """How far a file is: being read, what it would do, being written, done."""
    kind = _kind(request, what)
    held = _held(request, kind, pk)
    is_under_way = held.status in importing.UNDER_WAY
    context = {"kind": kind, "held": held, "is_under_way": is_under_way}
    if request.htmx and is_under_way:
        return render(request, "backoffice/import_file.html#job", context)
    if request.htmx:  # what the job led to is another page
        response = HttpResponse(status=204)
        response.headers["HX-Refresh"] = "true"
        return response
    if held.status in {ImportStatus.SEEN, ImportStatus.DONE}:
        context |= _preview(request, held)
    return render(request, "backoffice/import_file.html", context)


def _preview(request: PersonRequest, held: ImportFile) -> dict[str, object]:
    """The rows of one of the three lists, a page of them."""
    outcome = Outcome.unpacked(bytes(held.outcome))
    lists: dict[str, Sequence[object]] = {
        "changed": outcome.changed,
        "new": outcome.new,
        "refused": outcome.refused,
    }
    shown = request.GET.get("show", "")
    if shown not in lists:
        shown = next((name for name, rows in lists.items() if rows), "changed")
    rows = lists[shown]
    start = min(whole_number(request.GET.get("from")) or 0, len(rows))
    return {
        "outcome": outcome,
        "unknown": Table.unpacked(bytes(held.table)).unknown,
        "shown": shown,
        "rows": rows[start : start + PAGE],
        "earlier": max(0, start - PAGE) if start else None,
        "later": start + PAGE if start + PAGE < len(rows) else None,
    }


@require_GET
def import_refused(request: PersonRequest, what: str, pk: uuid.UUID) -> HttpResponseBase:
    """The refused rows as they came, with a column that says why: to be mended and sent again."""
    held = _held(request, _kind(request, what), pk)
    if not held.outcome:
        raise Http404
    table = Table.unpacked(bytes(held.table))
    reasons: defaultdict[int, list[str]] = defaultdict(list)
    for refused in Outcome.unpacked(bytes(held.outcome)).refused:
        reasons[refused.number].append(f"{refused.cell} {refused.title}: {refused.reason}".strip())
    width = max(len(table.titles), *(len(row.cells) for row in table.rows))
    titles = [*table.titles, *([""] * (width - len(table.titles)))]
    columns = [*(Column(title) for title in titles), Column(str(WHY), width=60)]
    rows = (
        [
            *(undefused(number_text(cell)) for cell in row.cells),
            *([""] * (width - len(row.cells))),
            "; ".join(reasons[row.number]),
        ]
        for row in table.rows
        if row.number in reasons
    )
    file_format = "xlsx" if held.name.lower().endswith(".xlsx") else "csv"
    return export_response(file_format, name=f"{what}-refused", columns=columns, rows=rows)


@require_POST
def write_import(request: PersonRequest, what: str, pk: uuid.UUID) -> HttpResponseBase:
    """Write the good rows; a second press finds that it is done."""
    kind = _kind(request, what)
    _held(request, kind, pk)
    held = importing.write_import(kind, pk, by=request.access, now=timezone.now())
    if held.status != ImportStatus.DONE:
        return redirect("backoffice:import_file", what=what, pk=pk)
    written = Outcome.unpacked(bytes(held.outcome)).to_write
    words = ngettext("%(count)s row is imported.", "%(count)s rows are imported.", written)
    messages.success(request, words % {"count": written})
    return redirect("backoffice:import_file", what=what, pk=pk)
