"""What waits at the repair desks of a person's stores: promises, lent units, suppliers."""

from __future__ import annotations

import dataclasses
import datetime as dt

from company.access import Access
from company.rights import Right
from documents.models import Status as DocumentStatus
from repairs.models import Loan
from repairs.queries import Promises, promises


@dataclasses.dataclass(frozen=True, slots=True)
class RepairsWaiting:
    """Promises that are late or due today, and units that customers still have; `lent_since` is
    the day the oldest of these was lent."""

    promises: Promises
    lent: int
    lent_since: dt.date | None


def repairs_waiting(access: Access, *, now: dt.datetime) -> RepairsWaiting | None:
    """What the home page tells who works on repairs; None for everybody else."""
    if not access.can_somewhere(Right.REPAIR):
        return None
    out = Loan.objects.filter(
        back=None, out__status=DocumentStatus.POSTED, repair__store_id__in=access.store_ids
    )
    days = list(out.order_by("lent_on", "pk").values_list("lent_on", flat=True))
    return RepairsWaiting(promises(access, now=now), len(days), days[0] if days else None)
