"""The pages that explain one unknown unit of a count and put it right."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from company.middleware import PersonRequest
from company.retrying import Busy
from company.rights import Right
from documents.correcting import CorrectionRefused
from serials.models import Serial
from serials.states import UNKNOWN

from .fix_forms import SeenForm, WentForm
from .fixing import Preview, fix, preview
from .guarding import of_count
from .holding import find_count
from .models import Scan
from .naming import units_named
from .unknowns import unknown_units


@require_GET
@of_count
def unknown(request: PersonRequest, pk: int, scan_pk: int) -> HttpResponseBase:
    """One unknown unit with all that it may have been mixed up with."""
    return _unknown_page(request, pk, scan_pk, WentForm())


@require_GET
@of_count
def named(request: PersonRequest, pk: int, scan_pk: int) -> HttpResponseBase:
    """The unit that somebody named instead of the proposed ones."""
    form = WentForm(request.GET)
    if not form.is_valid():
        return _unknown_page(request, pk, scan_pk, form)
    typed = form.cleaned_data["went"]
    units = units_named(pk, scan_pk, typed, by=request.access)
    if len(units) == 1:
        return redirect("inventory:fix", pk, scan_pk, units[0].pk)
    if not units:
        words = _("No unit of this product with the number %(serial)s is in this store's records.")
        form.refuse(words % {"serial": typed.text})
    return _unknown_page(request, pk, scan_pk, form, units=units)


def _unknown_page(
    request: PersonRequest,
    pk: int,
    scan_pk: int,
    form: WentForm,
    *,
    units: list[Serial] | None = None,
) -> HttpResponseBase:
    count = find_count(pk, by=request.access)
    scan = Scan.objects.exclude(key="").get(pk=scan_pk, count=count)
    found = unknown_units(count, access=request.access, only=scan.pk).units
    if not found or not count.is_under_way:
        messages.info(request, _("%(serial)s is not unknown any more.") % {"serial": scan.text})
        return redirect(_unknown_list(pk))
    if form.errors or found[0].best is None:
        form.take_focus()
    if found[0].state == UNKNOWN:
        form.ask_what_was_received()
    context = {
        "count": count,
        "unknown": found[0],
        "form": form,
        "units": units or (),
        "is_own_page": True,
        "may_correct": request.access.can(Right.CORRECT, count.store_id),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "inventory/unknown.html", context, status=status)


@require_http_methods(["GET", "POST"])
@of_count
def fix_unit(request: PersonRequest, pk: int, scan_pk: int, serial_pk: int) -> HttpResponseBase:
    """What a swap would change; pressed, it is done."""
    try:
        if request.method == "GET":
            return _preview_page(request, pk, scan_pk, serial_pk)
        form = SeenForm(request.POST)
        if not form.is_valid():
            return _preview_page(request, pk, scan_pk, serial_pk, _("Look at it first."))
        correction = fix(
            pk, scan_pk, serial_pk, seen=form.seen, by=request.access, now=timezone.now()
        )
    except Serial.DoesNotExist as error:
        raise Http404 from error
    except CorrectionRefused as error:
        return _preview_page(request, pk, scan_pk, serial_pk, str(error))
    except Busy:
        words = _("Somebody is working on the same goods. Try again in a moment.")
        return _preview_page(request, pk, scan_pk, serial_pk, words)
    return redirect(f"{_unknown_list(pk)}&fixed={correction.pk}")


def _preview_page(
    request: PersonRequest, pk: int, scan_pk: int, serial_pk: int, refused: str = ""
) -> HttpResponse:
    """The preview as things are now; when nothing can be done, only why."""
    found: Preview | None = None
    try:
        found = preview(pk, scan_pk, serial_pk, by=request.access)
    except CorrectionRefused as error:
        refused = refused or str(error)
    count = found.count if found else find_count(pk, by=request.access)
    if not request.access.can(Right.CORRECT, count.store_id):
        raise PermissionDenied
    context = {
        "count": count,
        "preview": found,
        "document": found.mixed_up.line.document if found else None,
        "refused": refused,
    }
    return render(request, "inventory/fix.html", context, status=422 if refused else 200)


def _unknown_list(pk: int) -> str:
    return reverse("inventory:count", args=[pk]) + "?list=unknown"
