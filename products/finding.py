"""Finding products from what was scanned or typed."""

from __future__ import annotations

from django.db.models import Q

from .gtin import gtin14
from .models import Product


def products_coded(key: str) -> list[Product]:
    """The products whose barcode or SKU this is, in use or not: none, one, in odd cases two."""
    barcode = gtin14(key)
    condition = Q(sku__iexact=key) | (Q(gtin14=barcode) if barcode else Q())
    return list(Product.objects.select_related("type").filter(condition).order_by("id")[:2])


def products_named(text: str, *, limit: int) -> list[Product]:
    """The products in use whose name or SKU contains every word of the text."""
    found = Product.objects.select_related("type").filter(is_active=True).having_words(text)
    return list(found.order_by("name", "id")[:limit])


def product_ids(text: str) -> list[int]:
    """Ids of the products with this SKU or barcode; if none has it, of all with these words."""
    coded = [product.pk for product in products_coded(text)]
    return coded or list(Product.objects.having_words(text).values_list("pk", flat=True))
