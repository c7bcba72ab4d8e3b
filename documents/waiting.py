"""What keeps a product's accounting as it is: units on the way, units without serial numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db.models import F

from .models import Outstanding, Status


def to_settle(product_id: int, purpose: str) -> Sequence[Outstanding]:
    """What is still to be settled of a product, oldest first, with the documents: one query."""
    return _to_settle([product_id], purpose)


def _to_settle(product_ids: Collection[int], purpose: str) -> Sequence[Outstanding]:
    return list(
        Outstanding.objects.filter(
            purpose=purpose, line__product_id__in=product_ids, settled__lt=F("quantity")
        )
        .exclude(line__document__status=Status.DRAFT)
        .select_related("line__document__store", "line__document__to_store")
        .order_by("line_id")
    )


def units_without_serials(product_ids: Collection[int]) -> Mapping[int, list[tuple[str, int]]]:
    """Pieces that moved without serial numbers and wait for them, by document and store."""
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for one in _to_settle(product_ids, Outstanding.Purpose.IDENTIFY):
        where = f"{one.line.document}, {one.line.document.store}"
        found[one.line.product_id].append((where, one.left))
    return found
