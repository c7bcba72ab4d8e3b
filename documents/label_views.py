"""The pages that print labels with serial numbers, and those that make such numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from company.middleware import PersonRequest
from company.parameters import whole_number
from company.rights import Right
from serials.models import Serial
from warranty.rendering import NotRendered

from . import drafting
from .guarding import of_document
from .labels import (
    CODES,
    MOST_LABELS,
    PAPERS,
    Label,
    choices_for,
    render_labels,
    starting_context,
)
from .making_serials import make_serials
from .models import Document, LineSerial
from .pages import document_page, lines_fragment, pasted_on, read_document


def _serials(document: Document, line_pk: int | None) -> list[Label]:
    """The labels of a document's units, or of those of one line, in its order: one query."""
    rows = LineSerial.objects.filter(document=document).order_by("line__position", "pk")
    if line_pk is not None:
        rows = rows.filter(line_id=line_pk)
    return [
        Label(*row)
        for row in rows.values_list("text", "product__name", "product__sku")
    ]  # fmt: skip


@require_GET
@of_document
def labels(request: PersonRequest, pk: int) -> HttpResponse:
    """Which labels of a document's units, or of one `line`, to print, and on what."""
    document = read_document(request, pk)
    line_pk = whole_number(request.GET.get("line"))
    found = _serials(document, line_pk)
    page = reverse("documents:document", args=[pk])
    pdf = reverse("documents:labels_pdf", args=[pk])
    return _choose(request, found, back=page, pdf=pdf, line=line_pk, document=document)


@require_GET
@cache_control(private=True, no_store=True)
@of_document
def labels_pdf(request: PersonRequest, pk: int) -> HttpResponse:
    document = read_document(request, pk)
    found = _serials(document, whole_number(request.GET.get("line")))
    return _pdf(request, found, name=f"labels-{document.number or pk}.pdf")


def _unit(request: PersonRequest, serial_pk: int) -> tuple[Serial, list[Label]]:
    units = Serial.objects.visible_to(request.access).select_related("product")
    unit = units.filter(pk=serial_pk).first()
    if unit is None:
        raise Http404
    return unit, [Label(unit.text, unit.product.name, unit.product.sku)]


@require_GET
def unit_labels(request: PersonRequest, serial_pk: int) -> HttpResponse:
    """The label of one unit."""
    _unit_found, found = _unit(request, serial_pk)
    return _choose(
        request,
        found,
        back=reverse("backoffice:serial", args=[serial_pk]),
        pdf=reverse("documents:unit_labels_pdf", args=[serial_pk]),
    )


@require_GET
@cache_control(private=True, no_store=True)
def unit_labels_pdf(request: PersonRequest, serial_pk: int) -> HttpResponse:
    unit, found = _unit(request, serial_pk)
    return _pdf(request, found, name=f"label-{unit.pk}.pdf")


def _choose(
    request: PersonRequest, found: Sequence[Label], *, back: str, pdf: str, **more: object
) -> HttpResponse:
    context = {
        "papers": choices_for(label.serial for label in found),
        "codes": CODES.items(),
        "chosen": starting_context(request.session.get("labels")),
        "count": len(found),
        "parts": [
            (first + 1, min(first + MOST_LABELS, len(found)))
            for first in range(0, len(found), MOST_LABELS)
        ],
        "back": back,
        "pdf": pdf,
        **more,
    }
    return render(request, "documents/labels.html", context)


def _pdf(request: PersonRequest, found: Sequence[Label], *, name: str) -> HttpResponse:
    """The labels from `first` on; what was chosen is offered first the next time."""
    chosen = starting_context({key: request.GET.get(key) for key in ("paper", "code")})
    if request.session.get("labels") != chosen:
        request.session["labels"] = chosen
    first = max(1, whole_number(request.GET.get("first")) or 1)
    part = found[first - 1 : first - 1 + MOST_LABELS]
    if not part:
        raise Http404
    try:
        pdf = render_labels(part, PAPERS[chosen["paper"]], code=chosen["code"])
    except NotRendered:
        words = _("No labels can be printed on this machine.")
        return HttpResponse(words, status=503, content_type="text/plain; charset=utf-8")
    shown = cast(str, content_disposition_header(as_attachment=False, filename=name))
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": shown})


@require_POST
@of_document
def make(request: PersonRequest, pk: int, line_pk: int) -> HttpResponseBase:
    """Make serial numbers of our own for a line of goods that come without."""
    found = read_document(request, pk)
    drafting.require_right(found, request.access)
    if not request.access.can(Right.RECEIVE, found.store_id):
        raise PermissionDenied
    asked = request.POST.get("count", "").strip()
    answer = lines_fragment if request.htmx else document_page
    try:
        result = make_serials(
            pk,
            line_pk,
            whole_number(asked) or 0,
            entered=whole_number(request.POST.get("entered")) or 0,
            by=request.access,
            now=timezone.now(),
        )
    except ValidationError as refused:
        made = {"line_id": line_pk, "count": asked, "wrong": refused.messages[0]}
        return answer(request, found, made=made, status=422)
    return answer(request, found, pasted=pasted_on(line_pk, result) | {"made": True})
