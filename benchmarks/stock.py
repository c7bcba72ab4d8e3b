"""The stock by serial: its first page, page 1,000, an ending, a day gone by; and a file of it."""

from __future__ import annotations

import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from typing import IO, TypeVar

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from backoffice.stock_choice import Chosen
from backoffice.stock_sheets import columns, row_of, write
from backoffice.stock_units import chunks_of
from company.access import access_of
from company.exporting import write_xlsx
from documents.models import Document, Kind
from documents.posting import post_document
from products.models import Product
from serials.models import Movement
from serials.places import Routes

from .figures import draft_of
from .limits import seconds
from .stage import Stage, run

T = TypeVar("T")
PAGE_LIMIT_MS = 100.0
DEEP_LIMIT = 1.5
"""How much page 1,000 may cost of the first page: the same, but for the noise of the machine."""
FILE_BAR = 2.0
HELD_MB = 10.0
"""Megabytes a job may hold at most, however long the file is."""
IN_FILE = 3
"""Products in the file: some 6,000 units of each."""
PAGES = 1_000
SOLD = 40
"""Percent of the units that were sold; the other figures are taken before."""


def spread(stage: Stage) -> None:
    """Sell some of everything, 10,000 units with their warranty, and give the receipts documents.

    Set by set and past the verbs and the rules, like the stage: the ledger is as they left it.
    """
    way = Routes([Movement.SALE], store_id=stage.store.pk).of(Movement.SALE)
    texts = [f"SN{nth:012d}" for nth in range(1, 9_000)]
    document = draft_of(stage, Kind.SALE, texts)
    post_document(document.pk, by=access_of(stage.manager), now=timezone.now())
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(id) FROM serials_posting")
            last = cursor.fetchone()[0]
        run(
            """
            WITH sold AS (
                UPDATE serials_serial SET place_id = %s, seq = seq + 1, moved_on = current_date - 10
                WHERE place_id = %s AND id %% 100 < %s AND seq = 1
                RETURNING id, product_id
            )
            INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id, quantity,
                from_place_id, to_place_id, seq, continues, verified, unidentified)
            SELECT %s + product_id, 1, product_id, id, 1, %s, %s, 2, 1, true, false FROM sold
            """,
            way.target.pk,
            way.source.pk,
            SOLD,
            last,
            way.source.pk,
            way.target.pk,
        )
        run(
            """
            INSERT INTO serials_posting (id, kind, store_id, effective_on, reference, posted_at,
                posted_by_id)
            SELECT %s + id, 'sale', %s, current_date - 10, 'BENCH-S' || id, now(), %s
            FROM products_product
            """,
            last,
            stage.store.pk,
            stage.manager.pk,
        )
        run("SELECT setval('serials_posting_id_seq', max(id)) FROM serials_posting")
    tables = ("documents_document", "documents_line")
    with transaction.atomic():
        for table in tables:
            run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        _receipts(stage)
    for table in tables:
        run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    run("VACUUM ANALYZE")


def _receipts(stage: Stage) -> None:
    """A document with one line for each receipt of the stage."""
    receipts = "FROM serials_posting WHERE reference = 'BENCH-' || id"
    document = Document(kind=Kind.RECEIPT, store=stage.store, author=stage.manager)
    given = {
        str(field.column): field.get_db_prep_save(getattr(document, field.attname), connection)
        for field in Document._meta.concrete_fields
        if not field.primary_key
    }
    given |= {"status": "posted", "is_opening": True, "created_at": timezone.now()}
    varying = {"posting_id": "id", "number": "reference", "effective_on": "effective_on"}
    fixed = {name: value for name, value in given.items() if name not in varying}
    run(
        f"INSERT INTO documents_document ({', '.join([*varying, *fixed])})"
        f" SELECT {', '.join(varying.values())}, {', '.join(['%s'] * len(fixed))} {receipts}",
        *fixed.values(),
    )
    run(
        """
        INSERT INTO documents_line (document_id, position, product_id, quantity, unit_price,
            remark, is_defective, mode, sku, product_name, unidentified, supplier_period_unit)
        SELECT document.id, 1, posting.id, 1, 1, '', false, 'strict', '', '', 0, ''
        FROM documents_document document JOIN serials_posting posting
            ON posting.id = document.posting_id AND posting.reference = 'BENCH-' || posting.id
        """
    )


def page_figures(stage: Stage, rounds: int) -> dict[str, float]:
    """Milliseconds of each page by the whole server side, medians."""
    client = Client()
    client.force_login(get_user_model().objects.get(pk=stage.manager.pk))
    today = timezone.localdate()
    shelf, sold = _deep("shelf"), _deep("customer")
    pages = {
        "first page": {},
        f"page {PAGES:,}": {"after": shelf},
        "sold": {"state": "sold"},
        f"sold, page {PAGES:,}": {"state": "sold", "after": sold},
        "anywhere": {"state": "anywhere"},
        "one product": {"product": "B-3"},
        "one type": {"type": stage.product.type_id},
        "older than 20 days": {"older_than": "20"},
        "sold, in warranty": {"warranty": "covered"},
        "last 4 characters": {"q": "7391", "state": "anywhere"},
        "beginning that all have": {"q": "SN00", "state": "anywhere"},
        "whole serial": {"q": f"SN{12_345:012d}", "state": "anywhere"},
        "as of 20 days ago": {"on": str(today.fromordinal(today.toordinal() - 20))},
        f"as of then, page {PAGES:,}": {
            "on": str(today.fromordinal(today.toordinal() - 20)), "after": shelf,
        },
    }  # fmt: skip
    return {name: _median(client, filters, rounds) for name, filters in pages.items()}


def _median(client: Client, filters: dict[str, object], rounds: int) -> float:
    times = []
    for _ in range(3 + 4 * rounds):
        start = time.perf_counter()
        response = client.get("/stock/", filters)
        times.append((time.perf_counter() - start) * 1000)
        if b"<tbody>" not in response.content:
            raise RuntimeError(f"no units for {filters}")
    return statistics.median(times[3:])


def _deep(kind: str) -> str:
    """Where page 1,000 of the units in such a place begins, or the last that is full."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH units AS (
                SELECT serial.product_id, serial.key FROM serials_serial serial
                JOIN serials_place place ON place.id = serial.place_id AND place.kind = %s
            )
            SELECT product_id || '.' || key FROM units ORDER BY product_id, key
            OFFSET least(%s, (SELECT count(*) - 60 FROM units)) LIMIT 1
            """,
            [kind, 50 * (PAGES - 1) - 1],
        )
        return str(cursor.fetchone()[0])


def file_figures(stage: Stage, rounds: int) -> tuple[int, float, float, float]:
    """A workbook of some products: its rows, its time as a ratio to that of the library alone
    with the same rows in memory, its seconds, and the megabytes it holds at most."""
    products = list(Product.objects.order_by("pk").values_list("pk", flat=True)[:IN_FILE])
    stores = [stage.store.pk]
    chosen = Chosen(stores=stores, own=stores, day=timezone.localdate(), products=products)
    ready = [row_of(unit) for units, _ in chunks_of(chosen, look=10_000) for unit in units]
    ratios, spent = [], []
    for _ in range(rounds):
        took = seconds(lambda: _written(lambda file: write(file, "xlsx", chosen)))
        alone = seconds(lambda: _written(lambda file: write_xlsx(file, columns(), ready)))
        ratios.append(took / alone)
        spent.append(took)
    tracemalloc.start()
    try:
        _written(lambda file: write(file, "xlsx", chosen))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    rows = _written(lambda file: write(file, "csv", chosen))
    return rows, statistics.median(ratios), statistics.median(spent), most / 1e6


def _written(work: Callable[[IO[bytes]], T]) -> T:
    with tempfile.TemporaryFile() as file:
        return work(file)
