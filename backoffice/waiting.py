"""What waits in a store for somebody to do something about it: notices, transfers, serials."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import cast

from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, Sum, When

from company.access import Access
from company.models import Store
from company.rights import Right
from documents.models import Document, Line, LineSerial, Notice, Outstanding, Status
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
    # From what is outstanding, of which there is little, rather than from all transfers there
    # were; of a cancelled one nothing is. Pieces are added up for those that are shown.
    waiting = (
        Document.objects.visible_to(access)
        .filter(
            which,
            lines__outstanding__purpose=Outstanding.Purpose.ARRIVE,
            lines__outstanding__settled__lt=F("lines__outstanding__quantity"),
        )
        .values_list("pk", "effective_on")
        .distinct()
        .order_by("effective_on", "pk")
    )
    of_arriving = Q(lines__outstanding__purpose=Outstanding.Purpose.ARRIVE)
    left = F("lines__outstanding__quantity") - F("lines__outstanding__settled")
    found = (
        Document.objects.filter(pk__in=[pk for pk, _day in waiting[:SHOWN]])
        .select_related("store", "to_store")
        .annotate(
            sent=Sum("lines__outstanding__quantity", filter=of_arriving),
            left=Sum(left, filter=of_arriving),
        )
        .order_by("effective_on", "pk")
    )
    return [OnTheWay(row, row.sent, row.left) for row in found]


@dataclasses.dataclass(frozen=True, slots=True)
class Waits:
    """So many units or documents of a store that wait, the oldest of them since a day."""

    number: int
    since: dt.date

    def __add__(self, other: Waits) -> Waits:
        return Waits(self.number + other.number, min(self.since, other.since))


@dataclasses.dataclass(frozen=True, slots=True)
class Unsettled:
    """By store: units that moved without their serials, and transfers that are late.

    A transfer is late both where it came from and where it goes.
    """

    without_serials: Mapping[int, Waits]
    late_transfers: Mapping[int, Waits]


LATE_DAYS = 3
"""After so many days a transfer that has not arrived needs somebody to ask where it is."""


def unsettled(todays: Mapping[int, dt.date], *, access: Access) -> Unsettled:
    """What posted documents of these stores still wait for, `todays` by store: one statement.

    Only what the person may settle themselves.
    """
    of_stores = Q(line__document__store__in=todays) | Q(line__document__to_store__in=todays)
    # Days that are late wherever one is are told together; the last few one by one.
    day = F("line__document__effective_on")
    late_everywhere = min(todays.values(), default=dt.date.max) - dt.timedelta(days=LATE_DAYS)
    by_document = (
        Outstanding.objects.filter(of_stores, settled__lt=F("quantity"))
        .exclude(purpose=Outstanding.Purpose.RETURN)
        .annotate(lately=Case(When(line__document__effective_on__gte=late_everywhere, then=day)))
        .values_list("purpose", "line__document__store", "line__document__to_store", "lately")
        .annotate(
            since=Min(day),
            documents=Count("line__document", distinct=True),
            units=Sum(F("quantity") - F("settled")),
        )
        .order_by()
    )
    serials: dict[int, Waits] = {}
    late: dict[int, Waits] = {}
    for purpose, store, to_store, _lately, since, documents, units in by_document:
        if purpose == Outstanding.Purpose.IDENTIFY:
            _add(serials, store, Waits(units, since), todays, access, Right.IDENTIFY)
            continue
        for end in (store, to_store):
            if end in todays and since < todays[end] - dt.timedelta(days=LATE_DAYS):
                _add(late, end, Waits(documents, since), todays, access, Right.TRANSFER)
    return Unsettled(serials, late)


def _add(
    found: dict[int, Waits],
    store_id: int,
    more: Waits,
    todays: Mapping[int, dt.date],
    access: Access,
    right: Right,
) -> None:
    if store_id in todays and access.can(right, store_id):
        found[store_id] = found[store_id] + more if store_id in found else more


STALE_DAYS = 7
"""A draft that is older than so many days was probably forgotten."""


def stale_drafts(stores: Sequence[Store], *, now: dt.datetime) -> Mapping[int, Waits]:
    """Everybody's drafts with something on them that were begun long ago, by store: one statement.

    Goods on such a draft lie on the shelf in the records, wherever they are.
    """
    drafts = (
        Document.objects.filter(
            Exists(Line.objects.filter(document=OuterRef("pk"))),
            store__in=stores,
            status=Status.DRAFT,
            created_at__lt=now - dt.timedelta(days=STALE_DAYS),
        )
        .values_list("store")
        .annotate(Count("pk"), Min("created_at"))
        .order_by()
    )
    by_id = {store.pk: store for store in stores}
    return {pk: Waits(number, by_id[pk].date_of(since)) for pk, number, since in drafts}
