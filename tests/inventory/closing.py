"""Counting and closing in one line, and what came of it."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone

from company.access import access_of
from company.models import User
from inventory.closing import close_count
from inventory.models import Count, Scan
from serials.models import Posting

from .conftest import take


def close(count: Count, by: User, **more: Any) -> Count:
    connection.check_constraints()  # what came before was a transaction of its own
    more.setdefault("now", timezone.now())
    closed = close_count(count.pk, by=access_of(by), **more)
    connection.check_constraints()
    return closed


def take_all(count: Count, by: User, *texts: str) -> None:
    for text in texts:
        take(count, by, text)


def figures(count: Count) -> dict[str, int]:
    """The figures of a count that are not zero, without their common words."""
    names = [
        f"{what}_{which}"
        for what, words in (
            ("units", ("expected", "counted", "missing", "unknown")),
            ("pieces", ("expected", "counted", "short", "over")),
        )
        for which in words
    ]
    return {name: value for name in names if (value := getattr(count, name))}


def explained(text: str) -> Posting | None:
    return Scan.objects.get(text=text, taken_back_at=None).explained_by
