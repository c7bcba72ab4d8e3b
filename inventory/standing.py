"""What a count asks of the records, as pieces of SQL that every read and verb of a count shares.

The pieces name their tables `counting`, `product`, `serial`, `place` and `scan`; the statements
they are put into join them under these names. None of them holds anything a person entered.
"""

from __future__ import annotations

from collections.abc import Iterable

from products.models import Product

from .models import Count, Scope

IN_SCOPE = """(
    counting.scope = 'all'
    OR counting.scope = 'type' AND product.type_id = counting.product_type_id
    OR counting.scope = 'products' AND EXISTS (
        SELECT FROM inventory_count_products chosen
        WHERE chosen.count_id = counting.id AND chosen.product_id = product.id))"""
"""Whether a product is what the count is about."""

HERE = """(
    place.store_id = counting.store_id
    AND (product.mode = 'recorded' OR product.mode = 'strict' AND serial.is_verified))"""
"""Whether the store's records have the unit: on the shelf, defective or blocked.

What was only said of a serial before its product became strict is not believed; accounting
becomes strict at zero stock, so no such unit lies anywhere.
"""

STAYED = """(
    serial.seq = expected.seq
    OR serial.seq > expected.seq AND NOT EXISTS (
        SELECT FROM (
            -- OFFSET keeps it by serial, whatever the planner thinks of a new table.
            SELECT posting_id, seq FROM serials_ledgerentry WHERE serial_id = serial.id OFFSET 0
        ) moved
        JOIN serials_posting posting ON posting.id = moved.posting_id
        LEFT JOIN serials_posting reversed ON reversed.id = posting.reverses_id
        LEFT JOIN serials_posting reversal ON reversal.reverses_id = posting.id
        WHERE moved.seq > expected.seq
          AND NOT (coalesce(reversed.kind, posting.kind) = 'correction'
                   AND coalesce(reversed.id, reversal.id) IS NOT NULL)))"""
"""Whether an expected unit is where it was when the count began: nobody has had it in their hands.

A correction that was cancelled moved nothing but words.
"""

_CAME = f"""
    FROM serials_serial serial
    JOIN products_product product ON product.id = serial.product_id
    JOIN serials_ledgerentry entry ON entry.serial_id = serial.id
    JOIN serials_place place
        ON place.id = entry.to_place_id AND place.store_id = counting.store_id
    JOIN serials_posting posting ON posting.id = entry.posting_id
    WHERE NOT scan.was_here AND scan.key <> '' AND serial.key = scan.key
      AND (serial.product_id = scan.product_id OR scan.product_id IS NULL AND {IN_SCOPE})
      AND (entry.seq = serial.seq AND {HERE}
           OR posting.posted_at > scan.scanned_at AND NOT EXISTS (
               SELECT FROM serials_posting WHERE reverses_id = posting.id))
"""

STILL_UNKNOWN = f"(scan.key <> '' AND NOT scan.was_here AND NOT EXISTS (SELECT {_CAME}))"
"""Whether a counted unit is in no record of the store, and did not come since it was scanned.

A unit whose receipt was posted after the scan is explained, even if it was sold again since.
"""

EXPLAINED = f"""
    LEFT JOIN LATERAL (
        SELECT entry.posting_id, serial.id AS serial_id {_CAME}
        ORDER BY entry.seq DESC LIMIT 1
    ) came ON true
"""
"""The posting that brought a counted unit into the store's records though it was not there when
it was scanned: `came.posting_id`, empty where nothing did."""

LIVE = "(scan.taken_back_at IS NULL)"
"""Whether a scan counts."""


def in_scope(count: Count, products: Iterable[Product]) -> set[int]:
    """The ids of those products that the count is about: one statement at most."""
    if count.scope == Scope.ALL:
        return {product.pk for product in products}
    if count.scope == Scope.TYPE:
        return {product.pk for product in products if product.type_id == count.product_type_id}
    ids = [product.pk for product in products]
    return set(count.products.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
