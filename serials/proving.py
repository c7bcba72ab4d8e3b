"""Proves that what is cached agrees with the ledger, and names what does not.

The rules of migration 0002 keep it so; this finds what somebody changed past them, with the
triggers off or by mending a broken disk.
"""

from __future__ import annotations

from django.db import transaction

from .stock import fetched, run

MOST_NAMED = 100
"""How many differences of a kind are named; one is enough to worry."""

_CHECKS = {
    "serial %s of %s: its last movement is number %s into place %s, its state says %s in %s": """
        SELECT serial.text, product.sku, last.seq, last.to_place_id, serial.seq, serial.place_id
        FROM serials_serial serial
        JOIN products_product product ON product.id = serial.product_id
        LEFT JOIN LATERAL (
            SELECT entry.seq, entry.to_place_id, entry.verified FROM serials_ledgerentry entry
            WHERE entry.serial_id = serial.id ORDER BY entry.seq DESC LIMIT 1
        ) last ON true
        WHERE (last.seq, last.to_place_id, last.verified)
              IS DISTINCT FROM (serial.seq, serial.place_id, serial.is_verified)
        ORDER BY serial.id
    """,
    "serial %s of %s: movement %s does not continue where movement %s ended": """
        SELECT serial.text, product.sku, entry.seq, entry.continues
        FROM serials_ledgerentry entry
        JOIN serials_serial serial ON serial.id = entry.serial_id
        JOIN products_product product ON product.id = entry.product_id
        LEFT JOIN serials_ledgerentry previous
            ON previous.serial_id = entry.serial_id AND previous.seq = entry.continues
        WHERE entry.continues IS NOT NULL
          AND previous.to_place_id IS DISTINCT FROM entry.from_place_id
        ORDER BY entry.id
    """,
    "product %s in place %s: the movements leave %s pieces, the balance says %s": """
        WITH moved AS (
            SELECT product_id, place_id, sum(pieces) AS pieces FROM (
                SELECT product_id, to_place_id AS place_id, quantity AS pieces
                FROM serials_ledgerentry
                UNION ALL
                SELECT product_id, from_place_id, -quantity FROM serials_ledgerentry
            ) ends
            JOIN serials_place place ON place.id = ends.place_id
            WHERE place.kind IN ('shelf', 'defective', 'blocked', 'transit')
            GROUP BY product_id, place_id
        )
        SELECT product.sku, place_id, coalesce(moved.pieces, 0), coalesce(balance.quantity, 0)
        FROM moved FULL JOIN serials_balance balance USING (product_id, place_id)
        JOIN products_product product ON product.id = product_id
        WHERE coalesce(moved.pieces, 0) <> coalesce(balance.quantity, 0)
        ORDER BY product.sku, place_id
    """,
    "product %s in place %s: %s serials and %s pieces without, the balance says %s": """
        WITH loose AS (
            SELECT product_id, place_id, sum(pieces) AS pieces FROM (
                SELECT product_id, to_place_id AS place_id, quantity AS pieces
                FROM serials_ledgerentry WHERE unidentified
                UNION ALL
                SELECT product_id, from_place_id, -quantity
                FROM serials_ledgerentry WHERE unidentified
            ) ends
            GROUP BY product_id, place_id
        )
        SELECT product.sku, balance.place_id, count(serial.id), coalesce(loose.pieces, 0),
               balance.quantity
        FROM serials_balance balance
        JOIN products_product product ON product.id = balance.product_id
        LEFT JOIN loose USING (product_id, place_id)
        LEFT JOIN serials_serial serial
            ON serial.product_id = balance.product_id AND serial.place_id = balance.place_id
            AND serial.is_verified
        WHERE product.mode = 'strict'
        GROUP BY product.sku, balance.id, loose.pieces
        HAVING count(serial.id) + coalesce(loose.pieces, 0) <> balance.quantity
        ORDER BY product.sku, balance.place_id
    """,
    "posting %s of kind %s stands for cancelling %s, but moves otherwise": """
        SELECT reversal.reference, reversal.kind, cancelled.reference
        FROM serials_posting reversal
        JOIN serials_posting cancelled ON cancelled.id = reversal.reverses_id
        WHERE NOT serials_undoes(reversal.id, cancelled.id)
        ORDER BY reversal.id
    """,
    "serial %s of %s: its last day is %s, the movements that stand say %s": """
        SELECT serial.text, product.sku, serial.moved_on, moved.day
        FROM serials_serial serial
        JOIN products_product product ON product.id = serial.product_id
        JOIN (
            SELECT entry.serial_id, array_agg(DISTINCT posting.effective_on) AS days,
                   max(posting.effective_on) FILTER (
                       WHERE posting.kind <> 'cancellation' AND reversal.id IS NULL
                   ) AS day
            FROM serials_ledgerentry entry
            JOIN serials_posting posting ON posting.id = entry.posting_id
            LEFT JOIN serials_posting reversal ON reversal.reverses_id = posting.id
            WHERE entry.serial_id IS NOT NULL
            GROUP BY entry.serial_id
        ) moved ON moved.serial_id = serial.id
        -- A cancelling may have had a later day than all that stands; one of its days it is.
        WHERE serial.moved_on < moved.day
           OR (moved.day IS NOT NULL AND serial.moved_on <> ALL (moved.days))
        ORDER BY serial.id
    """,
    "entry %s has no posting": """
        SELECT entry.id FROM serials_ledgerentry entry
        LEFT JOIN serials_posting posting ON posting.id = entry.posting_id
        WHERE posting.id IS NULL ORDER BY entry.id
    """,
}


def differences() -> list[str]:
    """Everything in which states and balances differ from the ledger; empty when all agree."""
    return named(_CHECKS)


@transaction.atomic
def named(checks: dict[str, str]) -> list[str]:
    """Run checks, each a sentence with the query that fills its blanks; one statement each.

    They join whole tables. PostgreSQL would do that row by row where it believes the tables to
    be empty, because it counted them before they were filled, and take hours.
    """
    found: list[str] = []
    run("SET LOCAL enable_nestloop = off", [])
    for sentence, query in checks.items():
        rows = fetched(f"{query} LIMIT {MOST_NAMED}", [])
        found += [sentence % row for row in rows]
    run("SET LOCAL enable_nestloop TO DEFAULT", [])
    return found
