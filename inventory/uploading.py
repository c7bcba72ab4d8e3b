"""Counting what a handheld reader has in its file, all at once.

The good rows are taken and the bad ones told, each with its reason. The same file again changes
nothing: units count once, and pieces have a name made of the file and their row.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from company.access import Access
from serials.reading_files import BadRow, read_file
from serials.stock import booleans, fetched, integers, run

from .holding import hold_count, why_not_counting
from .models import Count, Scan
from .sorting_rows import Sorted, SortedUnit, sort_rows


@dataclasses.dataclass(frozen=True, slots=True)
class UploadResult:
    """What came of a file: units expected, unknown and counted before, pieces, and bad rows."""

    expected: int
    unknown: int
    repeated: int
    pieces: int
    pieces_before: int
    bad: Sequence[BadRow]

    @property
    def taken(self) -> int:
        """Units and pieces that count now and did not before."""
        return self.expected + self.unknown + self.pieces


@transaction.atomic
def upload_list(
    pk: int, *, name: str, content: bytes, by: Access, now: dt.datetime
) -> UploadResult:
    """Count what a TXT, CSV or XLSX file lists: a constant number of statements.

    Raises ValidationError when the file as a whole can't be read or the count is not open,
    Count.DoesNotExist and PermissionDenied.
    """
    count = hold_count(pk, by=by)
    if stopped := why_not_counting(count):
        raise ValidationError(stopped)
    listed = read_file(name, content)
    found = sort_rows(count, listed)
    names = _Names(count, content)
    expected, unknown = _insert_units(count, found.units, names, by, now)
    pieces, before = _insert_pieces(count, found, names, by, now)
    return UploadResult(
        expected=expected,
        unknown=unknown,
        repeated=found.repeated + len(found.units) - expected - unknown,
        pieces=pieces,
        pieces_before=before,
        bad=sorted([*listed.bad, *found.bad], key=lambda row: row.number),
    )


class _Names:
    """The nonces of a file's rows: the same file in the same count gives the same ones."""

    def __init__(self, count: Count, content: bytes) -> None:
        self._file = f"{count.pk} {hashlib.sha256(content).hexdigest()}"

    def of_row(self, number: int) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._file} {number}"))


def _insert_units(
    count: Count, units: Sequence[SortedUnit], names: _Names, by: Access, now: dt.datetime
) -> tuple[int, int]:
    """Write the units nobody counted yet; how many of them are in the records, and how many not.

    In the order of their keys, so that two files with the same units don't wait for each other
    both ways.
    """
    if not units:
        return 0, 0
    units = sorted(units, key=lambda unit: (unit.key, unit.product_id or 0))
    rows = fetched(
        """
        INSERT INTO inventory_scan (nonce, count_id, product_id, serial_id, text, key, was_here,
            quantity, is_defective, source, scanned_at, scanned_by_id)
        SELECT new.nonce, %(count)s, new.product_id, new.serial_id, new.text, new.key,
            new.was_here, 1, false, %(source)s, %(now)s, %(by)s
        FROM unnest(%(nonces)s::uuid[], %(products)s::bigint[], %(serials)s::bigint[],
                    %(texts)s::text[], %(keys)s::text[], %(here)s::boolean[])
            WITH ORDINALITY AS new (nonce, product_id, serial_id, text, key, was_here, nth)
        -- The unique index does not see that a text without its product is the same unit.
        WHERE new.key NOT IN (
            SELECT key FROM inventory_scan WHERE count_id = %(count)s AND key <> ''
              AND taken_back_at IS NULL AND product_id IS NULL
        ) AND NOT (new.product_id IS NULL AND new.key IN (
            SELECT key FROM inventory_scan WHERE count_id = %(count)s AND key <> ''
              AND taken_back_at IS NULL
        ))
        ORDER BY new.nth
        ON CONFLICT DO NOTHING
        RETURNING was_here
        """,
        {
            "count": count.pk,
            "source": Scan.Source.FILE,
            "now": now,
            "by": by.user.pk,
            "nonces": [names.of_row(unit.number) for unit in units],
            "products": integers(unit.product_id for unit in units),
            "serials": integers(unit.serial_id for unit in units),
            "texts": [unit.text for unit in units],
            "keys": [unit.key for unit in units],
            "here": booleans(unit.was_here for unit in units),
        },
    )
    expected = sum(was_here for (was_here,) in rows)
    return expected, len(rows) - expected


def _insert_pieces(
    count: Count, found: Sorted, names: _Names, by: Access, now: dt.datetime
) -> tuple[int, int]:
    """Add the pieces of each product; how many, and how many this file has added before."""
    if not found.pieces:
        return 0, 0
    ordered = sorted(found.pieces, key=lambda one: one.product_id)
    run(
        "SELECT pg_advisory_xact_lock(hashtextextended(thing, 0)) FROM unnest(%s::text[]) thing",
        [[f"inventory count {count.pk}: pieces of {one.product_id}" for one in ordered]],
    )
    rows = fetched(
        """
        INSERT INTO inventory_scan (nonce, count_id, product_id, text, key, was_here, quantity,
            is_defective, balance, source, scanned_at, scanned_by_id)
        SELECT new.nonce, %(count)s, new.product_id, '', '', false, new.quantity, false,
            coalesce((
                SELECT balance.quantity FROM serials_balance balance
                JOIN serials_place place ON place.id = balance.place_id
                WHERE balance.product_id = new.product_id AND place.kind = 'shelf'
                  AND place.store_id = %(store)s
            ), 0), %(source)s, %(now)s, %(by)s
        FROM unnest(%(nonces)s::uuid[], %(products)s::bigint[], %(quantities)s::bigint[])
            AS new (nonce, product_id, quantity)
        ON CONFLICT DO NOTHING
        RETURNING quantity
        """,
        {
            "count": count.pk,
            "store": count.store_id,
            "source": Scan.Source.FILE,
            "now": now,
            "by": by.user.pk,
            "nonces": [names.of_row(one.number) for one in ordered],
            "products": integers(one.product_id for one in ordered),
            "quantities": integers(one.quantity for one in ordered),
        },
    )
    added = sum(quantity for (quantity,) in rows)
    return added, sum(one.quantity for one in ordered) - added
