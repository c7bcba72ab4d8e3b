"""Cards of an invented sale, to see a design before anything is sold; their pages as pictures."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import enum
import io
import threading
import uuid

import pypdfium2
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from company.models import Store
from products.models import Paper, Period, Product, ProductType

from .cards import render_cards
from .looks import CardLook
from .public import public_url
from .queries import CardView
from .terms import last_covered_day

MOST_PAGES = 4
"""More pages than these are not shown, only counted."""
WIDTHS = {Paper.A4: 960, Paper.A5: 840, Paper.ROLL: 480}
"""How wide a page is shown, in pixels: twice as fine as its place on the screen."""

_NO_CARD = uuid.UUID("00000000-0000-4000-8000-000000000000")
_PDFIUM = threading.Lock()
"""PDFium works for one thread at a time."""


class Sample(enum.StrEnum):
    """What the invented sale is like."""

    USUAL = "usual"
    LONG = "long"
    NO_SERIAL = "no_serial"


SAMPLES = [
    (Sample.USUAL.value, gettext_lazy("An ordinary sale")),
    (Sample.LONG.value, gettext_lazy("Long names")),
    (Sample.NO_SERIAL.value, gettext_lazy("Goods without serial number")),
]


@dataclasses.dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as a picture; `uri` goes into the `src` of an image."""

    number: int
    uri: str
    width: int
    height: int


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """The first pages of a card, and how many there are."""

    paper: Paper
    pages: list[PagePicture]
    page_count: int

    @property
    def is_roll(self) -> bool:
        return self.paper == Paper.ROLL

    @property
    def unseen(self) -> int:
        """Pages that are not shown."""
        return self.page_count - len(self.pages)


def sample_card(
    kind: ProductType | None,
    look: CardLook,
    *,
    paper: str,
    language: str,
    sample: str,
    store: Store | None,
    on: dt.date,
) -> CardView:
    """A card as a sale of this day would print it, of goods that the type has."""
    at = store or Store(name="Unitbook", prefix="A", address="", phone="")
    period = _period_of(kind)
    language = language or at.language
    with override(language):
        made = CardView(
            language=language,
            store_name=at.name,
            store_address=at.address or _("12 Main Street"),
            store_phone=at.phone or "+380 44 000 00 00",
            number=f"{at.prefix}-W{on.year}-000128",
            product_name=_product_of(kind) or _("Phone Aurora 5, 128 GB, graphite"),
            sku="AU5-128-GR",
            serial_text="352099001761481",
            sale_number=f"{at.prefix}-S{on.year}-000412",
            starts_on=on,
            ends_on=last_covered_day(on, period.count, period.unit),
            period=period,
            paper=paper or (kind.card_paper if kind else Paper.A5),
            printed_on=on,
            customer_name=_("Olena Kovalenko"),
            customer_phone="+380 67 123 45 67",
            public_url=public_url(_NO_CARD),
            look=look,
        )
        if sample == Sample.NO_SERIAL:
            return dataclasses.replace(made, serial_text="", unit=1, units=3)
        if sample == Sample.LONG:
            return _long(made)
    return made


def _long(card: CardView) -> CardView:
    """The same with names as long as they come."""
    return dataclasses.replace(
        card,
        store_name=_("Shop of household goods and electronics at the Old Market, first floor"),
        store_address=_("117 Academician Hlushkov Avenue, building 3, office 214, Kyiv, 03187"),
        product_name=_(
            "Built-in side-by-side fridge-freezer with water dispenser, ice maker and wine zone, "
            "brushed stainless steel, 635 litres"
        ),
        sku="FRG-SBS-635-WD-IM-WZ-SS-2026",
        serial_text="FSB635-2026-KY-0045821-REV-C-00917",
        customer_name=_("Limited liability company “Repair and Building Workshop of Podil”"),
    )


def _period_of(kind: ProductType | None) -> Period:
    if kind is not None and kind.period_count:
        return Period(kind.period_count, kind.period_unit)
    return Period(12, "months")


def _product_of(kind: ProductType | None) -> str:
    """The name of something the shop sells of this type."""
    if kind is None:
        return ""
    of_type = Product.objects.filter(type=kind, is_active=True).order_by("name", "pk")
    return of_type.values_list("name", flat=True).first() or ""


def preview_of(card: CardView) -> Preview:
    """The real PDF of a card, as pictures of its pages. Raises CardsNotRendered."""
    paper = Paper(card.paper)
    pages, count = pictures_of(render_cards([card]), width=WIDTHS[paper])
    return Preview(paper, pages, count)


def pictures_of(pdf: bytes, *, width: int) -> tuple[list[PagePicture], int]:
    """The first pages of a PDF as PNGs this many pixels wide, and the count of all its pages."""
    with _PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            count = len(document)
            shown = [
                _picture(document[number], number + 1, width)
                for number in range(min(count, MOST_PAGES))
            ]
        finally:
            document.close()
    return shown, count


def _picture(page: pypdfium2.PdfPage, number: int, width: int) -> PagePicture:
    bitmap = page.render(scale=width / page.get_width())
    image = bitmap.to_pil().convert("RGB")
    written = io.BytesIO()
    image.save(written, "PNG", compress_level=3)
    data = base64.b64encode(written.getvalue()).decode("ascii")
    return PagePicture(number, f"data:image/png;base64,{data}", image.width, image.height)
