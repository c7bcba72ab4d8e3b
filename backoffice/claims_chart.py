"""The failure rate month by month as a chart."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from .claims_report import Row

WIDTH, HEIGHT = 1000, 100
"""The chart's own units; it is stretched to its place."""
CEILINGS = (1, 2, 5, 10, 20, 50, 100)
"""Where the chart may end, in per cent: as low as shows every month."""


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """A month of sales in the chart: `x` to the right and `y` down, in the chart's own units."""

    row: Row
    x: int
    y: int


@dataclasses.dataclass(frozen=True, slots=True)
class Chart:
    """The failure rate of what was sold month by month, and where the chart ends."""

    points: Sequence[Point]
    ceiling: int

    @property
    def line(self) -> str:
        """The points of the chart's line."""
        return " ".join(f"{point.x},{point.y}" for point in self.points)

    @property
    def highest(self) -> Point:
        return min(self.points, key=lambda point: point.y)

    @property
    def first(self) -> Point:
        return self.points[0]

    @property
    def last(self) -> Point:
        return self.points[-1]


def chart_of(months: Sequence[Row]) -> Chart | None:
    """The months in which something was sold; None when there are fewer than two."""
    drawn = [(row, row.rate) for row in months if row.rate is not None]
    if len(drawn) < 2:
        return None
    highest = max(rate for _, rate in drawn)
    ceiling = next(ceiling for ceiling in CEILINGS if ceiling >= highest)
    step = WIDTH / len(drawn)
    points = [
        Point(row, round(step * (nth + 0.5)), round(HEIGHT * (1 - rate / ceiling)))
        for nth, (row, rate) in enumerate(drawn)
    ]
    return Chart(points, ceiling)
