"""What waits at the repair desks: units that customers have, the open repairs of a store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db.models import Count, Min

from company.access import Access
from company.models import Store
from documents.models import Status as DocumentStatus
from repairs.models import Loan
from repairs.pills import pill_of
from repairs.queries import BoardFilters, Row, board

from .waiting import Waits

SHOWN = 10


def lent(store_ids: Sequence[int]) -> Mapping[int, Waits]:
    """Units that customers still have while theirs are in repair, by store: one statement."""
    out = (
        Loan.objects.filter(
            back=None, out__status=DocumentStatus.POSTED, repair__store__in=store_ids
        )
        .values_list("repair__store")
        .annotate(Count("pk"), Min("lent_on"))
        .order_by()
    )
    return {store: Waits(number, since) for store, number, since in out}


def open_repairs(store: Store, *, access: Access, now: dt.datetime) -> Sequence[tuple[Row, str]]:
    """The first open repairs of a store with the state their pills show: three statements.

    What is overdue comes first, then what is promised for today, then what came longest ago.
    """
    rows = board(BoardFilters(store_id=store.pk), access=access, now=now).rows
    urgent = sorted(rows, key=lambda row: (not row.is_overdue, not row.is_due_today))
    return [(row, pill_of(row.repair.status)) for row in urgent[:SHOWN]]
