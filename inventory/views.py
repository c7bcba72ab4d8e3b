"""The page of a count: scanning, taking back, pausing."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from company.middleware import PersonRequest
from products.models import Product

from .answers import Chosen, ScanAnswer, Verdict
from .counting import scan
from .forms import TotalForm, read_scan
from .guarding import of_count
from .holding import find_count, require_under_way
from .pages import LISTS, count_page, list_fragment, live_fragment, scan_fragment
from .pausing import abandon_count, pause_count, resume_count
from .pieces import set_total
from .queries import version_of
from .taking_back import take_back

LIST_TARGET = "list"


@require_GET
@of_count
def count(request: PersonRequest, pk: int) -> HttpResponse:
    """A count as it goes on, or as it ended; for its list alone, when that is asked for."""
    found = find_count(pk, by=request.access)
    if request.htmx.target == LIST_TARGET:
        return list_fragment(request, found)
    return count_page(request, found)


@require_POST
@of_count
def take_scan(request: PersonRequest, pk: int) -> HttpResponseBase:
    sent = read_scan(request.POST)
    is_answer = bool(sent["product"] or sent["as_serial"])
    answer = scan(
        pk,
        sent["scan"],
        by=request.access,
        now=timezone.now(),
        nonce=sent["nonce"],
        product_id=sent["context"],
        answer=Chosen(sent["product"], sent["as_serial"] or False) if is_answer else None,
    )
    return _answered(request, pk, answer)


@require_POST
@of_count
def save_total(request: PersonRequest, pk: int) -> HttpResponseBase:
    """How many pieces there are of a product."""
    found = find_count(pk, by=request.access)
    form = TotalForm(request.POST)
    if not form.is_valid():
        if "product" in form.errors:
            raise Http404
        said = " ".join(str(message) for told in form.errors.values() for message in told)
        return _answered(request, found.pk, ScanAnswer(Verdict.REFUSED, "", said))
    try:
        answer = set_total(
            pk,
            product_id=form.cleaned_data["product"],
            quantity=form.cleaned_data["quantity"],
            is_defective=form.cleaned_data["is_defective"],
            nonce=form.cleaned_data["nonce"],
            by=request.access,
            now=timezone.now(),
        )
    except Product.DoesNotExist as error:
        raise Http404 from error
    return _answered(request, pk, answer)


def _answered(request: PersonRequest, pk: int, answer: ScanAnswer) -> HttpResponse:
    status = 422 if answer.verdict in {Verdict.REFUSED, Verdict.OUT_OF_SCOPE} else 200
    found = find_count(pk, by=request.access)
    if request.htmx:
        return scan_fragment(request, found, answer, status=status)
    return count_page(request, found, answer=answer, status=status)


@require_GET
@of_count
def live(request: PersonRequest, pk: int) -> HttpResponseBase:
    """What changed since the page looked last; 204 when nothing did."""
    found = find_count(pk, by=request.access)
    known = request.GET.get("version", "")
    if not request.htmx:
        return redirect("inventory:count", pk=pk)
    if known == version_of(found):
        return HttpResponse(status=204)
    if known and not known.startswith(f"{found.status}-"):
        return HttpResponseClientRefresh()  # somebody paused, resumed or ended it
    return live_fragment(request, found)


@require_POST
@of_count
def take_scan_back(request: PersonRequest, pk: int, scan_pk: int) -> HttpResponseBase:
    taken = take_back(pk, scan_pk, by=request.access, now=timezone.now())
    if request.htmx:
        return live_fragment(request, find_count(pk, by=request.access))
    what = taken.text or (taken.product.name if taken.product else "")
    messages.success(request, _("The scan of %(what)s is taken back.") % {"what": what})
    chosen = request.POST.get("list", "")
    kept = f"?list={chosen}" if chosen in LISTS else ""
    return redirect(reverse("inventory:count", args=[pk]) + kept)


@require_POST
@of_count
def pause(request: PersonRequest, pk: int) -> HttpResponseBase:
    pause_count(pk, by=request.access)
    return redirect("inventory:count", pk=pk)


@require_POST
@of_count
def resume(request: PersonRequest, pk: int) -> HttpResponseBase:
    resume_count(pk, by=request.access)
    return redirect("inventory:count", pk=pk)


@require_http_methods(["GET", "POST"])
@of_count
def abandon(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Asks first, for a browser without scripts; with them the page asks itself."""
    if request.method == "GET":
        found = find_count(pk, by=request.access)
        require_under_way(found)
        return render(request, "inventory/abandon.html", {"count": found})
    abandoned = abandon_count(pk, by=request.access, now=timezone.now())
    words = _("Count %(number)s is abandoned: it counts for nothing.")
    messages.success(request, words % {"number": abandoned.number})
    return redirect("inventory:count", pk=pk)
