"""The page of a repair order, its steps and its papers."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods

from company.middleware import PersonRequest
from company.parameters import whole_number
from warranty.rendering import NotRendered

from .forms import DecisionForm, EditForm
from .guarding import of_repair
from .models import Status
from .pages import read_at_desk, read_order, read_to_work, repair_page, step_form
from .printing import read_repair_sheet
from .refusals import RepairChanged, RepairRefused
from .sheets import Paper, render_repair
from .telling import Told, at_fields, told
from .working import change_status
from .working import decide as decide_payer
from .working import edit as save_edited


@require_GET
@of_repair
def repair(request: PersonRequest, pk: int) -> HttpResponse:
    """A repair order as it stands."""
    return repair_page(request, pk)


def version_of(request: PersonRequest) -> int:
    """The version that the page showed; a forged one is none."""
    return whole_number(request.POST.get("version")) or 0


def changed_meanwhile() -> list[Told]:
    """What is told when somebody else saved first: what was typed is still there."""
    return [
        Told(_("Somebody changed this repair meanwhile. Look at it, and press once more."))
    ]  # fmt: skip


def moved_on(pk: int) -> HttpResponseBase:
    """The order's page after a step, with the focus on what comes next."""
    return redirect(reverse("repairs:repair", args=[pk]) + "?moved=1")


@require_http_methods(["GET", "POST"])
@of_repair
def step(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Move the repair on."""
    if request.method == "GET":
        return redirect("repairs:repair", pk=pk)
    found = read_to_work(request, pk)
    form = step_form(found, request.POST)
    things: list[Told] = []
    if form.is_valid():
        data = form.cleaned_data
        try:
            moved = change_status(
                pk,
                to=data["to"],
                version=version_of(request),
                by=request.access,
                now=timezone.now(),
                note=data["note"],
                sent_to=data["sent_to"],
                sent_to_name=data["sent_to_name"],
                agreed_amount=data["agreed_amount"],
                result=data["result"],
            )
        except RepairRefused as refused:
            things = at_fields(form, told(refused, access=request.access))
        except RepairChanged:
            things = changed_meanwhile()
        else:
            words = _("%(number)s: %(status)s.")
            said = {"number": moved.number, "status": moved.get_status_display()}
            messages.success(request, words % said)
            return moved_on(pk)
    return repair_page(request, pk, status=422, step_form=form, things=things)


@require_http_methods(["GET", "POST"])
@of_repair
def edit(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Save what is written about it."""
    if request.method == "GET":
        return redirect("repairs:repair", pk=pk)
    found = read_at_desk(request, pk)
    form = EditForm(request.POST, repair=found.repair, can_work=found.can_work)
    things: list[Told] = []
    if form.is_valid():
        try:
            save_edited(
                pk,
                changed=form.changes(),
                version=version_of(request),
                by=request.access,
                now=timezone.now(),
            )
        except RepairRefused as refused:
            things = at_fields(form, told(refused, access=request.access))
        except RepairChanged:
            things = changed_meanwhile()
        else:
            messages.success(request, _("Saved."))
            return redirect(reverse("repairs:repair", args=[pk]) + "#h-told")
    return repair_page(request, pk, status=422, edit_form=form, things=things)


@require_http_methods(["GET", "POST"])
@of_repair
def decide(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Decide who pays."""
    if request.method == "GET":
        return redirect("repairs:repair", pk=pk)
    found = read_at_desk(request, pk)
    has_card = found.repair.claim.card_id is not None
    form = DecisionForm(request.POST, repair=found.repair, has_card=has_card)
    things: list[Told] = []
    if form.is_valid():
        try:
            decide_payer(
                pk,
                payer=form.cleaned_data["payer"],
                reason=form.cleaned_data["reason"],
                version=version_of(request),
                by=request.access,
                now=timezone.now(),
            )
        except RepairRefused as refused:
            things = at_fields(form, told(refused, access=request.access))
        except RepairChanged:
            things = changed_meanwhile()
        else:
            messages.success(request, _("Saved."))
            return moved_on(pk)
    return repair_page(request, pk, status=422, decision_form=form, things=things)


@require_GET
@cache_control(private=True, no_store=True)
@of_repair
def paper(request: PersonRequest, pk: int, paper: str) -> HttpResponseBase:
    """One paper of a repair as a PDF; the act is there once it was handed back."""
    found = read_order(request, pk).repair
    if paper not in Paper.values:
        raise Http404
    if paper == Paper.ACT and found.status != Status.HANDED_BACK:
        raise Http404
    try:
        pdf = render_repair(read_repair_sheet(pk, Paper(paper), now=timezone.now()))
    except NotRendered:
        things = [Told(_("No PDF can be made on this server: its log says why."))]
        return repair_page(request, pk, status=503, things=things)
    response = HttpResponse(pdf, content_type="application/pdf")
    name = f"{found.number}-{paper}.pdf"
    response["Content-Disposition"] = cast(str, content_disposition_header(False, name))
    # Browsers' own viewers of PDFs break under our policy; the pages keep it.
    response._csp_exempt = True  # type: ignore[attr-defined]
    return response
