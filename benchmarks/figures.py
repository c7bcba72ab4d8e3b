"""Documents of 10,000 serials, and a scan on a draft."""

from __future__ import annotations

import dataclasses
import statistics
import time
import uuid

from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from company.access import access_of
from documents import drafting
from documents.cancelling import cancel_document
from documents.models import Document, Kind
from documents.pasting import paste_serials
from documents.posting import post_document
from serials.models import PlaceKind, Serial

from .limits import CopyLimit, seconds
from .stage import Stage

UNITS = 10_000
RECEIPT_BAR, SALE_BAR = 4.0, 5.0
SCAN_LIMIT_MS = 100.0


def draft_of(
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


def posting_figures(stage: Stage, limit: CopyLimit, rounds: int) -> list[tuple[Step, float, float]]:
    """Each step as a ratio to COPY of the same rows, and its seconds: medians."""
    ratios: dict[Step, list[float]] = {step: [] for step in STEPS}
    spent: dict[Step, list[float]] = {step: [] for step in STEPS}
    for nth in range(rounds):
        texts = [f"NEW-{nth}-{uuid.uuid4().hex[:8]}-{unit:05d}" for unit in range(UNITS)]
        made: dict[str, Document] = {}
        for step in STEPS:
            took, posting = _take(stage, step, texts, made)
            rows = _rows(posting, with_warranty=step.with_warranty)
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
    document = made[step.kind] = draft_of(stage, step.kind, texts, sold=sold)
    took = seconds(lambda: post_document(document.pk, by=access, now=now))
    return took, Document.objects.get(pk=document.pk).posting_id or 0


def scan_figures(stage: Stage, rounds: int) -> dict[str, float]:
    """Milliseconds of one scan on a sale, by the whole server side: median and the worst of 20."""
    client = Client(headers={"hx-request": "true"})
    client.force_login(get_user_model().objects.get(pk=stage.manager.pk))
    times = []
    document = Document.objects.create(kind=Kind.SALE, store=stage.store, author=stage.manager)
    lying = Serial.objects.filter(
        product=stage.product, place__store=stage.store, place__kind=PlaceKind.SHELF
    )
    for text in lying.order_by("pk").values_list("text", flat=True)[: 20 * rounds]:
        start = time.perf_counter()
        response = client.post(
            f"/documents/{document.pk}/scan/", {"scan": text, "nonce": str(uuid.uuid4())}
        )
        times.append((time.perf_counter() - start) * 1000)
        if b'data-result="accepted"' not in response.content:
            raise RuntimeError(f"scan of {text} was not accepted")
    times.sort()
    return {"median": statistics.median(times), "99 %": times[int(len(times) * 0.99)]}
