"""The pages of warranty cards and of their printing."""

from __future__ import annotations

import uuid
from typing import cast

from csp.decorators import csp_exempt
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from company.middleware import PersonRequest
from company.rights import Right
from products.models import Paper
from serials.models import Posting
from serials.second_numbers import second_of

from .forms import PrintForm
from .models import Card, PrintRun
from .printing import NothingToPrint, RunState, print_again, request_print, state_of_run
from .queries import cards_visible_to, cover_of_card, prints_of_card, runs_visible_to
from .reasons import end_of
from .stories import pieces_covered, story_of_card


@require_POST
def print_cards(request: PersonRequest, posting_id: int) -> HttpResponseBase:
    form = PrintForm(request.POST)
    if not form.is_valid():
        raise BadRequest(form.errors.as_text())
    named = [card.pk for card in form.cleaned_data["cards"]]
    try:
        asked = request_print(
            posting_id,
            cards=named or None,
            paper=form.cleaned_data["paper"],
            by=request.access,
            now=timezone.now(),
        )
    except (Posting.DoesNotExist, Card.DoesNotExist) as error:
        raise Http404 from error
    except NothingToPrint:
        return render(request, "warranty/nothing_to_print.html", status=422)
    return _to_open(asked)


@require_GET
@cache_control(private=True, no_store=True)
def run(request: PersonRequest, pk: uuid.UUID) -> HttpResponseBase:
    """How far a print run is; with `open` in the URL the PDF itself as soon as it is there."""
    found = _own_run(request, pk)
    state = state_of_run(found, now=timezone.now())
    if state is RunState.READY and "open" in request.GET:
        pdf = reverse("warranty:run_pdf", args=[pk])
        return HttpResponseClientRedirect(pdf) if request.htmx else redirect(pdf)
    context = {"run": found, "state": state, "left": found.total - found.done}
    template = "warranty/run.html#job" if request.htmx else "warranty/run.html"
    return render(request, template, context)


@require_POST
def again(request: PersonRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Try a failed run again, or print anew what is no longer kept."""
    found = _own_run(request, pk)
    return _to_open(print_again(found.pk, by=request.access, now=timezone.now()))


@require_GET
@csp_exempt()  # type: ignore[arg-type]  # browsers' own viewers of PDFs break under our policy
@cache_control(private=True, no_store=True)
def run_pdf(request: PersonRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The PDF of a run, or its page while there is none."""
    found = _own_run(request, pk)
    pdf = PrintRun.objects.values_list("pdf", flat=True).get(pk=pk)
    if pdf is None or state_of_run(found, now=timezone.now()) is not RunState.READY:
        return redirect("warranty:run", pk=pk)
    name = f"{found.posting.reference} warranty.pdf"
    response = HttpResponse(bytes(pdf), content_type="application/pdf")
    response["Content-Disposition"] = cast(str, content_disposition_header(False, name))
    return response


@require_GET
def card(request: PersonRequest, number: str) -> HttpResponse:
    """A card as it stands today."""
    found = get_object_or_404(cards_visible_to(request.access), number=number)
    store = found.term.posting.store
    today = store.date_of(timezone.now())
    end = end_of(found, today=today)
    cover = cover_of_card(found, today=today, custody=end.custody)
    context = {
        "card": found,
        "term": found.term,
        "second": second_of(found.term.serial_id),
        "end": end,
        "cover": cover,
        "story": story_of_card(found, access=request.access),
        "pieces_covered": pieces_covered(found.term),
        "prints": prints_of_card(found),
        "papers": Paper.choices,
        "may_adjust": request.access.user.is_admin and cover.void_on is None,
        "may_print": request.access.can(Right.PRINT_CARDS, store.pk),
    }
    return render(request, "warranty/card.html", context)


def _own_run(request: PersonRequest, pk: uuid.UUID) -> PrintRun:
    """A run of the person's own store; 403 for who may not print there."""
    found = get_object_or_404(runs_visible_to(request.access), pk=pk)
    if not request.access.can(Right.PRINT_CARDS, found.posting.store_id):
        raise PermissionDenied
    return found


def _to_open(asked: PrintRun) -> HttpResponseBase:
    return redirect(reverse("warranty:run", args=[asked.pk]) + "?open=1")
