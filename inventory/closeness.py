"""How alike two serial numbers are, as people take one for the other. Pure."""

from __future__ import annotations

import enum

LONG_ENOUGH = 6
"""Characters of a serial from which on two edits still say something."""
SERIES = 100
"""How far apart the numbers of one delivery's units usually are, at most."""

_LOOKS = str.maketrans("OIBS", "0185")


class Likeness(enum.IntEnum):
    """What sets two serials apart; the higher, the easier one is taken for the other."""

    FAR = 0
    SAME_SERIES = 1
    TWO_DIFFER = 2
    NEIGHBOURS = 3
    ONE_DIFFERS = 4
    TRANSPOSED = 5
    LOOK_ALIKE = 6


MISTYPED = frozenset(
    {Likeness.TWO_DIFFER, Likeness.ONE_DIFFERS, Likeness.TRANSPOSED, Likeness.LOOK_ALIKE}
)
"""What a slip of the finger or the eye makes of a serial."""


def likeness(one: str, other: str) -> Likeness:
    """What sets two different keys apart, the likeliest reason first."""
    if _look(one) == _look(other):
        return Likeness.LOOK_ALIKE
    apart = distance(one, other, most=2)
    if apart == 1:
        is_swapped = len(one) == len(other) and sorted(one) == sorted(other)
        return Likeness.TRANSPOSED if is_swapped else Likeness.ONE_DIFFERS
    gap = number_gap(one, other)
    if gap == 1:
        return Likeness.NEIGHBOURS
    if apart == 2 and min(len(one), len(other)) >= LONG_ENOUGH:
        return Likeness.TWO_DIFFER
    if gap is not None and gap <= SERIES:
        return Likeness.SAME_SERIES
    return Likeness.FAR


def _look(key: str) -> str:
    """The key with signs that look alike made the same: O and 0, I and 1, B and 8, S and 5."""
    return key.upper().translate(_LOOKS)


def distance(one: str, other: str, *, most: int) -> int:
    """Characters put in, left out, changed, or swapped with the next one: `most` + 1 when more.

    The optimal string alignment distance, row by row, given up as soon as it exceeds `most`.
    """
    one, other = _unlike_part(one, other)
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, sign in enumerate(one, start=1):
        above, before, row = before, row, [i]
        for j, counter in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (sign != counter))
            if i > 1 and j > 1 and sign == other[j - 2] and one[i - 2] == counter:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return min(row[-1], most + 1)


def _unlike_part(one: str, other: str) -> tuple[str, str]:
    """The two without the beginning and the end that they share: no edit is needed there."""
    start, shortest = 0, min(len(one), len(other))
    while start < shortest and one[start] == other[start]:
        start += 1
    end = 0
    while end < shortest - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[start : len(one) - end], other[start : len(other) - end]


def number_gap(one: str, other: str) -> int | None:
    """How far apart the numbers at the end of two keys are; None when what is before differs.

    Both have to be as long: …0999 and …1000 are neighbours, 999 and 1000 are not.
    """
    if len(one) != len(other):
        return None
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    ends = one[start:], other[start:]
    if not all(end.isascii() and end.isdigit() for end in ends):
        return None
    return abs(int(ends[0]) - int(ends[1]))
