"""What the pages of counts show: how far a count is, and its lists, newest first.

Every read is a constant number of statements, and a page of a list costs the same wherever it is.
What moved since the count began is seen: a unit sold meanwhile is not missing, one received since
it was scanned is not unknown.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from django.db.models import Count as CountOf
from django.db.models import QuerySet

from company.access import Access
from company.models import User
from company.rights import Right
from serials.models import Serial
from serials.stock import fetched
from serials.text import SerialText

from .explaining import Explanation, Unknown, explain_unknown, known_as
from .models import UNDER_WAY, Count
from .standing import EXPLAINED, LIVE, STAYED, STILL_UNKNOWN

PAGE = 30
FEED = 12

Row = TypeVar("Row")


@dataclasses.dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of a list; the ids are where the next pages begin, None at the ends."""

    rows: Sequence[Row]
    older: int | None = None
    newer: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """How far a count is, in units.

    `expected` units lay here when it began. Of them `counted` were scanned and `missing` were
    not though they have not moved since; the others moved meanwhile and nobody looks for them.
    `scanned` are all units that were found and are in the records, `unknown` those that are not.
    """

    expected: int
    counted: int
    missing: int
    scanned: int
    unknown: int

    @property
    def to_count(self) -> int:
        """Units to be found: those counted, and those still missing."""
        return self.counted + self.missing

    @property
    def moved(self) -> int:
        """Units that moved since the count began and were never scanned: nobody misses them."""
        return self.expected - self.to_count

    @property
    def extra(self) -> int:
        """Units that were scanned and are in the records, though none was looked for: they came
        since the count began, or are set aside.
        """
        return self.scanned - self.counted


# Hashed whatever the planner believes of a count that began a moment ago: as a join it would be
# ten thousand times ten thousand comparisons until the table's statistics are gathered.
_FOUND = f"""expected.serial_id IN (
    SELECT scan.serial_id FROM inventory_scan scan
    WHERE scan.count_id = %(count)s AND {LIVE} AND scan.serial_id IS NOT NULL)"""  # noqa: S608 - constants, as in every statement here

_LYING = "place_id = ANY(ARRAY(SELECT id FROM serials_place WHERE store_id = %(store)s))"

# Looked up one by one: all units of the store would be read for the few that are expected.
_UNIT = "SELECT * FROM serials_serial WHERE id = expected.serial_id"

_UNITS = f"""
    SELECT count(*), count(*) FILTER (WHERE expected.is_found), count(serial.id)
    FROM (
        SELECT expected.serial_id, expected.seq, {_FOUND} AS is_found
        FROM inventory_expectedunit expected WHERE expected.count_id = %(count)s OFFSET 0
    ) expected
    LEFT JOIN LATERAL (
        SELECT serial.id FROM ({_UNIT} AND NOT expected.is_found OFFSET 0) serial
        WHERE {_LYING} AND {STAYED}
    ) serial ON true
"""  # noqa: S608

_SCANNED = f"""
    SELECT count(*), count(*) FILTER (WHERE {STILL_UNKNOWN})
    FROM inventory_scan scan JOIN inventory_count counting ON counting.id = scan.count_id
    WHERE scan.count_id = %(count)s AND {LIVE} AND scan.key <> ''
"""  # noqa: S608


def progress_of(count: Count) -> Progress:
    """How far the count is: two statements."""
    of_count = {"count": count.pk, "store": count.store_id}
    ((expected, counted, missing),) = fetched(_UNITS, of_count)
    ((scanned, unknown),) = fetched(_SCANNED, of_count)
    return Progress(expected, counted, missing, scanned - unknown, unknown)


def version_of(count: Count) -> str:
    """A word that changes with everything a count's page shows: cheap enough to ask each second."""
    ((newest, taken_back, posting),) = fetched(
        """
        SELECT max(scan.id), max(scan.taken_back_at), (SELECT max(id) FROM serials_posting)
        FROM inventory_scan scan WHERE scan.count_id = %s
        """,
        [count.pk],
    )
    moment = f"{taken_back.timestamp():.6f}" if taken_back else "0"
    return f"{count.status}-{newest or 0}-{moment}-{posting or 0}"


@dataclasses.dataclass(frozen=True, slots=True)
class ScanRow:
    """One scan as the lists show it. Without a `key` it is `quantity` pieces of the product.

    `is_unknown` says that the store's records don't have the unit by now; `serial_id` is the unit
    in the ledger, as far as it is known.
    """

    pk: int
    text: str
    key: str
    product_id: int | None
    product: str
    serial_id: int | None
    quantity: int
    is_defective: bool
    is_unknown: bool
    was_here: bool
    source: str
    scanned_at: dt.datetime
    who: str
    who_id: int
    taken_back_at: dt.datetime | None
    taken_back_by: str
    explanation: Explanation | None = None

    @property
    def is_pieces(self) -> bool:
        return not self.key


_ROWS = f"""
    SELECT scan.id, scan.text, scan.key, scan.product_id, coalesce(named.name, ''),
           coalesce(scan.serial_id, came.serial_id), scan.quantity, scan.is_defective,
           scan.key <> '' AND NOT scan.was_here AND came.posting_id IS NULL,
           scan.was_here, scan.source, scan.scanned_at, scan.scanned_by_id, scan.taken_back_at,
           scan.taken_back_by_id
    FROM (
        SELECT scan.* FROM inventory_scan scan
        JOIN inventory_count counting ON counting.id = scan.count_id
        WHERE scan.count_id = %(count)s
          AND (%(before)s::bigint IS NULL OR scan.id < %(before)s)
          AND (%(after)s::bigint IS NULL OR scan.id > %(after)s)
          AND {{which}}
        ORDER BY scan.id {{order}} LIMIT %(limit)s
    ) scan
    JOIN inventory_count counting ON counting.id = scan.count_id
    LEFT JOIN products_product named ON named.id = scan.product_id
    {EXPLAINED}
    ORDER BY scan.id {{order}}
"""  # noqa: S608

_COUNTED = f"{LIVE} AND scan.key <> '' AND NOT {STILL_UNKNOWN}"
_UNKNOWN = f"{LIVE} AND {STILL_UNKNOWN}"


def feed(count: Count, *, before: int | None = None, limit: int = FEED) -> Page[ScanRow]:
    """The newest scans of everybody, those taken back among them: two statements."""
    return _scans(count, "true", before=before, limit=limit)


def counted_units(
    count: Count, *, before: int | None = None, after: int | None = None
) -> Page[ScanRow]:
    """Units that were scanned and are in the store's records, newest first: two statements."""
    return _scans(count, _COUNTED, before=before, after=after)


def unknown_units(
    count: Count, *, by: Access, before: int | None = None, after: int | None = None
) -> Page[ScanRow]:
    """Units that were scanned and are in no record of the store, each with the reason.

    A constant number of statements.
    """
    page = _scans(count, _UNKNOWN, before=before, after=after)
    return dataclasses.replace(page, rows=_explained(count, page.rows, by))


def _explained(count: Count, rows: Sequence[ScanRow], by: Access) -> list[ScanRow]:
    ids = [row.serial_id for row in rows if row.serial_id]
    serials = Serial.objects.select_related("place__store").in_bulk(ids)
    unknown = [
        Unknown(
            SerialText(row.text, row.key),
            row.product_id,
            known_as(serials[row.serial_id]) if row.serial_id else None,
        )
        for row in rows
    ]
    told = explain_unknown(unknown, store=count.store, by=by)
    return [
        dataclasses.replace(row, explanation=explanation)
        for row, explanation in zip(rows, told, strict=True)
    ]


def _scans(
    count: Count,
    which: str,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> Page[ScanRow]:
    order = "DESC" if after is None else "ASC"
    found = fetched(
        _ROWS.format(which=which, order=order),
        {"count": count.pk, "before": before, "after": after, "limit": limit + 1},
    )
    people = User.objects.in_bulk({pk for row in found for pk in (row[12], row[14]) if pk})
    rows = [_scan_row(row, people) for row in found]
    return paged(rows, [row.pk for row in rows], before=before, after=after, limit=limit)


def _scan_row(row: Sequence[Any], people: Mapping[int, User]) -> ScanRow:
    """A row of the statement `_ROWS`, in the order of its columns."""
    taken_back_by = str(people[row[14]]) if row[14] else ""
    facts = [*row[:12], str(people[row[12]]), row[12], row[13], taken_back_by]
    return ScanRow(*facts)


def paged(
    rows: Sequence[Row],
    keys: Sequence[int],
    *,
    before: int | None,
    after: int | None,
    limit: int = PAGE,
) -> Page[Row]:
    """A page of rows that were read with one more than it takes; `keys` are their cursors."""
    more = len(rows) > limit
    rows, keys = rows[:limit], keys[:limit]
    if after is not None:
        rows, keys = rows[::-1], keys[::-1]
    if not rows:
        return Page(rows)
    has_newer = more if after is not None else before is not None
    has_older = True if after is not None else more
    return Page(rows, keys[-1] if has_older else None, keys[0] if has_newer else None)


@dataclasses.dataclass(frozen=True, slots=True)
class MissingRow:
    """A unit that should be here and was not scanned yet; `since` is the day it came."""

    serial_id: int
    text: str
    product_id: int
    product: str
    sku: str
    since: dt.date


_MISSING = f"""
    SELECT serial.id, serial.text, product.id, product.name, product.sku, serial.moved_on
    FROM (
        SELECT expected.serial_id, expected.seq FROM inventory_expectedunit expected
        WHERE expected.count_id = %(count)s AND NOT {_FOUND} OFFSET 0
    ) expected
    CROSS JOIN LATERAL ({_UNIT} OFFSET 0) serial
    JOIN products_product product ON product.id = serial.product_id
    WHERE serial.{_LYING} AND {STAYED}
      AND (%(cursor)s::bigint IS NULL OR (product.name, product.id, serial.key) {{side}} (
          SELECT named.name, named.id, last.key FROM serials_serial last
          JOIN products_product named ON named.id = last.product_id
          WHERE last.id = %(cursor)s))
    ORDER BY product.name {{order}}, product.id {{order}}, serial.key {{order}} LIMIT %(limit)s
"""  # noqa: S608


def missing_units(
    count: Count, *, before: int | None = None, after: int | None = None
) -> Page[MissingRow]:
    """Units not scanned so far that have not moved since the count began: one statement.

    By product and serial number. `before` and `after` are ids of serials: a page goes on behind
    the one, or ends before the other.
    """
    side, order = (">", "ASC") if after is None else ("<", "DESC")
    found = fetched(
        _MISSING.format(side=side, order=order),
        {
            "count": count.pk,
            "store": count.store_id,
            "cursor": after if after is not None else before,
            "limit": PAGE + 1,
        },
    )
    rows = [MissingRow(*row) for row in found]
    return paged(rows, [row.serial_id for row in rows], before=before, after=after)


def counts_page(*, by: Access, before: int | None = None, after: int | None = None) -> Page[Count]:
    """The counts of the stores where the person may count, newest first: one statement."""
    stores = [store for store in by.store_ids if by.can(Right.COUNT, store)]
    counts: QuerySet[Count] = (
        Count.objects.filter(store__in=stores)
        .select_related("store", "product_type", "started_by", "ended_by")
        .annotate(chosen=CountOf("products"))
    )
    if before is not None:
        counts = counts.filter(pk__lt=before)
    if after is not None:
        counts = counts.filter(pk__gt=after)
    rows = list(counts.order_by("pk" if after is not None else "-pk")[: PAGE + 1])
    return paged(rows, [row.pk for row in rows], before=before, after=after)


def counts_under_way(store_ids: Sequence[int]) -> Mapping[int, Count]:
    """The counts under way in these stores, open or paused, by store: one statement."""
    found = Count.objects.filter(store__in=store_ids, status__in=UNDER_WAY)
    return {count.store_id: count for count in found}
