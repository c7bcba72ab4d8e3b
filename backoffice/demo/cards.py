"""The demo's warranty cards: a general one, and one of their own for phones."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from company.access import Access
from products.models import Paper, ProductType
from warranty.design_models import CardLogo, Shown
from warranty.designing import save_design
from warranty.logos import keep_logo

INK = "#14213d"
SPARK = "#f2a900"

GENERAL = """\
1. {store} repairs {product} free of charge if a fault of material or manufacture shows up until \
**{ends_on}**. If it can't be repaired within 14 days, it is replaced or the price is paid back.
2. Bring the goods with this card or name the sale **{sale_number}**. A serial number on the \
goods must be readable and the same as on the card.
3. The time in repair is added to the warranty.
4. The warranty does not cover:
   - normal wear, and parts meant to be used up;
   - damage by falls, liquids, wrong voltage or use against the instructions;
   - goods that somebody else has tried to repair.
5. Rights that the law gives to the buyer are not limited by this card.

Questions? Call us: {store_phone}.
"""

PHONES = """\
1. The phone **{serial}** is under warranty for {period}, until **{ends_on}**; its battery too.
2. Save what is on the phone before you bring it, and sign out of your accounts: we may have to \
erase it.
3. The warranty does not cover:
   - broken glass, bent cases, and traces of liquids inside;
   - phones whose IMEI was changed, or whose software was replaced;
   - chargers and cables, which have 6 months of their own.
4. While we repair it, ask for a phone on loan.
5. Rights that the law gives to the buyer are not limited by this card.

We are at {store_address}, {store_phone}.
"""


def make_card_designs(*, by: Access, at: dt.datetime) -> None:
    """Design the cards before the first sale, with the shop's logo."""
    logo = make_logo(at=at)
    everything: dict[str, Any] = {
        "title": "", "shows": Shown.values, "logo": logo, "paper": "", "language": "",
    }  # fmt: skip
    save_design(None, everything | {"text": GENERAL.strip()}, by=by, now=at, version=0)
    phones = ProductType.objects.get(name="Phones")
    own = everything | {
        "title": "Phone warranty",
        "text": PHONES.strip(),
        "paper": Paper.A5,
        "shows": [shown for shown in Shown.values if shown != Shown.STAMP],
    }
    save_design(phones.pk, own, by=by, now=at, version=0)


def make_logo(*, at: dt.datetime) -> CardLogo:
    """A spark in a square, and the shop's name."""
    size = 4  # drawn larger than it is kept, for smooth edges
    image = Image.new("RGB", (600 * size, 160 * size), "white")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, 160 * size, 160 * size), radius=34 * size, fill=INK)
    long, short = 62, 15
    star = ((0, -long), (short, -short), (long, 0), (short, short), (0, long), (-short, short),
            (-long, 0), (-short, -short))  # fmt: skip
    draw.polygon([((80 + x) * size, (80 + y) * size) for x, y in star], fill=SPARK)
    font = ImageFont.load_default(size=104 * size)
    draw.text((192 * size, 80 * size), "ISKRA", fill=INK, font=font, anchor="lm")
    written = io.BytesIO()
    image.resize((600, 160), Image.Resampling.LANCZOS).save(written, "PNG")
    size_in_bytes = written.tell()
    written.seek(0)
    return keep_logo(written, name="iskra.png", size=size_in_bytes, now=at)
