"""Labels with serial numbers: Code 128 or QR, the number and the product, on sheets and rolls.

Nothing of a label is in a language, so it is the same in every store.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from django.template.loader import get_template
from django.utils.translation import gettext_lazy as _

from warranty.barcodes import Bars, Square, code128, qr_code
from warranty.rendering import NotRendered, lay_out, require_rendering

logger = logging.getLogger(__name__)

MOST_LABELS = 48
"""How many labels one file holds, one or two whole sheets: about a second's work."""


@dataclasses.dataclass(frozen=True, slots=True)
class LabelPaper:
    """A sheet or a roll of labels; everything in millimetres.

    `page` is the width and height of what goes through the printer, `margin` the left and the
    top edge of the first label, `gap` what lies between two columns, `dot` the dot of a thermal
    printer.
    """

    code: str
    name: object
    width: float
    height: float
    columns: int = 1
    rows: int = 1
    page: tuple[float, float] = (0, 0)
    margin: tuple[float, float] = (0, 0)
    gap: float = 0
    dot: float | None = None

    @property
    def is_small(self) -> bool:
        """Whether there is room for one line of the product's name only."""
        return self.height < 30

    @property
    def page_mm(self) -> tuple[float, float]:
        return self.page if self.page[0] else (self.width, self.height)


A4 = 210, 297
DOT_203_DPI = 0.125
PAPERS = {
    paper.code: paper
    for paper in (
        LabelPaper("a4-24", _("A4 sheet, 3 × 8 labels of 70 × 37 mm"), 70, 37, 3, 8, A4, (0, 0.5)),
        LabelPaper("a4-48", _("A4 sheet, 4 × 12 labels of 45.7 × 21.2 mm"), 45.7, 21.2, 4, 12, A4,
                   (9.8, 21.3), 2.5),
        LabelPaper("roll-58", _("Roll, 58 × 40 mm"), 58, 40, dot=DOT_203_DPI),
        LabelPaper("roll-40", _("Roll, 40 × 25 mm"), 40, 25, dot=DOT_203_DPI),
    )
}  # fmt: skip
"""The sheets that offices have (70 × 37 and Avery's L6009 format) and two usual rolls."""

CODES = {"bars": _("Bar code (Code 128)"), "qr": _("QR code")}
PADDING_MM = 2.0
DIGIT_EM, POINT_MM = 0.62, 0.3528
"""The width of a digit of the monospaced type, in its size, and a point in millimetres."""
SMALLEST_TYPE = 4.5
NARROWEST_MM = 0.245
"""Finer modules than these an office printer may smear on a label: a QR code is surer then."""
MOST_SHAPES = 40
"""How many serials are tried at most, to tell what each paper makes of them."""


@dataclasses.dataclass(frozen=True, slots=True)
class Label:
    """What is said of one unit."""

    serial: str
    product_name: str
    sku: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Drawn:
    label: Label
    bars: Bars | None
    square: Square | None
    left: str
    top: str
    beside: str
    size: str


def render_labels(labels: Sequence[Label], paper: LabelPaper, *, code: str) -> bytes:
    """The labels as a PDF, in their order; more than MOST_LABELS take long.

    A serial that is too long for bars that can be read gets a QR code, and one that is too long
    for that as well is printed as text. Raises NotRendered when none can be made here.
    """
    require_rendering()
    try:
        context = {
            "pages": [
                [_drawn(label, paper, code, place) for place, label in enumerate(page)]
                for page in _pages(labels, paper)
            ],
            "paper": paper,
            "width": _mm(paper.width),
            "height": _mm(paper.height),
            "page_width": _mm(paper.page_mm[0]),
            "page_height": _mm(paper.page_mm[1]),
        }
        html = get_template("print/labels.html").render(context)
        css = get_template("print/labels.css").render(context)
        return cast(bytes, lay_out(html, css).write_pdf())
    except Exception as error:
        logger.exception("labels could not be rendered")
        raise NotRendered(str(error)) from error


def _pages(labels: Sequence[Label], paper: LabelPaper) -> Iterator[Sequence[Label]]:
    most = paper.columns * paper.rows
    for first in range(0, len(labels), most):
        yield labels[first : first + most]


def _drawn(label: Label, paper: LabelPaper, code: str, place: int) -> _Drawn:
    row, column = divmod(place, paper.columns)
    bars = None if code == "qr" else _bars(label.serial, paper)
    square: Square | None = None
    if bars is None:
        size = min(paper.height - 2 * PADDING_MM + 1, paper.width * 0.48)
        square = qr_code(label.serial, size_mm=size, dot_mm=paper.dot)
    left = paper.margin[0] + column * (paper.width + paper.gap)
    top = paper.margin[1] + row * paper.height
    beside = square.size_mm if square else 0
    most = 6.5 if paper.is_small else 8.5
    type_size = _type_size(label.serial, room=paper.width - beside - 3, most=most)
    return _Drawn(label, bars, square, _mm(left), _mm(top), _mm(beside), type_size)


def _bars(serial: str, paper: LabelPaper) -> Bars | None:
    """The bars of a serial, if they can be read when an office printer has printed them."""
    bars = code128(
        serial,
        width_mm=paper.width - 2,
        height_mm=paper.height * (0.36 if paper.is_small else 0.42),
        dot_mm=paper.dot,
    )
    return None if bars is None or bars.module_mm < NARROWEST_MM else bars


@dataclasses.dataclass(frozen=True, slots=True)
class PaperChoice:
    """A paper to choose; the bars of `unreadable` would be too fine on it, `always` of them all."""

    paper: LabelPaper
    unreadable: str = ""
    always: bool = False


def choices_for(serials: Iterable[str]) -> list[PaperChoice]:
    """Every paper, and which of these serials it takes as a QR code only.

    How wide bars are hangs on where a serial has digits and where it has not, so one of each
    such shape is tried, and of very many shapes the longest and the shortest.
    """
    shapes = {re.sub(r"[0-9]", "0", re.sub(r"[!-/:-~]", "A", text)): text for text in serials}
    tried = [shapes[shape] for shape in sorted(shapes, key=lambda shape: (-len(shape), shape))]
    if len(tried) > MOST_SHAPES:
        tried = [*tried[: MOST_SHAPES // 2], *tried[-MOST_SHAPES // 2 :]]
    choices = []
    for paper in PAPERS.values():
        unreadable = [text for text in tried if _bars(text, paper) is None]
        first = unreadable[0] if unreadable else ""
        choices.append(PaperChoice(paper, first, bool(first) and len(unreadable) == len(tried)))
    return choices


def _type_size(serial: str, *, room: float, most: float) -> str:
    """The type that a serial is set in, in points: as small as it takes to stay on one line.

    A hyphen at the end of a line would be read as one that is not there. Below a size that can be
    read at all it goes on to the next line after all.
    """
    fitting = room / (DIGIT_EM * max(1, len(serial))) / POINT_MM
    return f"{max(SMALLEST_TYPE, min(most, fitting)):.2f}pt"


def _mm(length: float) -> str:
    """A length as CSS has it, whatever the language."""
    return f"{length:.2f}mm"


def starting_context(chosen: Any) -> dict[str, str]:
    """The paper and the code chosen last, where they are still among those there are."""
    known = chosen if isinstance(chosen, dict) else {}
    paper, code = str(known.get("paper", "")), str(known.get("code", ""))
    return {
        "paper": paper if paper in PAPERS else next(iter(PAPERS)),
        "code": code if code in CODES else next(iter(CODES)),
    }
