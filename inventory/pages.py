"""Putting the page of a count, and the fragments of it, together."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django_htmx.http import trigger_client_event

from company.middleware import PersonRequest
from company.parameters import whole_number
from company.rights import Right
from products.models import Product
from products.modes import SERIAL_MODES

from .answers import Choice, ScanAnswer, Verdict
from .explaining import loose_in
from .fixed import cards_context, fixed_by
from .models import Count, CountStatus, Scan
from .piece_queries import pieces, pieces_progress
from .queries import (
    Page,
    counted_units,
    feed,
    missing_units,
    progress_of,
    unknown_units,
    version_of,
)

LISTS = {
    "missing": _("Missing"),
    "unknown": _("Unknown"),
    "counted": _("Counted"),
    "pieces": _("Pieces"),
}
"""The lists of a count's page, in the order of their tabs."""

RESULTS = {
    Verdict.EXPECTED: "accepted",
    Verdict.COUNTED: "accepted",
    Verdict.REPEATED: "repeated",
    Verdict.UNKNOWN: "unknown",
    Verdict.OUT_OF_SCOPE: "refused",
    Verdict.REFUSED: "refused",
    Verdict.ASKS: "asks",
    Verdict.CHOSEN: "chosen",
}
"""What the result line of a verdict is called: it chooses colour and sound."""

OFFERED_PRODUCTS = 4
LOOKED_THROUGH = 60
"""How many of a person's last scans are looked through for products to offer."""


def count_page(
    request: PersonRequest,
    count: Count,
    *,
    answer: ScanAnswer | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page of a count, as it goes on or as it ended."""
    context = {
        **live_context(request, count),
        **list_context(request, count),
        "scan": scan_context(request, count, answer) if answer else None,
        "context": answer.context if answer else None,
        "nonce": uuid.uuid4(),
        "loose": loose_in(count) if count.is_under_way else None,
        "may_close": request.access.can(Right.CLOSE_COUNT, count.store_id),
        "pill": pill_of(count),
        "fixed": fixed_by(count, whole_number(request.GET.get("fixed")), access=request.access),
    }
    return render(request, "inventory/count.html", context, status=status)


def pill_of(count: Count) -> str:
    """The state of a count as pills know it."""
    states = {CountStatus.OPEN: "open", CountStatus.PAUSED: "waiting"}
    return states.get(CountStatus(count.status), "closed")


def live_context(request: PersonRequest, count: Count) -> dict[str, Any]:
    """What changes while people scan."""
    return {
        "count": count,
        "live_version": version_of(count),
        "progress": progress_of(count),
        "pieces_progress": pieces_progress(count),
        "feed": feed(count),
        "editable": count.is_under_way,
    }


def list_context(request: PersonRequest, count: Count) -> dict[str, Any]:
    """The list that the address asks for, and the page of it."""
    chosen = request.GET.get("list", "")
    chosen = chosen if chosen in LISTS else "missing"
    before = whole_number(request.GET.get("before"))
    after = whole_number(request.GET.get("after"))
    page: Page[Any]
    unknown: dict[str, Any] = {}
    if chosen == "missing":
        page = missing_units(count, before=before, after=after)
    elif chosen == "unknown" and count.is_under_way:
        page, unknown = Page(()), cards_context(request, count)
    elif chosen == "unknown":
        page = unknown_units(count, by=request.access, before=before, after=after)
    elif chosen == "counted":
        page = counted_units(count, before=before, after=after)
    else:
        page = pieces(count, before=before, after=after)
    return {
        "count": count,
        "chosen": chosen,
        "may_identify": request.access.can(Right.IDENTIFY, count.store_id),
        "lists": LISTS,
        "page": page,
        **unknown,
        "is_elsewhere": before is not None or after is not None,
        "editable": count.is_under_way,
    }


def scan_context(request: PersonRequest, count: Count, answer: ScanAnswer) -> dict[str, Any]:
    """A scan's answer as its fragment shows it."""
    choices: Sequence[Choice] = answer.choices
    is_unnamed = answer.verdict == Verdict.UNKNOWN and answer.product is None
    if is_unnamed:
        choices = [Choice(product, True) for product in _offered(request, count)]
    return {
        "answer": answer,
        "result": RESULTS[answer.verdict],
        "choices": choices,
        "is_unnamed": is_unnamed,
        "nonce": uuid.uuid4(),
        "may_identify": request.access.can(Right.IDENTIFY, count.store_id),
    }


def _offered(request: PersonRequest, count: Count) -> list[Product]:
    """The products whose units the person scanned last: what lies beside is often the same."""
    scans = Scan.objects.filter(count=count, scanned_by=request.access.user)
    last = scans.exclude(product=None).order_by("-pk")
    ids = list(dict.fromkeys(last.values_list("product_id", flat=True)[:LOOKED_THROUGH]))
    found = Product.objects.filter(mode__in=SERIAL_MODES).in_bulk(ids)
    return [found[pk] for pk in ids if pk in found][:OFFERED_PRODUCTS]


def scan_fragment(
    request: PersonRequest, count: Count, answer: ScanAnswer, *, status: int
) -> HttpResponse:
    """The answer to a scan; what else changed comes with the next look of the page."""
    context = {
        "count": count,
        "editable": True,
        "scan": scan_context(request, count, answer),
        "context": answer.context,
    }
    return render(request, "inventory/count.html#scan-answer", context, status=status)


def live_fragment(request: PersonRequest, count: Count) -> HttpResponse:
    """Progress, feed and the figures of the tabs anew; the list asks for itself after that."""
    response = render(request, "inventory/count.html#live-answer", live_context(request, count))
    return trigger_client_event(response, "count:changed")


def list_fragment(request: PersonRequest, count: Count) -> HttpResponse:
    """The list anew."""
    return render(request, "inventory/count.html#list", list_context(request, count))
