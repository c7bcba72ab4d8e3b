"""Warranty arithmetic: the table of the law's cases, and what holds for every date."""

from __future__ import annotations

import calendar
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warranty.terms import (
    Base,
    Cover,
    InRepair,
    MonthsOnce,
    SetTo,
    cover_on,
    covers,
    days_in_repair,
    days_left,
    end_of_term,
    last_covered_day,
    projected_end,
)

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


# What changes a term

START = day(2026, 1, 31)
YEAR = Base(START, 12, "months")
BY_DATE = Base(START, given_on=day(2026, 11, 30))


@pytest.mark.parametrize(
    ("base", "changes", "end"),
    [
        (YEAR, [], day(2027, 1, 31)),
        (YEAR, [InRepair(day(2026, 11, 2), day(2026, 11, 16))], day(2027, 2, 14)),
        # in and out on one day
        (YEAR, [InRepair(day(2026, 11, 2), day(2026, 11, 2))], day(2027, 1, 31)),
        # months are added at once with the term's own: in steps it would end on 28 February too,
        # but two of them on 28 March instead of the 31st
        (YEAR, [MonthsOnce(1)], day(2027, 2, 28)),
        (YEAR, [MonthsOnce(2)], day(2027, 3, 31)),
        (Base(START, 1, "months"), [MonthsOnce(1)], day(2026, 3, 31)),
        (Base(day(2028, 2, 29), 3, "years"), [MonthsOnce(12)], day(2032, 2, 29)),
        # days after months, those of a period in days as well
        (Base(START, 30, "days"), [MonthsOnce(1)], day(2026, 3, 30)),
        (Base(START, 2, "weeks"), [InRepair(day(2026, 2, 1), day(2026, 2, 4))], day(2026, 2, 17)),
        # once, however many repairs
        (YEAR, [MonthsOnce(3), MonthsOnce(3)], day(2027, 4, 30)),
        # repairs that overlap, touch, or lie within one another
        (YEAR, [InRepair(day(2026, 5, 1), day(2026, 5, 11)),
                InRepair(day(2026, 5, 6), day(2026, 5, 16))], day(2027, 2, 15)),
        (YEAR, [InRepair(day(2026, 5, 1), day(2026, 5, 11)),
                InRepair(day(2026, 5, 11), day(2026, 5, 13))], day(2027, 2, 12)),
        (YEAR, [InRepair(day(2026, 5, 4), day(2026, 5, 6)),
                InRepair(day(2026, 5, 1), day(2026, 5, 11))], day(2027, 2, 10)),
        # a date that a replacement was given: months are added to it
        (BY_DATE, [], day(2026, 11, 30)),
        (BY_DATE, [MonthsOnce(3)], day(2027, 2, 28)),
        (BY_DATE, [InRepair(day(2026, 5, 1), day(2026, 5, 3))], day(2026, 12, 2)),
        # a day that was set: what comes after it is added to it, what came before is forgotten
        (YEAR, [SetTo(day(2026, 6, 30))], day(2026, 6, 30)),
        (YEAR, [MonthsOnce(3), SetTo(day(2026, 6, 30))], day(2026, 6, 30)),
        (YEAR, [SetTo(day(2026, 8, 31)), MonthsOnce(6)], day(2027, 2, 28)),
        (YEAR, [SetTo(day(2026, 6, 30)), InRepair(day(2026, 5, 1), day(2026, 5, 11))],
         day(2026, 7, 10)),
        (YEAR, [SetTo(day(2029, 1, 1)), SetTo(day(2026, 6, 30))], day(2026, 6, 30)),
        # what counted before the day was set does not count again
        (YEAR, [MonthsOnce(3), SetTo(day(2026, 6, 30)), MonthsOnce(3)], day(2026, 6, 30)),
        (YEAR, [InRepair(day(2026, 5, 1), day(2026, 5, 11)), SetTo(day(2026, 6, 30)),
                InRepair(day(2026, 5, 6), day(2026, 5, 16))], day(2026, 7, 5)),
        # never before its start, never beyond the calendar
        (YEAR, [SetTo(day(2020, 1, 1))], START),
        (YEAR, [SetTo(day.max), MonthsOnce(3)], day.max),
        (Base(START, 7_973, "years"), [MonthsOnce(12)], day.max),
    ],
)  # fmt: skip
def test_the_end_of_a_term_that_changed(base, changes, end):
    assert end_of_term(base, changes) == end


REPAIRS = st.builds(
    lambda claimed_on, days: InRepair(claimed_on, claimed_on + dt.timedelta(days=days)),
    DAYS,
    st.integers(0, 400),
)
CHANGES = st.one_of(REPAIRS, st.builds(MonthsOnce, st.integers(1, 36)), st.builds(SetTo, DAYS))
PERIODS = st.builds(Base, DAYS, COUNTS, UNITS)
BASES = st.one_of(PERIODS, st.builds(lambda start, end: Base(start, given_on=end), DAYS, DAYS))


@given(BASES, st.lists(CHANGES, max_size=6))
def test_a_term_ends_on_its_start_or_later_whatever_changes_it(base, changes):
    assert end_of_term(base, changes) >= base.starts_on


@given(BASES, st.lists(CHANGES, max_size=6), st.one_of(REPAIRS, st.just(MonthsOnce(3))))
def test_a_repair_never_shortens_a_term(base, changes, repair):
    assert end_of_term(base, [*changes, repair]) >= end_of_term(base, changes)


@given(BASES, st.lists(st.one_of(REPAIRS, st.just(MonthsOnce(3))), max_size=6), st.randoms())
def test_the_order_of_repairs_does_not_matter(base, repairs, random):
    shuffled = list(repairs)
    random.shuffle(shuffled)
    assert end_of_term(base, shuffled) == end_of_term(base, repairs)


@given(st.lists(REPAIRS, max_size=6))
def test_days_in_repair_are_the_days_of_the_union(repairs):
    each = [set(range(one.claimed_on.toordinal(), one.back_on.toordinal())) for one in repairs]
    assert days_in_repair(repairs) == len(set().union(*each))


@given(PERIODS, st.integers(1, 36), st.lists(REPAIRS, max_size=4))
def test_months_are_added_at_once_and_days_after_them(base, months, repairs):
    days = days_in_repair(repairs)
    found = end_of_term(base, [*repairs, MonthsOnce(months)])
    if base.unit in {"months", "years"}:
        own = base.count * (12 if base.unit == "years" else 1)
        expected = last_covered_day(base.starts_on, own + months, "months", extra_days=days)
    else:
        own = base.count * (7 if base.unit == "weeks" else 1)
        expected = last_covered_day(base.starts_on, months, "months", extra_days=own + days)
    assert found == expected


@given(PERIODS)
def test_a_term_that_nothing_changed_ends_with_its_period(base):
    assert end_of_term(base, []) == last_covered_day(base.starts_on, base.count, base.unit)


@given(BASES, st.lists(CHANGES, max_size=4), DAYS, st.integers(0, 400), st.integers(1, 36))
def test_the_projected_end_is_that_of_the_repair_once_it_is_back(base, changes, on, days, months):
    back = on + dt.timedelta(days=days)
    here = {"months": months, "claimed_on": on, "back_on": back}
    none = projected_end(base, changes, policy="none", **here)
    assert none == end_of_term(base, changes)
    by_days = projected_end(base, changes, policy="days", **here)
    assert by_days == end_of_term(base, [*changes, InRepair(on, back)])
    by_months = projected_end(base, changes, policy="months", **here)
    assert by_months == end_of_term(base, [*changes, MonthsOnce(months)])


def test_an_open_claim_moves_the_end_a_day_a_day():
    ends = [
        projected_end(YEAR, [], policy="days", months=0, claimed_on=day(2026, 11, 2), back_on=back)
        for back in (day(2026, 11, 2), day(2026, 11, 3), day(2026, 11, 16))
    ]
    assert ends == [day(2027, 1, 31), day(2027, 2, 1), day(2027, 2, 14)]
