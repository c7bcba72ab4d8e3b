"""What the page of a count shows of its unknown units, and after one was put right."""

from __future__ import annotations

import dataclasses
from typing import Any

from company.access import Access
from company.middleware import PersonRequest
from company.rights import Right
from documents.models import Document, Kind, Status
from warranty.models import Card

from .models import Count
from .unknowns import unknown_units


@dataclasses.dataclass(frozen=True, slots=True)
class Fixed:
    """A correction made in the count, and the new card it left to be printed."""

    correction: Document
    card: str | None
    may_print: bool


def fixed_by(count: Count, correction_pk: int | None, *, access: Access) -> Fixed | None:
    """The correction with this id, when it is one of the count's store: two statements at most."""
    if correction_pk is None:
        return None
    corrections = Document.objects.visible_to(access).filter(
        kind=Kind.CORRECTION, store=count.store_id, status=Status.POSTED
    )
    correction = corrections.filter(pk=correction_pk).first()
    if correction is None:
        return None
    cards = Card.objects.filter(term__posting=correction.posting_id, void_on=None)
    card = cards.values_list("number", flat=True).first()
    return Fixed(correction, card, access.can(Right.PRINT_CARDS, count.store_id))


def cards_context(request: PersonRequest, count: Count) -> dict[str, Any]:
    """The unknown units of a count under way, for `inventory/_unknowns.html`."""
    return {
        "unknowns": unknown_units(count, access=request.access),
        "may_correct": request.access.can(Right.CORRECT, count.store_id),
    }
