"""The papers of a repair: intake receipt, estimate, hand-back act, each an A4 PDF.

Pure but for the layout, which is code (`templates/print/repair.html` and `.css` on top of the
sheets of documents): what is told is escaped text, and nothing is fetched. `printing` reads a
repair into a `RepairSheet`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from django.db.models import TextChoices
from django.template.loader import get_template
from django.utils import formats, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from documents.sheets import DIGIT_MM, NARROWEST_MM, NUMBER_BARS_MM, PADDING_MM, Contact
from warranty.barcodes import code128
from warranty.rendering import NotRendered, lay_out, require_rendering

logger = logging.getLogger(__name__)

SERIAL_BARS_MM = 84, 10
"""The room for the serial's bars, quiet zones included: width, height."""


class Paper(TextChoices):
    """Which paper of a repair."""

    INTAKE = "intake", _("Repair intake receipt")
    ESTIMATE = "estimate", _("Repair estimate")
    ACT = "act", _("Repair hand-back act")

    @property
    def short(self) -> str:
        """What it is called where nobody doubts that it is about a repair."""
        words = {"intake": gettext("Intake receipt"), "estimate": gettext("Estimate")}
        return words.get(self.value, gettext("Hand-back act"))


@dataclasses.dataclass(frozen=True, slots=True)
class SheetCharge:
    """Work or a part, with the serials of the parts that have some."""

    name: str
    quantity: int
    unit_price: Decimal
    is_part: bool = False
    serials: Sequence[str] = ()

    @property
    def amount(self) -> Decimal:
        """Quantity × unit price."""
        return self.quantity * self.unit_price


@dataclasses.dataclass(frozen=True, slots=True)
class RepairSheet:
    """All that the papers of one repair say; each paper shows its part of it.

    Without a `customer` it is the store's own stock. `ends_before` and `ends_on` are the
    warranty's end before the repair and after it, `replaced_by` the unit handed over instead.
    `reason` is why somebody decided as they did.
    """

    paper: Paper
    language: str
    company_name: str
    currency: str
    store: Contact
    number: str
    customer: Contact | None
    product_name: str
    sku: str
    taken_in_on: dt.date
    taken_in_by: str
    complaint: str
    serial: str = ""
    card: str = ""
    sale: str = ""
    sold_on: dt.date | None = None
    promised_on: dt.date | None = None
    technician: str = ""
    condition: str = ""
    contents: str = ""
    diagnosis: str = ""
    work_done: str = ""
    is_warranty: bool = False
    is_decided: bool = False
    reason: str = ""
    charges: Sequence[SheetCharge] = ()
    to_pay: Decimal = Decimal(0)
    result: str = ""
    result_name: str = ""
    ended_on: dt.date | None = None
    ended_by: str = ""
    ends_before: dt.date | None = None
    ends_on: dt.date | None = None
    replaced_by: str = ""
    replaced_card: str = ""
    document: str = ""
    refunded: Decimal | None = None
    lent: Sequence[str] = ()
    today: dt.date | None = None

    @property
    def total(self) -> Decimal:
        """What work and parts come to."""
        return sum((charge.amount for charge in self.charges), Decimal(0))

    @property
    def is_longer(self) -> bool:
        """Whether the repair made the warranty longer."""
        return bool(self.ends_before and self.ends_on and self.ends_on > self.ends_before)


def render_repair(sheet: RepairSheet) -> bytes:
    """One paper of a repair as a PDF, in the language of its store.

    Raises NotRendered when no PDF can be made here.
    """
    require_rendering()
    try:
        with translation.override(sheet.language):
            html = get_template("print/repair.html").render(_context(sheet))
            css = get_template("print/document.css").render()
            css += get_template("print/repair.css").render()
            return cast(bytes, lay_out(html, css).write_pdf())
    except Exception as error:
        logger.exception("a paper of a repair could not be rendered")
        raise NotRendered(str(error)) from error


def _context(sheet: RepairSheet) -> dict[str, Any]:
    width, height = NUMBER_BARS_MM
    serial_width, serial_height = SERIAL_BARS_MM
    return {
        "sheet": sheet,
        "title": sheet.paper.label,
        "name": f"{sheet.paper.label} {sheet.number}",
        "bars": code128(sheet.number, width_mm=width, height_mm=height),
        "serial_bars": code128(sheet.serial, width_mm=serial_width, height_mm=serial_height)
        if sheet.serial
        else None,
        "widths": _widths(sheet),
    }


def _widths(sheet: RepairSheet) -> dict[str, str]:
    """Millimetres of each column of figures: as its longest figure needs, so that none wraps."""
    figures = {
        "quantity": [str(charge.quantity) for charge in sheet.charges],
        "price": [_money(charge.unit_price) for charge in sheet.charges],
        "amount": [_money(sheet.total)],
    }
    return {column: _width(column, texts) for column, texts in figures.items()}


def _width(column: str, texts: Sequence[str]) -> str:
    widest = max(len(text) * DIGIT_MM + PADDING_MM for text in texts or [""])
    return f"{max(NARROWEST_MM[column], widest):.1f}"


def _money(amount: Decimal) -> str:
    return formats.number_format(amount, 2, force_grouping=True)
