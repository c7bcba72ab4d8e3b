"""Warranty cards as PDF: one card a page, on sheets of A4 or A5 and on 80 mm rolls.

The layout is code (`templates/print/card.html` and `.css`); what a card says is escaped text, and
its terms are HTML of a few tags (`terms_text`). Nothing is fetched: WeasyPrint gets a fetcher that
knows only the `data:` URLs of the bar codes and the logos.
"""

from __future__ import annotations

import dataclasses
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext as _
from pypdf import PdfWriter

from .queries import CardView
from .rendering import NotRendered, lay_out, require_rendering
from .sheets import Density, Sheet, sheet_of

logger = logging.getLogger(__name__)

CHUNK = 10
"""Cards laid out together: small enough for progress to be seen."""
PART = 50
"""Cards painted into one PDF before it is set aside: a card laid out holds 1.5 MB of memory."""

END = "end-"
"""What the places where cards end are called in the markup, before their numbers."""
ROLL_FOOT_MM = 6
PX_PER_MM = 96 / 25.4


class CardsNotRendered(NotRendered):
    """No PDF of these cards could be made; the message says why, for the log."""


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
    known: dict[object, Density] = {}
    for start in range(0, len(cards), PART):
        part = cards[start : start + PART]
        documents = []
        for at in range(0, len(part), CHUNK):
            chunk = part[at : at + CHUNK]
            sheets = [sheet_of(card, paper) for card in chunk]
            documents.append(_fitted(sheets, title=title, known=known))
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


def _fitted(sheets: Sequence[Sheet], *, title: str, known: dict[object, Density]) -> Any:
    """Lay out these cards, each as plainly as it fits on one sheet.

    `known` are the densities that cards of this run turned out to need: with them the next cards
    of the same design are laid out once.
    """
    tried = [
        dataclasses.replace(
            sheet, density=max(sheet.density, known.get(sheet.alike, sheet.density))
        )
        for sheet in sheets
    ]
    while True:
        document, lengths = _layout(tried, title=title)
        if all(
            pages == 1 or sheet.density == Density.SPREAD
            for sheet, pages in zip(tried, lengths, strict=True)
        ):
            break
        tried = [
            sheet.denser() if pages > 1 and sheet.density < Density.SPREAD else sheet
            for sheet, pages in zip(tried, lengths, strict=True)
        ]
    for sheet in tried:
        known[sheet.alike] = max(sheet.density, known.get(sheet.alike, Density.PLAIN))
    return document


def _layout(sheets: Sequence[Sheet], *, title: str) -> tuple[Any, list[int]]:
    """Lay out these cards, and count the pages of each; rolls are cut where their text ends."""
    language = sheets[0].card.language
    context = {"sheets": sheets, "title": title, "language": language}
    with translation.override(language):
        html = get_template("print/card.html").render(context)
    logos = {sheet.logo.address: sheet.logo.image for sheet in sheets if sheet.logo}
    document = lay_out(html, get_template("print/card.css").render(), pictures=logos)
    lengths, begun = [0] * len(sheets), 0
    for number, page in enumerate(document.pages, start=1):
        for name in [name for name in page.anchors if name.startswith(END)]:
            which = int(name.removeprefix(END)) - 1
            bottom = page.anchors.pop(name)[1]
            lengths[which], begun = number - begun, number
            if sheets[which].is_roll:
                page.height = bottom + ROLL_FOOT_MM * PX_PER_MM
    return document, lengths
