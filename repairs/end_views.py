"""The end of a repair: handing back, or cancelling an intake that was a mistake."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from company.middleware import PersonRequest
from documents.cancelling import CancellingRefused
from serials.refusals import PostingRefused

from .forms import CancelForm
from .guarding import of_repair
from .handing_back import cancel_repair, hand_back
from .pages import back_form, read_at_desk, repair_page
from .refusals import RepairChanged, RepairRefused
from .telling import Told, at_fields, told
from .views import changed_meanwhile, version_of


@require_http_methods(["GET", "POST"])
@of_repair
def hand_back_repair(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Say how it ended, see what that does, hand it back."""
    found = read_at_desk(request, pk)
    if found.repair.has_ended:
        return redirect("repairs:repair", pk=pk)
    if request.method == "GET":
        return repair_page(request, pk, hands_back=True)
    repair = found.repair
    today = repair.store.date_of(timezone.now())
    form = back_form(request, repair, today, request.POST)
    things: list[Told] = []
    if form.is_valid():
        data = form.cleaned_data
        try:
            hand_back(
                pk,
                result=data["result"],
                replacement=data["replacement"],
                note=data["note"],
                version=version_of(request),
                by=request.access,
                now=timezone.now(),
            )
        except (RepairRefused, PostingRefused) as refused:
            things = at_fields(form, told(refused, access=request.access))
        except RepairChanged:
            things = changed_meanwhile()
        else:
            words = _("%(number)s is handed back.")
            messages.success(request, words % {"number": repair.number})
            return redirect("repairs:repair", pk=pk)
    return repair_page(request, pk, status=422, back_form=form, things=things)


@require_http_methods(["GET", "POST"])
@of_repair
def cancel(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Take an intake back that was a mistake, with the reason."""
    found = read_at_desk(request, pk)
    if found.repair.has_ended:
        return redirect("repairs:repair", pk=pk)
    form = CancelForm(request.POST if request.method == "POST" else None)
    things: list[Told] = []
    if form.is_valid():
        try:
            cancelled = cancel_repair(
                pk,
                reason=form.cleaned_data["reason"],
                version=version_of(request),
                by=request.access,
                now=timezone.now(),
            )
        except (RepairRefused, PostingRefused, CancellingRefused) as refused:
            things = at_fields(form, told(refused, access=request.access))
        except RepairChanged:
            things = changed_meanwhile()
        else:
            words = _("%(number)s is cancelled: nothing was taken in.")
            messages.success(request, words % {"number": cancelled.number})
            return redirect("repairs:repair", pk=pk)
    context = {"repair": found.repair, "form": form, "things": things}
    status = 422 if form.is_bound else 200
    return render(request, "repairs/cancel.html", context, status=status)
