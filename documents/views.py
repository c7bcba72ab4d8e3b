"""The pages of movement documents."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from company.middleware import PersonRequest
from company.models import Store
from partners.forms import CustomerForm
from partners.models import Customer
from partners.queries import find_customers
from serials.refusals import PostingRefused

from . import drafting
from .filters import DocumentFilter
from .forms import HeaderForm, LineForm, PasteForm, ScanForm
from .kinds import SPECS
from .models import Document, Line
from .pages import (
    current_refusals,
    document_page,
    header_fragment,
    lines_fragment,
    may_edit,
    read_document,
    refusals_fragment,
    scan_fragment,
)
from .pasting import paste_serials
from .posting import post_document
from .queries import documents_page, refusal_views, serials_of_line
from .retrying import Busy
from .scanning import Outcome, scan

View = Callable[..., HttpResponseBase]


def _to(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Back to the document's page, whichever way the request came."""
    if request.htmx:
        return HttpResponseClientRedirect(f"/documents/{pk}/")
    return redirect("documents:document", pk=pk)


def of_document(view: View) -> View:
    """Answer 404 for what is not there or another store's, and say what happened meanwhile."""

    @functools.wraps(view)
    def wrapped(request: PersonRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, pk, *args, **kwargs)
        except (Document.DoesNotExist, Line.DoesNotExist) as error:
            raise Http404 from error
        except drafting.NotADraft:
            messages.warning(request, _("This document was posted meanwhile; nothing changed."))
            return _to(request, pk)
        except Busy:
            messages.error(
                request, _("Somebody is working on the same goods. Try again in a moment.")
            )
            return _to(request, pk)

    return wrapped


@require_GET
def document_list(request: PersonRequest) -> HttpResponse:
    stores = Store.objects.visible_to(request.user)
    visible = Document.objects.visible_to(request.access)
    chosen = DocumentFilter(request.GET, visible, stores=stores)
    page = documents_page(
        chosen.qs if chosen.is_valid() else visible.none(),
        before=_key(request, "before"),
        after=_key(request, "after"),
    )
    kept = request.GET.copy()
    for name in ("before", "after"):
        kept.pop(name, None)
    makeable = [
        spec
        for spec in SPECS.values()
        if request.store and request.access.can(spec.right, request.store.pk)
    ]
    context = {
        "filter": chosen,
        "page": page,
        "kept": kept.urlencode(),
        "makeable": makeable,
        "chosen_kind": SPECS.get(request.GET.get("kind", "")),
    }
    return render(request, "documents/list.html", context)


def _key(request: PersonRequest, name: str) -> int | None:
    """A page's key from the URL; a text that is none counts as absent."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@require_POST
def start(request: PersonRequest, kind: str) -> HttpResponseBase:
    if kind not in SPECS or request.store is None:
        raise Http404
    document = drafting.start_draft(kind, store=request.store, by=request.access)
    form = ScanForm(request.POST)
    if form.is_valid() and form.cleaned_data["scan"]:
        result = scan(
            document.pk, form.cleaned_data["scan"], by=request.access, now=timezone.now(),
            nonce=form.cleaned_data["nonce"],
        )  # fmt: skip
        return document_page(request, read_document(request, document.pk), scan=result, moved=True)
    return redirect("documents:document", pk=document.pk)


@require_GET
@of_document
def document(request: PersonRequest, pk: int) -> HttpResponse:
    return document_page(request, read_document(request, pk))


@require_POST
@of_document
def take_scan(request: PersonRequest, pk: int) -> HttpResponseBase:
    form = ScanForm(request.POST)
    if not form.is_valid():
        form = ScanForm({"scan": request.POST.get("scan", "")})
        form.full_clean()
    answers = form.cleaned_data
    result = scan(
        pk,
        answers["scan"],
        by=request.access,
        now=timezone.now(),
        nonce=answers["nonce"],
        product_id=answers["product"],
        as_serial=answers["as_serial"],
    )
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
    form = HeaderForm(request.POST, instance=Document(pk=found.pk, kind=found.kind))
    status = 200 if form.is_valid() else 422
    if form.is_valid():
        found = drafting.edit_header(
            pk,
            by=request.access,
            effective_on=form.cleaned_data["effective_on"],
            note=form.cleaned_data["note"],
            supplier=form.cleaned_data.get("supplier"),
            is_opening=form.cleaned_data.get("is_opening", False),
        )
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
    form = LineForm(request.POST, instance=found.lines.get(pk=line_pk))
    if form.is_valid():
        drafting.edit_line(pk, line_pk, by=request.access, **form.cleaned_data)
    status = 200 if form.is_valid() else 422
    wrong = None if form.is_valid() else form
    if request.htmx:
        return lines_fragment(request, found, wrong=wrong, status=status)
    return document_page(request, found, wrong=wrong, status=status)


@require_POST
@of_document
def remove_line(request: PersonRequest, pk: int, line_pk: int) -> HttpResponseBase:
    drafting.remove_line(pk, line_pk, by=request.access)
    return _lines_or_page(request, pk)


@require_POST
@of_document
def remove_serial(request: PersonRequest, pk: int, line_pk: int) -> HttpResponseBase:
    drafting.remove_serials(pk, line_pk, [request.POST.get("key", "")], by=request.access)
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
    result = paste_serials(pk, line_pk, column, by=request.access)
    status = 422 if result.left_over or not column else 200
    found = read_document(request, pk)
    if request.htmx:
        return lines_fragment(request, found, pasted=(line_pk, result), status=status)
    return document_page(
        request, found, pasted={"line_id": line_pk, "result": result}, status=status
    )


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


@require_POST
@of_document
def discard(request: PersonRequest, pk: int) -> HttpResponseBase:
    drafting.discard(pk, by=request.access)
    messages.success(request, _("The draft is gone."))
    return redirect("documents:list")


@require_http_methods(["GET", "POST"])
@of_document
def customer(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Find the customer of a sale, or enter a new one."""
    found = read_document(request, pk)
    drafting.require_right(found, request.access)
    if not found.is_draft:
        raise drafting.NotADraft
    form = CustomerForm(request.POST if "new" in request.POST else None)
    if request.method == "POST" and "new" not in request.POST:
        chosen = request.POST.get("customer", "")
        person = get_object_or_404(Customer, pk=chosen) if chosen.isdigit() else None
        drafting.choose_customer(pk, by=request.access, customer=person)
        return redirect("documents:document", pk=pk)
    if form.is_valid():
        drafting.choose_customer(pk, by=request.access, customer=form.save())
        return redirect("documents:document", pk=pk)
    text = request.GET.get("q", "").replace("\0", "").strip()
    people = find_customers(text, limit=20) if text else []
    context = {"document": found, "form": form, "people": people, "text": text}
    return render(request, "documents/customer.html", context, status=422 if form.is_bound else 200)


@require_GET
@of_document
def line_serials(request: PersonRequest, pk: int, line_pk: int) -> HttpResponse:
    """All serials of a line, page by page."""
    found = read_document(request, pk)
    line = found.lines.select_related("product").get(pk=line_pk)
    serials = serials_of_line(line, after=_key(request, "after") or 0)
    context = {
        "document": found,
        "line": line,
        "serials": serials,
        "editable": may_edit(request, found),
    }
    return render(request, "documents/line_serials.html", context)
