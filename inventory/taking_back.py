"""Taking a scan back."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from company.access import Access

from .holding import hold_count, require_under_way
from .models import Scan


@transaction.atomic
def take_back(pk: int, scan_pk: int, *, by: Access, now: dt.datetime) -> Scan:
    """Count a scan no more: it stays to be seen, with who took it back.

    Nothing happens when it was taken back before. Raises Count.DoesNotExist, Scan.DoesNotExist,
    PermissionDenied, and NotUnderWay when the count has ended.
    """
    count = hold_count(pk, by=by)
    require_under_way(count)
    scan = Scan.objects.select_for_update(of=("self",), no_key=True).get(pk=scan_pk, count=count)
    if scan.taken_back_at is None:
        scan.taken_back_at = now
        scan.taken_back_by = by.user
        scan.save(update_fields=["taken_back_at", "taken_back_by"])
    return scan
