"""The figures of a run as tables in Markdown, for docs/load.md."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from .watching import Watch


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """A run: what locust measured, what the machine did, what is wrong with the books."""

    title: str
    people: int
    measured: dict[str, Any]
    watch: Watch
    acknowledged: dict[str, int]
    wrong: Sequence[str]
    faults: Sequence[str]

    @property
    def failed(self) -> int:
        return sum(row["failed"] for row in self.measured["rows"])

    @property
    def is_clean(self) -> bool:
        return not (self.failed or self.wrong or self.faults)


def tell(outcome: Outcome) -> str:
    return "\n".join(_lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    measured, watch = outcome.measured, outcome.watch
    limit = max(measured["limit"], 1)
    rows = measured["rows"]
    total = sum(row["count"] for row in rows)
    yield f"### {outcome.title}"
    yield ""
    part = measured["rate"] / (measured["limit_rate"] or 1)
    yield (
        f"{total:,} requests of {outcome.people} people in {watch.seconds:.0f} s, "
        f"{measured['rate']:.1f} a second: {part:.2f} of the {measured['limit_rate']:.0f} pages of "
        "one row that the same server gives at most. "
        f"Errors: {outcome.failed}. Wrong in the books: {len(outcome.wrong)}. "
        f"Faults in the log: {len(outcome.faults)}. "
        f"Deadlocks that PostgreSQL broke and the program did again: {watch.deadlocks}."
    )
    yield ""
    done = ", ".join(f"{count} {what}" for what, count in sorted(outcome.acknowledged.items()))
    yield f"Acknowledged, and each found once in the books: {done}."
    yield ""
    yield f"× is a page of one row asked for by one client: {limit:.0f} ms at the median."
    yield ""
    yield "| request | times | median | 95 % | 99 % | longest |"
    yield "|---|---:|---:|---:|---:|---:|"
    for row in rows:
        ratios = " | ".join(
            f"{row[name] / limit:.1f} ×" for name in ("median", "p95", "p99", "most")
        )
        failed = f", {row['failed']} wrong" if row["failed"] else ""
        yield f"| {row['name']}{failed} | {row['count']} | {ratios} |"
    yield ""
    yield "| processor time | of all that was used |"
    yield "|---|---:|"
    used = sum(watch.cpu.values()) or 1
    for program, seconds in watch.cpu.most_common():
        yield f"| {program} | {seconds / used:.0%} |"
    yield ""
    yield "| what the database was seen doing | at once, on average |"
    yield "|---|---:|"
    for event, seen in watch.waits.most_common(8):
        yield f"| {event} | {seen / max(1, watch.looks):.2f} |"
    for statement, seen in watch.statements.most_common(12):
        print(f"{seen / max(1, watch.looks):.2f}  {statement}", file=sys.stderr)
    for error in measured["errors"]:
        yield f"\nERROR {error['count']} × {error['error']}"
    for wrong in (*outcome.wrong[:20], *outcome.faults[:20]):
        yield f"\nWRONG {wrong}"
