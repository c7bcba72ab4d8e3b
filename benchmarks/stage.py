"""A shop with a million serials, made set by set past the verbs."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.db import connection, transaction

from company.models import Company, Membership, Store, User
from company.rights import Role
from products.models import Product, ProductType
from serials.models import Movement
from serials.places import Route, Routes


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """Who and what the figures are taken with."""

    store: Store
    other_store: Store
    manager: User
    product: Product


def run(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def build(serials: int) -> Stage:
    """Fill the database: every serial received, one strict product for each 10,000 of them."""
    Company.current()
    store = Store.objects.create(name="Bench", prefix="BN1")
    other = Store.objects.create(name="Other", prefix="BN2")
    manager = User.objects.create_user("bench")
    Membership.objects.create(user=manager, store=store, role=Role.MANAGER)
    kind = ProductType.objects.create(name="Phones", period_count=24, period_unit="months")
    count = max(1, serials // 10_000)
    Product.objects.bulk_create(
        Product(sku=f"B-{nth}", name=f"Phone {nth}", type=kind, price=100) for nth in range(count)
    )
    way = Routes([Movement.RECEIPT, Movement.SALE], store_id=store.pk).of(Movement.RECEIPT)
    # The serials refer to their entries and the other way round: as one transaction.
    with transaction.atomic():
        _serials_and_entries(serials, count, way)
        _postings(store, manager)
    run("VACUUM ANALYZE")
    return Stage(store, other, manager, Product.objects.select_related("type").get(sku="B-0"))


def _serials_and_entries(serials: int, count: int, way: Route) -> None:
    run(
        """
        INSERT INTO serials_serial (product_id, text, key, place_id, seq, is_verified,
            moved_on)
        SELECT product.id, 'SN' || lpad(n::text, 12, '0'), 'SN' || lpad(n::text, 12, '0'), %s, 1,
               true, current_date - 30
        FROM generate_series(1, %s) n
        JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS nth FROM products_product) product
            ON product.nth = n / 10000 %% %s
        """,
        way.target.pk,
        serials,
        count,
    )
    run(
        """
        INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id, quantity,
            from_place_id, to_place_id, seq, verified, unidentified)
        SELECT product_id, 1, product_id, id, 1, %s, place_id, 1, true, false
        FROM serials_serial
        """,
        way.source.pk,
    )


def _postings(store: Store, manager: User) -> None:
    """One receipt for each product, with the product's id; they come after their entries."""
    run(
        """
        INSERT INTO serials_posting (id, kind, store_id, effective_on, reference, posted_at,
            posted_by_id)
        SELECT id, 'receipt', %s, current_date - 30, 'BENCH-' || id, now(), %s
        FROM products_product
        """,
        store.pk,
        manager.pk,
    )
    run("SELECT setval('serials_posting_id_seq', max(id)) FROM serials_posting")
