"""Finding products from what was scanned or typed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import Q
from django.utils.translation import gettext as _

from .gtin import gtin14, mended
from .models import Product


def products_coded(key: str) -> list[Product]:
    """The products whose barcode or SKU this is, in use or not: none, one, in odd cases two."""
    barcode = gtin14(key)
    condition = Q(sku__iexact=key) | (Q(gtin14=barcode) if barcode else Q())
    return list(Product.objects.select_related("type").filter(condition).order_by("id")[:2])


def product_with_gtin(digits: str) -> Product | None:
    """The product that has this GTIN, of fourteen digits, as its barcode."""
    return Product.objects.select_related("type").filter(gtin14=digits).first()


def is_misread_barcode(key: str) -> bool:
    """Whether only its check digit keeps a key from being the barcode of a product.

    One statement for digits of a GTIN's length whose check digit is wrong, none for other keys.
    """
    digits = mended(key)
    return digits is not None and Product.objects.filter(gtin14=digits).exists()


def no_product_words(barcode: str) -> str:
    """What is said of a GS1 code whose GTIN no product has."""
    words = _(
        "No product has the barcode %(barcode)s. Enter it at the product, or scan the serial "
        "number alone."
    )
    return words % {"barcode": barcode}


def products_named(text: str, *, limit: int) -> list[Product]:
    """The products in use whose name or SKU contains every word of the text."""
    found = Product.objects.select_related("type").filter(is_active=True).having_words(text)
    return list(found.order_by("name", "id")[:limit])


def product_ids(text: str) -> list[int]:
    """Ids of the products with this SKU or barcode; if none has it, of all with these words."""
    coded = [product.pk for product in products_coded(text)]
    return coded or list(Product.objects.having_words(text).values_list("pk", flat=True))


def products_with_codes(keys: Collection[str]) -> Mapping[str, list[Product]]:
    """The products whose SKU or barcode these are, by key: two statements."""
    barcodes: defaultdict[str | None, set[str]] = defaultdict(set)
    for key in keys:
        if barcode := gtin14(key):
            barcodes[barcode].add(key)
    # As raw SQL, for an IN of thousands of parameters is read by PostgreSQL for a second.
    rows = Product.objects.raw(
        "SELECT id FROM products_product WHERE upper(sku) = ANY(%s) OR gtin14 = ANY(%s)",
        [list(keys), list(barcodes)],
    )
    products = Product.objects.select_related("type").in_bulk([row.pk for row in rows])
    found: defaultdict[str, list[Product]] = defaultdict(list)
    for product in products.values():
        names = {product.sku.upper()} & set(keys)
        for name in names | barcodes.get(product.gtin14, set()):
            found[name].append(product)
    return found
