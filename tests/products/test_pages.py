"""The product list and the product page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from company.keyset import page_by_name
from company.models import User
from products.models import Product, ProductType


@pytest.fixture
def phones(db) -> ProductType:
    return ProductType.objects.create(name="Phones", period_count=12, period_unit="months")


@pytest.fixture
def browser(cashier: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(cashier)


def make(kind: ProductType, *names: str, **fields: object) -> list[Product]:
    start = Product.objects.count()
    return Product.objects.bulk_create(
        Product(sku=f"S{start + number}", name=name, type=kind, **fields)
        for number, name in enumerate(names)
    )


def names(response: Any) -> list[str]:
    return [product.name for product in response.context["page"].rows]


def test_products_are_listed_by_name(browser: Client, phones: ProductType) -> None:
    make(phones, "Pixel", "Galaxy", "iPhone")
    assert names(browser.get("/products/")) == ["Galaxy", "Pixel", "iPhone"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=PIX", ["Pixel 8"]),
        ("q=8+pixel", ["Pixel 8"]),
        ("q=кабель", ["Кабель"]),
        ("q=s1", ["Кабель"]),
        ("q=4006381333931", ["Bravia"]),
        ("q=04006381333931", ["Bravia"]),
        ("q=63813", ["Bravia"]),
        ("q=100%25", []),
        ("q=_", []),
        ("mode=recorded", ["Bravia"]),
        ("active=no", ["Old"]),
        ("active=all", ["Bravia", "Old", "Pixel 8", "Кабель"]),
        ("type=999", ["Bravia", "Pixel 8", "Кабель"]),
    ],
)
def test_list_is_narrowed(
    browser: Client, phones: ProductType, query: str, found: list[str]
) -> None:
    make(phones, "Pixel 8", "Кабель")
    make(phones, "Bravia", mode="recorded", barcode="4006381333931")
    make(phones, "Old", is_active=False)
    assert names(browser.get(f"/products/?{query}")) == found


def test_list_is_narrowed_by_type(browser: Client, phones: ProductType) -> None:
    cables = ProductType.objects.create(name="Cables")
    make(phones, "Pixel")
    make(cables, "USB-C")
    assert names(browser.get(f"/products/?type={cables.pk}")) == ["USB-C"]


def test_statements_do_not_grow_with_the_rows(browser: Client, phones: ProductType) -> None:
    make(phones, "One")
    browser.get("/products/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        browser.get("/products/")
    for number in range(10):
        kind = ProductType.objects.create(name=f"Type {number}")
        make(kind, f"A {number}", f"B {number}")
    with CaptureQueriesContext(connection) as many:
        assert len(names(browser.get("/products/"))) == 21
    assert len(many) == len(few)
    assert not any("COUNT(" in query["sql"] or "OFFSET" in query["sql"] for query in many)


def test_pages_show_every_product_once_there_and_back(phones: ProductType) -> None:
    everything = [f"Name {number % 4}" for number in range(23)]
    make(phones, *everything)
    in_order = list(Product.objects.order_by("name", "id"))
    page = page_by_name(Product.objects.all(), size=5)
    there, pages = list(page.rows), [page.rows]
    assert page.before is None
    while page.after:
        page = page_by_name(Product.objects.all(), after=page.after, size=5)
        there += page.rows
        pages.append(page.rows)
    assert there == in_order
    back = [page.rows]
    while page.before:
        page = page_by_name(Product.objects.all(), before=page.before, size=5)
        back.append(page.rows)
    assert back[::-1] == pages


def test_next_page_keeps_the_filters(browser: Client, phones: ProductType) -> None:
    make(phones, *(f"Phone {number:03}" for number in range(60)), mode="none")
    page = browser.get("/products/?mode=none&q=phone").content.decode()
    assert "mode=none&amp;q=phone&amp;after=" in page
    assert 'rel="prev"' not in page


@pytest.mark.parametrize(
    "query",
    [
        "after=\0", "after=1", "after=1.\0", "after=x.y", "before=-1.a", "after=" + "9" * 40 + ".a",
        "after=1." + "x" * 5_000, "before=999999999999999999.%D1%97", "q=\0", "q=" + "x" * 5_000,
        "q=" + "+".join("abcdefghijklmnop"), "type=" + "9" * 40, "type=\0", "mode=\0", "active=\0",
        "q=%ff%fe", "after=%E2%80%AE.x",
    ],
)  # fmt: skip
def test_nothing_in_the_address_breaks_the_list(
    browser: Client, phones: ProductType, query
) -> None:
    make(phones, "One")
    assert browser.get(f"/products/?{query.replace(chr(0), '%00')}").status_code == 200


def test_text_too_long_is_said_at_its_field(browser: Client) -> None:
    response = browser.get("/products/?q=" + "x" * 101)
    assert set(response.context["form"].errors) == {"q"}


@pytest.mark.parametrize("pk", ["0", "9" * 18, "9" * 19, "9" * 400])
def test_product_that_is_not_there_is_404(browser: Client, pk: str) -> None:
    assert browser.get(f"/products/{pk}/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"mode": "strict"}, "The period comes from the type Phones"),
        (
            {"mode": "strict", "period_count": 2, "period_unit": "years"},
            "The period is this product's own",
        ),
        ({"mode": "none"}, "This accounting starts no warranty"),
    ],
)
def test_page_tells_where_the_period_comes_from(
    browser: Client, phones: ProductType, fields: dict[str, Any], told: str
) -> None:
    (product,) = make(phones, "Pixel", **fields)
    assert told in browser.get(f"/products/{product.pk}/").content.decode()


def test_page_tells_when_there_is_no_period(browser: Client) -> None:
    (product,) = make(ProductType.objects.create(name="Cables"), "USB-C", mode="period")
    assert (
        "Neither the product nor its type"
        in browser.get(f"/products/{product.pk}/").content.decode()
    )


def test_page_explains_the_accounting(browser: Client, phones: ProductType) -> None:
    (product,) = make(phones, "Pixel", mode="recorded")
    page = browser.get(f"/products/{product.pk}/").content.decode()
    assert "the serial itself is not compared with what was received" in page


@pytest.mark.parametrize(
    "address",
    ["/products/new/", "/products/{pk}/edit/", "/products/types/", "/products/types/new/"],
)
@pytest.mark.parametrize("who", ["cashier", "storekeeper", "manager", "stranger"])
def test_only_an_admin_sets_products_up(
    request, client_of: Callable[[User], Client], phones: ProductType, address: str, who: str
) -> None:
    (product,) = make(phones, "Pixel")
    browser = client_of(request.getfixturevalue(who))
    assert browser.get(address.format(pk=product.pk)).status_code == 403
    assert browser.post(address.format(pk=product.pk)).status_code == 403


def test_somebody_not_signed_in_is_sent_to_the_sign_in(client: Client, db) -> None:
    response = client.get("/products/")
    assert response.headers["Location"] == "/sign-in/?next=/products/"
