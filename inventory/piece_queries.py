"""How far products without serial numbers are counted, by product."""

from __future__ import annotations

import dataclasses

from serials.stock import fetched

from .models import Count
from .queries import PAGE, Page, paged
from .standing import IN_SCOPE, LIVE


@dataclasses.dataclass(frozen=True, slots=True)
class PiecesRow:
    """A product without serials: `counted` pieces, or None when nobody counted them yet.

    `expected` is what the records had when it was last counted, or have now.
    """

    product_id: int
    product: str
    sku: str
    is_defective: bool
    counted: int | None
    expected: int

    @property
    def difference(self) -> int | None:
        """Pieces too many, or too few when it is negative."""
        return None if self.counted is None else self.counted - self.expected

    @property
    def short(self) -> int:
        """Pieces too few."""
        return max(0, -(self.difference or 0))

    @property
    def cursor(self) -> int:
        return self.product_id * 2 + self.is_defective


@dataclasses.dataclass(frozen=True, slots=True)
class PiecesProgress:
    """How many products without serials are counted, of those to be counted."""

    counted: int
    products: int


_SIDES = f"""
    WITH tallied AS (
        SELECT scan.product_id, scan.is_defective, sum(scan.quantity) AS counted,
               (array_agg(scan.balance ORDER BY scan.id DESC))[1] AS balance
        FROM inventory_scan scan
        WHERE scan.count_id = %(count)s AND {LIVE} AND scan.key = ''
        GROUP BY scan.product_id, scan.is_defective
    ), stocked AS (
        SELECT balance.product_id, place.kind = 'defective' AS is_defective, balance.quantity
        FROM serials_balance balance JOIN serials_place place ON place.id = balance.place_id
        WHERE place.store_id = %(store)s AND place.kind IN ('shelf', 'defective')
          AND balance.quantity > 0
    ), sides AS (
        SELECT product.id, product.name, product.sku, is_defective, tallied.counted,
               coalesce(tallied.balance, stocked.quantity) AS expected
        FROM tallied FULL JOIN stocked USING (product_id, is_defective)
        JOIN products_product product ON product.id = product_id
        JOIN inventory_count counting ON counting.id = %(count)s
        WHERE product.mode IN ('none', 'period') AND {IN_SCOPE}
    )
"""  # noqa: S608

_PIECES = f"""
    {_SIDES}
    SELECT id, name, sku, is_defective, counted, expected FROM sides
    WHERE %(cursor)s::bigint IS NULL OR (name, id, is_defective) {{side}} (
        SELECT named.name, named.id, %(cursor)s::bigint %% 2 = 1
        FROM products_product named WHERE named.id = %(cursor)s::bigint / 2)
    ORDER BY name {{order}}, id {{order}}, is_defective {{order}} LIMIT %(limit)s
"""  # noqa: S608

_PROGRESS = f"{_SIDES} SELECT count(counted), count(*) FROM sides"  # noqa: S608


def pieces(count: Count, *, before: int | None = None, after: int | None = None) -> Page[PiecesRow]:
    """Products without serials in scope, counted or in stock, by name: one statement."""
    side, order = (">", "ASC") if after is None else ("<", "DESC")
    found = fetched(
        _PIECES.format(side=side, order=order),
        {
            "count": count.pk,
            "store": count.store_id,
            "cursor": after if after is not None else before,
            "limit": PAGE + 1,
        },
    )
    rows = [PiecesRow(*row) for row in found]
    return paged(rows, [row.cursor for row in rows], before=before, after=after)


def pieces_progress(count: Count) -> PiecesProgress:
    """How many products without serials are counted: one statement."""
    of_count = {"count": count.pk, "store": count.store_id}
    ((counted, products),) = fetched(_PROGRESS, of_count)
    return PiecesProgress(counted, products)
