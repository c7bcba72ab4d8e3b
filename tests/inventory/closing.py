"""Closing a count in one line."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone

from company.access import access_of
from company.models import User
from inventory.closing import close_count
from inventory.models import Count


def close(count: Count, by: User, **more: Any) -> Count:
    connection.check_constraints()  # what came before was a transaction of its own
    more.setdefault("now", timezone.now())
    closed = close_count(count.pk, by=access_of(by), **more)
    connection.check_constraints()
    return closed
