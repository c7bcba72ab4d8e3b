"""Writing a file of products, as an admin does it who has seen what it comes to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from company.access import Access
from company.constraints import broken_constraint
from company.import_outcome import Changed, Outcome
from company.tables import Table

from .judging_files import judge_products
from .models import Product
from .saving import MODE_STAYS

RACES = MODE_STAYS | {"products_sku_once", "products_barcode_once"}
"""Rules that only what happened meanwhile can break."""


def import_products(
    table: Table, *, clears: bool, seen: str, by: Access, now: dt.datetime
) -> Outcome:
    """Write the good rows of a file that comes to what was `seen`, all or none of them.

    A constant number of statements. Products wait for it as long as it takes, goods that move
    don't. Raises Changed, PermissionDenied.
    """
    if not by.user.is_admin:
        raise PermissionDenied
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE products_product IN SHARE ROW EXCLUSIVE MODE")
            judged = judge_products(table, clears=clears, lock=True)
            if judged.outcome.fingerprint != seen:
                raise Changed
            Product.objects.bulk_create(judged.new)
            _update(judged.changed, now=now)
            return judged.outcome
    except IntegrityError as error:
        if broken_constraint(error) in RACES:
            raise Changed from error
        raise


def _update(products: Sequence[Product], *, now: dt.datetime) -> None:
    """Save all fields of products in one statement, and raise their versions."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE products_product product
            SET sku = given.sku, name = given.name, type_id = given.type_id,
                barcode = given.barcode, price = given.price, mode = given.mode,
                period_count = given.period_count, period_unit = given.period_unit,
                supplier_period_count = given.supplier_count,
                supplier_period_unit = given.supplier_unit, is_active = given.is_active,
                version = product.version + 1, updated_at = %s
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[],
                        %s::numeric[], %s::text[], %s::int[], %s::text[], %s::int[], %s::text[],
                        %s::boolean[])
                AS given (id, sku, name, type_id, barcode, price, mode, period_count, period_unit,
                          supplier_count, supplier_unit, is_active)
            WHERE product.id = given.id
            """,
            [now, *(
                [getattr(product, field) for product in products]
                for field in (
                    "pk", "sku", "name", "type_id", "barcode", "price", "mode", "period_count",
                    "period_unit", "supplier_period_count", "supplier_period_unit", "is_active",
                )
            )],
        )  # fmt: skip
