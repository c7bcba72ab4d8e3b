"""A count's report on paper: A4, in the store's language and its hours.

Missing and unknown units are named; what was counted is told by product only, so that the report
of ten thousand units is a few pages. Where so many are missing that naming them takes long, the
shortage act does, whose print is a job that shows its progress.
"""

from __future__ import annotations

import dataclasses
import logging
import zoneinfo
from collections.abc import Sequence
from typing import Any, cast

from django.template.loader import get_template
from django.utils import timezone, translation

from company.models import Company
from documents.sheet_serials import rows_of_serials
from documents.sheets import NUMBER_BARS_MM
from warranty.barcodes import code128
from warranty.rendering import NotRendered, lay_out, require_rendering

from .models import CountStatus
from .report import CountReport, MissingOfProduct, Resolved
from .report_sheets import resolution, scope_in_words

logger = logging.getLogger(__name__)

MOST_NAMED = 300
"""How many missing units a report names: about a second's work."""


def render_report(report: CountReport) -> bytes:
    """The report as a PDF. Raises NotRendered when none can be made here."""
    require_rendering()
    store = report.count.store
    try:
        with translation.override(store.language), timezone.override(
            zoneinfo.ZoneInfo(store.time_zone)
        ):  # fmt: skip
            html = get_template("print/count.html").render(_context(report))
            css = get_template("print/document.css").render()
            css += get_template("print/count.css").render()
            return cast(bytes, lay_out(html, css).write_pdf())
    except Exception as error:
        logger.exception("the report of a count could not be rendered")
        raise NotRendered(str(error)) from error


def _context(report: CountReport) -> dict[str, Any]:
    width, height = NUMBER_BARS_MM
    count = report.count
    missing = _named(report.missing)
    unnamed = sum(part["pieces"] - len(part["of"].serials) for part in missing)
    return {
        "report": report,
        "count": count,
        "company": Company.current(),
        "scope": scope_in_words(report),
        "is_abandoned": count.status == CountStatus.ABANDONED,
        "bars": code128(count.number, width_mm=width, height_mm=height),
        "missing": missing,
        "unnamed": unnamed,
        "unknown": [_unknown(one) for one in report.unknown],
    }


def _named(parts: Sequence[MissingOfProduct]) -> list[dict[str, Any]]:
    """What is missing of each product, the first units with their names."""
    named, left = [], MOST_NAMED
    for part in parts:
        shown = dataclasses.replace(part, serials=part.serials[:left])
        left -= len(shown.serials)
        rows = rows_of_serials(shown.serials)
        named.append({"of": shown, "pieces": len(part.serials), "rows": rows})
    return named


def _unknown(one: Resolved) -> dict[str, Any]:
    return {"one": one, "how": resolution(one)}
