"""The page that closes a count: what will happen first, and what keeps it open."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from company.middleware import PersonRequest
from company.parameters import whole_number
from company.rights import Right
from products.models import Product
from serials.refusals import Refusal

from .closing import CountNotClosed, close_count
from .guarding import of_count
from .holding import find_count, require_under_way
from .models import Count, CountStatus
from .outcome import MissingUnit, Outcome, Pieces, read_outcome
from .queries import progress_of
from .unknowns import unknown_units

NAMED = 60
"""Missing units of a product that are named on the page; the others are on the count's own."""


@require_http_methods(["GET", "POST"])
@of_count
def close(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Say what closing does, and do it."""
    count = find_count(pk, by=request.access)
    if not request.access.can(Right.CLOSE_COUNT, count.store_id):
        raise PermissionDenied
    if count.status == CountStatus.CLOSED:
        return redirect("inventory:report", pk=pk)
    require_under_way(count)
    if request.method == "GET":
        return _page(request, count)
    try:
        closed = close_count(
            pk, by=request.access, now=timezone.now(), zero_uncounted=_zeroed(request)
        )
    except CountNotClosed as refused:
        return _page(request, count, refused=refused, status=422)
    messages.success(request, _("Count %(number)s is closed.") % {"number": closed.number})
    return redirect("inventory:report", pk=pk)


def _zeroed(request: PersonRequest) -> int | None:
    """How many uncounted pieces the person saw and said are not there; None: they stay."""
    if "zero_uncounted" not in request.POST:
        return None
    return whole_number(request.POST["zero_uncounted"]) or 0


@dataclasses.dataclass(frozen=True, slots=True)
class MissingPart:
    """Missing units of a product: the first serials, and how many more there are."""

    product: Product
    is_defective: bool
    units: int
    named: Sequence[str]

    @property
    def more(self) -> int:
        return self.units - len(self.named)


@dataclasses.dataclass(frozen=True, slots=True)
class PiecesPart:
    """One side of a product without serials."""

    product: Product
    of: Pieces


def _page(
    request: PersonRequest,
    count: Count,
    *,
    refused: CountNotClosed | None = None,
    status: int = 200,
) -> HttpResponse:
    outcome = read_outcome(count, on=count.store.date_of(timezone.now()))
    progress = progress_of(count)
    refusals: Sequence[Refusal] = refused.refusals if refused else ()
    context = {
        "count": count,
        "outcome": outcome,
        "progress": progress,
        "unknowns": unknown_units(count, access=request.access) if progress.unknown else None,
        "missing": _missing(outcome),
        "differing": [part for part in _pieces(outcome) if part.of.short or part.of.over],
        "uncounted": [part for part in _pieces(outcome) if part.of.counted is None],
        "loose": [(outcome.products[pk], units) for pk, units in outcome.loose.items()],
        "left": outcome.left,
        "short": sum(side.short for side in outcome.pieces),
        "over": sum(side.over for side in outcome.pieces),
        "left_pieces": sum(side.left for side in outcome.pieces),
        "refused": refused,
        "refusals": refusals,
    }
    return render(request, "inventory/close.html", context, status=status)


def _missing(outcome: Outcome) -> list[MissingPart]:
    sides: dict[tuple[int, bool], list[MissingUnit]] = {}
    for unit in outcome.missing:
        sides.setdefault(unit.side, []).append(unit)
    products: Mapping[int, Product] = outcome.products
    return [
        MissingPart(
            products[product_id],
            is_defective,
            len(units),
            [unit.text for unit in units[:NAMED]],
        )
        for (product_id, is_defective), units in sides.items()
    ]


def _pieces(outcome: Outcome) -> list[PiecesPart]:
    return [PiecesPart(outcome.products[side.product_id], side) for side in outcome.pieces]
