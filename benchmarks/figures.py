"""What is measured, against what, and how much is allowed."""

from __future__ import annotations

import dataclasses
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
from documents.cancelling import cancel_document
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


def _document(
    stage: Stage, kind: str, texts: list[str], *, sold: Document | None = None
) -> Document:
    """A draft with these serials; of a return they come back from a sale."""
    access = access_of(stage.manager)
    document = Document.objects.create(
        kind=kind,
        store=stage.store,
        author=stage.manager,
        is_opening=kind == Kind.RECEIPT,
        to_store=stage.other_store if kind == Kind.TRANSFER else None,
    )
    origin = sold.lines.get() if sold else None
    line, _ = drafting.line_for(document, stage.product, origin=origin)
    paste_serials(document.pk, line.pk, "\n".join(texts), by=access)
    document.lines.update(remark="bench")
    return document


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One document of 10,000 serials, or cancelling it, and how much it may cost.

    New units have the bar of a receipt, units that are known and move on that of a sale.

    Where warranty is started or ended its rows are written too, so the limit has them as well.
    """

    kind: str
    bar: float
    with_warranty: bool = False
    cancels: bool = False

    @property
    def name(self) -> str:
        words = self.kind.replace("_", " ")
        return f"cancelling a {words}" if self.cancels else words


STEPS = (
    Step(Kind.RECEIPT, RECEIPT_BAR),
    Step(Kind.TRANSFER, SALE_BAR),
    Step(Kind.TRANSFER, SALE_BAR, cancels=True),
    Step(Kind.SALE, SALE_BAR, with_warranty=True),
    Step(Kind.CUSTOMER_RETURN, SALE_BAR, with_warranty=True),
    Step(Kind.CUSTOMER_RETURN, SALE_BAR, with_warranty=True, cancels=True),
)
"""A unit's life in the order it is measured: received, sent and called back, sold, brought back."""

SERIALS = "SELECT serial_id FROM serials_ledgerentry WHERE posting_id = {posting}"
TERMS = f"SELECT id FROM warranty_term WHERE serial_id IN ({SERIALS})"


def _rows(posting: int, *, with_warranty: bool) -> dict[str, str]:
    """Which rows of each table a posting wrote: new ones, and those changed."""
    rows = {
        "serials_serial": f"id IN ({SERIALS})",
        "serials_ledgerentry": "posting_id = {posting}",
    }
    if with_warranty:
        rows["warranty_term"] = f"id IN ({TERMS})"
        rows["warranty_card"] = f"term_id IN ({TERMS})"
    return {table: condition.format(posting=posting) for table, condition in rows.items()}


def posting_figures(stage: Stage, rounds: int) -> list[tuple[Step, float, float]]:
    """Each step as a ratio to COPY of the same rows, and its seconds: medians."""
    limit = CopyLimit("serials_serial", "serials_ledgerentry", "warranty_term", "warranty_card")
    ratios: dict[Step, list[float]] = {step: [] for step in STEPS}
    spent: dict[Step, list[float]] = {step: [] for step in STEPS}
    for nth in range(rounds):
        texts = [f"NEW-{nth}-{uuid.uuid4().hex[:8]}-{unit:05d}" for unit in range(UNITS)]
        made: dict[str, Document] = {}
        for step in STEPS:
            took, posting = _take(stage, step, texts, made)
            rows = _rows(posting, with_warranty=step.with_warranty)
            # What was there before is written anew: its twins go first.
            for table, condition in rows.items():
                same = f"SELECT id FROM {table} WHERE {condition}"
                run(f"DELETE FROM twin_{table} WHERE id IN ({same})")
            ratios[step].append(took / limit.seconds(rows))
            spent[step].append(took)
    return [
        (step, statistics.median(ratios[step]), statistics.median(spent[step])) for step in STEPS
    ]


def _take(
    stage: Stage, step: Step, texts: list[str], made: dict[str, Document]
) -> tuple[float, int]:
    """Do a step; its seconds, and the posting it wrote."""
    access, now = access_of(stage.manager), timezone.now()
    if step.cancels:
        pk = made[step.kind].pk
        took = seconds(lambda: cancel_document(pk, by=access, reason="bench", now=now))
        return took, Document.objects.get(pk=pk).cancellation_id or 0
    sold = made[Kind.SALE] if step.kind == Kind.CUSTOMER_RETURN else None
    document = made[step.kind] = _document(stage, step.kind, texts, sold=sold)
    took = seconds(lambda: post_document(document.pk, by=access, now=now))
    return took, Document.objects.get(pk=document.pk).posting_id or 0


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
    for step, ratio, took in posting_figures(stage, rounds):
        limit = f"× COPY of the same rows (at most {step.bar:.0f})"
        print(f"  {step.name:28} {ratio:5.2f} {limit}  {took:.2f} s")
        if ratio > step.bar:
            missed.append(step.name)
    scan = scan_figures(stage, rounds)
    print(f"\nA scan on a draft sale with {serials:,} serials in the database:")
    for name, took in scan.items():
        print(f"  {name:8} {took / SCAN_LIMIT_MS:5.2f} of the limit of 100 ms  {took:.1f} ms")
    if scan["median"] > SCAN_LIMIT_MS:
        missed.append("scan")
    if missed:
        print(f"\nMissed: {', '.join(missed)}")
    return 1 if missed else 0
