"""Warranty cards as PDF: one card a page, on sheets of A4 or A5 and on 80 mm rolls.

The layout is code (`templates/print/card.html` and `.css`); what a card says is escaped text, and
its terms are HTML of a few tags (`terms_text`). Nothing is fetched: WeasyPrint gets a fetcher that
knows only the `data:` URLs of the bar codes and the logos.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from pypdf import PdfWriter

from products.models import Paper

from .barcodes import Bars, Square, code128, qr_code
from .design_models import Shown
from .looks import Logo
from .queries import CardView
from .rendering import NotRendered, lay_out, require_rendering
from .terms_text import built_in_text, facts_of, filled, html_of

logger = logging.getLogger(__name__)

CHUNK = 10
"""Cards laid out together: small enough for progress to be seen."""
PART = 50
"""Cards painted into one PDF before it is set aside: a card laid out holds 1.5 MB of memory."""

LONG_CARD = 220
"""Letters in names and addresses from which a card is set smaller, to stay on one sheet."""
LONG_TERMS = 1_600
"""Letters of terms from which these are set smaller."""

ROLL_FOOT_MM = 6
PX_PER_MM = 96 / 25.4
THERMAL_DOT_MM = 25.4 / 203.2


class CardsNotRendered(NotRendered):
    """No PDF of these cards could be made; the message says why, for the log."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Format:
    """What fits on a paper, in millimetres; `dot` of a printer that has large ones."""

    serial_width: float
    sale_width: float
    bars_height: float
    qr_size: float
    logo: tuple[float, float]
    dot: float | None = None


_FORMATS = {
    Paper.A4: _Format(178, sale_width=82, bars_height=15, qr_size=32, logo=(70, 20)),
    Paper.A5: _Format(130, sale_width=62, bars_height=11, qr_size=25, logo=(50, 14)),
    Paper.ROLL: _Format(
        72, sale_width=72, bars_height=12, qr_size=36, logo=(60, 18), dot=THERMAL_DOT_MM
    ),
}


@dataclasses.dataclass(frozen=True, slots=True)
class _Sheet:
    """One card with its paper, its terms, its codes and its logo, as the template draws it."""

    card: CardView
    paper: Paper
    terms: SafeString
    logo: Logo | None
    logo_mm: tuple[float, float]
    serial_bars: Bars | None
    sale_bars: Bars | None
    qr: Square | None
    end_anchor: str
    is_long: bool

    @property
    def shows(self) -> frozenset[str]:
        """What of `Shown` is on the card."""
        return self.card.look.shows

    @property
    def is_signed(self) -> bool:
        """Whether there is anything at its foot."""
        return not self.shows.isdisjoint({Shown.SIGNATURES, Shown.STAMP})

    @property
    def has_long_terms(self) -> bool:
        return len(self.terms) > LONG_TERMS


def render_cards(
    cards: Sequence[CardView],
    *,
    paper: str = "",
    progress: Callable[[int], None] | None = None,
) -> bytes:
    """One PDF of these cards, a page each, in the languages of their stores.

    `paper` is for all of them; without it each card has its own. `progress` is called with the
    number of cards done so far. Raises CardsNotRendered when no PDF can be made here.
    """
    if not cards:
        raise ValueError("no cards to render")
    try:
        require_rendering()
    except NotRendered as error:
        raise CardsNotRendered(str(error)) from error
    try:
        parts = list(_parts(cards, paper=paper, progress=progress or (lambda done: None)))
    except Exception as error:
        logger.exception("warranty cards could not be rendered")
        raise CardsNotRendered(str(error)) from error
    return parts[0] if len(parts) == 1 else _joined(parts)


def _parts(
    cards: Sequence[CardView], *, paper: str, progress: Callable[[int], None]
) -> Iterator[bytes]:
    """PDFs of at most PART cards each, laid out in chunks."""
    title = _title(cards)
    for start in range(0, len(cards), PART):
        part = cards[start : start + PART]
        documents = []
        for at in range(0, len(part), CHUNK):
            chunk = part[at : at + CHUNK]
            documents.append(_layout([_sheet(card, paper) for card in chunk], title=title))
            progress(start + at + len(chunk))
        yield _painted(documents)


def _painted(documents: Sequence[Any]) -> bytes:
    pages = [page for document in documents for page in document.pages]
    return cast(bytes, documents[0].copy(pages).write_pdf())


def _joined(parts: Sequence[bytes]) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(parts[0]))
    for part in parts[1:]:
        writer.append(io.BytesIO(part))
    joined = io.BytesIO()
    writer.write(joined)
    return joined.getvalue()


def _title(cards: Sequence[CardView]) -> str:
    with translation.override(cards[0].language):
        if len(cards) == 1:
            return _("Warranty card %(number)s") % {"number": cards[0].number}
        return _("Warranty cards of sale %(number)s") % {"number": cards[0].sale_number}


def _sheet(card: CardView, paper: str) -> _Sheet:
    chosen = Paper(paper or card.paper)
    fits = _FORMATS[chosen]
    shows, logo = card.look.shows, card.look.logo
    bars = functools.partial(code128, height_mm=fits.bars_height, dot_mm=fits.dot)
    return _Sheet(
        card=card,
        paper=chosen,
        terms=_terms(card),
        logo=logo,
        logo_mm=_logo_size(logo, fits) if logo else (0, 0),
        serial_bars=bars(card.serial_text, width_mm=fits.serial_width)
        if Shown.SERIAL_BARS in shows
        else None,
        sale_bars=bars(card.sale_number, width_mm=fits.sale_width),
        qr=qr_code(card.public_url, size_mm=fits.qr_size, dot_mm=fits.dot)
        if Shown.QR in shows
        else None,
        end_anchor=f"end-{card.number}" if chosen == Paper.ROLL else "",
        is_long=_letters(card) > LONG_CARD and chosen != Paper.ROLL,
    )


def _terms(card: CardView) -> SafeString:
    """The terms with this card's facts; the text itself is parsed once, however many cards."""
    with translation.override(card.language):
        text = card.look.text
        if text is None:
            text = built_in_text(has_serial=bool(card.serial_text))
        return filled(html_of(text), facts_of(card))


def _logo_size(logo: Logo, fits: _Format) -> tuple[float, float]:
    """As large as its place allows, in millimetres."""
    scale = min(fits.logo[0] / logo.width, fits.logo[1] / logo.height)
    return logo.width * scale, logo.height * scale


def _letters(card: CardView) -> int:
    """How much the parts of a card that may run over several lines have to say."""
    names = (card.store_name, card.store_address, card.product_name, card.customer_name)
    return sum(map(len, names)) + (len(card.serial_text) if len(card.serial_text) > 40 else 0)


def _layout(sheets: Sequence[_Sheet], *, title: str) -> Any:
    """Lay out these cards; rolls are cut where their text ends."""
    language = sheets[0].card.language
    context = {"sheets": sheets, "title": title, "language": language}
    with translation.override(language):
        html = get_template("print/card.html").render(context)
    logos = {sheet.logo.address: sheet.logo.image for sheet in sheets if sheet.logo}
    document = lay_out(html, get_template("print/card.css").render(), pictures=logos)
    ends = {sheet.end_anchor for sheet in sheets if sheet.end_anchor}
    for page in document.pages:
        for name in ends & page.anchors.keys():
            page.height = page.anchors.pop(name)[1] + ROLL_FOOT_MM * PX_PER_MM
    return document
