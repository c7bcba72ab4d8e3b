"""What waits at the repair desks of a person's stores: promises, lent units, suppliers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from company.access import Access
from company.models import Store
from company.rights import Right
from documents.models import Status as DocumentStatus
from documents.supplier_cover import EndingClaim, supplier_claims_ending
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


CLAIM_DAYS = 14
"""So many days before the supplier's warranty of a unit that can't be sold ends, it is told."""
SHOWN_CLAIMS = 5


def claims_about_to_end(
    store: Store, *, access: Access, today: dt.date
) -> tuple[Sequence[EndingClaim], int]:
    """Units to claim from their suppliers soon, the first few, and how many more; for managers."""
    if not access.can(Right.RETURN_SUPPLIER, store.pk):
        return (), 0
    ending = supplier_claims_ending(store, today=today, days=CLAIM_DAYS)
    return ending[:SHOWN_CLAIMS], max(len(ending) - SHOWN_CLAIMS, 0)
