"""What the people share: the shelves as they know them, and what they did."""

from __future__ import annotations

import os
import random
from collections import defaultdict, deque
from pathlib import Path

from .cast import Cast, Person
from .diary import Diary, Did

HOT = 3
"""Units a store's cashiers all reach for."""


class Shop:
    """Everything is changed between two requests, never during one, so nothing needs a lock."""

    def __init__(self, cast: Cast, diary: Diary) -> None:
        self.cast = cast
        self.diary = diary
        self.free: dict[str, list[Person]] = defaultdict(list)
        for person in cast.people:
            self.free[person.role].append(person)
        self.units = {shelf.store: deque(shelf.units) for shelf in cast.shelves}
        self.hot = {
            shelf.store: [self.units[shelf.store].popleft() for _ in range(HOT)]
            for shelf in cast.shelves
        }
        self.sold: dict[int, deque[str]] = {shelf.store: deque() for shelf in cast.shelves}
        self.to_cancel: deque[tuple[str, Did]] = deque()
        counted = cast.shelves[0]
        self.counted = {key: list(units) for key, units in counted.counted.items()}
        self.counted_product = {
            unit: key for key, units in counted.counted.items() for unit in units
        }
        self.sold_counted: dict[str, deque[str]] = {key: deque() for key in self.counted}

    def hire(self, role: str) -> Person:
        return self.free[role].pop(0)

    def take(self, store: int) -> str:
        """A unit of the shelf that nobody else reaches for; empty when all are sold."""
        return self.units[store].popleft() if self.units[store] else ""

    def hot_unit(self, store: int) -> str:
        """One that others reach for as well; empty when all are sold."""
        return random.choice(self.hot[store]) if self.hot[store] else ""

    def of_counted(self, store: int) -> str:
        """A unit of what is being counted meanwhile; empty when few are left."""
        if store != self.cast.shelves[0].store:
            return ""
        units = random.choice(list(self.counted.values()))
        return units.pop(random.randrange(len(units))) if len(units) > 10 else ""

    def product_counted(self, unit: str) -> str:
        """The product of a unit of those that are counted; empty for all others."""
        return self.counted_product.get(unit, "")

    def put_back(self, store: int, unit: str) -> None:
        """It lies on the shelf again."""
        if key := self.product_counted(unit):
            self.counted[key].append(unit)
        else:
            self.units[store].append(unit)

    def was_sold(self, store: int, unit: str) -> None:
        """It left the shelf, whoever reached for it."""
        if unit in self.hot[store]:
            self.hot[store].remove(unit)
            if fresh := self.take(store):
                self.hot[store].append(fresh)

    def note(self, did: Did) -> Did:
        self.diary.note(did)
        return did


shop = Shop(Cast.read(Path(os.environ["LOAD_CAST"])), Diary(Path(os.environ["LOAD_DIARY"])))
