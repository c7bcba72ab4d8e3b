"""How well the records fit the shelves, count by count."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from company.access import Access
from company.models import Store
from company.rights import Right

from .models import Count, CountStatus

SHOWN = 24
"""Counts in the chart and the table: two years of one a month."""
WIDTH, HEIGHT = 1000, 100
"""The chart's own units; it is stretched to its place."""
FLOORS = (99, 95, 90, 80, 50, 0)
"""Where the chart may begin, in per cent: as high as shows every count."""


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """Of so many things in the records or on the shelves, how many were wrong.

    Wrong is what the records had and nobody found, and what was found and no record had.
    """

    everything: int
    wrong: int

    @property
    def percent(self) -> float | None:
        """The right ones, in per cent; None where there was nothing. Never 100 with one wrong."""
        if not self.everything:
            return None
        right = 100 * (self.everything - self.wrong) / self.everything
        return min(round(right, 1), 99.9) if self.wrong else 100.0


@dataclasses.dataclass(frozen=True, slots=True)
class Accuracy:
    """The accuracy of a closed count: of units, of pieces, and of both."""

    units: Share
    pieces: Share

    @property
    def all(self) -> Share:
        return Share(
            self.units.everything + self.pieces.everything, self.units.wrong + self.pieces.wrong
        )


def accuracy_of(count: Count) -> Accuracy:
    """How right the records were when the count was closed.

    A unit that left by a document while people counted was right, though nobody scanned it.
    """
    return Accuracy(
        Share(
            count.units_expected + count.units_unknown, count.units_missing + count.units_unknown
        ),
        Share(count.pieces_expected + count.pieces_over, count.pieces_short + count.pieces_over),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """A closed count in the chart: `x` to the right and `y` down, in the chart's own units."""

    count: Count
    accuracy: Accuracy
    x: int = 0
    y: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class History:
    """The last closed counts of a store, the oldest first, and where the chart begins."""

    store: Store
    points: Sequence[Point]
    floor: int

    @property
    def drawn(self) -> Sequence[Point]:
        """Those that counted anything at all."""
        return [point for point in self.points if point.accuracy.all.percent is not None]

    @property
    def line(self) -> str:
        """The points of the chart's line."""
        return " ".join(f"{point.x},{point.y}" for point in self.drawn)

    @property
    def newest_first(self) -> Sequence[Point]:
        return self.points[::-1]

    @property
    def first_day(self) -> dt.date | None:
        return self.drawn[0].count.closed_on if self.drawn else None

    @property
    def last(self) -> Point | None:
        return self.drawn[-1] if self.drawn else None

    @property
    def lowest(self) -> Point | None:
        return max(self.drawn, key=lambda point: point.y) if self.drawn else None


def stores_to_compare(by: Access) -> Sequence[Store]:
    """The stores whose counts the person sees, by name."""
    ids = [pk for pk in by.store_ids if by.can(Right.COUNT, pk)]
    return list(Store.objects.filter(pk__in=ids).order_by("name"))


def history_of(store: Store) -> History:
    """The last closed counts of a store: one statement."""
    counts = (
        Count.objects.filter(store=store, status=CountStatus.CLOSED)
        .select_related("product_type", "ended_by")
        .order_by("-ended_at", "-pk")[:SHOWN]
    )
    points = [Point(count, accuracy_of(count)) for count in reversed(counts)]
    percents = [percent for one in points if (percent := one.accuracy.all.percent) is not None]
    lowest = min(percents, default=100.0)
    floor = next(floor for floor in FLOORS if floor <= lowest)
    return History(store, _placed(points, floor), floor)


def _placed(points: Sequence[Point], floor: int) -> list[Point]:
    """The points with their places: even steps to the right, up to 100 per cent."""
    drawn = [one for one in points if one.accuracy.all.percent is not None]
    step = WIDTH / max(len(drawn), 1)
    places = {
        one.count.pk: (
            round(step * (nth + 0.5)),
            round(HEIGHT * (100 - (one.accuracy.all.percent or 0)) / (100 - floor)),
        )
        for nth, one in enumerate(drawn)
    }
    return [
        dataclasses.replace(one, x=places[one.count.pk][0], y=places[one.count.pk][1])
        if one.count.pk in places
        else one
        for one in points
    ]
