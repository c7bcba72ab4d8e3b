"""What the repair pages read."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from company.access import Access
from company.models import Store
from company.parameters import whole_number
from partners.models import Customer
from serials.models import Serial
from serials.stock import fetched
from warranty.models import Card

from .models import ENDED, Repair, RepairQuerySet

PAGE = 30
LONGEST_TEXT = 100
"""What a search says beyond so many characters is ignored."""


@dataclasses.dataclass(frozen=True, slots=True)
class BoardFilters:
    """What of the repairs a board shows; the empty ones show all that are open.

    `store_id` and `technician_id` choose one (technician 0: those of nobody), `status` a Status,
    `own` True our own stock, False customers' goods; `text` fits a number, serial, product,
    customer's name or phone. `ended` shows those that ended instead of the open ones.
    """

    store_id: int | None = None
    status: str = ""
    technician_id: int | None = None
    own: bool | None = None
    overdue: bool = False
    text: str = ""
    ended: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A repair on the board: days since it came, and how it stands to its promise."""

    repair: Repair
    days: int
    is_overdue: bool
    is_due_today: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Board:
    """A page of the board, overdue promises first, then the oldest.

    `counts` has the open repairs of each status that fit the other filters, `overdue` how many of
    them are late. `after` and `before` are cursors of the pages beside it.
    """

    rows: Sequence[Row]
    counts: Mapping[str, int]
    overdue: int
    after: str | None
    before: str | None


def board(
    filters: BoardFilters,
    *,
    access: Access,
    now: dt.datetime,
    after: str | None = None,
    before: str | None = None,
) -> Board:
    """A page of the repairs of the person's stores: a constant number of statements."""
    days = _days(access, now)
    late = Case(When(_overdue(days), then=1), default=0, output_field=IntegerField())
    fitting = _fitting(filters, access).annotate(
        late=Value(0, IntegerField()) if filters.ended else late
    )
    counts: dict[str, int] = {}
    overdue = 0
    if not filters.ended:
        grouped = fitting.order_by().values("status").annotate(
            number=Count("pk"), lates=Count("pk", filter=Q(late=1))
        )  # fmt: skip
        for row in grouped:
            counts[row["status"]] = row["number"]
            overdue += row["lates"]
    shown = fitting.filter(status=filters.status) if filters.status else fitting
    if filters.overdue and not filters.ended:
        shown = shown.filter(late=1)
    rows, newer, older = _page(shown, ended=filters.ended, after=after, before=before)
    return Board([_row(repair, days) for repair in rows], counts, overdue, older, newer)


def _fitting(filters: BoardFilters, access: Access) -> RepairQuerySet:
    """The repairs that fit all but the status, and being late."""
    repairs = Repair.objects.visible_to(access)
    repairs = repairs.filter(status__in=ENDED) if filters.ended else repairs.open()
    if filters.store_id is not None:
        repairs = repairs.filter(store_id=filters.store_id)
    if filters.technician_id is not None:
        repairs = repairs.filter(technician_id=filters.technician_id or None)
    if filters.own is not None:
        repairs = repairs.filter(is_own=filters.own)
    text = " ".join(filters.text.replace("\0", " ").split())[:LONGEST_TEXT]
    if text:
        repairs = repairs.filter(
            Q(number__icontains=text)
            | Q(serial_text__icontains=text)
            | Q(product_name__icontains=text)
            | Q(sku__iexact=text)
            | Q(customer__in=Customer.objects.fitting(text))
        )
    return repairs


def _days(access: Access, now: dt.datetime) -> Mapping[int, dt.date]:
    """Today in each of the person's stores: one statement."""
    stores = Store.objects.filter(pk__in=access.store_ids)
    return {store.pk: store.date_of(now) for store in stores}


def _overdue(days: Mapping[int, dt.date]) -> Q:
    """Promised for a day before today in its store."""
    return _of_days(days, "promised_on__lt")


def _of_days(days: Mapping[int, dt.date], lookup: str) -> Q:
    stores: defaultdict[dt.date, list[int]] = defaultdict(list)
    for store_id, day in days.items():
        stores[day].append(store_id)
    found = Q(pk__in=[])
    for day, ids in stores.items():
        found |= Q(store_id__in=ids, **{lookup: day})
    return found


def _page(
    repairs: QuerySet[Repair], *, ended: bool, after: str | None, before: str | None
) -> tuple[list[Repair], str | None, str | None]:
    """A page with the cursors before and after it, `late.id`; the newest first of those ended.

    The first page when there is no cursor, or it makes no sense.
    """
    repairs = repairs.select_related("store", "claim", "customer", "technician", "product")
    behind, ahead = _parsed(after), _parsed(before)
    later, earlier = ("pk__lt", "pk__gt") if ended else ("pk__gt", "pk__lt")
    order = ("-late", "-pk" if ended else "pk")
    if behind is None and ahead is not None:
        late, pk = ahead
        place = Q(late__gt=late) | Q(late=late, **{earlier: pk})
        back = ("late", "pk" if ended else "-pk")
        found = list(repairs.filter(place).order_by(*back)[: PAGE + 1])
        rows = found[:PAGE][::-1]
        return rows, _cursor(rows, 0, len(found) > PAGE), _cursor(rows, -1, bool(rows))
    if behind is not None:
        late, pk = behind
        repairs = repairs.filter(Q(late__lt=late) | Q(late=late, **{later: pk}))
    found = list(repairs.order_by(*order)[: PAGE + 1])
    rows = found[:PAGE]
    return rows, _cursor(rows, 0, behind is not None), _cursor(rows, -1, len(found) > PAGE)


def _cursor(rows: Sequence[Repair], index: int, more: bool) -> str | None:
    if not rows or not more:
        return None
    late: int = rows[index].late  # type: ignore[attr-defined]  # annotated by `board`
    return f"{late}.{rows[index].pk}"


def _parsed(cursor: str | None) -> tuple[int, int] | None:
    late, _, pk = (cursor or "").partition(".")
    number = whole_number(pk)
    return None if number is None or late not in {"0", "1"} else (int(late), number)


def _row(repair: Repair, days: Mapping[int, dt.date]) -> Row:
    today = days[repair.store_id]
    promised = None if repair.has_ended else repair.promised_on
    return Row(
        repair,
        days=days_here(repair, today),
        is_overdue=promised is not None and promised < today,
        is_due_today=promised == today,
    )


def days_here(repair: Repair, today: dt.date) -> int:
    """Days a repair has been here, or was: from its claim to today, or to the hand-back."""
    return ((repair.claim.closed_on or today) - repair.claim.claimed_on).days


@dataclasses.dataclass(frozen=True, slots=True)
class Promises:
    """Open repairs of a store that were promised for an earlier day, the oldest of these days, and
    how many are promised for today."""

    overdue: int = 0
    oldest: dt.date | None = None
    due_today: int = 0


def promises(todays: Mapping[int, dt.date]) -> Mapping[int, Promises]:
    """What was promised by today in each store, `todays` by its id: one statement."""
    found: defaultdict[int, Promises] = defaultdict(Promises)
    by_day = (
        Repair.objects.open()
        .filter(_of_days(todays, "promised_on__lte"))
        .values_list("store_id", "promised_on")
        .annotate(number=Count("pk"))
        .order_by("promised_on")
    )
    for store_id, day, number in by_day:
        so_far = found[store_id]
        found[store_id] = (
            dataclasses.replace(so_far, due_today=number)
            if day == todays[store_id]
            else Promises(so_far.overdue + number, so_far.oldest or day)
        )
    return found


_BY_DAY = """
    SELECT store_id, day, sum(came)::int, sum(went)::int
    FROM (
        SELECT repair.store_id, claim.claimed_on AS day, 1 AS came, 0 AS went
        FROM repairs_repair repair JOIN warranty_claim claim ON claim.id = repair.claim_id
        WHERE repair.status <> 'cancelled' AND claim.claimed_on BETWEEN %(since)s AND %(until)s
        UNION ALL
        SELECT repair.store_id, claim.closed_on, 0, 1
        FROM repairs_repair repair JOIN warranty_claim claim ON claim.id = repair.claim_id
        WHERE repair.status = 'handed_back' AND claim.closed_on BETWEEN %(since)s AND %(until)s
    ) moved
    WHERE store_id = ANY(%(stores)s)
    GROUP BY store_id, day
"""


def repairs_by_day(
    store_ids: Sequence[int], *, since: dt.date, until: dt.date
) -> Sequence[tuple[int, dt.date, int, int]]:
    """(store, day, repairs taken in, repairs handed back) of the days on which there were any.

    By the days of their claims; those that were cancelled don't count. One statement.
    """
    asked = {"stores": list(store_ids), "since": since, "until": until}
    return cast(Sequence[tuple[int, dt.date, int, int]], fetched(_BY_DAY, asked))


def repairs_of_serial(serial: Serial, *, access: Access) -> Sequence[Repair]:
    """The repairs of a unit that the person may see, newest first: one statement.

    Those that only its card names, too.
    """
    # Each way by its own index: of both at once PostgreSQL reads all repairs.
    either = Repair.objects.filter(serial=serial).values("pk")
    either = either.union(Repair.objects.filter(claim__card__term__serial=serial).values("pk"))
    return _told(Repair.objects.visible_to(access).filter(pk__in=either))


def repairs_of_card(card: Card, *, access: Access) -> Sequence[Repair]:
    """The repairs of the piece of a card that the person may see, newest first: one statement."""
    return _told(Repair.objects.visible_to(access).filter(claim__card=card))


def _told(repairs: QuerySet[Repair]) -> Sequence[Repair]:
    return list(repairs.select_related("store", "claim", "taken_in_by", "ended_by").order_by("-pk"))
