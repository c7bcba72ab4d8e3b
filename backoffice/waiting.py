"""What waits in a store for somebody to do something about it: notices, transfers, serials."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import cast

from django.db.models import F, Min, Q, QuerySet, Sum

from company.access import Access
from company.models import Store
from company.rights import Right
from documents.models import Document, Line, LineSerial, Notice, Outstanding
from documents.notices import notices_for
from serials.models import Posting

SHOWN = 10
"""How many transfers a list names."""


@dataclasses.dataclass(frozen=True, slots=True)
class ReturnedUnit:
    """A unit that is here again, with the return to the supplier before it and its reason."""

    text: str
    earlier: Posting
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class ToSee:
    """A notice with the units it is about."""

    notice: Notice
    units: Sequence[ReturnedUnit]

    @property
    def count(self) -> int:
        """How many units it is about, those not named included."""
        return len(self.units) + self.notice.more


def notices_to_see(access: Access) -> Sequence[ToSee]:
    """What the person has not seen yet, newest first: three statements at most."""
    notices = notices_for(access)
    rows = [row for notice in notices for row in notice.units]
    reasons = _reasons(rows)
    return [
        ToSee(
            notice,
            [
                ReturnedUnit(
                    row.text,
                    cast(Posting, row.acknowledged),
                    reasons.get((row.acknowledged_id, row.key), "").rstrip("."),
                )
                for row in notice.units
            ],
        )
        for notice in notices
    ]


def _reasons(rows: Sequence[LineSerial]) -> dict[tuple[int | None, str], str]:
    """Why units went back to their suppliers, by (posting, serial's key)."""
    if not rows:
        return {}
    earlier = LineSerial.objects.filter(
        document__posting__in={row.acknowledged_id for row in rows},
        key__in={row.key for row in rows},
    )
    found = earlier.values_list("document__posting_id", "key", "line__remark")
    return {(posting_id, key): remark for posting_id, key, remark in found}


@dataclasses.dataclass(frozen=True, slots=True)
class OnTheWay:
    """A transfer some of which has not arrived: `left` pieces of `sent`."""

    document: Document
    sent: int
    left: int

    @property
    def arrived(self) -> int:
        """Pieces that the other store has received already."""
        return self.sent - self.left


def on_the_way_to(store: Store, *, access: Access) -> Sequence[OnTheWay]:
    """Transfers to a store that are not fully received, the oldest first."""
    return _transfers(Q(to_store=store), store, access)


def on_the_way_from(store: Store, *, access: Access) -> Sequence[OnTheWay]:
    """Transfers from a store that the other one has not fully received, the oldest first."""
    return _transfers(Q(store=store), store, access)


def _transfers(which: Q, store: Store, access: Access) -> Sequence[OnTheWay]:
    if not access.can(Right.TRANSFER, store.pk):
        return []
    of_arriving = Q(lines__outstanding__purpose=Outstanding.Purpose.ARRIVE)
    left = F("lines__outstanding__quantity") - F("lines__outstanding__settled")
    # By what is outstanding, of which there is little, rather than by all transfers there were;
    # of a cancelled one nothing is.
    waiting = Outstanding.objects.filter(
        purpose=Outstanding.Purpose.ARRIVE, settled__lt=F("quantity")
    ).values_list("line", flat=True)
    # Their lines as a list: of a query PostgreSQL expects so many that it reads all lines.
    sent = Line.objects.filter(pk__in=list(waiting)).values("document")
    found: QuerySet[Document] = (
        Document.objects.visible_to(access)
        .filter(which, pk__in=sent)
        .select_related("store", "to_store")
        .annotate(
            sent=Sum("lines__outstanding__quantity", filter=of_arriving),
            left=Sum(left, filter=of_arriving),
        )
        .order_by("effective_on", "pk")
    )
    return [OnTheWay(row, row.sent, row.left) for row in found[:SHOWN]]  # type: ignore[attr-defined]


@dataclasses.dataclass(frozen=True, slots=True)
class WithoutSerials:
    """Units of a store that moved without their serials: how many wait, and since when."""

    units: int
    since: dt.date
    days: int


def without_serials(store: Store, *, access: Access, today: dt.date) -> WithoutSerials | None:
    """What waits for its serial numbers; None when nothing does.

    Nor for who may not enter any.
    """
    if not access.can(Right.IDENTIFY, store.pk):
        return None
    waiting = Outstanding.objects.filter(
        purpose=Outstanding.Purpose.IDENTIFY,
        settled__lt=F("quantity"),
        line__document__store=store,
    ).aggregate(units=Sum(F("quantity") - F("settled")), since=Min("line__document__effective_on"))
    if not waiting["units"]:
        return None
    since = waiting["since"]
    return WithoutSerials(waiting["units"], since, (today - since).days)
