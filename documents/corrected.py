"""What was put right on a posted document's lines: which unit was written, and which it was."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence

from .models import Document, Kind, Line, LineSerial, Status

PUT_BACK = 1
"""The position of a correction's line that puts a unit back; the other moved in its place."""


@dataclasses.dataclass(frozen=True, slots=True)
class Corrected:
    """`written` stands on a line and was in fact `went`, as the posted document `by` says."""

    by: Document
    written: str
    written_key: str
    went: str


def corrections_of(lines: Sequence[Line]) -> Mapping[int, Sequence[Corrected]]:
    """What stands corrected of posted lines, by line: one query.

    Of a unit that was put right more than once the last word counts, and it is not corrected at
    all when that is the unit that was written.
    """
    rows = (
        LineSerial.objects.filter(
            line__origin__in=lines,
            document__kind=Kind.CORRECTION,
            document__status=Status.POSTED,
        )
        .select_related("line", "document__origin")
        .order_by("document__posting_id", "line__position")
    )
    parts: defaultdict[tuple[int, int], list[LineSerial]] = defaultdict(list)
    for row in rows:
        parts[row.line.origin_id or 0, row.document_id].append(row)
    # By line, and by the unit that moved in fact as far as it is known.
    found: defaultdict[int, dict[str, Corrected]] = defaultdict(dict)
    for (line_id, _), (put_back, went) in parts.items():
        by = put_back.document
        wrong, right = (went, put_back) if by.is_mistyped_receipt else (put_back, went)
        before = found[line_id].pop(wrong.key, None)
        written = (before.written, before.written_key) if before else (wrong.text, wrong.key)
        if right.key != written[1]:
            found[line_id][right.key] = Corrected(by, *written, right.text)
    return {line_id: list(of_line.values()) for line_id, of_line in found.items()}
