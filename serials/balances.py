"""Reads of what lies where, in pieces."""

from __future__ import annotations

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from .models import Balance, PlaceKind


def pieces_by_store(product_id: int) -> list[tuple[str, int]]:
    """A product's pieces by store name, those set aside apart; what is between stores comes last,
    as “in transit”.
    """
    held = Balance.objects.filter(product_id=product_id).exclude(quantity=0)
    rows = (
        held.annotate(is_aside=Q(place__kind=PlaceKind.BLOCKED))
        .values("place__store__name", "is_aside")
        .annotate(pieces=Coalesce(Sum("quantity"), 0))
        .order_by("place__store__name", "is_aside")
        .values_list("place__store__name", "is_aside", "pieces")
    )
    return [(_named(name, is_aside=is_aside), pieces) for name, is_aside, pieces in rows]


def _named(store: str | None, *, is_aside: bool) -> str:
    if store is None:
        return _("in transit")
    return _("%(store)s (set aside)") % {"store": store} if is_aside else store
