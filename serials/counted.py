"""Until which day stock was counted: the books of a count that is closed stay as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Max, Q

from company.models import Company

from .models import StockTaken
from .stock import integers, run


def counted_until(store_id: int, product_ids: Collection[int]) -> dt.date | None:
    """The last day one of these products was counted in the store: one query.

    Nothing of them is posted there with an earlier date (section 3 of the domain).
    """
    taken = StockTaken.objects.filter(
        Q(product=None) | Q(product__in=product_ids), store_id=store_id
    )
    day: dt.date | None = taken.aggregate(day=Max("counted_on"))["day"]
    return day


def stock_was_counted(store_id: int, product_ids: Collection[int] | None, *, on: dt.date) -> None:
    """Keep the day until which products of a store, or None for everything in it, were counted.

    From now on nothing of them is posted there with an earlier date. The company's row is locked
    for that: postings under way hold it, and are waited for; the next ones wait for this.
    """
    Company.objects.select_for_update(no_key=True).get(pk=Company.current().pk)
    run(
        """
        INSERT INTO serials_stocktaken (store_id, product_id, counted_on)
        SELECT %s, product_id, %s FROM unnest(%s::bigint[]) AS product_id ORDER BY product_id
        ON CONFLICT ON CONSTRAINT serials_one_stock_taken DO UPDATE
            SET counted_on = EXCLUDED.counted_on
            WHERE serials_stocktaken.counted_on < EXCLUDED.counted_on
        """,
        [store_id, on, integers([None] if product_ids is None else sorted(product_ids))],
    )
