"""How units that lie in a store came to be written as gone from it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from company.access import Access
from company.models import Store
from company.rights import Right
from documents import correcting
from documents.models import Document, Kind, Line
from serials.checking import last_movements
from serials.models import Place, Serial

from .explaining import known_as
from .pairing import Way


@dataclasses.dataclass(frozen=True, slots=True)
class Departure:
    """How a unit that lies here may have left by the records.

    `document` put it where it is said to be, `way` says how a swap can mend that: by the document
    that took it out of this store, whose posting was `left_at` and has this `reference`.
    """

    way: Way
    document: Document | None = None
    left_at: dt.datetime | None = None
    reference: str = ""

    def may_be_mended(self, by: Access, *, store: Store) -> bool:
        """Whether the person may swap units on it, in all stores that are concerned."""
        if self.way == Way.NONE or not by.can(Right.CORRECT, store.pk):
            return False
        return self.elsewhere(by, store=store) is None

    def elsewhere(self, by: Access, *, store: Store) -> Store | None:
        """The other store where the person would need the right to correct, too."""
        if self.way != Way.SWAP or self.document is None or self.document.store_id == store.pk:
            return None
        return None if by.can(Right.CORRECT, self.document.store_id) else self.document.store


NEVER_SEEN = Departure(Way.MISTYPED)


def departures(serials: Sequence[Serial], *, store: Store) -> Mapping[int, Departure]:
    """How each of these units left the store, by its id: two statements.

    The serials have been read with their products, places and the stores of these.
    """
    last = last_movements([serial.pk for serial in serials])
    lines = _lines(set(last.values()))
    return {serial.pk: _departure(serial, last.get(serial.pk), lines, store) for serial in serials}


def place_of(serial: Serial) -> Place | None:
    """Where a unit is, or is said to be; None when it is unknown."""
    return correcting.place_of(known_as(serial), serial.product)


def _lines(moved: set[tuple[int, int]]) -> dict[tuple[int | None, int], Line]:
    """The lines of these (posting id, position)."""
    if not moved:
        return {}
    rows = Line.objects.filter(
        document__posting_id__in={posting_id for posting_id, _ in moved},
        position__in={position for _, position in moved},
    ).select_related(
        "document__store",
        "document__to_store",
        "document__posting",
        "document__origin__posting",
        "origin__document__store",
        "origin__document__posting",
        "origin__document__origin__posting",
    )
    return {(line.document.posting_id, line.position): line for line in rows}


def _departure(
    serial: Serial,
    moved: tuple[int, int] | None,
    lines: Mapping[tuple[int | None, int], Line],
    store: Store,
) -> Departure:
    place = place_of(serial)
    if place is None or moved is None:
        return NEVER_SEEN
    line = lines.get(moved)
    if line is not None and line.document.kind in {Kind.IDENTIFICATION, Kind.CORRECTION}:
        line = line.origin
    if line is None:
        return Departure(Way.NONE)
    document, sender = line.document, correcting.sender_of(line.document)
    if sender is None or not correcting.took_out(document, store=store, place=place):
        return Departure(Way.NONE, document)
    # Not when its serial was entered or put right, or when it arrived.
    left_at = sender.posting.posted_at if sender.posting else None
    return Departure(Way.SWAP, document, left_at, sender.number or "")
