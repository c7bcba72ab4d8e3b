"""What a file would do: its rows as new, changed, unchanged and refused, and a fingerprint of it.

It is shown before anything is written, and compared with what the same file comes to when it is
written: who pressed the button has seen what happens.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from .tables import Row, Table, WrongCell, shown_cell


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One field of a row, in words: `old` is empty where there was nothing."""

    title: str
    old: str
    new: str


@dataclasses.dataclass(frozen=True, slots=True)
class RowFound:
    """A row that would be written: what it is about, and what would be in its fields."""

    number: int
    name: str
    changes: Sequence[Change]

    @property
    def removes(self) -> int:
        """How many of its fields would be emptied."""
        return sum(1 for change in self.changes if change.old and not change.new)


@dataclasses.dataclass(frozen=True, slots=True)
class RowRefused:
    """A row that is not taken: its wrong cell, what stands there, and why."""

    number: int
    cell: str
    title: str
    text: str
    reason: str


@dataclasses.dataclass(slots=True)
class Outcome:
    """What a file comes to, row by row."""

    new: list[RowFound] = dataclasses.field(default_factory=list)
    changed: list[RowFound] = dataclasses.field(default_factory=list)
    refused: list[RowRefused] = dataclasses.field(default_factory=list)
    unchanged: int = 0

    def refuse(
        self, table: Table, row: Row, wrong: WrongCell, *, titles: Mapping[str, Any]
    ) -> None:
        """Note that a row is not taken, with its wrong cell."""
        cell = shown_cell(table.cell(row, wrong.key))
        name, title = table.name_of(row, wrong.key), str(titles[wrong.key])
        self.refused.append(RowRefused(row.number, name, title, cell, str(wrong)))

    @property
    def to_write(self) -> int:
        return len(self.new) + len(self.changed)

    @property
    def removed(self) -> int:
        """How many values would be emptied."""
        return sum(row.removes for row in self.changed)

    @property
    def refused_rows(self) -> int:
        """Rows that are refused, each for one reason or several."""
        return len({row.number for row in self.refused})

    @property
    def fingerprint(self) -> str:
        """The same for the same outcome only."""
        return hashlib.sha256(self.packed()).hexdigest()

    def packed(self) -> bytes:
        """All of it in bytes."""
        rows = [
            [
                (row.number, row.name, [(one.title, one.old, one.new) for one in row.changes])
                for row in found
            ]
            for found in (self.new, self.changed)
        ]
        refused = [dataclasses.astuple(row) for row in self.refused]
        return json.dumps([*rows, refused, self.unchanged], ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> Outcome:
        """What `packed` gave."""
        new, changed, refused, unchanged = json.loads(packed)
        return cls(
            new=[_row(*row) for row in new],
            changed=[_row(*row) for row in changed],
            refused=[RowRefused(*row) for row in refused],
            unchanged=unchanged,
        )


def _row(number: int, name: str, changes: Sequence[Sequence[str]]) -> RowFound:
    return RowFound(number, name, [Change(*change) for change in changes])


class Changed(Exception):
    """The file comes to something else than was seen: the records moved on meanwhile."""
