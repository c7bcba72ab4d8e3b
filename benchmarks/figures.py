"""What is measured, against what, and how much is allowed."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from company.access import access_of
from documents import drafting
from documents.models import Document, Kind
from documents.pasting import paste_serials
from documents.posting import post_document

from .stage import Stage, build, run

UNITS = 10_000
RECEIPT_BAR, SALE_BAR = 4.0, 5.0
SCAN_LIMIT_MS = 100.0


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class CopyLimit:
    """The limit: the rows of a posting written by plain COPY into twins of the tables.

    A twin has the same columns and the same indexes, and as many rows before; it has no foreign
    keys, no triggers, and nobody checks anything.
    """

    def __init__(self, *tables: str) -> None:
        self.tables = tables
        for table in tables:
            run(f"CREATE TABLE twin_{table} (LIKE {table} INCLUDING ALL)")
            run(f"INSERT INTO twin_{table} OVERRIDING SYSTEM VALUE SELECT * FROM {table}")
        run("VACUUM ANALYZE")

    def seconds(self, conditions: dict[str, str]) -> float:
        """Copy the rows that fit each table's condition into its twin; read and parse apart."""
        blocks = []
        for table, condition in conditions.items():
            query = f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT"
            with connection.cursor() as cursor, cursor.copy(query) as out:
                blocks.append((table, b"".join(bytes(part) for part in out)))

        def write() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                for table, block in blocks:
                    with cursor.copy(f"COPY twin_{table} FROM STDIN") as into:
                        into.write(block)

        return seconds(write)


def _document(stage: Stage, kind: str, texts: list[str]) -> Document:
    access = access_of(stage.manager)
    document = Document.objects.create(
        kind=kind, store=stage.store, author=stage.manager, is_opening=kind == Kind.RECEIPT
    )
    line, _ = drafting.line_for(document, stage.product)
    paste_serials(document.pk, line.pk, "\n".join(texts), by=access)
    return document


def posting_figures(stage: Stage, rounds: int) -> list[tuple[str, float, float]]:
    """Receipt and sale of 10,000 strict serials, each as a ratio to COPY of the same rows."""
    access = access_of(stage.manager)
    limit = CopyLimit("serials_serial", "serials_ledgerentry", "warranty_term", "warranty_card")
    ratios: dict[str, list[float]] = {Kind.RECEIPT: [], Kind.SALE: []}
    spent: dict[str, list[float]] = {Kind.RECEIPT: [], Kind.SALE: []}
    for nth in range(rounds):
        texts = [f"NEW-{nth}-{uuid.uuid4().hex[:8]}-{unit:05d}" for unit in range(UNITS)]
        for kind in (Kind.RECEIPT, Kind.SALE):
            document = _document(stage, kind, texts)
            took = seconds(lambda: post_document(document.pk, by=access, now=timezone.now()))  # noqa: B023
            posting = Document.objects.get(pk=document.pk).posting_id
            conditions = {
                "serials_serial": "id IN (SELECT serial_id FROM serials_ledgerentry"
                f" WHERE posting_id = {posting})",
                "serials_ledgerentry": f"posting_id = {posting}",
            }
            if kind == Kind.SALE:
                # Sold serials are rows written anew as well: their twins go first.
                run(
                    "DELETE FROM twin_serials_serial twin USING serials_ledgerentry entry"
                    " WHERE entry.serial_id = twin.id AND entry.posting_id = %s",
                    posting,
                )
                conditions["warranty_term"] = f"posting_id = {posting}"
                conditions["warranty_card"] = (
                    f"term_id IN (SELECT id FROM warranty_term WHERE posting_id = {posting})"
                )
            ratios[kind].append(took / limit.seconds(conditions))
            spent[kind].append(took)
    return [
        (kind, statistics.median(ratios[kind]), statistics.median(spent[kind])) for kind in ratios
    ]


def scan_figures(stage: Stage, rounds: int) -> dict[str, float]:
    """Milliseconds of one scan on a sale, by the whole server side: median and the worst of 20."""
    client = Client(headers={"hx-request": "true"})
    client.force_login(get_user_model().objects.get(pk=stage.manager.pk))
    times = []
    document = Document.objects.create(kind=Kind.SALE, store=stage.store, author=stage.manager)
    for nth in range(20 * rounds):
        text = f"SN{nth * 97 % 9000 + 1:012d}"
        start = time.perf_counter()
        response = client.post(
            f"/documents/{document.pk}/scan/", {"scan": text, "nonce": str(uuid.uuid4())}
        )
        times.append((time.perf_counter() - start) * 1000)
        if b'data-result="accepted"' not in response.content:
            raise RuntimeError(f"scan of {text} was not accepted")
    times.sort()
    return {"median": statistics.median(times), "99 %": times[int(len(times) * 0.99)]}


def measure(*, serials: int, rounds: int) -> int:
    """Measure everything and print it; the exit status."""
    print(f"Filling a database with {serials:,} serials …", flush=True)
    stage = build(serials)
    missed = []
    print(f"\n{UNITS:,} strict serials in one document, {rounds} rounds, medians:")
    for kind, ratio, took in posting_figures(stage, rounds):
        bar = RECEIPT_BAR if kind == Kind.RECEIPT else SALE_BAR
        print(f"  {kind:8} {ratio:5.2f} × COPY of the same rows (at most {bar:.0f})  {took:.2f} s")
        if ratio > bar:
            missed.append(kind)
    scan = scan_figures(stage, rounds)
    print(f"\nA scan on a draft sale with {serials:,} serials in the database:")
    for name, took in scan.items():
        print(f"  {name:8} {took / SCAN_LIMIT_MS:5.2f} of the limit of 100 ms  {took:.1f} ms")
    if scan["median"] > SCAN_LIMIT_MS:
        missed.append("scan")
    if missed:
        print(f"\nMissed: {', '.join(missed)}")
    return 1 if missed else 0
