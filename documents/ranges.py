"""Ranges of serial numbers: from A001 to A250, with nothing guessed. Pure, no SQL.

A range is only ever taken when a person asks for it and has seen what it comes to.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from serials.text import LONGEST, serial_key, tidy

MOST_IN_RANGE = 10_000

_DIGITS = re.compile(r"([0-9]+)")
_SURELY = re.compile(r"\s*(?:\.{2,3}|…|–|—)\s*")
"""What nobody writes inside a serial number."""


class WrongRange(Exception):
    """Two serial numbers that are no range: at which of the fields, and why."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(message)


@dataclasses.dataclass(frozen=True, slots=True)
class SerialRange:
    """All serial numbers from `start` to `end`, both included, between prefix and suffix.

    The number has at least `width` digits: what it lacks are leading zeros.
    """

    prefix: str
    suffix: str
    start: int
    end: int
    width: int

    def __len__(self) -> int:
        return self.end - self.start + 1

    def __iter__(self) -> Iterator[str]:
        return (self._text(number) for number in range(self.start, self.end + 1))

    def _text(self, number: int) -> str:
        return f"{self.prefix}{number:0{self.width}}{self.suffix}"

    @property
    def first(self) -> list[str]:
        """The first three of it."""
        return [self._text(self.start + nth) for nth in range(min(3, len(self)))]

    @property
    def last(self) -> list[str]:
        """The last three of it that are not among the first."""
        after = self.start + len(self.first)
        return [self._text(number) for number in range(max(after, self.end - 2), self.end + 1)]

    @property
    def between(self) -> int:
        """How many lie between the first and the last three."""
        return len(self) - len(self.first) - len(self.last)


def read_range(first: str, last: str) -> SerialRange:
    """The range from one serial number to another.

    They are alike but for one number. Which one that is nobody has to say, and leading zeros
    stay. Raises WrongRange.
    """
    first, last = tidy(first), tidy(last)
    for field, text, missing in (
        ("first", first, _("Write the first serial number.")),
        ("last", last, _("Write the last serial number.")),
    ):
        if not text:
            raise WrongRange(field, missing)
        if len(text) > LONGEST or len(serial_key(text)) > LONGEST:
            words = _("A serial number has at most %(most)d characters.")
            raise WrongRange(field, words % {"most": LONGEST})
        if not _DIGITS.search(text):
            raise WrongRange(field, _("There is no number in it to count on from."))
    return _counted(first, last)


def _counted(first: str, last: str) -> SerialRange:
    parts, others = _DIGITS.split(first), _DIGITS.split(last)
    # Every other part is a number: 0, 2, 4 … are what stands around them.
    if [serial_key(part) for part in parts[::2]] != [serial_key(part) for part in others[::2]]:
        raise WrongRange("last", _("It has to be like the first one in everything but its number."))
    changing = [nth for nth in range(1, len(parts), 2) if parts[nth] != others[nth]]
    if len(changing) > 1:
        raise WrongRange("last", _("It differs from the first one in more than one number."))
    place = changing[0] if changing else len(parts) - 2
    width = len(parts[place])
    start, end = int(parts[place]), int(others[place])
    if f"{end:0{width}}" != others[place]:
        raise WrongRange("last", _("Its number has another count of digits than the first one's."))
    if end < start:
        raise WrongRange("last", _("It comes before the first one."))
    if end - start >= MOST_IN_RANGE:
        words = _("A range has at most %(most)s serial numbers, and this one has %(count)s.")
        raise WrongRange("last", words % {"most": MOST_IN_RANGE, "count": end - start + 1})
    before, after = "".join(parts[:place]), "".join(parts[place + 1 :])
    return SerialRange(before, after, start, end, width)


def looks_like_range(text: str) -> tuple[str, str] | None:
    """The two ends of what somebody may have meant as a range: it is to be asked about.

    Dots and dashes are read so wherever both sides make a range. A hyphen stands in many serial
    numbers, so its sides have to begin with the same letters: 2024-2031 is a serial number.
    """
    text = tidy(text)
    if len(text) > 2 * LONGEST + 3:
        return None
    for match in _SURELY.finditer(text):
        if _is_range(ends := (text[: match.start()], text[match.end() :])):
            return ends
    for match in re.finditer(r"\s*-\s*", text):
        ends = (text[: match.start()], text[match.end() :])
        if re.match(r"[^\W\d]", ends[0]) and _is_range(ends):
            return ends
    return None


def _is_range(ends: tuple[str, str]) -> bool:
    try:
        return len(read_range(*ends)) > 1
    except WrongRange as wrong:
        # A range that is too long is still one that somebody meant.
        return False if wrong.field == "first" else _is_too_long(ends)


def _is_too_long(ends: tuple[str, str]) -> bool:
    parts = [[serial_key(part) for part in _DIGITS.split(end)] for end in ends]
    if len(parts[0]) != 3 or len(parts[1]) != 3 or parts[0][::2] != parts[1][::2]:
        return False
    return bool(parts[0][0]) and int(parts[1][1]) - int(parts[0][1]) >= MOST_IN_RANGE
