"""What waits for somebody to decide or to act, read for all stores of a person at once.

So the number of statements depends neither on what waits nor on how many stores there are. Each
source is asked only for the stores in which the person may do something about it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from company.access import Access
from company.models import Store
from company.rights import Right
from documents.supplier_cover import EndingClaim, supplier_claims_ending
from inventory.models import Count
from inventory.queries import counts_under_way
from repairs.queries import Promises, promises

from .mismatches import Chosen, mismatches_by_store
from .repairs_waiting import lent
from .waiting import Unsettled, Waits, stale_drafts, unsettled

CLAIM_DAYS = 14
"""So many days before the supplier's warranty of a unit that can't be sold ends, it is told."""
MISMATCH_DAYS = 7
"""Mismatches of so many days are news; older ones are in their report."""


@dataclasses.dataclass(frozen=True, slots=True)
class WhatWaits:
    """What each source found, by store; `todays` is today in each of them."""

    todays: Mapping[int, dt.date]
    promises: Mapping[int, Promises]
    lent: Mapping[int, Waits]
    claims: Mapping[int, Sequence[EndingClaim]]
    unsettled: Unsettled
    stale_drafts: Mapping[int, Waits]
    mismatches: Mapping[int, Waits]
    counts: Mapping[int, Count]


def what_waits(stores: Sequence[Store], *, access: Access, now: dt.datetime) -> WhatWaits:
    """Read all sources for these stores: eleven statements at most."""
    todays = {store.pk: store.date_of(now) for store in stores}

    def where(right: Right) -> dict[int, dt.date]:
        return {pk: day for pk, day in todays.items() if access.can(right, pk)}

    repairing, reporting, counting = (
        where(right) for right in (Right.REPAIR, Right.REPORTS, Right.COUNT)
    )
    claiming = where(Right.RETURN_SUPPLIER)
    return WhatWaits(
        todays,
        promises=promises(repairing) if repairing else {},
        lent=lent(list(repairing)) if repairing else {},
        claims=supplier_claims_ending(claiming, days=CLAIM_DAYS),
        unsettled=unsettled(todays, access=access),
        stale_drafts=stale_drafts([one for one in stores if one.pk in reporting], now=now),
        mismatches=_mismatches(reporting) if reporting else {},
        counts=counts_under_way(list(counting)) if counting else {},
    )


def _mismatches(todays: Mapping[int, dt.date]) -> Mapping[int, Waits]:
    since = min(todays.values()) - dt.timedelta(days=MISMATCH_DAYS)
    found = mismatches_by_store(Chosen(stores=list(todays), since=since))
    return {store: Waits(number, day) for store, (number, day) in found.items()}
