"""The pages that print a document."""

from __future__ import annotations

from typing import cast

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from company.middleware import PersonRequest

from .guarding import of_document
from .kinds import spec_of
from .models import Document
from .pages import read_document
from .printing import (
    PrintState,
    is_large,
    latest_print,
    pdf_now,
    pdf_of_print,
    request_print,
    state_of_print,
)
from .sheets import SheetNotRendered


@require_GET
@cache_control(private=True, no_store=True)
@of_document
def print_document(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The PDF of a small document; how far that of a large one is.

    With `open` in the URL the PDF of a large one opens by itself as soon as it is there.
    """
    document = read_document(request, pk)
    if is_large(document):
        return _large(request, document)
    try:
        return _pdf(document, pdf_now(document))
    except SheetNotRendered:
        return _page(request, document, PrintState.FAILED, status=503)


def _large(request: PersonRequest, document: Document) -> HttpResponseBase:
    found = latest_print(document, now=timezone.now())
    state = state_of_print(found)
    if state is PrintState.READY and "open" in request.GET:
        pdf = reverse("documents:print_pdf", args=[document.pk])
        return HttpResponseClientRedirect(pdf) if request.htmx else redirect(pdf)
    return _page(request, document, state, print=found, is_large=True)


def _page(
    request: PersonRequest,
    document: Document,
    state: PrintState,
    *,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    context = {
        "document": document,
        "section": document.kind,
        "spec": spec_of(document.kind),
        "state": state,
        **more,
    }
    template = "documents/print.html#job" if request.htmx else "documents/print.html"
    return render(request, template, context, status=status)


@require_POST
@of_document
def start_print(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Have the PDF of a large document made; a small one needs no job."""
    page = reverse("documents:print", args=[pk])
    if not is_large(read_document(request, pk)):
        return redirect(page)
    request_print(pk, by=request.access, now=timezone.now())
    return redirect(page + "?open=1")


@require_GET
@cache_control(private=True, no_store=True)
@of_document
def print_pdf(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The PDF of a large document, or the page of its print while there is none."""
    document = read_document(request, pk)
    found = latest_print(document, now=timezone.now())
    pdf = pdf_of_print(found) if found else None
    return redirect("documents:print", pk=pk) if pdf is None else _pdf(document, pdf)


def _pdf(document: Document, pdf: bytes) -> HttpResponse:
    name = f"{document.number or f'draft {document.pk}'}.pdf"
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = cast(str, content_disposition_header(False, name))
    # Browsers' own viewers of PDFs break under our policy; the pages of these views keep it.
    response._csp_exempt = True  # type: ignore[attr-defined]
    return response
