"""Pausing a count, going on with it, and giving it up."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from company.access import Access

from .holding import lock_count, require_under_way
from .models import Count, CountStatus


@transaction.atomic
def pause_count(pk: int, *, by: Access) -> Count:
    """Nothing is scanned until the count is resumed; nothing happens when it is paused already.

    Raises NotUnderWay when it has ended.
    """
    return _turned(pk, CountStatus.PAUSED, by=by)


@transaction.atomic
def resume_count(pk: int, *, by: Access) -> Count:
    """Go on counting; nothing happens when it goes on already. Raises NotUnderWay."""
    return _turned(pk, CountStatus.OPEN, by=by)


def _turned(pk: int, status: CountStatus, *, by: Access) -> Count:
    count = lock_count(pk, by=by)
    require_under_way(count)
    if count.status != status:
        count.status = status
        count.save(update_fields=["status"])
    return count


@transaction.atomic
def abandon_count(pk: int, *, by: Access, now: dt.datetime) -> Count:
    """End a count that counts for nothing: what was scanned stays to be looked at.

    Nothing happens when it was abandoned before; raises NotUnderWay when it is closed.
    """
    count = lock_count(pk, by=by)
    if count.status == CountStatus.ABANDONED:
        return count
    require_under_way(count)
    count.status = CountStatus.ABANDONED
    count.ended_at = now
    count.ended_by = by.user
    count.save(update_fields=["status", "ended_at", "ended_by"])
    return count
