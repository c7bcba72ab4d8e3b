"""The figures of a run: printed as they come, and at the end as a table in Markdown."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import traceback
from collections.abc import Iterator


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    name: str
    took: str
    ratio: str
    bar: str
    missed: bool


@dataclasses.dataclass(slots=True)
class Report:
    """Parts with their rows. A part that breaks is missed, and the next one goes on."""

    parts: dict[str, list[Row]] = dataclasses.field(default_factory=dict)

    @contextlib.contextmanager
    def part(self, title: str) -> Iterator[None]:
        self.parts[title] = []
        print(f"\n{title}", flush=True)
        try:
            yield
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            self.add("this part", "–", "–", f"broke off: {type(error).__name__}", missed=True)

    def add(self, name: str, took: str, ratio: str, bar: str, *, missed: bool) -> None:
        """A figure of the part that was begun last."""
        rows = list(self.parts.values())[-1]
        rows.append(Row(name, took, ratio, bar, missed))
        mark = "MISSED" if missed else ""
        print(f"  {name:58} {took:>22}  {ratio:>10}  {bar} {mark}".rstrip(), flush=True)

    @property
    def missed(self) -> list[str]:
        return [row.name for rows in self.parts.values() for row in rows if row.missed]

    def markdown(self) -> str:
        """Every figure as tables for docs/performance.md."""
        lines = []
        for title, rows in self.parts.items():
            lines += [
                "",
                f"### {title}",
                "",
                "| | took | ratio | bar | |",
                "|---|---:|---:|---|---|",
            ]
            lines += [
                f"| {row.name.replace('|', '/')} | {row.took} | {row.ratio} | {row.bar} "
                f"| {'**missed**' if row.missed else 'kept'} |"
                for row in rows
            ]
        return "\n".join(lines)
