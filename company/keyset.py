"""Pages of a list in the order (name, id), however long: no OFFSET, no COUNT(*).

A cursor is the row a page ends at, `id.name`: the next page begins after it even when rows were
added or renamed meanwhile, and PostgreSQL finds the place in the index instead of counting to it.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import Q

Row = TypeVar("Row", bound=models.Model)

PAGE_SIZE = 30
_MOST_DIGITS = 18
"""A longer id than this is not one of PostgreSQL's bigints."""


@dataclasses.dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and the cursors of the pages beside it."""

    rows: list[Row]
    before: str | None
    after: str | None


def page_by_name(
    queryset: models.QuerySet[Row],
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[Row]:
    """The page after or before a cursor; the first one when there is none or it makes no sense."""
    behind, ahead = _parsed(after), _parsed(before)
    if behind is None and ahead is not None:
        name, pk = ahead
        place = Q(name__lte=name) & (Q(name__lt=name) | Q(pk__lt=pk))
        found = list(queryset.filter(place).order_by("-name", "-pk")[: size + 1])
        rows = found[:size][::-1]
        return _page(rows, more_before=len(found) > size, more_after=bool(rows))
    if behind is not None:
        name, pk = behind
        queryset = queryset.filter(Q(name__gte=name) & (Q(name__gt=name) | Q(pk__gt=pk)))
    found = list(queryset.order_by("name", "pk")[: size + 1])
    return _page(found[:size], more_before=behind is not None, more_after=len(found) > size)


def _page(rows: list[Row], *, more_before: bool, more_after: bool) -> Page[Row]:
    return Page(
        rows,
        before=_cursor(rows[0]) if rows and more_before else None,
        after=_cursor(rows[-1]) if rows and more_after else None,
    )


def _cursor(row: Any) -> str:
    return f"{row.pk}.{row.name}"


def _parsed(cursor: str | None) -> tuple[str, int] | None:
    """The (name, id) of a cursor from a URL, which anybody may have typed."""
    pk, dot, name = (cursor or "").partition(".")
    if not (dot and pk.isascii() and pk.isdecimal() and len(pk) <= _MOST_DIGITS):
        return None
    return None if "\0" in name else (name, int(pk))
