"""One card as it is put on paper: its terms, codes and logo, and how densely it is set."""

from __future__ import annotations

import dataclasses
import enum
import functools

from django.utils import translation
from django.utils.safestring import SafeString

from products.models import Paper

from .barcodes import Bars, Square, code128, qr_code
from .design_models import Shown
from .looks import Logo
from .queries import CardView
from .terms_text import built_in_text, facts_of, filled, html_of

LONG_CARD = 220
"""Letters in names and addresses from which a card is set small, to stay on one sheet."""
TOO_LONG = 3_200
"""Letters of terms that fit on no single sheet, a line's end counting as forty."""
THERMAL_DOT_MM = 25.4 / 203.2


class Density(enum.IntEnum):
    """How a card is set: closer, then smaller, while that brings it onto one sheet."""

    PLAIN = 0
    CLOSE = 1
    SMALL = 2
    SPREAD = 3
    """On several sheets, for nothing else helps."""


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
    Paper.A4: _Format(178, sale_width=82, bars_height=15, qr_size=32, logo=(66, 15)),
    Paper.A5: _Format(130, sale_width=62, bars_height=11, qr_size=25, logo=(46, 10.5)),
    Paper.ROLL: _Format(
        72, sale_width=72, bars_height=12, qr_size=36, logo=(60, 18), dot=THERMAL_DOT_MM
    ),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Sheet:
    """One card with its paper, its terms, its codes and its logo, as the template draws it."""

    card: CardView
    paper: Paper
    terms: SafeString
    logo: Logo | None
    logo_mm: tuple[float, float]
    serial_bars: Bars | None
    sale_bars: Bars | None
    qr: Square | None
    density: Density

    @property
    def shows(self) -> frozenset[str]:
        """What of `Shown` is on the card."""
        return self.card.look.shows

    @property
    def is_signed(self) -> bool:
        """Whether there is anything at its foot."""
        return not self.shows.isdisjoint({Shown.SIGNATURES, Shown.STAMP})

    @property
    def is_roll(self) -> bool:
        """Whether its paper is as long as it needs."""
        return self.paper == Paper.ROLL

    @property
    def alike(self) -> tuple[object, ...]:
        """What cards of one run have in common that are likely to need the same density."""
        return (self.card.look, self.paper, self.card.language, self.has_long_names)

    @property
    def has_long_names(self) -> bool:
        return _letters(self.card) > LONG_CARD

    @property
    def is_small(self) -> bool:
        return self.density == Density.SMALL or (self.has_long_names and not self.is_roll)

    @property
    def is_close(self) -> bool:
        return self.density in {Density.CLOSE, Density.SMALL}

    def denser(self) -> Sheet:
        """The next thing to try when it does not fit on one sheet."""
        return dataclasses.replace(self, density=Density(self.density + 1))


def sheet_of(card: CardView, paper: str) -> Sheet:
    chosen = Paper(paper or card.paper)
    fits = _FORMATS[chosen]
    shows, logo = card.look.shows, card.look.logo
    bars = functools.partial(code128, height_mm=fits.bars_height, dot_mm=fits.dot)
    return Sheet(
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
        density=_first_try(card, chosen),
    )


def _first_try(card: CardView, paper: Paper) -> Density:
    text = card.look.text or ""
    if paper != Paper.ROLL and len(text) + 40 * text.count("\n") > TOO_LONG:
        return Density.SPREAD
    return Density.PLAIN


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
