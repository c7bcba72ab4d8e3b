"""What later documents may settle of a posted one: pieces that come back, arrive, get serials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db.models import F, Q, QuerySet

from serials.stock import run

from .kinds import KindSpec
from .models import Document, Line, Outstanding, Status

Purpose = Outstanding.Purpose


class Left(NamedTuple):
    """What is left of a posted line to settle, and how many pieces wait for serials first."""

    pieces: int
    waiting: int = 0


def lock_outstanding(document: Document, *, purpose: str) -> dict[int, Left]:
    """Lock what the lines of a draft mean to settle, in order: what is left by the origin's line.

    A line whose document was cancelled has nothing left, and is not there. Units that were sold
    without their serial numbers come back when these are entered: nobody knows which they are.
    """
    return _left(_of_origins(document, purpose).select_for_update(no_key=True), purpose)


def read_outstanding(document: Document, *, purpose: str) -> dict[int, Left]:
    """The same without locks: for a page."""
    return _left(_of_origins(document, purpose), purpose)


def _of_origins(document: Document, purpose: str) -> QuerySet[Outstanding]:
    origins = Line.objects.filter(document=document, origin__isnull=False).values("origin_id")
    purposes = {purpose, Purpose.IDENTIFY} if purpose == Purpose.RETURN else {purpose}
    return Outstanding.objects.filter(line__in=origins, purpose__in=purposes).order_by(
        "line_id", "id"
    )


def _left(rows: Iterable[Outstanding], purpose: str) -> dict[int, Left]:
    found = list(rows)
    waiting = {row.line_id: row.left for row in found if row.purpose != purpose}
    return {
        row.line_id: Left(row.left - waiting.get(row.line_id, 0), waiting.get(row.line_id, 0))
        for row in found
        if row.purpose == purpose
    }


def left_of(lines: Sequence[Line], *, purpose: str) -> dict[int, int]:
    """Pieces of these lines that may still be settled, by line, read without locks."""
    rows = Outstanding.objects.filter(line__in=lines, purpose=purpose)
    return {row.line_id: row.left for row in rows}


def settle(document: Document, *, purpose: str) -> None:
    """Count the pieces of a posted document as settled: one statement."""
    run(_SETTLE.format(sign="+"), [document.pk, purpose])


def unsettle(document: Document, *, purpose: str) -> None:
    """Take that back, because the document is cancelled."""
    run(_SETTLE.format(sign="-"), [document.pk, purpose])


_SETTLE = """
    UPDATE documents_outstanding outstanding SET settled = settled {sign} came.pieces
    FROM (
        SELECT origin_id, sum(quantity) AS pieces FROM documents_line
        WHERE document_id = %s AND origin_id IS NOT NULL GROUP BY origin_id
    ) came
    WHERE outstanding.line_id = came.origin_id AND outstanding.purpose = %s
"""


def open_outstanding(document: Document, spec: KindSpec) -> None:
    """Note what may be settled of a document that is being posted: one statement each.

    The lines of an exchange that come back are settled themselves and open nothing.
    """
    if spec.opens:
        run(
            """
            INSERT INTO documents_outstanding (line_id, purpose, quantity, settled)
            SELECT id, %s, quantity, 0 FROM documents_line
            WHERE document_id = %s AND origin_id IS NULL
            """,
            [spec.opens, document.pk],
        )
    if document.without_serials:
        run(
            """
            INSERT INTO documents_outstanding (line_id, purpose, quantity, settled)
            SELECT id, %s, unidentified, 0 FROM documents_line
            WHERE document_id = %s AND unidentified > 0
            """,
            [Purpose.IDENTIFY, document.pk],
        )


def over_settled(lines: Sequence[Line], left: Mapping[int, Left]) -> list[tuple[Line, Left]]:
    """The lines that ask for more than their origins have left, each with what is left."""
    asked: Counter[int] = Counter()
    over = []
    for line in lines:
        if line.origin_id is None:
            continue
        asked[line.origin_id] += line.quantity
        there = left.get(line.origin_id, Left(0))
        if asked[line.origin_id] > there.pieces:
            over.append((line, there))
    return over


def settled_by(document: Document) -> list[Document]:
    """The posted documents that settled something of this one, newest first."""
    found = Document.objects.filter(
        Q(lines__origin__document=document), status=Status.POSTED
    ).distinct()
    return list(found.order_by("-pk"))


def unsettled_of(document: Document, purpose: str) -> list[Outstanding]:
    """What is still left of a posted document, by line."""
    return list(
        Outstanding.objects.filter(line__document=document, purpose=purpose)
        .filter(settled__lt=F("quantity"))
        .select_related("line__product")
        .order_by("line__position")
    )
