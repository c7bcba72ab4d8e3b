"""Lending a unit to the customer meanwhile, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from company.middleware import PersonRequest

from .forms import ScanForm
from .guarding import of_repair
from .lending import lend, take_loaner_back
from .pages import read_at_desk, repair_page
from .reading_scans import NotFound, goods_scanned
from .telling import REFUSING, Told, told


@require_http_methods(["GET", "POST"])
@of_repair
def lend_unit(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Lend what was scanned."""
    if request.method == "GET":
        return redirect("repairs:repair", pk=pk)
    found = read_at_desk(request, pk)
    form = ScanForm(request.POST)
    form.full_clean()
    text, note = form.cleaned_data.get("scan", ""), form.cleaned_data.get("note", "")
    typed = {"loan_text": text, "loan_note": note}
    try:
        scanned = goods_scanned(
            text, store=found.repair.store, product_id=form.cleaned_data.get("product")
        )
        if len(scanned) > 1:
            return repair_page(request, pk, loan_choices=scanned, **typed)
        lend(
            pk,
            product=scanned[0].product,
            serial=scanned[0].serial,
            note=note,
            by=request.access,
            now=timezone.now(),
        )
    except NotFound as missing:
        return repair_page(request, pk, status=422, things=[Told(str(missing))], **typed)
    except REFUSING as refused:
        things = told(refused, access=request.access)
        return repair_page(request, pk, status=422, things=things, **typed)
    messages.success(request, _("%(what)s is lent to the customer.") % {"what": scanned[0].name})
    return redirect(reverse("repairs:repair", args=[pk]) + "#loaners")


@require_POST
@of_repair
def take_back(request: PersonRequest, pk: int, loan_pk: int) -> HttpResponseBase:
    """The customer brought the lent unit back."""
    try:
        loan = take_loaner_back(
            pk,
            loan_pk,
            is_defective="defective" in request.POST,
            by=request.access,
            now=timezone.now(),
        )
    except REFUSING as refused:
        things = told(refused, access=request.access)
        return repair_page(request, pk, status=422, things=things)
    what = loan.serial_text or str(loan.product)
    messages.success(request, _("%(what)s is back.") % {"what": what})
    return redirect(reverse("repairs:repair", args=[pk]) + "#loaners")
