"""Proves that closed counts agree with their documents and with what was scanned."""

from __future__ import annotations

from serials.proving import named

_CHECKS = {
    "count %s: scanned unit %s was unknown, and nothing explains it": """
        SELECT counting.number, scan.text
        FROM inventory_count counting
        JOIN inventory_scan scan ON scan.count_id = counting.id
        WHERE counting.status = 'closed' AND scan.taken_back_at IS NULL
          AND scan.key <> '' AND NOT scan.was_here AND NOT EXISTS (
              SELECT FROM serials_serial serial
              JOIN serials_ledgerentry entry ON entry.serial_id = serial.id
              JOIN serials_place place ON place.id = entry.to_place_id
              WHERE serial.key = scan.key
                AND (scan.product_id IS NULL OR serial.product_id = scan.product_id)
                AND entry.posting_id = scan.explained_by_id
                AND place.store_id = counting.store_id
          )
        ORDER BY counting.id, scan.id
    """,
    "count %s says %s, and what it found of its products adds up to %s": """
        WITH added AS (
            SELECT count_id,
                   sum(expected) FILTER (WHERE in_units) AS units_expected,
                   sum(counted) FILTER (WHERE in_units) AS units_counted,
                   sum(short) FILTER (WHERE in_units) AS units_missing,
                   sum(over) FILTER (WHERE in_units) AS units_unknown,
                   sum(expected) FILTER (WHERE NOT in_units AND counted IS NOT NULL)
                       AS pieces_expected,
                   sum(counted) FILTER (WHERE NOT in_units) AS pieces_counted,
                   sum(short) FILTER (WHERE NOT in_units) AS pieces_short,
                   sum(over) FILTER (WHERE NOT in_units) AS pieces_over
            FROM inventory_productresult GROUP BY count_id
        ),
        said AS (
            SELECT counting.id, counting.number,
                   ARRAY[units_expected, units_counted, units_missing, units_unknown,
                         pieces_expected, pieces_counted, pieces_short, pieces_over]::bigint[]
                       AS figures
            FROM inventory_count counting
        ),
        found AS (
            SELECT counting.id,
                   ARRAY[coalesce(added.units_expected, 0), coalesce(added.units_counted, 0),
                         coalesce(added.units_missing, 0), coalesce(added.units_unknown, 0),
                         coalesce(added.pieces_expected, 0), coalesce(added.pieces_counted, 0),
                         coalesce(added.pieces_short, 0), coalesce(added.pieces_over, 0)]::bigint[]
                       AS figures
            FROM inventory_count counting
            LEFT JOIN added ON added.count_id = counting.id
        )
        SELECT said.number, said.figures, found.figures FROM said JOIN found USING (id)
        WHERE said.figures <> found.figures ORDER BY id
    """,
    "count %s says %s units expected, %s scanned and %s unknown; its rows are %s, %s and %s": """
        WITH expected AS (
            SELECT expected.count_id, count(*) AS units, count(*) FILTER (WHERE
                (expected.count_id, serial.product_id, serial.key) IN (
                    SELECT count_id, product_id, key FROM inventory_scan
                    WHERE taken_back_at IS NULL AND key <> '' AND product_id IS NOT NULL)
                OR (expected.count_id, serial.key) IN (
                    SELECT count_id, key FROM inventory_scan
                    WHERE taken_back_at IS NULL AND key <> '' AND product_id IS NULL)
            ) AS scanned
            FROM inventory_expectedunit expected
            JOIN serials_serial serial ON serial.id = expected.serial_id
            GROUP BY expected.count_id
        ),
        unknown AS (
            SELECT count_id, count(*) AS units FROM inventory_scan
            WHERE taken_back_at IS NULL AND key <> '' AND NOT was_here
            GROUP BY count_id
        )
        SELECT counting.number, units_expected, units_counted, units_unknown,
               coalesce(expected.units, 0), coalesce(expected.scanned, 0),
               coalesce(unknown.units, 0)
        FROM inventory_count counting
        LEFT JOIN expected ON expected.count_id = counting.id
        LEFT JOIN unknown ON unknown.count_id = counting.id
        WHERE counting.status = 'closed'
          AND (units_expected, units_counted, units_unknown) IS DISTINCT FROM
              (coalesce(expected.units, 0), coalesce(expected.scanned, 0),
               coalesce(unknown.units, 0))
        ORDER BY counting.id
    """,
    "count %s found %s units and %s pieces of product %s %s, its documents have %s and %s": """
        WITH moved AS (
            SELECT counting.id AS count_id, line.product_id,
                   CASE document.kind WHEN 'shortage' THEN 'short' ELSE 'over' END AS side,
                   count(serial.id) AS units, 0 AS pieces
            FROM inventory_count counting
            JOIN documents_document document
                ON document.id IN (counting.shortage_id, counting.surplus_id)
            JOIN documents_line line ON line.document_id = document.id
            JOIN documents_lineserial serial ON serial.line_id = line.id
            GROUP BY 1, 2, 3
            UNION ALL
            SELECT counting.id, line.product_id,
                   CASE document.kind WHEN 'shortage' THEN 'short' ELSE 'over' END,
                   0, sum(line.quantity)
            FROM inventory_count counting
            JOIN documents_document document
                ON document.id IN (counting.shortage_id, counting.surplus_id)
            JOIN documents_line line ON line.document_id = document.id
            WHERE line.mode IN ('none', 'period')
            GROUP BY 1, 2, 3
        ),
        posted AS (
            SELECT count_id, product_id, side, sum(units) AS units, sum(pieces) AS pieces
            FROM moved GROUP BY 1, 2, 3
        ),
        found AS (
            SELECT count_id, product_id, 'short' AS side,
                   coalesce(sum(short) FILTER (WHERE in_units), 0) AS units,
                   coalesce(sum(short) FILTER (WHERE NOT in_units), 0) AS pieces
            FROM inventory_productresult GROUP BY 1, 2
            UNION ALL
            SELECT count_id, product_id, 'over', 0,
                   coalesce(sum(over) FILTER (WHERE NOT in_units), 0)
            FROM inventory_productresult GROUP BY 1, 2
        )
        SELECT counting.number, coalesce(found.units, 0), coalesce(found.pieces, 0), product.sku,
               side, coalesce(posted.units, 0), coalesce(posted.pieces, 0)
        FROM found FULL JOIN posted USING (count_id, product_id, side)
        JOIN inventory_count counting ON counting.id = count_id
        JOIN products_product product ON product.id = product_id
        WHERE (coalesce(found.units, 0), coalesce(found.pieces, 0))
              <> (coalesce(posted.units, 0), coalesce(posted.pieces, 0))
        ORDER BY counting.id, product.sku, side
    """,
    "count %s was closed on %s, its document %s is a %s of store %s on %s": """
        SELECT counting.number, counting.closed_on, document.number, document.kind,
               document.store_id, document.effective_on
        FROM inventory_count counting
        CROSS JOIN LATERAL (VALUES (counting.shortage_id, 'shortage'),
                                   (counting.surplus_id, 'surplus')) AS wanted (id, kind)
        JOIN documents_document document ON document.id = wanted.id
        WHERE (document.kind, document.store_id, document.effective_on, document.status = 'draft')
              IS DISTINCT FROM (wanted.kind, counting.store_id, counting.closed_on, false)
        ORDER BY counting.id
    """,
    "count %s was closed on %s, and the stock it covers is not said to be counted by then": """
        SELECT counting.number, counting.closed_on
        FROM inventory_count counting
        WHERE counting.status = 'closed' AND (
            counting.scope = 'all' AND NOT EXISTS (
                SELECT FROM serials_stocktaken taken
                WHERE taken.store_id = counting.store_id AND taken.product_id IS NULL
                  AND taken.counted_on >= counting.closed_on
            )
            -- Of a type only products with something to count are known still to have been in it.
            OR counting.scope <> 'all' AND EXISTS (
                SELECT FROM inventory_productresult found
                WHERE found.count_id = counting.id AND NOT EXISTS (
                    SELECT FROM serials_stocktaken taken
                    WHERE taken.store_id = counting.store_id
                      AND taken.product_id = found.product_id
                      AND taken.counted_on >= counting.closed_on
                )
            )
        )
        ORDER BY counting.id
    """,
    "the count numbers of store %s in %s: %s given, %s counts have one": """
        SELECT store.prefix, sequence.year, sequence.last, count(counting.id)
        FROM company_numbersequence sequence
        JOIN company_store store ON store.id = sequence.store_id
        LEFT JOIN inventory_count counting
            ON counting.number LIKE store.prefix || '-CN' || sequence.year || '-%%'
        WHERE sequence.series = 'CN'
        GROUP BY sequence.id, store.prefix
        HAVING count(counting.id) <> sequence.last
        ORDER BY store.prefix, sequence.year
    """,
}


def differences() -> list[str]:
    """Everything in which counts differ from their documents; empty when all agree."""
    return named(_CHECKS)
