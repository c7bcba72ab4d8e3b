"""What the server said it has done, a line each, for the comparison with the books afterwards."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True)
class Did:
    """An answer that something is done: `what` it was, and everything that moved by it.

    `out` and `back` are the serials that left the shelf of `store` and that came onto it, `broken`
    those that came back defective; `pieces` are the pieces sold, by SKU. Of a transfer `to` is the
    other store, and a cancelled sale is told as it was sold. Of a count `out` is what it found
    missing; of a fix `out` is what went instead of `back`.
    """

    what: str
    number: str
    store: int
    who: str
    out: list[str] = dataclasses.field(default_factory=list)
    back: list[str] = dataclasses.field(default_factory=list)
    broken: list[str] = dataclasses.field(default_factory=list)
    pieces: dict[str, int] = dataclasses.field(default_factory=dict)
    to: int = 0


class Diary:
    """The file: each line is there before anybody goes on."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("a", buffering=1)

    def note(self, did: Did) -> None:
        self.file.write(json.dumps(dataclasses.asdict(did)) + "\n")


def read(path: Path) -> Iterator[Did]:
    """What is written in a diary, in the order of the answers."""
    with path.open() as file:
        for line in file:
            yield Did(**json.loads(line))
