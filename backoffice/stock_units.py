"""Stock by serial: which units are, or were on a day, where, in pages that all cost the same.

Units come by (product, key), which never change: pages follow each other in the unique index, and
a file read page by page has every unit once, whatever moves meanwhile. Each statement goes
through a fixed number of units in that order and gives those that fit, so that its cost is
bounded whatever the filters: by the places they ask for where that is known, by their ids where
a serial's beginning or ending names few, and for a day gone by through all units. Where few fit,
a page is the work of several statements, until it is full or it took long enough; it then says
how far it came and goes on from there.

Where a unit was on a day is where the last movement put it that had taken effect by then and was
not cancelled by then. A document whose cancelling has a later day still stood on that day.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence

from company.parameters import whole_number

from .stock_choice import Chosen
from .stock_search import Place, Search, Unit

PAGE = 30
LOOKS = (1_000, 2_000)
"""Units one statement goes through: the first, and each after it."""
LONG_ENOUGH = 0.03
"""Seconds after which a page shows what it has found so far, having looked at least once."""


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """Some units, and where the pages beside it begin, None at the ends.

    `looked` is through how many units this went when it stopped before it was full, else 0.
    """

    rows: Sequence[Unit]
    before: str | None
    after: str | None
    looked: int = 0


def place_of(cursor: str | None) -> Place | None:
    """The place a cursor from an address names; None when it makes no sense."""
    pk, dot, key = (cursor or "").partition(".")
    product_id = whole_number(pk)
    if product_id is None or not (dot and key) or "\0" in key:
        return None
    return product_id, key


def cursor_of(place: Place) -> str:
    return f"{place[0]}.{place[1]}"


def page_of(chosen: Chosen, *, after: Place | None = None, before: Place | None = None) -> Page:
    """The page after or before a place, or the first one."""
    backwards = before is not None and after is None
    until = time.monotonic() + LONG_ENOUGH
    search = Search(chosen, backwards=backwards)
    rows, reached, looked = _gathered(search, before if backwards else after, until=until)
    more = reached is not None or len(rows) > PAGE
    if backwards and not rows and not more:
        return page_of(chosen)
    rows = rows[:PAGE]
    onwards = reached or (rows[-1].place if rows and more else None)
    back = rows[0].place if rows else (before if backwards else after)
    if backwards:
        rows = rows[::-1]
        # A page before another is followed by it, also when nothing fits before it.
        return Page(rows, *_cursors(onwards, back), looked=looked)
    return Page(rows, *_cursors(back if after else None, onwards), looked=looked)


def _cursors(*places: Place | None) -> tuple[str | None, str | None]:
    before, after = (cursor_of(place) if place else None for place in places)
    return before, after


def _gathered(
    search: Search, place: Place | None, *, until: float
) -> tuple[list[Unit], Place | None, int]:
    """The units of a page and one more; how far it came when it was not to the end, and through
    how many units it went. It begins no other look after `until`, a time of the monotonic clock.
    """
    rows: list[Unit] = []
    looked = 0
    for nth in range(1_000_000):
        look = LOOKS[min(nth, len(LOOKS) - 1)]
        rows += search.fitting(place, look=look, limit=PAGE + 1 - len(rows))
        if len(rows) > PAGE or (place := search.end_of(place, look=look)) is None:
            break
        looked += look
        if time.monotonic() > until:
            return rows, place, looked
    return rows, None, 0


def chunks_of(chosen: Chosen, *, look: int) -> Iterator[tuple[list[Unit], int]]:
    """All units that fit, and through how many each chunk of them went: for a file."""
    search = Search(chosen)
    place: Place | None = None
    while True:
        end = search.end_of(place, look=look)
        rows = search.fitting(place, look=look, limit=look)
        yield rows, look if end else search.count(place, most=look)
        if end is None:
            return
        place = end


def to_look_through(chosen: Chosen, *, most: int | None = None) -> int:
    """Through how many units a file of these goes; counts no further than `most`."""
    return Search(chosen).count(None, most=most)


def counted(chosen: Chosen, *, most: int, look: int) -> tuple[dict[str, int], bool]:
    """How many units fit, by the kind of their place, and whether that is all of them.

    Stops at `most` that fit, or having gone through `look` units.
    """
    search = Search(chosen)
    found = search.kinds(look=look, limit=most)
    is_all = sum(found.values()) < most and search.end_of(None, look=look) is None
    return found, is_all
