"""What a scan at the repair desk means: a unit of the store's stock, or goods without serials."""

from __future__ import annotations

import dataclasses

from django.utils.translation import gettext as _

from company.models import Store
from products.finding import (
    no_product_words,
    product_with_gtin,
    products_coded,
    products_named,
)  # fmt: skip
from products.models import Product
from serials.models import Serial
from serials.reading_scans import shown_gtin
from serials.scanned import read_scan
from serials.text import LONGEST

MOST_CHOICES = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Scanned:
    """A unit by its serial, or, without one, a piece of a product."""

    product: Product
    serial: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.product.name} {self.serial}".strip()


class NotFound(Exception):
    """Nothing here is called that; the message says what to do."""


def goods_scanned(text: str, *, store: Store, product_id: int | None = None) -> list[Scanned]:
    """What a text may be, at most MOST_CHOICES: units of this store first, then goods.

    `product_id` is the answer to an earlier question. A unit that lies elsewhere is told too: the
    ledger says where it is. Raises NotFound when it is nothing.
    """
    reading = read_scan(text)
    if reading.wrong:
        raise NotFound(reading.wrong)
    wanted = reading.serial
    if not wanted.key or len(wanted.key) > LONGEST:
        raise NotFound(_("Nothing readable was scanned. Try again."))
    product = None
    serials = list(
        Serial.objects.called(wanted.key).select_related("product__type", "place__store")
    )
    if reading.is_unit:
        product = product_with_gtin(reading.gtin)
        if product is None:
            raise NotFound(no_product_words(shown_gtin(reading.gtin)))
        serials = [one for one in serials if one.product_id == product.pk]
    here = [one for one in serials if one.place.store_id == store.pk]
    found = [Scanned(one.product, one.text) for one in here or serials]
    coded = products_coded(wanted.key)
    if product:
        coded = [] if product.asks_serials else [product]
    with_serials = [product for product in coded if product.asks_serials]
    found += [Scanned(product) for product in coded if not product.asks_serials]
    if not found and not coded:
        named = products_named(wanted.text, limit=MOST_CHOICES)
        with_serials += [product for product in named if product.asks_serials]
        found = [Scanned(product) for product in named if not product.asks_serials]
    if product_id is not None:
        found = [one for one in found if one.product.pk == product_id]
    if found:
        return found[:MOST_CHOICES]
    if with_serials:
        words = _("Units of %(product)s have serial numbers: scan the one you take.")
        raise NotFound(words % {"product": with_serials[0].name})
    raise NotFound(_("Nothing in stock here is called %(text)s.") % {"text": wanted.text[:60]})
