"""A shop with a million serials and three years of life, made set by set past the verbs."""

from __future__ import annotations

import dataclasses

from django.contrib.auth import get_user_model
from django.db import transaction

from company.models import Company, Membership, NumberSequence, Store, User
from company.rights import Role
from documents.models import Document, Line, LineSerial, Outstanding
from partners.models import Customer, Supplier
from products.models import Product, ProductType
from serials.models import Balance, LedgerEntry, PlaceKind, Posting, Serial
from serials.places import places_for
from warranty.models import Card, Term

from .aftermath import count, repair
from .life import STORES, Size, plan
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
        repair()
        count(size)
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
        barcode="CASE WHEN id % 3 = 0 THEN '' ELSE '48' || lpad(id::text, 10, '0') || '0' END",
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
