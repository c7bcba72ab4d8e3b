"""One repair order with all its page shows."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from company.access import Access
from warranty.models import Adjustment
from warranty.queries import CoverView

from .charging import Totals
from .models import Charge, Loan, Photo, Repair, Status, Step


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """A repair with its story.

    `charges` are those that stand: a part whose document was cancelled is none. `days` it is here,
    `cover` what its warranty card means today, `adjustment` what handing it back added.
    `next` are the statuses a person may choose now, `can_*` whether this person may. `loan_out`
    is whether a loaner is still with the customer.
    """

    repair: Repair
    steps: Sequence[Step]
    charges: Sequence[Charge]
    loans: Sequence[Loan]
    photos: Sequence[Photo]
    earlier: Sequence[Repair]
    totals: Totals
    days: int
    is_overdue: bool
    cover: CoverView | None
    adjustment: Adjustment | None
    next: Sequence[Status]
    loan_out: bool
    can_work: bool
    can_take_in: bool


def order(pk: int, *, access: Access, now: dt.datetime) -> Order:
    """Read an order: a constant number of statements. Repair.DoesNotExist for another store's."""
    raise NotImplementedError
