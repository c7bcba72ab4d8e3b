"""A product's stock by store and state: ledger and documents hand it down to the product's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from django.db.models import F, Q, Sum

from company.models import Store
from documents.models import Outstanding
from products.stock import StoreStock
from serials.models import IN_STORE, Balance, LedgerEntry, PlaceKind

_COLUMNS: dict[str, str] = {
    PlaceKind.SHELF: "in_stock",
    PlaceKind.BLOCKED: "set_aside",
    PlaceKind.DEFECTIVE: "defective",
}


def stock_by_state(product_id: int, store_ids: Collection[int]) -> Sequence[StoreStock]:
    """A product's pieces in these stores by name, by state: five statements.

    Stores that hold none, and wait for none, are left out.
    """
    figures: defaultdict[int, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    held = Balance.objects.filter(product=product_id, place__store__in=store_ids, quantity__gt=0)
    for store_id, kind, pieces in held.values_list("place__store", "place__kind", "quantity"):
        figures[store_id][_COLUMNS[kind]] += pieces
    for store_id, pieces in _arriving(product_id, store_ids):
        figures[store_id]["arriving"] += pieces
    for way, sign in (("to_place", 1), ("from_place", -1)):
        for store_id, pieces in _without_serials(product_id, store_ids, way):
            figures[store_id]["unidentified"] += sign * pieces
    stores = Store.objects.filter(pk__in=figures).order_by("name").values_list("pk", "name")
    rows = [StoreStock(name, **figures[pk]) for pk, name in stores]
    return [row for row in rows if row.in_stock or row.defective or row.set_aside or row.arriving]


def _arriving(product_id: int, store_ids: Collection[int]) -> Sequence[tuple[int, int]]:
    """Pieces on their way, by the store they go to."""
    waiting = Outstanding.objects.filter(
        purpose=Outstanding.Purpose.ARRIVE,
        settled__lt=F("quantity"),
        line__product=product_id,
        line__document__to_store__in=store_ids,
    )
    pieces = Sum(F("quantity") - F("settled"))
    return list(waiting.values_list("line__document__to_store").annotate(pieces=pieces).order_by())


def _without_serials(
    product_id: int, store_ids: Collection[int], way: str
) -> Sequence[tuple[int, int]]:
    """Pieces that moved without serials one way, into these stores or out of them, by store."""
    moved = LedgerEntry.objects.filter(
        Q(**{f"{way}__store__in": store_ids, f"{way}__kind__in": IN_STORE}),
        product=product_id,
        serial=None,
        unidentified=True,
    )
    rows = moved.values_list(f"{way}__store").annotate(Sum("quantity")).order_by()
    return list(rows)
