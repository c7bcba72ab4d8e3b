"""A shop with a million serials and three years of life, made set by set past the verbs."""

from __future__ import annotations

import dataclasses

from django.contrib.auth import get_user_model
from django.db import transaction

from company.models import Company, Membership, NumberSequence, Store, User
from company.rights import Role
from documents.models import Document, Line, LineSerial, Outstanding
from inventory.models import Count, CountStatus, ExpectedUnit, ProductResult, Scan, Scope
from partners.models import Customer, Supplier
from products.models import Product, ProductType
from repairs.models import Repair, Step
from serials.models import Balance, LedgerEntry, PlaceKind, Posting, Serial, StockTaken
from serials.places import places_for
from warranty.models import Adjustment, Card, Claim, Term

from .life import DAYS, STORES, Size, plan
from .limits import run
from .loading import bare_tables, fill, rows_of


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """Who and what the figures are taken with: a manager of all stores, the product that most
    units are of, and so many serials."""

    store: Store
    other_store: Store
    manager: User
    product: Product
    serials: int


def build(serials: int) -> None:
    """Fill an empty database."""
    size = Size(serials)
    run("SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET temp_buffers = '256MB'")
    run("SET synchronous_commit = off; SET jit = off")
    with transaction.atomic(), bare_tables():
        _company(size)
        plan(size)
        _ledger()
        _documents(size)
        _warranty()
        _repairs()
        _counts(size)
        _numbers()
    run("RESET ALL")
    run("VACUUM (FREEZE, ANALYZE)")


def stage() -> Stage:
    """The stage of a database that was filled."""
    store, other = Store.objects.order_by("pk")[:2]
    return Stage(
        store,
        other,
        User.objects.get(username="bench"),
        Product.objects.select_related("type").get(pk=1),
        rows_of("SELECT reltuples::int FROM pg_class WHERE relname = 'serials_serial'")[0][0],
    )


def _company(size: Size) -> None:
    Company.current()
    stores = [
        Store.objects.create(name=f"Bench {nth}", prefix=f"BN{nth}") for nth in range(1, STORES + 1)
    ]
    people = get_user_model().objects
    manager, cashier = people.create_user("bench"), people.create_user("bench cashier")
    people.create_user("bench admin", is_admin=True)
    Membership.objects.bulk_create(
        Membership(user=manager, store=store, role=Role.MANAGER) for store in stores
    )
    Membership.objects.create(user=cashier, store=stores[-1], role=Role.CASHIER)
    for store in stores:
        places_for(PlaceKind.values, store_id=store.pk)
    fill(
        ProductType,
        "generate_series(1, 10) id",
        id="id",
        name="'Type ' || id",
        period_count="(ARRAY[6, 12, 24, 36])[1 + id % 4]",
        period_unit="'months'",
        supplier_period_count="12",
        supplier_period_unit="'months'",
    )
    fill(
        Product,
        f"generate_series(1, {size.products}) id",
        id="id",
        sku="'B-' || id",
        name="(ARRAY['Phone', 'Drill', 'Kettle', 'Router', 'Lamp'])[1 + id % 5] || ' model ' || id",
        type="1 + id % 10",
        barcode="CASE WHEN id % 3 = 0 THEN '' ELSE lpad(id::text, 12, '4') || '0' END",
        price="10 + id % 900",
        mode=f"""CASE WHEN id > {size.with_serials} THEN (ARRAY['none', 'period'])[1 + id % 2]
                 WHEN id % 12 = 5 THEN 'recorded' ELSE 'strict' END""",
    )
    fill(
        Customer,
        f"generate_series(1, {size.customers}) id",
        id="id",
        name="""(ARRAY['Olena', 'Taras', 'Iryna', 'Danylo', 'Yulia', 'Andriy'])[1 + id % 6] || ' '
                || (ARRAY['Shevchenko', 'Kovalenko', 'Bondar', 'Melnyk'])[1 + id / 7 % 4]
                || ' ' || id""",
        phone="'+380 67 ' || lpad((id::bigint * 7919 % 10000000)::text, 7, '0')",
        email="'customer' || id || '@example.com'",
    )
    fill(
        Supplier,
        f"generate_series(1, {size.suppliers}) id",
        id="id",
        name="'Supplier ' || id",
        phone="'+380 44 ' || lpad(id::text, 7, '0')",
    )


def _ledger() -> None:
    fill(
        Serial,
        """
        (SELECT entry.n, entry.product, entry.to_place_id, entry.seq, entry.verified, effective_on,
            CASE WHEN n > size.serials THEN 'X' ELSE '' END
            || CASE WHEN product % 7 = 3 THEN lpad(given::text, 8, '0') || '-2024'
                WHEN product > 1 AND product % 3 = 0
                    THEN '35' || lpad((given::bigint * 7919 % 10000000000000)::text, 13, '0')
                WHEN product > 1 AND product % 3 = 1 THEN upper(substr(md5(given::text), 1, 12))
                ELSE 'SN' || lpad(given::text, 12, '0') END AS text
         FROM (SELECT max(n) AS serials FROM unit) size
         CROSS JOIN LATERAL (
            SELECT *, 1 + (n - 1) % size.serials AS given FROM entry WHERE is_last
         ) entry) last
        """,
        id="n",
        product="product",
        text="text",
        key="text",
        place="to_place_id",
        seq="seq",
        is_verified="verified",
        moved_on="effective_on",
    )
    fill(
        LedgerEntry,
        "entry",
        id="id",
        posting="doc",
        line="position",
        product="product",
        serial="n",
        quantity="quantity",
        from_place="from_place_id",
        to_place="to_place_id",
        seq="seq",
        continues="CASE WHEN verified AND seq > 1 THEN seq - 1 END",
        verified="verified",
        unidentified="unidentified",
    )
    fill(
        Posting,
        "doc",
        id="id",
        kind="kind",
        store="store",
        effective_on="effective_on",
        reference="number",
        posted_at="effective_on + interval '12 hours'",
        posted_by="1",
    )
    fill(
        Balance,
        """
        (SELECT product, place_id, sum(pieces) AS quantity FROM (
            SELECT product, to_place_id AS place_id, quantity AS pieces FROM entry
            UNION ALL SELECT product, from_place_id, -quantity FROM entry
         ) ends JOIN serials_place place ON place.id = place_id
         WHERE place.kind IN ('shelf', 'defective', 'blocked', 'transit') GROUP BY 1, 2) balance
        """,
        id="row_number() OVER ()",
        product="product",
        place="place_id",
        quantity="quantity",
    )


def _documents(size: Size) -> None:
    # A sale and what comes back from it have the same customer.
    customer = f"""
        CASE WHEN kind = 'sale' AND sub >= 3000000 AND sub % 2 = 0 THEN NULL
             WHEN kind IN ('sale', 'customer_return') THEN
                1 + floor({size.customers} * power(
                    pg_temp.part_of(CASE WHEN sub > 1 THEN sub WHEN sub = 0 THEN key ELSE 1 END), 3
                ))::int END
    """
    fill(
        Document,
        """doc LEFT JOIN (SELECT key AS sent_key, id AS sent FROM doc) origin ON kind = 'arrival'
           AND sent_key = ((2 * 8 + sub) * 2048 + day - 3) * 4194304 + store""",
        id="id",
        kind="kind",
        store="store",
        status="'posted'",
        number="number",
        effective_on="effective_on",
        supplier=f"""CASE WHEN kind = 'supplier_return' OR kind = 'receipt' AND sub <> 1 THEN
            1 + floor({size.suppliers} * power(pg_temp.part_of(key), 2))::int END""",
        is_opening="kind = 'receipt' AND sub = 1",
        customer=customer,
        author="1",
        to_store="CASE WHEN kind = 'transfer' THEN sub END",
        origin="sent",
        without_serials="CASE WHEN kind = 'receipt' AND sub >= 3500000 THEN 'No time' ELSE '' END",
        posting="id",
    )
    back = "SELECT line, min(line_before) AS sold FROM entry WHERE kind IN (3, 5) GROUP BY line"
    fill(
        Line,
        f"""line JOIN doc ON doc.id = line.doc JOIN products_product p ON p.id = line.product
            LEFT JOIN ({back}) back ON back.line = line.id""",
        id="line.id",
        document="line.doc",
        position="line.position",
        product="line.product",
        quantity="line.quantity",
        unit_price="p.price",
        remark="CASE WHEN doc.kind IN ('supplier_return', 'write_off') THEN 'Broken' ELSE '' END",
        origin="back.sold",
        is_defective="line.defective",
        unidentified="line.unidentified",
        mode="p.mode",
        sku="p.sku",
        product_name="p.name",
        supplier_period_count="CASE WHEN doc.kind = 'receipt' THEN 12 END",
        supplier_period_unit="CASE WHEN doc.kind = 'receipt' THEN 'months' ELSE '' END",
    )
    fill(
        LineSerial,
        "entry JOIN serials_serial serial ON serial.id = entry.n",
        id="entry.id",
        line="entry.line",
        document="entry.doc",
        product="entry.product",
        text="serial.text",
        key="serial.key",
    )
    settled = "SELECT origin_id, sum(quantity) AS pieces FROM documents_line GROUP BY 1"
    fill(
        Outstanding,
        f"""(SELECT line.id, 'return' AS purpose, line.quantity FROM line
             JOIN doc ON doc.id = doc WHERE kind = 'sale'
             UNION ALL SELECT line.id, 'arrive', line.quantity FROM line
             JOIN doc ON doc.id = doc WHERE kind = 'transfer'
             UNION ALL SELECT line.id, 'identify', line.unidentified FROM line
             WHERE unidentified > 0) open
            LEFT JOIN ({settled}) settled ON settled.origin_id = open.id""",
        line="open.id",
        purpose="purpose",
        quantity="quantity",
        settled="coalesce(settled.pieces, 0)",
    )
    fill(
        Document,
        f"""generate_series(1, {max(10, size.serials // 5_000)}) nth,
            (SELECT max(id) AS last FROM doc) doc""",
        id="last + nth",
        kind="(ARRAY['sale', 'receipt', 'transfer', 'customer_return'])[1 + nth % 4]",
        store=f"1 + nth % {STORES}",
        author="1 + nth % 2",
        to_store=f"CASE WHEN nth % 4 = 2 THEN 1 + (nth + 1) % {STORES} END",
    )


def _warranty() -> None:
    fill(
        Term,
        """entry JOIN products_product p ON p.id = entry.product AND p.mode <> 'none'
           JOIN products_producttype type ON type.id = p.type_id
           JOIN documents_document sale ON sale.id = entry.doc
           LEFT JOIN serials_serial serial ON serial.id = entry.n
           LEFT JOIN doc after ON after.id = entry.doc_after WHERE entry.kind = 4""",
        id="entry.id",
        posting="entry.doc",
        sale="entry.doc",
        entry="entry.id",
        line="entry.position",
        product="entry.product",
        serial="entry.n",
        customer="sale.customer_id",
        quantity="entry.quantity",
        product_name="p.name",
        sku="p.sku",
        serial_text="coalesce(serial.text, '')",
        period_count="type.period_count",
        period_unit="type.period_unit",
        starts_on="entry.effective_on",
        ends_on="(entry.effective_on + make_interval(months => type.period_count))::date",
        void_on="after.effective_on",
        voided_by="after.id",
    )
    fill(
        Card,
        """(SELECT prefix || '-W' || year || '-' || lpad(nth::text, 6, '0') AS number, card.* FROM (
               SELECT term.*, unit, doc.store, doc.year,
                      row_number() OVER (PARTITION BY doc.store, doc.year ORDER BY term.id, unit)
                      AS nth
               FROM warranty_term term JOIN doc ON doc.id = term.posting_id
               CROSS JOIN LATERAL generate_series(1, term.quantity) unit
           ) card JOIN company_store own ON own.id = card.store) card""",
        id="row_number() OVER (ORDER BY id, unit)",
        number="number",
        term="id",
        unit="unit",
        ends_on="ends_on",
        void_on="void_on",
        voided_by="voided_by_id",
    )


def _repairs() -> None:
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


_CLAIMED = f"""
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
            SELECT entry.n, entry.product, entry.store, entry.line, term.id AS term, card.id AS card,
                   term.ends_on,
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


def _counts(size: Size) -> None:
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


def _numbers() -> None:
    given = """
        SELECT store, series, year, max(nth) AS last FROM doc GROUP BY 1, 2, 3
        UNION ALL SELECT doc.store, 'W', doc.year, count(*) FROM warranty_card card
            JOIN warranty_term term ON term.id = card.term_id
            JOIN doc ON doc.id = term.posting_id GROUP BY 1, 3
        UNION ALL SELECT store, 'RP', year, max(nth) FROM claimed GROUP BY 1, 3
        UNION ALL SELECT store_id, 'CN', extract(year FROM started_at)::int, count(*)
            FROM inventory_count GROUP BY 1, 3
    """
    fill(
        NumberSequence,
        f"({given}) given",
        store="store",
        series="series",
        year="year",
        last="last",
    )
