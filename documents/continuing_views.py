"""Pages about a posted document: what goes on from it, and cancelling it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from company.middleware import PersonRequest
from company.parameters import whole_number
from company.rights import Right
from serials.refusals import PostingRefused

from . import drafting
from .acknowledging import acknowledge_returns
from .cancelling import (
    CancellingRefused,
    cancel_document,
    may_cancel,
    what_cancelling_refuses,
)
from .continuing import receive_at_once, start_arrival, start_identification, take_everything
from .forms import ReasonForm
from .guarding import of_document
from .models import Document, Status
from .notices import see
from .pages import document_page, lines_fragment, read_document
from .posting import post_document
from .queries import refusal_views
from .related import waiting_for_serials
from .views import open_draft


@require_POST
@of_document
def receive(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Start receiving a transfer, with the unit that was scanned already on it."""
    try:
        arrival = start_arrival(pk, by=request.access)
    except PostingRefused as refused:
        return _told(request, pk, refused)
    return open_draft(request, arrival.pk)


@require_POST
@of_document
def receive_all(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Receive a transfer at once, with all that is on its way."""
    try:
        arrival = receive_at_once(pk, by=request.access, now=timezone.now())
    except PostingRefused as refused:
        if read_document(request, pk).is_draft:
            return _refused(request, pk, refused)
        return _told(request, pk, refused)
    return redirect("documents:document", pk=arrival.pk)


@require_POST
@of_document
def everything(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Everything arrived: put it all on the draft."""
    found = take_everything(pk, by=request.access)
    if request.htmx:
        return lines_fragment(request, read_document(request, pk))
    return redirect("documents:document", pk=found.pk)


@require_POST
@of_document
def identify(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Start entering the serial numbers of what a document moved without them."""
    try:
        draft = start_identification(pk, by=request.access)
    except PostingRefused as refused:
        return _told(request, pk, refused)
    return open_draft(request, draft.pk)


@require_GET
def unidentified(request: PersonRequest) -> HttpResponse:
    """The units of the current store that wait for their serial numbers."""
    if request.store is None:
        raise Http404
    waiting, after = waiting_for_serials(
        request.store.pk, after=whole_number(request.GET.get("after"))
    )
    context = {
        "waiting": waiting,
        "after": after,
        "may_identify": request.access.can(Right.IDENTIFY, request.store.pk),
    }
    return render(request, "documents/unidentified.html", context)


@require_http_methods(["GET", "POST"])
@of_document
def without_serials(request: PersonRequest, pk: int) -> HttpResponseBase:
    """A manager posts a draft whose serial numbers are entered later, and says why."""
    found = read_document(request, pk)
    if not request.access.can(Right.POST_WITHOUT_SERIALS, found.store_id):
        raise PermissionDenied
    if not found.is_draft:
        raise drafting.NotADraft
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            posted = post_document(
                pk,
                by=request.access,
                now=timezone.now(),
                without_serials=form.cleaned_data["reason"],
            )
        except PostingRefused as refused:
            return _refused(request, pk, refused)
        return redirect("documents:document", pk=posted.pk)
    context = {"document": found, "form": form, "section": found.kind}
    status = 422 if form.is_bound else 200
    return render(request, "documents/without_serials.html", context, status=status)


@require_http_methods(["GET", "POST"])
@of_document
def cancel(request: PersonRequest, pk: int) -> HttpResponseBase:
    """What cancelling would undo, or what is in its way; then cancel it."""
    found = read_document(request, pk)
    if not may_cancel(found, request.access):
        raise PermissionDenied
    if request.method == "GET" and found.status == Status.CANCELLED:
        return redirect("documents:document", pk=pk)
    form = ReasonForm(request.POST or None)
    obstacles = what_cancelling_refuses(found, by=request.access)
    if form.is_valid():
        try:
            cancel_document(
                pk, by=request.access, reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except CancellingRefused as refused:
            obstacles = list(refused.obstacles)
        else:
            messages.success(request, _("%(number)s is cancelled.") % {"number": found.number})
            return redirect("documents:document", pk=pk)
    context = {
        "document": found,
        "form": form,
        "obstacles": obstacles,
        "section": found.kind,
    }
    status = 422 if form.is_bound else 200
    return render(request, "documents/cancel.html", context, status=status)


@require_POST
@of_document
def acknowledge(request: PersonRequest, pk: int) -> HttpResponseBase:
    """A manager has seen that these units went back to the supplier before."""
    count = acknowledge_returns(pk, by=request.access, now=timezone.now())
    words = ngettext("%(count)d unit acknowledged.", "%(count)d units acknowledged.", count)
    messages.success(request, words % {"count": count})
    return redirect("documents:document", pk=pk)


@require_POST
def notice_seen(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The person has seen a notice."""
    see(pk, by=request.access, now=timezone.now())
    return redirect("backoffice:home")


def _told(request: PersonRequest, pk: int, refused: PostingRefused) -> HttpResponseBase:
    """Back to a posted document, with the first reasons why nothing goes on from it."""
    for one in refused.refusals[:5]:
        messages.error(request, one.message)
    return redirect("documents:document", pk=pk)


def _refused(request: PersonRequest, pk: int, refused: PostingRefused) -> HttpResponse:
    found: Document = read_document(request, pk)
    views = refusal_views(found, refused.refusals, access=request.access)
    return document_page(request, found, refusals=views, status=422)
