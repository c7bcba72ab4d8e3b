"""Warranty arithmetic: pure functions of dates (section 6 of the domain).

A term begins on the day of the sale and ends on `start + period`, the last covered day included.
A period of months or years ends on the day with the number of its first day, or on the month's
last day where there is none: Regulation (EEC, Euratom) 1182/71, article 3(2)(c); Civil Code of
Ukraine, article 254(1-3). Months are added at once, never in steps, and days after them.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable

from dateutil.relativedelta import relativedelta

_DELTAS: dict[str, Callable[[int], relativedelta]] = {
    "days": lambda count: relativedelta(days=count),
    "weeks": lambda count: relativedelta(weeks=count),
    "months": lambda count: relativedelta(months=count),
    "years": lambda count: relativedelta(years=count),
}

ENDS_SOON_DAYS = 30
"""A term with this many days left, or fewer, is said to end soon."""


class Cover(enum.StrEnum):
    """What a term means on a given day."""

    NOT_YET = "not_yet"
    COVERED = "covered"
    ENDS_SOON = "ends_soon"
    OVER = "over"
    VOID = "void"


def last_covered_day(starts_on: dt.date, count: int, unit: str, *, extra_days: int = 0) -> dt.date:
    """The last day covered by a period of `count` units that starts on `starts_on`.

    `extra_days` are the days that adjustments add, counted after the months. A term that would
    outlive the calendar ends on its last day.
    """
    if unit not in _DELTAS:
        raise ValueError(f"unknown unit {unit!r}")
    if count < 0 or extra_days < 0:
        raise ValueError("a period is not negative")
    try:
        return starts_on + _DELTAS[unit](count) + dt.timedelta(days=extra_days)
    except (OverflowError, ValueError):
        return dt.date.max


def covers(starts_on: dt.date, ends_on: dt.date, day: dt.date) -> bool:
    """Whether a term covers the day; both its ends are covered."""
    return starts_on <= day <= ends_on


def days_left(ends_on: dt.date, day: dt.date) -> int:
    """Whole days of cover after `day`; 0 on the last day, negative once it is over."""
    return (ends_on - day).days


def cover_on(
    starts_on: dt.date, ends_on: dt.date, day: dt.date, *, void_on: dt.date | None = None
) -> Cover:
    """What the term means on the day; `void_on` is the day a return or cancelling ended it."""
    if void_on is not None and day >= void_on:
        return Cover.VOID
    if day < starts_on:
        return Cover.NOT_YET
    if not covers(starts_on, ends_on, day):
        return Cover.OVER
    return Cover.ENDS_SOON if days_left(ends_on, day) <= ENDS_SOON_DAYS else Cover.COVERED
