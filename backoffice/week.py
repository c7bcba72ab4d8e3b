"""The week's figures: what was sold, given back, received and repaired, day by day and by store.

A week begins on Monday (ISO 8601). It is told from then to today beside the same days of the week
before, in each store by its own calendar: documents and claims carry the store's local day.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, reduce
from operator import add

from company.models import Store
from repairs.queries import repairs_by_day
from serials.stock import fetched

DAYS = 7


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


@dataclasses.dataclass(frozen=True)
class Week:
    """A store's figures by day, from the Monday before the last one to `today`.

    Without slots: a page asks for the sums a dozen times, and they are reckoned once.
    """

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

    @cached_property
    def so_far(self) -> Figures:
        """From Monday to today."""
        return total(self.on(day) for day in self.days if day <= self.today)

    @cached_property
    def before(self) -> Figures:
        """The same days of the week before."""
        return total(self.on(a_week_before(day)) for day in self.days if day <= self.today)


def a_week_before(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=DAYS)


def total(figures: Iterable[Figures]) -> Figures:
    return reduce(add, figures, Figures())


# Document by document, each with its lines summed by themselves: so the cost follows the documents
# of these days. As a join PostgreSQL reads all lines there are.
_BY_DAY = """
    SELECT document.store_id, document.effective_on,
           (count(*) FILTER (WHERE pieces > 0))::int, coalesce(sum(pieces), 0)::int,
           coalesce(sum(amount), 0),
           (count(*) FILTER (WHERE pieces_back > 0))::int, coalesce(sum(pieces_back), 0)::int,
           coalesce(sum(amount_back), 0),
           (count(*) FILTER (WHERE pieces_in > 0))::int, coalesce(sum(pieces_in), 0)::int
    FROM documents_document document
    CROSS JOIN LATERAL (
        SELECT sum(quantity) FILTER (WHERE sold) AS pieces,
               sum(quantity * unit_price) FILTER (WHERE sold) AS amount,
               sum(quantity) FILTER (WHERE came_back) AS pieces_back,
               sum(quantity * unit_price) FILTER (WHERE came_back) AS amount_back,
               sum(quantity) FILTER (WHERE document.kind = 'receipt') AS pieces_in
        FROM (
            SELECT quantity, unit_price,
                   document.kind <> 'receipt' AND origin_id IS NULL AS sold,
                   document.kind <> 'receipt' AND origin_id IS NOT NULL AS came_back
            FROM documents_line WHERE document_id = document.id
        ) line
    ) lines
    LEFT JOIN serials_posting posting ON posting.id = document.posting_id
    WHERE document.effective_on BETWEEN %(since)s AND %(until)s
      AND document.store_id = ANY(%(stores)s)
      AND document.status = 'posted'
      AND document.kind IN ('sale', 'customer_return', 'exchange', 'receipt')
      AND NOT document.is_opening
      AND (%(person)s::bigint IS NULL OR posting.posted_by_id = %(person)s)
    GROUP BY document.store_id, document.effective_on
"""


def weeks_of(stores: Sequence[Store], *, now: dt.datetime) -> Sequence[Week]:
    """This week and the one before of each store, in the order given: two statements."""
    todays = {store.pk: store.date_of(now) for store in stores}
    if not todays:
        return []
    until = max(todays.values())
    # Stores east and west of each other may be a day apart, and so have different weeks.
    first = min(todays.values())
    since = a_week_before(first - dt.timedelta(days=first.weekday()))
    found = _by_store_and_day(list(todays), since=since, until=until)
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
    found = _by_store_and_day([store.pk], since=today, until=today, person_id=person_id)
    return total(found.values())


def _by_store_and_day(
    store_ids: Sequence[int], *, since: dt.date, until: dt.date, person_id: int | None = None
) -> dict[tuple[int, dt.date], Figures]:
    asked = {"stores": list(store_ids), "since": since, "until": until, "person": person_id}
    return {
        (store_id, day): Figures(*figures) for store_id, day, *figures in fetched(_BY_DAY, asked)
    }
