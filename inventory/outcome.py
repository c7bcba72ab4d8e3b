"""What a count found, against the records as they are at this moment.

Read by the page that asks whether to close, and by closing itself once everything is locked, so
that both say the same. The number of statements is constant, whatever was counted.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from products.models import Product
from serials.stock import fetched

from .models import Count
from .standing import EXPLAINED, HERE, IN_SCOPE, LIVE, STAYED

Side = tuple[int, bool]
"""The good or the defective goods of a product: (product id, whether defective)."""


class MissingUnit(NamedTuple):
    """A unit that lay here when the count began, has not moved since, and nobody scanned."""

    product_id: int
    is_defective: bool
    text: str
    key: str

    @property
    def side(self) -> Side:
        return self.product_id, self.is_defective


@dataclasses.dataclass(frozen=True, slots=True)
class Pieces:
    """Goods without serial numbers on one side of a product.

    `expected` is what the records had when they were counted last, or have now where nobody
    counted them: then `counted` is None. `in_stock` is what the records have now.
    """

    product_id: int
    is_defective: bool
    expected: int
    counted: int | None
    in_stock: int

    @property
    def short(self) -> int:
        """Pieces to write to missing: no more than there still are."""
        return 0 if self.counted is None else min(self.lacking, self.in_stock)

    @property
    def over(self) -> int:
        """Pieces that lie there and are in no record."""
        return 0 if self.counted is None else max(0, self.counted - self.expected)

    @property
    def lacking(self) -> int:
        """How many fewer were counted than the records had."""
        return 0 if self.counted is None else max(0, self.expected - self.counted)

    @property
    def left(self) -> int:
        """Pieces that are lacking and can't be written off, because they are gone already."""
        return self.lacking - self.short


class UnitFigures(NamedTuple):
    """Units of one product: in the records at the start, scanned of these, unknown when scanned,
    and those the store has without serial numbers.
    """

    expected: int = 0
    counted: int = 0
    unknown: int = 0
    loose: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What closing a count would do now.

    `missing` go to *missing*; `left` are those missing that can't: the records have fewer pieces
    of the product than serial numbers, because another number was written when they left.
    """

    count: Count
    products: Mapping[int, Product]
    units: Mapping[int, UnitFigures]
    missing: Sequence[MissingUnit]
    left: Sequence[MissingUnit]
    pieces: Sequence[Pieces]

    @property
    def uncounted(self) -> Sequence[Pieces]:
        """Stock in scope that nobody counted."""
        return [side for side in self.pieces if side.counted is None]

    @property
    def uncounted_pieces(self) -> int:
        return sum(side.in_stock for side in self.uncounted)

    @property
    def loose(self) -> Mapping[int, int]:
        """Units without serial numbers, by product: a count can't tell whether they are there."""
        return {pk: units.loose for pk, units in self.units.items() if units.loose}

    def with_uncounted_as_none(self) -> Outcome:
        """The same, with what nobody counted taken as not there."""
        pieces = [
            dataclasses.replace(side, counted=0) if side.counted is None else side
            for side in self.pieces
        ]
        return dataclasses.replace(self, pieces=pieces)


def read_outcome(count: Count, *, on: dt.date) -> Outcome:
    """What closing the count on this day would do: five statements."""
    missing = _missing(count, on=on)
    missing, left = _split(missing, _excess(count))
    units = _units(count)
    pieces = _pieces(count)
    ids = {*units, *(side.product_id for side in pieces), *(unit.product_id for unit in missing)}
    products = Product.objects.select_related("type").in_bulk(ids)
    return Outcome(count, products, units, missing, left, pieces)


# Sets rather than subqueries of each unit: these are hashed, whatever the planner thinks of tables
# that were filled a moment ago.
_SCANNED = f"""(
    (serial.product_id, serial.key) IN (
        SELECT scan.product_id, scan.key FROM inventory_scan scan
        WHERE scan.count_id = %(count)s AND {LIVE} AND scan.key <> ''
          AND scan.product_id IS NOT NULL)
    OR serial.key IN (
        SELECT scan.key FROM inventory_scan scan
        WHERE scan.count_id = %(count)s AND {LIVE} AND scan.key <> ''
          AND scan.product_id IS NULL))
"""  # noqa: S608 - constants of this package

# A unit that moved since the start was in somebody's hands: it is not missing, nor is what was set
# aside. What arrived with tomorrow's date is not here yet by the records.
_MISSING = f"""
    SELECT serial.product_id, place.kind = 'defective', serial.text, serial.key
    FROM inventory_count counting
    JOIN inventory_expectedunit expected ON expected.count_id = counting.id
    JOIN serials_serial serial ON serial.id = expected.serial_id AND {STAYED}
    JOIN serials_place place ON place.id = serial.place_id AND place.kind IN ('shelf', 'defective')
    JOIN products_product product ON product.id = serial.product_id
    WHERE counting.id = %(count)s AND serial.moved_on <= %(on)s AND {HERE} AND NOT {_SCANNED}
    ORDER BY product.sku, serial.product_id, place.kind = 'defective', serial.key
"""  # noqa: S608 - constants of this package


def _missing(count: Count, *, on: dt.date) -> list[MissingUnit]:
    return [MissingUnit(*row) for row in fetched(_MISSING, {"count": count.pk, "on": on})]


# Of recorded products only: a verified unit lies where the ledger says.
_EXCESS = f"""
    SELECT product.id, place.kind = 'defective', count(*) - coalesce(balance.quantity, 0)
    FROM inventory_count counting
    JOIN serials_place place
        ON place.store_id = counting.store_id AND place.kind IN ('shelf', 'defective')
    JOIN serials_serial serial ON serial.place_id = place.id
    JOIN products_product product ON product.id = serial.product_id AND product.mode = 'recorded'
    LEFT JOIN serials_balance balance
        ON balance.product_id = product.id AND balance.place_id = place.id
    WHERE counting.id = %s AND {IN_SCOPE}
    GROUP BY product.id, place.id, balance.quantity
    HAVING count(*) > coalesce(balance.quantity, 0)
"""  # noqa: S608 - constants of this package


def _excess(count: Count) -> dict[Side, int]:
    """How many serial numbers more than pieces the records have, where they do."""
    return {(pk, defective): pieces for pk, defective, pieces in fetched(_EXCESS, [count.pk])}


def _split(
    missing: Sequence[MissingUnit], excess: Mapping[Side, int]
) -> tuple[list[MissingUnit], list[MissingUnit]]:
    """Missing units that are written off, and as many as there are too many, which are not."""
    kept = Counter(excess)
    goes: list[MissingUnit] = []
    left: list[MissingUnit] = []
    for unit in missing:
        if kept[unit.side] > 0:
            kept[unit.side] -= 1
            left.append(unit)
        else:
            goes.append(unit)
    return goes, left


_UNITS = f"""
    SELECT product_id, sum(expected)::int, sum(counted)::int, sum(unknown)::int, sum(loose)::int
    FROM (
        SELECT expected.product_id, 1 AS expected, {_SCANNED}::int AS counted, 0 AS unknown,
               0 AS loose
        FROM inventory_expectedunit expected
        JOIN serials_serial serial ON serial.id = expected.serial_id
        WHERE expected.count_id = %(count)s
        UNION ALL
        SELECT coalesce(scan.product_id, known.product_id), 0, 0, 1, 0
        FROM inventory_scan scan
        JOIN inventory_count counting ON counting.id = scan.count_id
        {EXPLAINED}
        LEFT JOIN serials_serial known ON known.id = came.serial_id
        WHERE counting.id = %(count)s AND {LIVE} AND scan.key <> '' AND NOT scan.was_here
          AND coalesce(scan.product_id, known.product_id) IS NOT NULL
        UNION ALL
        SELECT line.product_id, 0, 0, 0, waiting.quantity - waiting.settled
        FROM documents_outstanding waiting
        JOIN documents_line line ON line.id = waiting.line_id
        JOIN documents_document document ON document.id = line.document_id
        JOIN inventory_count counting ON counting.store_id = document.store_id
        JOIN products_product product ON product.id = line.product_id
        WHERE counting.id = %(count)s AND waiting.purpose = 'identify'
          AND waiting.settled < waiting.quantity AND {IN_SCOPE}
    ) parts
    GROUP BY product_id
"""  # noqa: S608 - constants of this package


def _units(count: Count) -> dict[int, UnitFigures]:
    return {pk: UnitFigures(*rest) for pk, *rest in fetched(_UNITS, {"count": count.pk})}


_PIECES = f"""
    SELECT product.id, side.is_defective,
           coalesce(counted.balance, balance.quantity, 0), counted.pieces,
           coalesce(balance.quantity, 0)
    FROM inventory_count counting
    JOIN products_product product ON product.mode IN ('none', 'period') AND {IN_SCOPE}
    CROSS JOIN (VALUES ('shelf', false), ('defective', true)) AS side (kind, is_defective)
    LEFT JOIN serials_place place
        ON place.store_id = counting.store_id AND place.kind = side.kind
    LEFT JOIN serials_balance balance
        ON balance.product_id = product.id AND balance.place_id = place.id
    LEFT JOIN (
        SELECT scan.product_id, scan.is_defective, sum(scan.quantity)::int AS pieces,
               (array_agg(scan.balance ORDER BY scan.id DESC))[1] AS balance
        FROM inventory_scan scan
        WHERE scan.count_id = %(count)s AND scan.key = '' AND {LIVE}
        GROUP BY scan.product_id, scan.is_defective
    ) counted ON counted.product_id = product.id AND counted.is_defective = side.is_defective
    WHERE counting.id = %(count)s AND (counted.pieces IS NOT NULL OR balance.quantity > 0)
    ORDER BY product.sku, product.id, side.is_defective
"""  # noqa: S608 - constants of this package


def _pieces(count: Count) -> list[Pieces]:
    return [Pieces(*row) for row in fetched(_PIECES, {"count": count.pk})]
