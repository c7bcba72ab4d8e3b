"""What PostgreSQL itself refuses, whoever writes: raw SQL past the ORM."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from company.constraints import broken_constraint
from products.models import Product, ProductType

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone() -> Product:
    kind = ProductType.objects.create(name="Phones")
    return Product.objects.create(
        sku="IP15", name="iPhone", type=kind, barcode="4006381333931", mode="strict"
    )


def write(sql: str, *parameters: str | int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def rule_broken_by(sql: str, *parameters: str | int) -> str:
    with pytest.raises(IntegrityError) as refused:
        write(sql, *parameters)
    return broken_constraint(refused.value)


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("price", "-0.01", "products_price_not_negative"),
        ("mode", "'lax'", "products_mode_known"),
        ("period_count", "12", "products_period_whole"),
        ("period_unit", "'months'", "products_period_whole"),
        ("(period_count, period_unit)", "(0, 'days')", "products_period_whole"),
        ("(period_count, period_unit)", "(101, 'years')", "products_period_whole"),
        ("(period_count, period_unit)", "(1201, 'months')", "products_period_whole"),
        ("(period_count, period_unit)", "(1, 'moons')", "products_period_whole"),
    ],
)
def test_product_is_whole(phone: Product, column: str, value: str, rule: str) -> None:
    sql = f"UPDATE products_product SET {column} = {value} WHERE id = %s"
    broken = rule_broken_by(sql, phone.pk)
    assert broken in {rule, "products_product_period_count_check"}


@pytest.mark.parametrize(
    ("sku", "barcode", "rule"),
    [
        ("ip15", "", "products_sku_once"),
        ("X", "4006381333931", "products_barcode_once"),
        ("X", "04006381333931", "products_barcode_once"),
    ],
)
def test_sku_and_barcode_are_given_once(phone: Product, sku: str, barcode: str, rule: str) -> None:
    sql = """
        INSERT INTO products_product
            (sku, barcode, name, type_id, price, mode, period_unit, supplier_period_unit,
             is_active, version, updated_at)
        VALUES (%s, %s, 'Other', %s, 0, 'none', '', '', true, 1, now())
    """
    assert rule_broken_by(sql, sku, barcode, phone.type_id) == rule


def test_many_products_have_no_barcode(phone: Product) -> None:
    for number in range(2):
        Product.objects.create(sku=f"N{number}", name="No barcode", type=phone.type)


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("period_count", "12", "products_type_period_whole"),
        ("(period_count, period_unit)", "(36501, 'days')", "products_type_period_whole"),
        ("serial_format", "'mask'", "products_type_mask_given"),
    ],
)
def test_product_type_is_whole(phone: Product, column: str, value: str, rule: str) -> None:
    sql = f"UPDATE products_producttype SET {column} = {value} WHERE id = %s"
    assert rule_broken_by(sql, phone.type_id) == rule


def test_type_with_products_stays(phone: Product) -> None:
    rule = rule_broken_by("SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM products_producttype")
    assert rule.startswith("products_product_type_id")
