"""Warranty arithmetic: the table of the law's cases, and what holds for every date."""

from __future__ import annotations

import calendar
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warranty.terms import Cover, cover_on, covers, days_left, last_covered_day

day = dt.date

DAYS = st.dates(min_value=day(1990, 1, 1), max_value=day(2200, 12, 31))
UNITS = st.sampled_from(["days", "weeks", "months", "years"])
COUNTS = st.integers(min_value=0, max_value=1_200)


@pytest.mark.parametrize(
    ("start", "count", "unit", "extra", "end"),
    [
        # a month ends on the day with the same number, or on its last day
        (day(2026, 1, 15), 1, "months", 0, day(2026, 2, 15)),
        (day(2026, 1, 31), 1, "months", 0, day(2026, 2, 28)),
        (day(2028, 1, 31), 1, "months", 0, day(2028, 2, 29)),
        (day(2026, 8, 31), 6, "months", 0, day(2027, 2, 28)),
        (day(2026, 2, 28), 1, "months", 0, day(2026, 3, 28)),
        (day(2026, 12, 31), 2, "months", 0, day(2027, 2, 28)),
        # months are added at once: in steps this would be 28 March
        (day(2026, 1, 31), 2, "months", 0, day(2026, 3, 31)),
        # years, and what a leap day becomes
        (day(2026, 11, 23), 1, "years", 0, day(2027, 11, 23)),
        (day(2028, 2, 29), 1, "years", 0, day(2029, 2, 28)),
        (day(2028, 2, 29), 4, "years", 0, day(2032, 2, 29)),
        (day(2028, 2, 29), 12, "months", 0, day(2029, 2, 28)),
        # not every fourth year: 2100 has no leap day
        (day(2096, 2, 29), 4, "years", 0, day(2100, 2, 28)),
        # days and weeks, the last day included
        (day(2026, 2, 27), 2, "days", 0, day(2026, 3, 1)),
        (day(2028, 2, 27), 2, "days", 0, day(2028, 2, 29)),
        (day(2026, 12, 25), 1, "weeks", 0, day(2027, 1, 1)),
        # days of an extension are counted after the months
        (day(2026, 11, 23), 12, "months", 14, day(2027, 12, 7)),
        (day(2026, 1, 31), 1, "months", 1, day(2026, 3, 1)),
        # a term that would outlive the calendar ends with it
        (day(2026, 1, 1), 9_000, "years", 0, day.max),
        (day(9999, 12, 31), 1, "days", 0, day.max),
        (day(9999, 12, 1), 1, "months", 0, day.max),
        (day(9999, 1, 1), 364, "days", 1, day.max),
        (day(2026, 1, 1), 100_000_000, "months", 0, day.max),
    ],
)  # fmt: skip
def test_last_covered_day(start, count, unit, extra, end):
    assert last_covered_day(start, count, unit, extra_days=extra) == end


@pytest.mark.parametrize(
    ("count", "unit", "extra"), [(-1, "days", 0), (1, "days", -1), (1, "fortnights", 0)]
)
def test_what_is_no_period_is_refused(count, unit, extra):
    with pytest.raises(ValueError, match=r"period|unit"):
        last_covered_day(day(2026, 1, 1), count, unit, extra_days=extra)


@given(DAYS, COUNTS, COUNTS, UNITS)
def test_a_longer_period_never_ends_sooner(start, one, other, unit):
    shorter, longer = sorted([one, other])
    assert last_covered_day(start, shorter, unit) <= last_covered_day(start, longer, unit)


@given(DAYS, DAYS, COUNTS, UNITS)
def test_a_later_start_never_ends_sooner(one, other, count, unit):
    earlier, later = sorted([one, other])
    assert last_covered_day(earlier, count, unit) <= last_covered_day(later, count, unit)


@given(DAYS, COUNTS, UNITS, st.integers(min_value=0, max_value=10_000))
def test_a_term_ends_on_its_start_or_later_and_extra_days_are_days(start, count, unit, extra):
    end = last_covered_day(start, count, unit)
    assert end >= start
    extended = last_covered_day(start, count, unit, extra_days=extra)
    assert (extended - end).days == extra


@given(DAYS, st.integers(min_value=0, max_value=1_200))
def test_months_keep_the_day_or_take_the_last_of_the_month(start, count):
    end = last_covered_day(start, count, "months")
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == count
    assert end.day == min(start.day, calendar.monthrange(end.year, end.month)[1])


@given(DAYS, st.integers(min_value=0, max_value=100))
def test_a_year_is_twelve_months(start, count):
    assert last_covered_day(start, count, "years") == last_covered_day(start, count * 12, "months")


@given(DAYS, COUNTS, UNITS, DAYS)
def test_covered_exactly_from_the_first_day_to_the_last(start, count, unit, today):
    end = last_covered_day(start, count, unit)
    assert covers(start, end, today) == (start <= today <= end)
    assert covers(start, end, start)
    assert covers(start, end, end)
    assert not covers(start, end, end + dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("today", "void_on", "cover"),
    [
        (day(2026, 1, 9), None, Cover.NOT_YET),
        (day(2026, 1, 10), None, Cover.COVERED),
        (day(2026, 12, 10), None, Cover.COVERED),
        (day(2026, 12, 11), None, Cover.ENDS_SOON),
        (day(2027, 1, 10), None, Cover.ENDS_SOON),
        (day(2027, 1, 11), None, Cover.OVER),
        (day(2026, 3, 1), day(2026, 3, 1), Cover.VOID),
        (day(2026, 2, 28), day(2026, 3, 1), Cover.COVERED),
        (day(2028, 1, 1), day(2026, 3, 1), Cover.VOID),
    ],
)
def test_what_a_term_means_on_a_day(today, void_on, cover):
    assert cover_on(day(2026, 1, 10), day(2027, 1, 10), today, void_on=void_on) == cover


def test_no_days_are_left_on_the_last_day():
    assert days_left(day(2027, 1, 10), day(2027, 1, 10)) == 0
    assert days_left(day(2027, 1, 10), day(2027, 1, 11)) == -1
