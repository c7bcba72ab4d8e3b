"""A list on a page as a file: what fits its filters, read in portions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from .exporting import CHUNK, FORMATS, Column, export_response
from .middleware import PersonRequest

MOST = {"xlsx": 20_000, "csv": 200_000}
"""Rows that are written while somebody waits, in two or three seconds."""
Row = TypeVar("Row", bound=Model)


def export_list(
    request: PersonRequest,
    found: QuerySet[Row],
    file_format: str,
    *,
    name: str,
    columns: Sequence[Column],
    cells_of: Callable[[Row], Sequence[Any]],
    back: str,
) -> HttpResponseBase:
    """The rows of a query, in the order it has, as `name` with the day; too many lead `back`."""
    if file_format not in FORMATS:
        raise Http404
    if found.order_by()[: MOST[file_format] + 1].count() > MOST[file_format]:
        words = _("An %(format)s file takes %(most)s rows at most. Choose CSV, or narrow the list.")
        facts = {"format": file_format.upper(), "most": intcomma(MOST[file_format])}
        messages.warning(request, words % facts)
        return redirect(back)
    return export_response(
        file_format,
        name=f"{name}-{timezone.localdate():%Y-%m-%d}",
        columns=columns,
        rows=(cells_of(row) for row in found.iterator(chunk_size=CHUNK)),
    )


def kept_filters(request: PersonRequest, names: Iterable[str]) -> str:
    """The filters of the address, without empty ones and the place in the list."""
    kept = QueryDict(mutable=True)
    for name in names:
        if value := request.GET.get(name, "").strip():
            kept[name] = value
    return kept.urlencode()
