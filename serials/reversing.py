"""Undoing a posting by entries that go back the way its own went; nothing is ever deleted.

The steps run inside the transaction of whoever cancels a document:

    lock_posting(posting_id)
    movements = later_movements(posting_id)      # not allowed while there are any
    missing = pieces_missing(posting_id)         # nor while goods to take back have left
    reverse(posting_id, reversal_id=next_posting_id(), on=…)
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from .stock import fetched, run

_COUNTED = "('shelf', 'defective', 'blocked', 'transit')"

_LOCKS = (
    """
    SELECT id FROM products_product
    WHERE id IN (SELECT product_id FROM serials_ledgerentry WHERE posting_id = %s)
    ORDER BY id FOR SHARE
    """,
    """
    SELECT product_id, place_id FROM serials_balance
    WHERE (product_id, place_id) IN (
        SELECT product_id, unnest(ARRAY[from_place_id, to_place_id])
        FROM serials_ledgerentry WHERE posting_id = %s
    )
    ORDER BY product_id, place_id FOR NO KEY UPDATE
    """,
    """
    SELECT serial.id FROM serials_serial serial
    JOIN serials_ledgerentry entry ON entry.serial_id = serial.id
    WHERE entry.posting_id = %s
    ORDER BY serial.product_id, serial.key FOR NO KEY UPDATE OF serial
    """,
)


def lock_posting(posting_id: int) -> None:
    """Lock all that a posting moved until the transaction ends, in the order postings lock."""
    for statement in _LOCKS:
        run(statement, [posting_id])


def later_movements(posting_id: int) -> list[int]:
    """The postings that moved serials on after this one, which so stand in its way: their ids."""
    rows = fetched(
        """
        SELECT DISTINCT later.posting_id
        FROM serials_ledgerentry entry
        JOIN serials_serial serial ON serial.id = entry.serial_id AND serial.seq <> entry.seq
        CROSS JOIN LATERAL (
            -- OFFSET keeps it by serial, here and below: a new table has no statistics yet, and
            -- joined by posting first 10,000 serials took minutes.
            SELECT posting_id FROM serials_ledgerentry
            WHERE serial_id = entry.serial_id AND seq > entry.seq OFFSET 0
        ) later
        JOIN serials_posting posting ON posting.id = later.posting_id
        WHERE entry.posting_id = %s AND posting.kind <> 'cancellation'
          AND NOT EXISTS (SELECT FROM serials_posting WHERE reverses_id = posting.id)
        ORDER BY 1 DESC LIMIT 100
        """,
        [posting_id],
    )
    return [pk for (pk,) in rows]


@dataclasses.dataclass(frozen=True, slots=True)
class Missing:
    """Pieces to be taken back that are not in their place any more."""

    line: int
    product: str
    available: int
    wanted: int


def pieces_missing(posting_id: int) -> list[Missing]:
    """Where too few pieces lie for the posting to be undone: it would take them out of there."""
    rows = fetched(
        f"""
        SELECT min(ends.line), product.name, coalesce(balance.quantity, 0), -sum(ends.pieces)
        FROM (
            SELECT line, product_id, from_place_id AS place_id, quantity AS pieces
            FROM serials_ledgerentry WHERE posting_id = %s
            UNION ALL
            SELECT line, product_id, to_place_id, -quantity
            FROM serials_ledgerentry WHERE posting_id = %s
        ) ends
        JOIN serials_place place ON place.id = ends.place_id AND place.kind IN {_COUNTED}
        JOIN products_product product ON product.id = ends.product_id
        LEFT JOIN serials_balance balance
            ON (balance.product_id, balance.place_id) = (ends.product_id, ends.place_id)
        GROUP BY product.id, ends.place_id, balance.quantity
        HAVING coalesce(balance.quantity, 0) + sum(ends.pieces) < 0
        ORDER BY 1
        """,  # noqa: S608 - the only part put in is a constant of this module
        [posting_id, posting_id],
    )
    return [Missing(*row) for row in rows]


def reverse(posting_id: int, *, reversal_id: int, on: dt.date) -> None:
    """Write the entries that undo a posting and put its serials back: two statements.

    A serial is again where it was, and its last day is that of the last movement that still
    stands: when none does, it is unknown and has no day. Of what was not verified before, the
    entry says less than the ledger: a unit recorded as coming from outside may have been sold.
    A cancellation dated later than what it cancels, because the books of that day were closed,
    is a day of the unit's life of its own: nothing moves it before. `on` is that of this one.
    The reversal's own row comes after this.
    """
    run(
        f"""
        UPDATE serials_serial serial
        SET seq = serial.seq + 1, is_verified = entry.verified,
            moved_on = CASE
                WHEN %s > own.effective_on THEN greatest(standing.day, late.day, %s)
                ELSE coalesce(greatest(standing.day, late.day), DATE '0001-01-01')
            END,
            place_id = CASE
                WHEN (entry.verified AND entry.continues IS NOT NULL) OR source.kind IN {_COUNTED}
                    THEN entry.from_place_id
                WHEN known.kind NOT IN {_COUNTED} THEN known.id
                ELSE (SELECT id FROM serials_place WHERE kind = 'outside')
            END
        FROM serials_ledgerentry entry
        JOIN serials_place source ON source.id = entry.from_place_id
        JOIN serials_posting own ON own.id = entry.posting_id
        CROSS JOIN LATERAL (
            SELECT max(reversal.effective_on) AS day
            FROM (
                SELECT posting_id FROM serials_ledgerentry
                WHERE serial_id = entry.serial_id OFFSET 0
            ) gone
            JOIN serials_posting reversal ON reversal.id = gone.posting_id
            JOIN serials_posting cancelled ON cancelled.id = reversal.reverses_id
            WHERE reversal.effective_on > cancelled.effective_on
        ) late
        CROSS JOIN LATERAL (
            SELECT max(posting.effective_on) AS day,
                   (array_agg(stood.to_place_id ORDER BY stood.seq DESC))[1] AS place_id
            FROM (
                SELECT posting_id, seq, to_place_id FROM serials_ledgerentry
                WHERE serial_id = entry.serial_id OFFSET 0
            ) stood
            JOIN serials_posting posting ON posting.id = stood.posting_id
            WHERE posting.id <> entry.posting_id
              AND posting.kind <> 'cancellation'
              AND NOT EXISTS (SELECT FROM serials_posting WHERE reverses_id = posting.id)
        ) standing
        LEFT JOIN serials_place known ON known.id = standing.place_id
        WHERE entry.posting_id = %s AND serial.id = entry.serial_id
        """,  # noqa: S608 - the only part put in is a constant of this module
        [on, on, posting_id],
    )
    run(
        """
        INSERT INTO serials_ledgerentry
            (posting_id, line, product_id, serial_id, quantity, from_place_id, to_place_id,
             seq, continues, verified, unidentified)
        SELECT %s, entry.line, entry.product_id, entry.serial_id, entry.quantity,
               entry.to_place_id, coalesce(serial.place_id, entry.from_place_id), serial.seq,
               CASE WHEN entry.verified AND last.to_place_id = entry.to_place_id THEN last.seq END,
               entry.verified, entry.unidentified
        FROM serials_ledgerentry entry
        LEFT JOIN serials_serial serial ON serial.id = entry.serial_id
        LEFT JOIN serials_ledgerentry last
            ON last.serial_id = serial.id AND last.seq = serial.seq - 1
        WHERE entry.posting_id = %s
        """,
        [reversal_id, posting_id],
    )
