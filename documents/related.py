"""What the page of a posted document says of the ones that came after it, and what may be done."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

from django.db.models import F

from company.access import Access
from company.rights import Right

from .cancelling import may_cancel
from .models import Document, Kind, LineSerial, Outstanding, Status
from .sold import units_left

Purpose = Outstanding.Purpose
SHOWN_UNITS = 60


@dataclasses.dataclass(frozen=True, slots=True)
class OnTheWay:
    """Pieces of a dispatched line that have not arrived, and the units among them."""

    product_id: int
    product_name: str
    left: int
    serials: Sequence[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Related:
    """The documents after this one, newest first, and what is left to do with it.

    The pieces that may still arrive or get their serials are counted; what the person may do is
    said by `may_return`, `may_receive`, `may_identify` and `may_cancel`.
    """

    later: Sequence[Document]
    on_the_way: Sequence[OnTheWay]
    to_arrive: int
    to_identify: int
    has_arrived: bool
    may_return: bool
    may_receive: bool
    may_identify: bool
    may_cancel: bool


def related_to(document: Document, *, access: Access) -> Related:
    """Read what came after a posted document: a constant number of statements."""
    rows = list(
        Outstanding.objects.filter(line__document=document, settled__lt=F("quantity"))
        .select_related("line")
        .order_by("line__position")
    )
    left: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        left[row.purpose] += row.left
    arrives = access.can(Right.TRANSFER, document.to_store_id) if document.to_store_id else False
    own = document.store_id
    later = (
        Document.objects.visible_to(access)
        .filter(lines__origin__document=document)
        .exclude(status=Status.DRAFT)
        .select_related("store", "author")
        .distinct()
        .order_by("-pk")
    )
    newest = list(later[:50])
    return Related(
        later=newest,
        on_the_way=_on_the_way([row for row in rows if row.purpose == Purpose.ARRIVE]),
        to_arrive=left[Purpose.ARRIVE],
        to_identify=left[Purpose.IDENTIFY],
        has_arrived=any(_is_arrival(one) for one in newest),
        may_return=left[Purpose.RETURN] > 0 and access.can(Right.RETURN_CUSTOMER, own),
        may_receive=left[Purpose.ARRIVE] > 0 and arrives,
        may_identify=left[Purpose.IDENTIFY] > 0 and access.can(Right.IDENTIFY, own),
        may_cancel=document.status == Status.POSTED and may_cancel(document, access),
    )


def _is_arrival(document: Document) -> bool:
    return document.kind == Kind.ARRIVAL and document.status == Status.POSTED


def _on_the_way(rows: Sequence[Outstanding]) -> list[OnTheWay]:
    lines = {row.line_id: row for row in rows}
    units: defaultdict[int | None, list[str]] = defaultdict(list)
    found: Sequence[LineSerial] = []
    if rows:
        found = units_left([row.line for row in rows], kinds=[Kind.ARRIVAL], limit=SHOWN_UNITS)
    for unit in found:
        of = unit.line_id if unit.line_id in lines else unit.line.origin_id
        units[of].append(unit.text)
    return [
        OnTheWay(row.line.product_id, row.line.product_name, row.left, units[row.line_id])
        for row in rows
    ]


@dataclasses.dataclass(frozen=True, slots=True)
class Waiting:
    """Units of a posted line that wait for their serial numbers."""

    document: Document
    product_id: int
    product_name: str
    pieces: int


def waiting_for_serials(
    store_id: int, *, after: int | None = None, limit: int = 50
) -> tuple[list[Waiting], int | None]:
    """A page of the units of a store without serial numbers, the oldest first, and where the next
    page begins.
    """
    rows = Outstanding.objects.filter(
        purpose=Purpose.IDENTIFY, settled__lt=F("quantity"), line__document__store=store_id
    ).select_related("line__document__posting__posted_by", "line__document__store")
    if after is not None:
        rows = rows.filter(line_id__gt=after)
    found = list(rows.order_by("line_id")[: limit + 1])
    waiting = [
        Waiting(row.line.document, row.line.product_id, row.line.product_name, row.left)
        for row in found[:limit]
    ]
    return waiting, found[limit - 1].line_id if len(found) > limit else None
