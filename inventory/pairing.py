"""Guessing which missing unit lies behind an unknown one: scores, and who gets which. Pure."""

from __future__ import annotations

import bisect
import dataclasses
import datetime as dt
import enum
import itertools
from collections.abc import Iterator, Mapping, Sequence

from .closeness import MISTYPED, Likeness, likeness

MOST_GUESSES = 5
"""Guesses for one unknown; of so few missing units each may be it, however unlike."""
LOOKED_AT = 6
"""Missing units looked at on either side of an unknown one, by the order of their numbers."""
FURTHEST = 1_000
"""How many on either side that can't be it are passed over."""
_TOGETHER = 2
"""What having been received together is worth, in steps of likeness."""


class Way(enum.Enum):
    """How an unknown unit may be put right by one that is missing."""

    SWAP = "swap"
    MISTYPED = "mistyped"
    NONE = "none"


@dataclasses.dataclass(frozen=True, slots=True)
class Sought:
    """An unknown unit. `left_at` is when it was written to have left, empty if it never did.

    Without a product it may be one of any. `received` is the posting that it came by.
    """

    scan_id: int
    key: str
    product_id: int | None
    way: Way
    left_at: dt.datetime | None = None
    received: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Missing:
    """A unit that nobody has scanned so far, and when its goods last came into the store.

    `is_new` says that a receipt brought them, or that its number was entered later; `received` is
    the posting that it came by, where known.
    """

    serial_id: int
    key: str
    product_id: int
    came_at: dt.datetime
    is_new: bool
    received: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Guess:
    """That a missing unit was moved in place of an unknown one, or received under its number."""

    missing: Missing
    likeness: Likeness
    together: bool
    missing_of_product: int
    apart: dt.timedelta

    @property
    def rank(self) -> tuple[int, dt.timedelta, str, int]:
        """The likeliest first: closeness and a common receipt, then the nearer in time."""
        return -self.points, self.apart, self.missing.key, self.missing.serial_id

    @property
    def points(self) -> int:
        return self.likeness + _TOGETHER * self.together

    @property
    def is_only_one(self) -> bool:
        """Whether no other unit of the product is missing."""
        return self.missing_of_product == 1

    @property
    def is_telling(self) -> bool:
        """Whether it says enough to be proposed: any one of many in a delivery does not."""
        return self.likeness >= Likeness.TWO_DIFFER or self.missing_of_product <= MOST_GUESSES


@dataclasses.dataclass(frozen=True, slots=True)
class Guesses:
    """The best guess, unless there is none or it is a better one elsewhere, and the others."""

    best: Guess | None = None
    others: Sequence[Guess] = ()


def guess(sought: Sought, missing: Missing, *, missing_of_product: int) -> Guess | None:
    """What speaks for this pair; None when it can't be, or nothing speaks for it."""
    if not _fits(sought, missing):
        return None
    close = likeness(sought.key, missing.key)
    if sought.way == Way.MISTYPED and close not in MISTYPED:
        return None
    found = Guess(
        missing=missing,
        likeness=close,
        together=sought.received is not None and sought.received == missing.received,
        missing_of_product=missing_of_product,
        apart=(sought.left_at - missing.came_at) if sought.left_at else dt.timedelta(),
    )
    return found if found.points > 0 or missing_of_product <= MOST_GUESSES else None


def pair(all_sought: Sequence[Sought], all_missing: Sequence[Missing]) -> Mapping[int, Guesses]:
    """The guesses for each unknown, by its scan: no missing unit is the best one for two.

    The likeliest pair of all is taken first, then the likeliest of what is left, and so on.
    """
    shelves = _Shelves(all_missing)
    guesses = {
        sought.scan_id: sorted(
            (
                found
                for missing in shelves.around(sought)
                if (found := guess(sought, missing, missing_of_product=shelves.count(missing)))
            ),
            key=lambda found: found.rank,
        )
        for sought in all_sought
    }
    best = _assign(guesses)
    return {
        scan_id: Guesses(best.get(scan_id), _others(found, best.get(scan_id)))
        for scan_id, found in guesses.items()
    }


def _assign(guesses: Mapping[int, Sequence[Guess]]) -> dict[int, Guess]:
    every = sorted(
        (found.rank, scan_id, nth)
        for scan_id, of_scan in guesses.items()
        for nth, found in enumerate(of_scan)
        if found.is_telling
    )
    best: dict[int, Guess] = {}
    taken: set[int] = set()
    for _rank, scan_id, nth in every:
        found = guesses[scan_id][nth]
        if scan_id not in best and found.missing.serial_id not in taken:
            best[scan_id] = found
            taken.add(found.missing.serial_id)
    return best


def _others(found: Sequence[Guess], best: Guess | None) -> Sequence[Guess]:
    rest = [one for one in found if one is not best]
    return tuple(rest[: MOST_GUESSES - (best is not None)])


class _Shelf:
    """Missing units in the order of their numbers, and in that of the numbers read backwards.

    A slip near the end of a number leaves the two close in the one order, a slip near its
    beginning in the other: so a few on either side are looked at, of however many.
    """

    def __init__(self, units: Sequence[Missing]) -> None:
        self._by_key = sorted(units, key=lambda unit: (unit.key, unit.serial_id))
        self._backwards = sorted(units, key=lambda unit: (unit.key[::-1], unit.serial_id))

    def around(self, sought: Sought) -> Iterator[Missing]:
        """Those nearest by number that may be the one behind the unknown unit."""
        places = (
            bisect.bisect_left(self._by_key, sought.key, key=lambda unit: unit.key),
            bisect.bisect_left(self._backwards, sought.key[::-1], key=lambda unit: unit.key[::-1]),
        )
        for order, at in zip((self._by_key, self._backwards), places, strict=True):
            after = range(at, min(len(order), at + FURTHEST))
            before = range(at - 1, max(-1, at - 1 - FURTHEST), -1)
            for side in (after, before):
                units = (order[place] for place in side)
                fitting = (unit for unit in units if _fits(sought, unit))
                yield from itertools.islice(fitting, LOOKED_AT)


def _fits(sought: Sought, missing: Missing) -> bool:
    """Whether the two can have been mixed up, whatever their numbers are."""
    if sought.product_id not in (None, missing.product_id):
        return False
    if sought.way == Way.MISTYPED:
        return missing.is_new
    # What came after the other one had left can't have gone in its place.
    return (
        sought.way == Way.SWAP and sought.left_at is not None and missing.came_at <= sought.left_at
    )


class _Shelves:
    """The missing units by product, by receipt, and all together."""

    def __init__(self, units: Sequence[Missing]) -> None:
        self._units = units
        self._products: dict[int, list[Missing]] = {}
        self._receipts: dict[tuple[int, int], list[Missing]] = {}
        for unit in units:
            self._products.setdefault(unit.product_id, []).append(unit)
            if unit.received is not None:
                self._receipts.setdefault((unit.product_id, unit.received), []).append(unit)
        self._shelves: dict[object, _Shelf] = {}

    def count(self, unit: Missing) -> int:
        """How many units of the same product are missing."""
        return len(self._products[unit.product_id])

    def around(self, sought: Sought) -> list[Missing]:
        """Those worth a closer look: with a number near this one, of the product or its receipt."""
        product, received = sought.product_id, sought.received
        of_product = self._units if product is None else self._products.get(product, ())
        near = {unit.serial_id: unit for unit in self._near(product, of_product, sought)}
        if product is not None and received is not None:
            receipt = product, received
            together = self._receipts.get(receipt, ())
            near |= {unit.serial_id: unit for unit in self._near(receipt, together, sought)}
        return list(near.values())

    def _near(self, name: object, units: Sequence[Missing], sought: Sought) -> Iterator[Missing]:
        if name not in self._shelves:
            self._shelves[name] = _Shelf(units)
        return self._shelves[name].around(sought)
