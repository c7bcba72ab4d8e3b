"""What the home page shows of a week: a table of figures, and what was sold by day as bars."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from django.utils.translation import gettext_lazy as _

from .week import DAYS, Figures, Week, a_week_before

WIDTH, HEIGHT = 1000, 100
"""The chart's own units; it is stretched to its place."""
BAR, GAP = 50, 6
"""A bar's width, and what is left between the two of a day."""


@dataclasses.dataclass(frozen=True, slots=True)
class Compared:
    """One figure: of today, of this week so far, and of the same days of the week before.

    `begins_part` is true of the first of those that belong together.
    """

    label: object
    is_money: bool
    begins_part: bool
    today: Decimal | int
    so_far: Decimal | int
    before: Decimal | int

    @property
    def change(self) -> int | None:
        """By how much it grew, in per cent; None where there was nothing to grow from."""
        return change(self.so_far, self.before)


def change(now: Decimal | int, before: Decimal | int) -> int | None:
    """The growth from `before` to `now` in whole per cent, negative when it shrank."""
    return round(100 * (Decimal(now) - before) / before) if before else None


_PARTS = (
    (("amount", _("Sold")), ("sales", _("Sales")), ("pieces", _("Pieces sold"))),
    (
        ("amount_back", _("Given back")),
        ("returns", _("Returns")),
        ("pieces_back", _("Pieces given back")),
    ),
    (("receipts", _("Receipts")), ("pieces_in", _("Pieces received"))),
    (("taken_in", _("Repairs taken in")), ("handed_back", _("Repairs handed back"))),
)


def compared(week: Week) -> Sequence[Compared]:
    """The figures of a week, those that belong together one after another."""

    def of(name: str, label: object, *, is_first: bool) -> Compared:
        today, so_far, before = (
            getattr(figures, name) for figures in (week.of_today, week.so_far, week.before)
        )
        return Compared(label, name.startswith("amount"), is_first, today, so_far, before)

    return [
        of(name, label, is_first=not nth)
        for part in _PARTS
        for nth, (name, label) in enumerate(part)
    ]


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the chart, in its own units; `y` is its top."""

    x: int
    y: int
    height: int


@dataclasses.dataclass(frozen=True, slots=True)
class DayBars:
    """A day of this week beside the same day of the week before; one to come has no figures."""

    day: dt.date
    before: Figures
    figures: Figures | None
    bar_before: Bar
    bar: Bar | None


@dataclasses.dataclass(frozen=True, slots=True)
class Chart:
    """What was sold on each day of this week and of the week before; `top` is the scale's end."""

    days: Sequence[DayBars]
    top: Decimal

    @property
    def best(self) -> DayBars | None:
        """The day of this week with the most sold so far."""
        sold = [one for one in self.days if one.figures and one.figures.amount]
        return max(sold, key=lambda one: one.figures.amount if one.figures else 0, default=None)

    @property
    def is_empty(self) -> bool:
        return not self.top


def chart_of(week: Week) -> Chart:
    """Two bars for each day, drawn to a round number that none of them exceeds."""
    pairs = [
        (day, week.on(a_week_before(day)), week.on(day) if day <= week.today else None)
        for day in week.days
    ]
    highest = max(max(before.amount, now.amount if now else 0) for _day, before, now in pairs)
    top = round_up(Decimal(highest))
    step = WIDTH / DAYS

    def bar(amount: Decimal, nth: int, side: int) -> Bar:
        height = round(HEIGHT * amount / top) if top else 0
        left = step * nth + (step - GAP) / 2 - BAR + side * (BAR + GAP)
        return Bar(round(left), HEIGHT - height, height)

    days = [
        DayBars(
            day, before, now, bar(before.amount, nth, 0), bar(now.amount, nth, 1) if now else None
        )
        for nth, (day, before, now) in enumerate(pairs)
    ]
    return Chart(days, top)


def round_up(amount: Decimal) -> Decimal:
    """The next number that is a half or a whole of the first digit: 123 456 gives 150 000."""
    if amount <= 0:
        return Decimal(0)
    half = Decimal(10) ** amount.adjusted() / 2
    return (amount / half).to_integral_value(rounding=ROUND_CEILING) * half
