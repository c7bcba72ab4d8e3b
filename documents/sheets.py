"""Movement documents on paper: from what a document says to an A4 PDF.

Pure but for the layout, which is code (`templates/print/document.html` and `.css`): what a
document says is escaped text, and nothing is fetched. `printing` reads a document into a
`SheetView`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, cast

from django.template.loader import get_template
from django.utils import formats, translation
from django.utils.translation import gettext as _

from products.models import Period
from warranty.barcodes import Bars, code128
from warranty.rendering import NotRendered, lay_out, require_rendering

from .models import Kind, Status
from .sheet_forms import FORMS, SheetForm
from .sheet_serials import rows_of_serials

logger = logging.getLogger(__name__)

NUMBER_BARS_MM = 76, 11
"""The room for the number's bars, quiet zones included: width, height."""
DIGIT_MM = 2.35
"""The widest a digit of a total comes out, whichever of the typefaces is installed."""
NARROWEST_MM = {"number": 8.0, "quantity": 15.0, "price": 24.0, "amount": 27.0}
"""The columns of figures, with room for their headings."""
TABLE_MM, PRODUCT_MM, SKU_MM, WIDE_SKU_MM = 178, 45, 34, 46
"""The whole table, the least for a product's name, and its SKU with prices and without."""
PADDING_MM = 3.2
"""What the cells of a column have blank at their sides, together."""


class SheetNotRendered(NotRendered):
    """No PDF of this document could be made; the message says why, for the log."""


@dataclasses.dataclass(frozen=True, slots=True)
class Contact:
    """A store, a supplier or a customer, as a document names it."""

    name: str
    phone: str = ""
    address: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class SheetWarranty:
    """The warranty of a line's pieces: its period, and the first and last day one of them ends."""

    period: Period
    first_end: dt.date
    last_end: dt.date


@dataclasses.dataclass(frozen=True, slots=True)
class SheetLine:
    """One line as it is printed.

    `is_coming_back` chooses the part of an exchange; `sale_number` is the sale that a line brings
    goods back from. `unidentified` pieces moved without their serial numbers. `corrections` say
    which serial is in fact which other one, and by which document that was put right.
    """

    position: int
    product_name: str
    sku: str
    quantity: int
    unit_price: Decimal = Decimal(0)
    serials: Sequence[str] = ()
    remark: str = ""
    is_defective: bool = False
    unidentified: int = 0
    is_coming_back: bool = False
    corrections: Sequence[tuple[str, str, str]] = ()
    sale_number: str = ""
    warranties: Sequence[SheetWarranty] = ()

    @property
    def amount(self) -> Decimal:
        """Quantity × unit price."""
        return self.quantity * self.unit_price

    @property
    def has_more(self) -> bool:
        """Whether there is something to say below the line itself."""
        said = (self.remark, self.sale_number, self.warranties, self.unidentified)
        return any(said) or bool(self.corrections)

    @property
    def rows(self) -> list[str]:
        """Its serials in rows of text, for monospace."""
        return rows_of_serials(self.serials)


@dataclasses.dataclass(frozen=True, slots=True)
class SheetView:
    """All that one printed document says.

    `other_store` is where a transfer goes, or where what arrives comes from; `origin_number` the
    document that this one continues.
    """

    kind: str
    status: str
    language: str
    company_name: str
    currency: str
    store: Contact
    author_name: str
    lines: Sequence[SheetLine]
    number: str = ""
    effective_on: dt.date | None = None
    partner: Contact | None = None
    is_opening: bool = False
    other_store: Contact | None = None
    origin_number: str = ""
    note: str = ""
    without_serials: str = ""
    cancel_reason: str = ""

    @property
    def is_draft(self) -> bool:
        return self.status == Status.DRAFT

    @property
    def is_cancelled(self) -> bool:
        return self.status == Status.CANCELLED

    @property
    def is_priced(self) -> bool:
        """Whether prices belong on it: always where money changes hands, else if there are any."""
        return FORMS[Kind(self.kind)].is_priced or any(line.unit_price for line in self.lines)


@dataclasses.dataclass(frozen=True, slots=True)
class SheetPart:
    """Lines under one heading, with their sums; the heading is empty when there is one part."""

    title: str
    lines: Sequence[SheetLine]

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


@dataclasses.dataclass(frozen=True, slots=True)
class Settlement:
    """What is left to pay of an exchange: in words, and how much; nothing when both are equal."""

    label: str
    amount: Decimal | None


def render_sheet(view: SheetView) -> bytes:
    """The document as a PDF of A4 pages, in the language of its store.

    Raises SheetNotRendered when no PDF can be made here.
    """
    try:
        require_rendering()
    except NotRendered as error:
        raise SheetNotRendered(str(error)) from error
    try:
        with translation.override(view.language):
            html = get_template("print/document.html").render(_context(view))
            css = get_template("print/document.css").render()
            return cast(bytes, lay_out(html, css).write_pdf())
    except Exception as error:
        logger.exception("a document could not be rendered")
        raise SheetNotRendered(str(error)) from error


def _context(view: SheetView) -> dict[str, Any]:
    form = FORMS[Kind(view.kind)]
    parts = list(_parts(view))
    widths = _widths(parts, is_priced=view.is_priced)
    sku = SKU_MM if view.is_priced else WIDE_SKU_MM
    if TABLE_MM - sum(widths.values()) - sku < PRODUCT_MM:
        sku = 0  # the figures are so long that it goes below the product's name
    return {
        "view": view,
        "form": form,
        "name": _name(view, form),
        "bars": _bars(view),
        "parts": parts,
        "widths": {column: f"{width:.1f}" for column, width in widths.items()},
        "sku": sku,
        "columns": len(widths) + (2 if sku else 1),
        "settlement": _settlement(view, parts),
    }


def _name(view: SheetView, form: SheetForm) -> str:
    """What the document is called: in the title of the file and on top of its further pages."""
    words = [str(form.title), _("Draft") if view.is_draft else view.number]
    if view.is_cancelled:
        words.append(_("CANCELLED"))
    return " ".join(words)


def _bars(view: SheetView) -> Bars | None:
    """The bars of the number; None for a draft, which has none yet."""
    width, height = NUMBER_BARS_MM
    return code128(view.number, width_mm=width, height_mm=height)


def _parts(view: SheetView) -> Iterator[SheetPart]:
    if view.kind != Kind.EXCHANGE:
        yield SheetPart("", view.lines)
        return
    for title, is_coming_back in ((_("Comes back"), True), (_("Handed over"), False)):
        lines = [line for line in view.lines if line.is_coming_back == is_coming_back]
        if lines:
            yield SheetPart(title, lines)


def _settlement(view: SheetView, parts: Sequence[SheetPart]) -> Settlement | None:
    """The difference that an exchange leaves."""
    if view.kind != Kind.EXCHANGE:
        return None
    signed = (-line.amount if line.is_coming_back else line.amount for line in view.lines)
    difference = sum(signed, Decimal(0))
    if not difference:
        return Settlement(_("Nothing to pay"), None)
    label = _("To pay") if difference > 0 else _("To give back")
    return Settlement(label, abs(difference))


def _widths(parts: Sequence[SheetPart], *, is_priced: bool) -> dict[str, float]:
    """Millimetres of each column of figures: as its longest figure needs, so that none wraps."""
    lines = [line for part in parts for line in part.lines]
    figures = {
        "number": [str(line.position) for line in lines],
        "quantity": [formats.number_format(part.pieces, force_grouping=True) for part in parts],
    }
    if is_priced:
        figures["price"] = [_money(line.unit_price) for line in lines]
        figures["amount"] = [_money(part.amount) for part in parts]
    return {column: _width(texts, NARROWEST_MM[column]) for column, texts in figures.items()}


def _width(texts: Sequence[str], narrowest: float) -> float:
    return max([narrowest, *(len(text) * DIGIT_MM + PADDING_MM for text in texts)])


def _money(amount: Decimal) -> str:
    return formats.number_format(amount, 2, force_grouping=True)
