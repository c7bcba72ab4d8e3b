"""Until which day stock was counted: the books of a count that is closed stay as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Max, Q

from .models import StockTaken


def counted_until(store_id: int, product_ids: Collection[int]) -> dt.date | None:
    """The last day one of these products was counted in the store: one query.

    Nothing of them is posted there with an earlier date (section 3 of the domain).
    """
    taken = StockTaken.objects.filter(
        Q(product=None) | Q(product__in=product_ids), store_id=store_id
    )
    day: dt.date | None = taken.aggregate(day=Max("counted_on"))["day"]
    return day
