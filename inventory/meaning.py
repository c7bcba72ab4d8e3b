"""What a scanned text means in a count: a product, a unit the ledger knows, or a new serial."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django.utils.translation import gettext as _

from products.finding import products_coded, products_named
from products.models import Product
from products.modes import SERIAL_MODES, Mode
from serials.models import Serial
from serials.text import SerialText

from .answers import Choice
from .models import Count
from .standing import in_scope

MOST_CHOICES = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Unit:
    """A serial number of a product; `known` is what the ledger has of it.

    Without a product nobody has said what it is of.
    """

    product: Product | None
    known: Serial | None = None

    def is_here(self, count: Count) -> bool:
        """Whether the records of the count's store have it now; see `standing.HERE`."""
        if self.known is None or self.product is None:
            return False
        believed = self.known.is_verified or self.product.mode == Mode.RECORDED
        return believed and self.known.place.store_id == count.store_id


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """What a text means: a `product` or a `unit`, or else the `choices` of a question.

    `elsewhere` is a product that the count is not about.
    """

    product: Product | None = None
    unit: Unit | None = None
    elsewhere: Product | None = None
    choices: Sequence[Choice] = ()


def units_with(key: str, *, product_id: int | None = None) -> list[Unit]:
    """The units of products with serials that this number names, as the ledger knows them."""
    rows = Serial.objects.called(key).filter(product__mode__in=SERIAL_MODES)
    if product_id is not None:
        rows = rows.filter(product_id=product_id)
    related = rows.select_related("product__type", "place__store").order_by("product_id")
    return [Unit(row.product, row) for row in related[:MOST_CHOICES]]


def unit_of(product: Product, key: str) -> Unit:
    """The unit of this product that has the key, known or new."""
    found = units_with(key, product_id=product.pk)
    return found[0] if found else Unit(product)


def read_meaning(count: Count, serial: SerialText, *, context: Product | None) -> Meaning:
    """Find out what a text means; `context` is the product chosen last.

    What fits several things is asked about. A text that the ledger knows of another product is
    not taken for a new serial of the chosen one without asking; where the records have one of
    several units with the same text here, that one is meant.
    """
    products = products_coded(serial.key)
    units = units_with(serial.key)
    covered = in_scope(count, [*products, *(unit.product for unit in units if unit.product)])
    elsewhere = [*products, *(unit.product for unit in units if unit.product)]
    products = [product for product in products if product.pk in covered]
    units = [unit for unit in units if unit.product and unit.product.pk in covered]
    if products:
        return _of_products(products, units)
    if units:
        return _of_units(count, units, context)
    if elsewhere:
        return Meaning(elsewhere=elsewhere[0])
    return _of_new_text(count, serial, context)


def _of_products(products: Sequence[Product], units: Sequence[Unit]) -> Meaning:
    if len(products) + len(units) == 1:
        return Meaning(product=products[0])
    choices = [Choice(product, False, _("the product")) for product in products]
    choices += [Choice(unit.product, True, _("a serial number")) for unit in units]
    return Meaning(choices=choices)


def _of_units(count: Count, units: Sequence[Unit], context: Product | None) -> Meaning:
    here = [unit for unit in units if unit.is_here(count)]
    of_context = [unit for unit in units if context and unit.product == context]
    if of_context and (of_context[0] in here or not here):
        return Meaning(unit=of_context[0])
    if not of_context and len(here) == 1:
        return Meaning(unit=here[0])
    if len(units) == 1 and (of_context or context is None):
        return Meaning(unit=units[0])
    choices = [Choice(unit.product, True, _("a serial number it has")) for unit in units]
    if context is not None and not of_context:
        choices.append(Choice(context, True, _("a new serial number")))
    return Meaning(choices=choices)


def _of_new_text(count: Count, serial: SerialText, context: Product | None) -> Meaning:
    """A text that nobody knows: a new serial, unless it may be the name of a product."""
    has_digit = any(sign.isdigit() for sign in serial.key)
    if context is None or not has_digit:
        named = products_named(serial.text, limit=MOST_CHOICES)
        covered = in_scope(count, named)
        choices = [
            Choice(product, False, product.sku) for product in named if product.pk in covered
        ]
        if choices:
            new = Choice(context, True, _("no product: a serial number nobody has seen"))
            return Meaning(choices=[*choices, new])
    return Meaning(unit=Unit(context))
