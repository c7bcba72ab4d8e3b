"""What was put right on a posted document's lines: which unit was written, and which one moved."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence

from .models import Document, Kind, Line, LineSerial, Status

PUT_BACK, WENT_INSTEAD = 1, 2
"""The positions of a correction's lines."""


@dataclasses.dataclass(frozen=True, slots=True)
class Corrected:
    """`written` stood on a line and `went` moved, as the posted document `by` says."""

    by: Document
    written: str
    written_key: str
    went: str


def corrections_of(lines: Sequence[Line]) -> Mapping[int, Sequence[Corrected]]:
    """What stands corrected of posted lines, by line, the oldest first: one query."""
    rows = (
        LineSerial.objects.filter(
            line__origin__in=lines,
            document__kind=Kind.CORRECTION,
            document__status=Status.POSTED,
        )
        .select_related("line", "document")
        .order_by("document__posting_id", "line__position")
    )
    written: dict[int, LineSerial] = {}
    found: defaultdict[int, list[Corrected]] = defaultdict(list)
    for row in rows:
        if row.line.position == PUT_BACK:
            written[row.document_id] = row
        elif row.line.origin_id is not None:
            before = written[row.document_id]
            found[row.line.origin_id].append(
                Corrected(row.document, before.text, before.key, row.text)
            )
    return found
