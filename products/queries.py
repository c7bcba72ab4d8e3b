"""What the product pages read."""

from __future__ import annotations

import dataclasses

from django.db.models import Q, QuerySet

from company.keyset import Page, page_by_name
from company.models import Company

from .gtin import gtin14
from .models import Period, Product, ProductType
from .modes import WARRANTY_MODES, WHAT_IT_ASKS, Mode


@dataclasses.dataclass(frozen=True, slots=True)
class ProductFacts:
    """A product as its page shows it.

    `period_from` tells where the period comes from: the "product" itself, its "type", "nowhere"
    (none is set anywhere), or "no_warranty" when the product's accounting starts none.
    """

    product: Product
    asks: str
    period: Period | None
    period_from: str
    currency: str


@dataclasses.dataclass(frozen=True, slots=True)
class TypeRow:
    """A product type with its period in words."""

    type: ProductType
    period: Period | None


def product_page(
    found: QuerySet[Product], *, after: str | None, before: str | None
) -> Page[Product]:
    """One page of a list of products, types included: a single statement."""
    return page_by_name(found.select_related("type"), after=after, before=before)


def product_facts(product: Product) -> ProductFacts:
    """What a product's page says of it; `product.type` had better be loaded."""
    return ProductFacts(
        product=product,
        asks=str(WHAT_IT_ASKS[Mode(product.mode)]),
        period=product.period,
        period_from=_period_from(product),
        currency=currency(),
    )


def _period_from(product: Product) -> str:
    if product.mode not in WARRANTY_MODES:
        return "no_warranty"
    if product.period_count:
        return "product"
    return "type" if product.type.period_count else "nowhere"


def currency() -> str:
    """The company's currency, three letters."""
    return Company.current().currency


def type_rows() -> list[TypeRow]:
    """Every product type by name."""
    return [TypeRow(each, type_period(each)) for each in ProductType.objects.all()]


def type_period(each: ProductType) -> Period | None:
    """The period of a type's products that have none of their own."""
    return Period(each.period_count, each.period_unit) if each.period_count else None


def type_supplier_period(each: ProductType) -> Period | None:
    """The supplier's warranty of a type's products that have none of their own."""
    if not each.supplier_period_count:
        return None
    return Period(each.supplier_period_count, each.supplier_period_unit)


def product_type(pk: str | None) -> ProductType | None:
    """The type a URL names, or None when it names none there is."""
    return next((each for each in ProductType.objects.all() if str(each.pk) == pk), None)


def names_taken(*, sku: str, barcode: str, but: int | None) -> dict[str, str]:
    """Which of these another product has: from "sku" and "barcode" to that product's name."""
    digits = gtin14(barcode)
    same = Q(sku__iexact=sku) if sku else Q()
    if digits:
        same |= Q(gtin14=digits)
    taken: dict[str, str] = {}
    if not same:
        return taken
    others = Product.objects.filter(same)
    for other in others if but is None else others.exclude(pk=but):
        if sku and other.sku.upper() == sku.upper():
            taken["sku"] = other.name
        if digits and other.gtin14 == digits:
            taken["barcode"] = other.name
    return taken
