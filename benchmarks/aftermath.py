"""What came after the sales of the stage: repairs of sold units, and counts."""

from __future__ import annotations

from inventory.models import Count, CountStatus, ExpectedUnit, ProductResult, Scan, Scope
from repairs.models import Repair, Step
from serials.models import StockTaken
from warranty.models import Adjustment, Claim

from .life import DAYS, STORES, Size
from .limits import run
from .loading import fill


def repair() -> None:
    """One sold unit of thirty was brought for repair; those of the last weeks are still here."""
    run(_CLAIMED)
    fill(
        Claim,
        "claimed",
        id="id",
        reference="number",
        store="store",
        product="product",
        serial="n",
        card="card",
        claimed_on="claimed_on",
        closed_on="closed_on",
        is_warranty="CASE WHEN decided THEN is_warranty END",
    )
    fill(
        Repair,
        """claimed JOIN warranty_term term ON term.id = claimed.term""",
        id="claimed.id",
        number="number",
        store="store",
        claim="claimed.id",
        status="status",
        result="CASE WHEN closed_on IS NULL THEN '' ELSE 'repaired' END",
        customer="term.customer_id",
        product="term.product_id",
        serial="term.serial_id",
        product_name="term.product_name",
        sku="term.sku",
        serial_text="term.serial_text",
        sold_on="claimed.line",
        complaint="'Does not turn on'",
        technician="CASE WHEN claimed.id % 3 = 0 THEN NULL ELSE 1 END",
        promised_on="claimed_on + 10",
        proposed="CASE WHEN is_warranty THEN 'warranty' ELSE 'customer' END",
        decided="""CASE WHEN NOT decided THEN '' WHEN is_warranty THEN 'warranty'
                   ELSE 'customer' END""",
        decided_by="CASE WHEN decided THEN 1 END",
        taken_in_by="1",
        taken_in_at="claimed_on + interval '12 hours'",
        ended_by="CASE WHEN closed_on IS NOT NULL THEN 1 END",
        ended_at="closed_on + interval '12 hours'",
    )
    fill(
        Step,
        """claimed CROSS JOIN LATERAL unnest(CASE status WHEN 'handed_back'
               THEN ARRAY['received', 'diagnosed', 'in_work', 'ready', 'handed_back']
               WHEN 'received' THEN ARRAY['received'] ELSE ARRAY['received', status] END)
           WITH ORDINALITY AS step (word, after)""",
        id="claimed.id * 10 + after",
        repair="claimed.id",
        status="word",
        made_by="1",
        made_at="claimed_on + interval '12 hours'",
    )
    fill(
        Adjustment,
        """claimed JOIN warranty_card held ON held.id = card
           WHERE closed_on > claimed_on AND is_warranty AND decided""",
        card="held.id",
        seq="1",
        kind="'repair'",
        claim="claimed.id",
        from_on="claimed_on",
        to_on="closed_on",
        days="closed_on - claimed_on",
        ends_before="held.ends_on",
        ends_on="held.ends_on + (closed_on - claimed_on)",
        made_by="1",
        made_at="closed_on + interval '12 hours'",
    )
    run(
        "UPDATE warranty_card card SET ends_on = added.ends_on"
        " FROM warranty_adjustment added WHERE added.card_id = card.id"
    )


_CLAIMED = """
CREATE TEMP TABLE claimed AS
SELECT *, prefix || '-RP' || year || '-' || lpad(nth::text, 6, '0') AS number,
       CASE WHEN closed_on IS NOT NULL THEN 'handed_back'
            WHEN is_early THEN 'received' ELSE 'in_work' END AS status,
       closed_on IS NOT NULL OR NOT is_early AS decided
FROM (
    SELECT *, row_number() OVER (PARTITION BY store, year ORDER BY id) AS nth FROM (
        SELECT *, row_number() OVER (ORDER BY claimed_on, n) AS id,
               extract(year FROM claimed_on)::int AS year, pg_temp.part_of(n + 1) < 0.5 AS is_early,
               claimed_on <= ends_on AS is_warranty,
               CASE WHEN claimed_on < current_date - 35
                    THEN claimed_on + 3 + floor(pg_temp.part_of(n + 2) * 30)::int END AS closed_on
        FROM (
            SELECT entry.n, entry.product, entry.store, entry.line, term.id AS term,
                   card.id AS card, term.ends_on,
                   entry.effective_on + 20 + floor(pg_temp.part_of(entry.n) * 400)::int
                       AS claimed_on
            FROM entry JOIN unit ON unit.n = entry.n AND unit.luck BETWEEN 0.1 AND 0.13
            JOIN warranty_term term ON term.id = entry.id
            JOIN warranty_card card ON card.term_id = term.id
            WHERE entry.kind = 4
        ) claim WHERE claimed_on < current_date
    ) claim
) claim JOIN (SELECT id AS own_id, prefix FROM company_store) own ON own.own_id = store
"""


def count(size: Size) -> None:
    """Two hundred counts of goods without serials, and one that is under way."""
    loose = f"{size.with_serials} + 1 + nth % {size.products - size.with_serials}"
    day = f"current_date - {DAYS} + nth * {DAYS - 60} / 200"
    fill(
        Count,
        f"""generate_series(1, 200) nth
            CROSS JOIN LATERAL (SELECT {day} AS day, 1 + nth % {STORES} AS of) one
            JOIN company_store own ON own.id = one.of""",
        id="nth",
        number="""own.prefix || '-CN' || extract(year FROM day) || '-' || lpad((row_number() OVER (
            PARTITION BY own.id, extract(year FROM day) ORDER BY nth))::text, 6, '0')""",
        store="own.id",
        scope=f"'{Scope.PRODUCTS}'",
        status=f"'{CountStatus.CLOSED}'",
        started_at="day + interval '8 hours'",
        started_by="1",
        ended_at="day + interval '9 hours'",
        ended_by="1",
        closed_on="day",
        pieces_expected="100",
        pieces_counted="100",
    )
    fill(
        ProductResult,
        "generate_series(1, 200) nth",
        count="nth",
        product=loose,
        in_units="false",
        expected="100",
        counted="100",
    )
    fill(
        StockTaken,
        f"(SELECT {loose} AS product, 1 + nth % {STORES} AS store, max({day}) AS day"
        " FROM generate_series(1, 200) nth GROUP BY 1, 2) taken",
        store="store",
        product="product",
        counted_on="day",
    )
    fill(
        Count,
        "company_store own WHERE id = 2",
        id="201",
        number="""own.prefix || '-CN' || extract(year FROM now()) || '-' || lpad((
            SELECT 1 + count(*) FROM inventory_count done WHERE done.store_id = own.id
              AND extract(year FROM started_at) = extract(year FROM now()))::text, 6, '0')""",
        store="own.id",
        scope=f"'{Scope.TYPE}'",
        product_type="2",
        started_at="now()",
        started_by="1",
        units_expected="0",
    )
    here = """serials_serial serial JOIN products_product p ON p.id = product_id AND p.type_id = 2
              JOIN serials_place place ON place.id = place_id AND place.kind = 'shelf'
                   AND place.store_id = 2 WHERE serial.is_verified"""
    fill(ExpectedUnit, here, count="201", serial="serial.id", product="product_id", seq="seq")
    fill(
        Scan,
        f"(SELECT serial.* FROM {here}) serial WHERE id % 3 > 0",
        nonce="gen_random_uuid()",
        count="201",
        product="product_id",
        serial="id",
        text="text",
        key="key",
        was_here="true",
        quantity="1",
        scanned_at="now()",
        scanned_by="1",
    )
