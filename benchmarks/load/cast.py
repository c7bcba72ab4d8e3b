"""Who works in the shop and what lies on its shelves, told to the people by a file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PASSWORD = "counter-at-nine-sharp"  # noqa: S105 - of a database that lives for minutes
CASHIER, COUNTER, MANAGER = "cashier", "counter", "manager"


@dataclasses.dataclass(slots=True)
class Person:
    """Somebody who signs in; `store` is where they work first, and for a cashier the only one."""

    name: str
    role: str
    store: int


@dataclasses.dataclass(slots=True)
class Shelf:
    """What a store has at the start: units by serial that a code means one thing of, barcodes of
    goods sold by the piece, units that were sold here long ago.

    `counted` are the products that are counted, by their keys, each with the serials that lie
    there; these are none of `units`.
    """

    store: int
    name: str
    prefix: str
    units: list[str]
    pieces: list[str]
    sold: list[str]
    counted: dict[str, list[str]]


@dataclasses.dataclass(slots=True)
class Cast:
    """All that the people know; `one_row` is the serial whose page is the limit, `serials` how many
    there are in the shop."""

    people: list[Person]
    shelves: list[Shelf]
    customers: list[str]
    one_row: int
    serials: int

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Cast:
        told: dict[str, Any] = json.loads(path.read_text())
        return cls(
            [Person(**one) for one in told["people"]],
            [Shelf(**one) for one in told["shelves"]],
            told["customers"],
            told["one_row"],
            told["serials"],
        )

    def shelf(self, store: int) -> Shelf:
        return next(shelf for shelf in self.shelves if shelf.store == store)


def shares(people: int) -> dict[str, int]:
    """How many of each role: ten cashiers to one who counts and one manager, never none."""
    few = max(1, people // 12)
    return {CASHIER: max(1, people - 2 * few), COUNTER: few, MANAGER: few}


def people_of(stores: Sequence[int], people: int) -> list[Person]:
    """Cashiers go round the stores; all who count work in the first one, on the same count."""
    counts = shares(people)
    return [
        Person(f"{role} {nth}", role, stores[0] if role == COUNTER else stores[nth % len(stores)])
        for role, count in counts.items()
        for nth in range(count)
    ]
