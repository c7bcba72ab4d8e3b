"""Warranty arithmetic: pure functions of dates (section 6 of the domain).

A term begins on the day of the sale and ends on `start + period`, the last covered day included.
A period of months or years ends on the day with the number of its first day, or on the month's
last day where there is none: Regulation (EEC, Euratom) 1182/71, article 3(2)(c); Civil Code of
Ukraine, article 254(1-3). Months are added at once, never in steps, and days after them.

What happens to a term later is folded into its end by `end_of_term`: the days a unit was in
repair, or months for it, and a day that an admin set.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Callable, Iterable, Sequence

from dateutil.relativedelta import relativedelta

_DELTAS: dict[str, Callable[[int], relativedelta]] = {
    "days": lambda count: relativedelta(days=count),
    "weeks": lambda count: relativedelta(weeks=count),
    "months": lambda count: relativedelta(months=count),
    "years": lambda count: relativedelta(years=count),
}

_MONTHS = {"months": 1, "years": 12}
_DAYS = {"days": 1, "weeks": 7}

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


@dataclasses.dataclass(frozen=True, slots=True)
class Base:
    """What a term was given at first: `count` units from its start, or a date, `given_on`.

    A date is what a policy for replacements gives; months that are added later are added to it.
    """

    starts_on: dt.date
    count: int = 0
    unit: str = "days"
    given_on: dt.date | None = None

    def extended(self, *, months: int = 0, days: int = 0) -> dt.date:
        """Its last day with so many months more, and after them days; never before its start."""
        if self.given_on is not None:
            end = last_covered_day(self.given_on, months, "months", extra_days=days)
            return max(end, self.starts_on)
        if self.unit in _MONTHS:
            own = self.count * _MONTHS[self.unit]
            return last_covered_day(self.starts_on, own + months, "months", extra_days=days)
        own = self.count * _DAYS[self.unit]
        return last_covered_day(self.starts_on, months, "months", extra_days=own + days)


@dataclasses.dataclass(frozen=True, slots=True)
class InRepair:
    """Days in repair, from the day of the claim to that of the hand-back: the days between."""

    claimed_on: dt.date
    back_on: dt.date


@dataclasses.dataclass(frozen=True, slots=True)
class MonthsOnce:
    """Months for having been in repair, however often it was."""

    months: int


@dataclasses.dataclass(frozen=True, slots=True)
class SetTo:
    """The end as somebody set it; what comes later is added to that."""

    ends_on: dt.date


Change = InRepair | MonthsOnce | SetTo
"""What changes the end of a term."""


def days_in_repair(repairs: Iterable[InRepair]) -> int:
    """Days from claim to hand-back, each counted once however many repairs it belongs to."""
    total = 0
    reached = dt.date.min
    for repair in sorted(repairs, key=lambda one: one.claimed_on):
        total += max((repair.back_on - max(repair.claimed_on, reached)).days, 0)
        reached = max(reached, repair.back_on)
    return total


def end_of_term(base: Base, changes: Sequence[Change]) -> dt.date:
    """The last covered day of a term after all these changes, in the order they were made.

    All months are added at once with the term's own, and all days after them. After a day that
    was set only what came later is added to it, less what had counted before: days in repair that
    overlap, and months that are added once.
    """
    days, months = _added(changes)
    for at, set_to in reversed(list(enumerate(changes))):
        if isinstance(set_to, SetTo):
            days_before, months_before = _added(changes[:at])
            after = Base(base.starts_on, given_on=set_to.ends_on)
            return after.extended(months=months - months_before, days=days - days_before)
    return base.extended(months=months, days=days)


def repair_adds(
    policy: str, months: int, *, claimed_on: dt.date, back_on: dt.date
) -> Change | None:
    """What a repair under warranty adds by a policy (`days`, `months` or `none`); None: nothing."""
    if policy == "months":
        return MonthsOnce(months)
    if policy == "days" and back_on > claimed_on:
        return InRepair(claimed_on, back_on)
    return None


def projected_end(
    base: Base,
    changes: Sequence[Change],
    *,
    policy: str,
    months: int,
    claimed_on: dt.date,
    back_on: dt.date,
) -> dt.date:
    """The end as it would be if what was claimed on a day was handed back on another."""
    added = repair_adds(policy, months, claimed_on=claimed_on, back_on=back_on)
    return end_of_term(base, [*changes, added] if added else changes)


def _added(changes: Iterable[Change]) -> tuple[int, int]:
    """The days, and the months, that repairs add in all."""
    found = list(changes)
    days = days_in_repair(one for one in found if isinstance(one, InRepair))
    return days, max((one.months for one in found if isinstance(one, MonthsOnce)), default=0)


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
