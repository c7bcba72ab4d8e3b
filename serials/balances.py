"""Reads of what lies where, in pieces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from .models import Balance, PlaceKind


def pieces_by_store(product_ids: Collection[int]) -> Mapping[int, list[tuple[str, int]]]:
    """The pieces of products by store name, those set aside apart; what is between stores comes
    last, as “in transit”.
    """
    held = Balance.objects.filter(product_id__in=product_ids).exclude(quantity=0)
    rows = (
        held.annotate(is_aside=Q(place__kind=PlaceKind.BLOCKED))
        .values("product_id", "place__store__name", "is_aside")
        .annotate(pieces=Coalesce(Sum("quantity"), 0))
        .order_by("place__store__name", "is_aside")
        .values_list("product_id", "place__store__name", "is_aside", "pieces")
    )
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for product_id, name, is_aside, pieces in rows:
        found[product_id].append((_named(name, is_aside=is_aside), pieces))
    return found


def _named(store: str | None, *, is_aside: bool) -> str:
    if store is None:
        return _("in transit")
    return _("%(store)s (set aside)") % {"store": store} if is_aside else store
