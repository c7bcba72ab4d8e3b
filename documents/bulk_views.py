"""The pages by which many serial numbers come onto a draft at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST

from company.middleware import PersonRequest
from serials.refusals import Refusal
from serials.text import read_serial

from . import drafting
from .foreseeing import foresee
from .forms import RangeForm
from .guarding import of_document
from .models import Document, Line
from .pages import document_page, lines_fragment, pasted_on, read_document
from .pasting import add_range
from .ranges import SerialRange, WrongRange, read_range

SHOWN_REFUSALS = 5
"""How many reasons a preview spells out; the others are counted."""


@dataclasses.dataclass(frozen=True, slots=True)
class RangePreview:
    """What a range comes to: its serials, those on the document already, those refused."""

    range: SerialRange
    entered: int
    refused: Sequence[Refusal]

    @property
    def shown(self) -> Sequence[Refusal]:
        return self.refused[:SHOWN_REFUSALS]

    @property
    def hidden(self) -> int:
        return max(0, len(self.refused) - SHOWN_REFUSALS)


@require_POST
@of_document
def serial_range(request: PersonRequest, pk: int, line_pk: int) -> HttpResponseBase:
    """Show what a range comes to; add it when that was seen (`add`)."""
    found = read_document(request, pk)
    drafting.require_right(found, request.access)
    line = found.lines.select_related("product__type").get(pk=line_pk)
    form = RangeForm(request.POST, line_pk=line_pk)
    ranged: dict[str, object] = {"line_id": line_pk, "form": form}
    ends = (request.POST.get("first", ""), request.POST.get("last", ""))
    try:
        if "add" in request.POST:
            result = add_range(pk, line_pk, *ends, by=request.access)
            status = 422 if result.left_over else 200
            return _answer(request, found, status=status, pasted=pasted_on(line_pk, result))
        ranged["preview"] = _preview(found, line, read_range(*ends))
    except WrongRange as wrong:
        form.add_error(wrong.field, wrong.message)
        return _answer(request, found, status=422, ranged=ranged)
    return _answer(request, found, ranged=ranged)


def _preview(document: Document, line: Line, wanted: SerialRange) -> RangePreview:
    serials = [read_serial(text) for text in wanted]
    foreseen = foresee(
        document,
        [(line.product, serial) for serial in serials],
        now=timezone.now(),
        comes_back=line.origin_id is not None,
    )
    return RangePreview(wanted, len(foreseen.entered), list(foreseen.refused.values()))


def _answer(
    request: PersonRequest, document: Document, *, status: int = 200, **more: Any
) -> HttpResponseBase:
    answer = lines_fragment if request.htmx else document_page
    return answer(request, document, status=status, **more)
