"""The week's figures: what was sold, given back, received and repaired, day by day and by store.

A week begins on Monday (ISO 8601). It is told from then to today beside the same days of the week
before, in each store by its own calendar: documents and claims carry the store's local day.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from operator import add

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum

from company.models import Store
from documents.models import Kind, Line, Status
from repairs.queries import repairs_by_day

DAYS = 7
TRADE = (Kind.SALE, Kind.CUSTOMER_RETURN, Kind.EXCHANGE, Kind.RECEIPT)


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """What happened in some days; what was given back is told beside what was sold.

    Returns and what comes back in an exchange are given back, what is handed over in one is sold.
    A receipt of opening stock brought nothing, and a cancelled document or repair counts nowhere.
    """

    sales: int = 0
    pieces: int = 0
    amount: Decimal = Decimal("0.00")
    returns: int = 0
    pieces_back: int = 0
    amount_back: Decimal = Decimal("0.00")
    receipts: int = 0
    pieces_in: int = 0
    taken_in: int = 0
    handed_back: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            *(
                getattr(self, field.name) + getattr(other, field.name)
                for field in dataclasses.fields(self)
            )
        )

    @property
    def net(self) -> Decimal:
        """What was sold less what was given back."""
        return self.amount - self.amount_back


@dataclasses.dataclass(frozen=True, slots=True)
class Week:
    """A store's figures by day, from the Monday before the last one to `today`."""

    store: Store
    today: dt.date
    by_day: Mapping[dt.date, Figures]

    @property
    def monday(self) -> dt.date:
        return self.today - dt.timedelta(days=self.today.weekday())

    @property
    def days(self) -> Sequence[dt.date]:
        """Monday to Sunday, those to come included."""
        return [self.monday + dt.timedelta(days=nth) for nth in range(DAYS)]

    def on(self, day: dt.date) -> Figures:
        return self.by_day.get(day, Figures())

    @property
    def of_today(self) -> Figures:
        return self.on(self.today)

    @property
    def so_far(self) -> Figures:
        """From Monday to today."""
        return total(self.on(day) for day in self.days if day <= self.today)

    @property
    def before(self) -> Figures:
        """The same days of the week before."""
        return total(self.on(a_week_before(day)) for day in self.days if day <= self.today)


def a_week_before(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=DAYS)


def total(figures: Iterable[Figures]) -> Figures:
    return reduce(add, figures, Figures())


def weeks_of(stores: Sequence[Store], *, now: dt.datetime) -> Sequence[Week]:
    """This week and the one before of each store, in the order given: two statements."""
    todays = {store.pk: store.date_of(now) for store in stores}
    if not todays:
        return []
    until = max(todays.values())
    # Stores east and west of each other may be a day apart, and so have different weeks.
    first = min(todays.values())
    since = a_week_before(first - dt.timedelta(days=first.weekday()))
    lines = Line.objects.filter(
        document__store__in=list(todays), document__effective_on__range=(since, until)
    )
    found = _by_store_and_day(lines)
    for store_id, day, taken_in, handed_back in repairs_by_day(
        list(todays), since=since, until=until
    ):
        moved = Figures(taken_in=taken_in, handed_back=handed_back)
        found[store_id, day] = found.get((store_id, day), Figures()) + moved
    return [
        Week(
            store,
            todays[store.pk],
            {day: one for (store_id, day), one in found.items() if store_id == store.pk},
        )
        for store in stores
    ]


def day_of_person(store: Store, person_id: int, *, today: dt.date) -> Figures:
    """What somebody posted in a store today: one statement."""
    lines = Line.objects.filter(
        document__store=store,
        document__effective_on=today,
        document__posting__posted_by=person_id,
    )
    return total(_by_store_and_day(lines).values())


def _by_store_and_day(lines: QuerySet[Line]) -> dict[tuple[int, dt.date], Figures]:
    came_in = Q(document__kind=Kind.RECEIPT)
    out, back = ~came_in & Q(origin=None), ~came_in & Q(origin__isnull=False)
    amount = F("quantity") * F("unit_price")
    money, nothing = DecimalField(), Decimal("0.00")
    days = lines.filter(
        document__kind__in=TRADE, document__status=Status.POSTED, document__is_opening=False
    ).values("document__store", "document__effective_on")
    rows = days.order_by().annotate(
        sales=Count("document", distinct=True, filter=out),
        pieces=Sum("quantity", filter=out, default=0),
        amount=Sum(amount, output_field=money, filter=out, default=nothing),
        returns=Count("document", distinct=True, filter=back),
        pieces_back=Sum("quantity", filter=back, default=0),
        amount_back=Sum(amount, output_field=money, filter=back, default=nothing),
        receipts=Count("document", distinct=True, filter=came_in),
        pieces_in=Sum("quantity", filter=came_in, default=0),
    )
    return {
        (row.pop("document__store"), row.pop("document__effective_on")): Figures(**row)
        for row in rows
    }
