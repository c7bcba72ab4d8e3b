"""Work and parts of a repair: written, scanned from stock, priced, taken off."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from company.middleware import PersonRequest

from .charging import add_charge, add_stock_part, edit_charge, remove_charge
from .forms import ChargeForm, PriceForm, ScanForm
from .guarding import of_repair
from .pages import read_to_work, repair_page
from .reading_scans import NotFound, goods_scanned
from .refusals import RepairRefused
from .telling import REFUSING, Told, at_fields, told


def _back_to_costs(pk: int, *, at: str) -> HttpResponseBase:
    """The page again, with the focus where the next one is entered.

    A fragment would take the focus away from it, after the page's scripts have given it.
    """
    return redirect(reverse("repairs:repair", args=[pk]) + (f"?at={at}" if at else "#costs"))


@require_http_methods(["GET", "POST"])
@of_repair
def add(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Write down work, or a part that is not of our stock."""
    if request.method == "GET":
        return redirect("repairs:repair", pk=pk)
    read_to_work(request, pk)
    form = ChargeForm(request.POST)
    things: list[Told] = []
    if form.is_valid():
        try:
            add_charge(pk, **form.cleaned_data, by=request.access, now=timezone.now())
        except RepairRefused as refused:
            things = at_fields(form, told(refused, access=request.access))
        else:
            return _back_to_costs(pk, at="charge")
    return repair_page(request, pk, status=422, charge_form=form, things=things)


@require_http_methods(["GET", "POST"])
@of_repair
def scan_part(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Use a part from stock: it leaves the store at once."""
    if request.method == "GET":
        return redirect("repairs:repair", pk=pk)
    found = read_to_work(request, pk)
    form = ScanForm(request.POST)
    form.full_clean()
    text = form.cleaned_data.get("scan", "")
    try:
        scanned = goods_scanned(
            text, store=found.repair.store, product_id=form.cleaned_data.get("product")
        )
        if len(scanned) > 1:
            return repair_page(request, pk, part_choices=scanned, part_text=text)
        part = scanned[0]
        add_stock_part(
            pk,
            product=part.product,
            serials=[part.serial] if part.serial else [],
            by=request.access,
            now=timezone.now(),
        )
    except NotFound as missing:
        return repair_page(request, pk, status=422, things=[Told(str(missing))], part_text=text)
    except REFUSING as refused:
        things = told(refused, access=request.access)
        return repair_page(request, pk, status=422, things=things, part_text=text)
    messages.success(request, _("%(what)s is used.") % {"what": part.name})
    return _back_to_costs(pk, at="part")


@require_http_methods(["GET", "POST"])
@of_repair
def price(request: PersonRequest, pk: int, charge_pk: int) -> HttpResponseBase:
    """Change the price of a charge."""
    if request.method == "GET":
        return redirect("repairs:repair", pk=pk)
    read_to_work(request, pk)
    form = PriceForm(request.POST)
    if form.is_valid():
        try:
            edit_charge(
                pk,
                charge_pk,
                unit_price=form.cleaned_data["unit_price"],
                by=request.access,
                now=timezone.now(),
            )
        except REFUSING as refused:
            things = told(refused, access=request.access)
            return repair_page(request, pk, status=422, things=things)
        return _back_to_costs(pk, at="")
    return repair_page(request, pk, status=422, price_form=form, priced=charge_pk)


@require_POST
@of_repair
def remove(request: PersonRequest, pk: int, charge_pk: int) -> HttpResponseBase:
    """Take a charge off; a part from stock goes back on the shelf."""
    try:
        remove_charge(pk, charge_pk, by=request.access, now=timezone.now())
    except REFUSING as refused:
        things = told(refused, access=request.access)
        return repair_page(request, pk, status=422, things=things)
    return _back_to_costs(pk, at="")
