"""The stock by serial: its first page, page 1,000, an ending, a day gone by; and a file of it."""

from __future__ import annotations

import statistics
import tempfile
import time
import tracemalloc

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from backoffice.stock_choice import Chosen
from backoffice.stock_sheets import write
from company.access import access_of
from documents.models import Document, Kind
from documents.posting import post_document
from serials.models import Movement
from serials.places import Routes

from .figures import draft_of
from .stage import Stage, run

PAGE_LIMIT_MS = 100.0
DEEP_LIMIT = 1.5
"""How much page 1,000 may cost of the first page: the same, but for the noise of the machine."""
ROWS_PER_SECOND = 2_000
"""Rows of a workbook that a job writes at least."""
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
        run(
            """
            INSERT INTO serials_posting (kind, store_id, effective_on, reference, posted_at,
                posted_by_id)
            SELECT 'sale', %s, current_date - 10, 'BENCH-S' || id, now(), %s FROM products_product
            """,
            stage.store.pk,
            stage.manager.pk,
        )
        run("SET LOCAL session_replication_role = replica")
        run(
            """
            WITH sold AS (
                UPDATE serials_serial SET place_id = %s, seq = seq + 1, moved_on = current_date - 10
                WHERE place_id = %s AND id %% 100 < %s AND seq = 1
                RETURNING id, product_id
            )
            INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id, quantity,
                from_place_id, to_place_id, seq, continues, verified, unidentified)
            SELECT posting.id, 1, sold.product_id, sold.id, 1, %s, %s, 2, 1, true, false
            FROM sold JOIN serials_posting posting
                ON posting.reference = 'BENCH-S' || sold.product_id
            """,
            way.target.pk,
            way.source.pk,
            SOLD,
            way.source.pk,
            way.target.pk,
        )
        _receipts(stage)
    run("VACUUM ANALYZE")


def _receipts(stage: Stage) -> None:
    """A document with one line for each receipt of the stage."""
    receipts = "FROM serials_posting WHERE reference = 'BENCH-' || id"
    document = Document(kind=Kind.RECEIPT, store=stage.store, author=stage.manager)
    given = {
        field.column: field.get_db_prep_save(getattr(document, field.attname), connection)
        for field in Document._meta.concrete_fields
        if not field.primary_key
    }
    given |= {"status": "posted", "is_opening": True}
    varying = {"posting_id": "id", "number": "reference", "effective_on": "effective_on"}
    columns = [name for name in given if name not in varying]
    run(
        f"INSERT INTO documents_document ({', '.join([*varying, *columns])})"
        f" SELECT {', '.join(varying.values())}, {', '.join(['%s'] * len(columns))} {receipts}",
        *[given[name] for name in columns],
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


def file_figures(stage: Stage) -> tuple[int, float, float]:
    """A workbook of all that is in stock: its rows, its seconds, and the most megabytes held."""
    chosen = Chosen(
        stores=[stage.store.pk], own=[stage.store.pk], day=timezone.localdate(), everywhere=False
    )
    with tempfile.TemporaryFile() as file:
        began = time.perf_counter()
        rows = write(file, "xlsx", chosen)
        took = time.perf_counter() - began
    one = Chosen(
        stores=chosen.stores, own=chosen.own, day=chosen.day, products=[stage.product.pk]
    )  # fmt: skip
    tracemalloc.start()
    try:
        with tempfile.TemporaryFile() as file:
            write(file, "xlsx", one)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return rows, took, most / 1e6
