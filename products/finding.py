"""Finding products from what was scanned or typed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .gtin import gtin14
from .models import Product


def products_coded(key: str) -> list[Product]:
    """The products in use whose barcode or SKU this is: none, one, or in odd cases two."""
    barcode = gtin14(key)
    condition = Q(sku__iexact=key) | (Q(gtin14=barcode) if barcode else Q())
    return list(_in_use().filter(condition).order_by("id")[:2])


def products_named(text: str, *, limit: int) -> list[Product]:
    """The products in use whose name or SKU contains every word of the text."""
    found = _in_use()
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(sku__icontains=word))
    return list(found.order_by("name", "id")[:limit])


def _in_use() -> models.QuerySet[Product]:
    return Product.objects.select_related("type").filter(is_active=True)
