"""Reads of what lies where, in pieces."""

from __future__ import annotations

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from .models import Balance


def pieces_by_store(product_id: int) -> list[tuple[str, int]]:
    """A product's pieces by store name; those between stores come last, as “in transit”."""
    held = Balance.objects.filter(product_id=product_id).exclude(quantity=0)
    rows = (
        held.values("place__store__name")
        .annotate(pieces=Coalesce(Sum("quantity"), 0))
        .order_by("place__store__name")
        .values_list("place__store__name", "pieces")
    )
    return [(name or _("in transit"), pieces) for name, pieces in rows]
