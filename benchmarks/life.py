"""What happened in the shop: every movement of every unit, planned set by set in temporary tables.

The data are skewed as a shop's are: three units of ten are of one product, four of ten went
through one store, a few customers buy much and most once, most sales are of one unit and most
units leave by the hundred. One unit has been sold and brought back fifty times.

Afterwards `move` has a row for each movement, `doc` for each document, `line` for each of its
lines and `entry` for each entry of the ledger.
"""

from __future__ import annotations

import dataclasses

from .limits import run

DAYS = 1_100
"""The shop opened so many days ago: day 0. The last day is yesterday."""
STORES = 5
TIMES = 50
"""How often the unit with the longest history was sold."""
KINDS = (
    "receipt",
    "transfer",
    "arrival",
    "sale",
    "customer_return",
    "supplier_return",
    "write_off",
)
SERIES = ("R", "T", "A", "S", "CR", "SR", "WO")


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything, for so many serials."""

    serials: int

    @property
    def products(self) -> int:
        return max(40, self.serials // 200)

    @property
    def with_serials(self) -> int:
        """The first so many products have serial numbers; the others are counted in pieces."""
        return self.products * 9 // 10

    @property
    def customers(self) -> int:
        return max(100, self.serials // 10)

    @property
    def suppliers(self) -> int:
        return max(10, self.serials // 5_000)

    @property
    def loose_sales(self) -> int:
        """Sales of one product without serial numbers."""
        return self.serials // 100

    @property
    def loose_receipts(self) -> int:
        """Receipts of units whose serial numbers nobody has entered yet."""
        return self.serials // 4_000

    @property
    def days_of_receipts(self) -> int:
        return max(5, min(1_000, self.serials // 1_000))


def plan(size: Size) -> None:
    """Make the temporary tables; the products, stores and places are there."""
    # The same life each time: of equal sizes the same units take the same ways.
    run("SELECT setseed(0.5)")
    run(
        """
        CREATE FUNCTION pg_temp.part_of(seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
        RETURN (hashint8(seed) & 1048575) / 1048576.0
        """
    )
    run(_UNITS.format(**_numbers(size)))
    run(_MOVES.format(shelf_ways=_ways(size), kinds=_words(KINDS), **_numbers(size)))
    run("ANALYZE unit, move")
    run(_DOCUMENTS.format(kinds=_words(KINDS), series=_words(SERIES), days=DAYS))
    run("ANALYZE doc")
    run(_LINES)
    run("ANALYZE line")
    run(_ENTRIES)
    run("CREATE INDEX ON entry (n)")
    run("ANALYZE entry")


def _numbers(size: Size) -> dict[str, int]:
    return {
        "serials": size.serials,
        "products": size.products,
        "with_serials": size.with_serials,
        "every": 1_090 // size.days_of_receipts,
        "receipt_days": size.days_of_receipts,
        "loose_sales": size.loose_sales,
        "loose_receipts": size.loose_receipts,
        "stores": STORES,
        "times": TIMES,
        "last": DAYS - 1,
    }


def _words(words: tuple[str, ...]) -> str:
    return "ARRAY[" + ", ".join(f"'{word}'" for word in words) + "]"


# Goods of one product come to a store in a batch and leave it in three lots; a unit goes alone
# where it was sold over the counter. `luck` decides what else becomes of it.
_UNITS = """
CREATE TEMP TABLE unit AS
SELECT n, store, came, product, luck, 1 + store % {stores} AS to_store,
       product % 12 = 5 AS is_recorded,
       n = 1 AS is_worn,
       luck < 0.045 AS alone,
       luck BETWEEN 0.91 AND 0.95 AND product % 12 <> 5 AND n > 1 AS is_sent,
       luck BETWEEN 0.91 AND 0.949 AND product % 12 <> 5 AND n > 1 AS has_arrived,
       CASE WHEN luck >= 0.95 OR luck BETWEEN 0.90 AND 0.905 OR luck BETWEEN 0.949 AND 0.95
                 OR pg_temp.part_of(lot * 7 + 1) < 0.2 OR n = 1 THEN NULL
            ELSE came + 6 + floor(-ln(1 - pg_temp.part_of(lot)) * 60)::int END AS sold
FROM (
    SELECT n, random() AS luck,
           CASE WHEN n = 1 THEN 1 ELSE store END AS store,
           CASE WHEN n = 1 THEN 0 ELSE came END AS came,
           CASE WHEN big OR n = 1 THEN 1
                ELSE 2 + floor(({with_serials} - 1) * power(pg_temp.part_of(batch), 2.5))::int
           END AS product,
           batch * 3 + floor(random() * 3)::bigint AS lot
    FROM (
        SELECT n, store, came, big,
               (came * 8 + store) * 11
               + CASE WHEN big THEN 0 ELSE 1 + floor(random() * 10)::bigint END AS batch
        FROM (
            SELECT n, random() < 0.3 AS big,
                   CASE WHEN random() < 0.4 THEN 1 ELSE 2 + floor(random() * 4)::int END AS store,
                   ((n - 1)::bigint * {receipt_days} / {serials})::int * {every} AS came
            FROM generate_series(1, {serials}) n
        ) unit
    ) unit
) unit
"""

# Documents are told apart by kind, store, day and `sub`: 0 for what many units share.
# A recorded unit out of twenty was sold under a number that nobody had received.
_WAYS = """
    SELECT n, product, 0 AS ord, 1 AS kind, store, came AS day, 0::bigint AS sub, 1 AS quantity,
           false AS unidentified, false AS defective,
           'outside' AS source, 0 AS source_store, 'shelf' AS target, store AS target_store
    FROM unit
    UNION ALL
    SELECT n, product, 1, 2, store, came + 2, to_store, 1, false, false,
           'shelf', store, 'transit', 0 FROM unit WHERE is_sent
    UNION ALL
    SELECT n, product, 2, 3, to_store, came + 5, store, 1, false, false,
           'transit', 0, 'shelf', to_store FROM unit WHERE has_arrived
    UNION ALL
    SELECT n + CASE WHEN is_recorded AND luck BETWEEN 0.5 AND 0.55 THEN {serials} ELSE 0 END,
           product, 3, 4, at, sold, CASE WHEN alone THEN n ELSE 0 END, 1, false, false,
           'shelf', at, 'customer', 0
    FROM (SELECT *, CASE WHEN has_arrived THEN to_store ELSE store END AS at FROM unit) unit
    WHERE sold <= {last}
    UNION ALL
    SELECT n, product, 4, 5, store, sold + 5, n, 1, false, luck < 0.002,
           'customer', 0, CASE WHEN luck < 0.002 THEN 'defective' ELSE 'shelf' END, store
    FROM unit WHERE sold + 5 <= {last} AND luck < 0.005
    UNION ALL
    SELECT n, product, 5, 6, store, came + 4, 0, 1, false, false,
           'shelf', store, 'supplier', 0 FROM unit WHERE luck BETWEEN 0.903 AND 0.905 AND n > 1
    UNION ALL
    SELECT n, product, 5, 7, store, came + 5, 0, 1, false, false,
           'shelf', store, 'written_off', 0 FROM unit WHERE luck BETWEEN 0.90 AND 0.902 AND n > 1
    UNION ALL
    SELECT 1, 1, 10 + 2 * turn + way, 4 + way, 1, 20 + 20 * turn + 10 * way, 1, 1, false, false,
           CASE way WHEN 0 THEN 'shelf' ELSE 'customer' END, CASE way WHEN 0 THEN 1 ELSE 0 END,
           CASE way WHEN 0 THEN 'customer' ELSE 'shelf' END, CASE way WHEN 0 THEN 0 ELSE 1 END
    FROM generate_series(0, {times} - 1) turn, generate_series(0, 1) way
    WHERE turn + way < {times}
"""
# Goods without serial numbers: all of them are received on the first day and sold by few.
_LOOSE_WAYS = """
    UNION ALL
    SELECT NULL, product, 0, 1, store, 0, 1, 10 * {loose_sales}, false, false,
           'outside', 0, 'shelf', store
    FROM generate_series({with_serials} + 1, {products}) product, generate_series(1, {stores}) store
    UNION ALL
    SELECT NULL, {with_serials} + 1 + nth % ({products} - {with_serials}), 0, 4,
           1 + nth % {stores}, 1 + nth * ({last} - 1) / {loose_sales}, 3000000 + nth,
           1 + nth % 3, false, false, 'shelf', 1 + nth % {stores}, 'customer', 0
    FROM generate_series(1, {loose_sales}) nth
    UNION ALL
    SELECT NULL, 1, 0, 1, 1, 900 + nth % 190, 3500000 + nth, 2, true, false,
           'outside', 0, 'shelf', 1
    FROM generate_series(1, {loose_receipts}) nth
"""
_MOVES = """
CREATE TEMP TABLE move AS
SELECT move.*, source.id AS from_place_id, target.id AS to_place_id,
       CASE WHEN n IS NOT NULL THEN row_number() OVER own END AS seq,
       n IS NOT NULL AND lead(1) OVER own IS NULL AS is_last,
       ((move.kind * 8 + move.store)::bigint * 2048 + day) * 4194304 + sub AS key
FROM ({shelf_ways}) move
JOIN serials_place source ON source.kind = move.source
    AND coalesce(source.store_id, 0) = move.source_store
JOIN serials_place target ON target.kind = move.target
    AND coalesce(target.store_id, 0) = move.target_store
WINDOW own AS (PARTITION BY n ORDER BY day, ord)
"""

_DOCUMENTS = """
CREATE TEMP TABLE doc AS
SELECT doc.*, prefix || '-' || series || year || '-' || lpad(nth::text, 6, '0') AS number
FROM (
    SELECT numbered.*, row_number() OVER (PARTITION BY store, series, year ORDER BY id) AS nth
    FROM (
        SELECT row_number() OVER (ORDER BY day, kind, store, sub) AS id, key,
               ({kinds})[kind] AS kind, kind AS kind_no, store, sub, day,
               current_date - {days} + day AS effective_on, ({series})[kind] AS series,
               extract(year FROM current_date - {days} + day)::int AS year
        FROM (SELECT DISTINCT key, kind, store, sub, day FROM move) found
    ) numbered
) doc JOIN (SELECT id AS own_id, prefix FROM company_store) own ON own_id = store
"""
_LINES = """
CREATE TEMP TABLE line AS
SELECT row_number() OVER (ORDER BY doc, product, defective) AS id, doc, product, defective,
       quantity, unidentified, row_number() OVER (PARTITION BY doc ORDER BY product) AS position
FROM (
    SELECT doc.id AS doc, product, defective, sum(quantity) AS quantity,
           coalesce(sum(quantity) FILTER (WHERE unidentified), 0) AS unidentified
    FROM move JOIN doc USING (key) GROUP BY 1, 2, 3
) line
"""
_ENTRIES = """
CREATE TEMP TABLE entry AS
SELECT row_number() OVER (ORDER BY line.id, n) AS id, doc.id AS doc, doc.effective_on,
       line.id AS line, line.position, move.product, n, move.quantity, move.unidentified,
       from_place_id, to_place_id, seq, is_last, move.kind, move.store,
       product.mode = 'strict' AND n IS NOT NULL AS verified,
       CASE WHEN n IS NOT NULL THEN lag(line.id) OVER own END AS line_before,
       CASE WHEN n IS NOT NULL THEN lead(doc.id) OVER own END AS doc_after
FROM move JOIN doc USING (key)
JOIN line ON line.doc = doc.id AND line.product = move.product AND line.defective = move.defective
JOIN products_product product ON product.id = move.product
WINDOW own AS (PARTITION BY n ORDER BY seq)
"""


def _ways(size: Size) -> str:
    return (_WAYS + _LOOSE_WAYS).format(**_numbers(size))
