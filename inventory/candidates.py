"""Reads what a count still misses, so that unknown units can be paired with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from serials.models import Posting
from serials.stock import fetched, integers

from .models import Count
from .pairing import Guesses, Missing, Sought, pair
from .standing import LIVE, STAYED

# IN is hashed whatever the planner believes of a count that began a moment ago; a join of tables
# without statistics may be ten thousand times ten thousand comparisons.
_MISSING = f"""
    SELECT serial.id, serial.key, serial.product_id,
           coalesce(goods.posted_at, came.posted_at),
           came.kind = 'identification' OR coalesce(goods.kind, came.kind) = 'receipt'
    FROM (
        SELECT expected.serial_id, expected.seq FROM inventory_expectedunit expected
        WHERE expected.count_id = %(count)s
          AND (%(products)s::bigint[] IS NULL OR expected.product_id = ANY(%(products)s::bigint[]))
          AND NOT expected.serial_id IN (
              SELECT scan.serial_id FROM inventory_scan scan
              WHERE scan.count_id = %(count)s AND {LIVE} AND scan.serial_id IS NOT NULL)
        OFFSET 0
    ) expected
    JOIN serials_serial serial ON serial.id = expected.serial_id AND {STAYED}
    JOIN serials_ledgerentry entry ON entry.serial_id = serial.id AND entry.seq = serial.seq
    JOIN serials_posting latest ON latest.id = entry.posting_id
    -- What was cancelled, and what cancelled it, did not bring the unit here.
    JOIN serials_posting came ON came.id = CASE WHEN latest.kind <> 'cancellation' THEN latest.id
        ELSE (
            SELECT standing.id FROM serials_ledgerentry earlier
            JOIN serials_posting standing ON standing.id = earlier.posting_id
            WHERE earlier.serial_id = serial.id AND standing.kind <> 'cancellation'
              AND NOT EXISTS (SELECT FROM serials_posting WHERE reverses_id = standing.id)
            ORDER BY earlier.seq DESC LIMIT 1
        ) END
    -- Whose number was entered or put right later had come with the goods of another document.
    LEFT JOIN LATERAL (
        SELECT posting.posted_at, posting.kind FROM documents_document entered
        JOIN documents_document document ON document.id = entered.origin_id
        JOIN serials_posting posting ON posting.id = document.posting_id
        WHERE came.kind IN ('identification', 'correction') AND entered.posting_id = came.id
        OFFSET 0
    ) goods ON true
"""  # noqa: S608 - constants

_RECEIVED = """
    SELECT wanted.id, received.posting_id
    FROM unnest(%s::bigint[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT entry.posting_id FROM (
            -- OFFSET keeps it by serial, whatever the planner thinks of a new table.
            SELECT posting_id, seq FROM serials_ledgerentry
            WHERE serial_id = wanted.id OFFSET 0
        ) entry
        JOIN serials_posting posting ON posting.id = entry.posting_id
        WHERE posting.kind = 'receipt'
          AND NOT EXISTS (SELECT FROM serials_posting WHERE reverses_id = posting.id)
        ORDER BY entry.seq DESC LIMIT 1
    ) received
"""

_RECEIVED_BY = """
    SELECT entry.serial_id, entry.posting_id FROM serials_ledgerentry entry
    WHERE entry.posting_id = ANY(%s::bigint[]) AND entry.serial_id = ANY(%s::bigint[])
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Pairs:
    """The guesses for each unknown, by its scan, and the receipts they speak of, by posting."""

    guesses: Mapping[int, Guesses]
    receipts: Mapping[int, str]


def pairs(count: Count, unknown: Sequence[Sought], *, serials: Mapping[int, int]) -> Pairs:
    """Pair unknown units with what the count misses: four statements, however many there are.

    `serials` are the ids of those units that the ledger knows, by their scans.
    """
    received = dict(fetched(_RECEIVED, [integers(sorted(serials.values()))])) if serials else {}
    sought = [
        dataclasses.replace(one, received=received.get(serials.get(one.scan_id, 0)))
        for one in unknown
    ]
    missing = _missing(count, sought, set(received.values()))
    guesses = pair(sought, missing)
    spoken_of = {
        guess.missing.received
        for found in guesses.values()
        for guess in (found.best, *found.others)
        if guess and guess.together
    }
    receipts = Posting.objects.in_bulk([pk for pk in spoken_of if pk])
    return Pairs(guesses, {pk: posting.reference for pk, posting in receipts.items()})


def _missing(count: Count, sought: Sequence[Sought], receipts: Collection[int]) -> list[Missing]:
    """Units nobody scanned that have not moved since the count began, of the products in doubt."""
    products = {one.product_id for one in sought}
    any_product = None in products
    of = None if any_product else integers(sorted(pk for pk in products if pk))
    rows = fetched(_MISSING, {"count": count.pk, "products": of}) if sought else []
    received_by: dict[int, int] = {}
    if receipts and rows:
        ids = integers(row[0] for row in rows)
        received_by = dict(fetched(_RECEIVED_BY, [integers(sorted(receipts)), ids]))
    return [
        Missing(pk, key, product_id, came_at, is_new, received_by.get(pk))
        for pk, key, product_id, came_at, is_new in rows
    ]
