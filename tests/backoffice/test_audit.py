"""The page of changes: who changed what, from which value to which, in the reader's words."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from audit.acting import acting
from audit.models import Change
from audit.tracking import TRACKED
from backoffice.audit_kinds import KINDS
from backoffice.audit_reading import PAGE, Chosen, audit_page, changes
from company.models import Store
from partners.models import Customer, Supplier
from products.models import Product, ProductType

pytestmark = pytest.mark.django_db

PAGE_OF_CHANGES = "/audit/"


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_a_change_is_told_in_words(admin, store, goods, client_of):
    client = client_of(admin)
    other = ProductType.objects.create(name="Tablets")
    product = goods.strict
    data = {
        "sku": product.sku, "name": product.name, "type": other.pk, "price": "1089.90",
        "mode": "recorded", "version": product.version, "is_active": "on",
        "period_count": "", "supplier_period_count": "",
    }  # fmt: skip
    answer = client.post(reverse("products:edit", args=[product.pk]), data)
    assert answer.status_code == 302, answer.context["form"].errors
    chosen = Chosen(thing=("products.product", product.pk))
    with translation.override("en"):
        entry = audit_page(chosen).entries[0]
    assert (entry.who, entry.thing, entry.action) == ("admin", "Product strict", "changed")
    assert {(each.label, each.before, each.after) for each in entry.fields} == {
        ("Price", "100.00", "1,089.90"),
        ("Product type", "Phones", "Tablets"),
        ("Accounting", "Strict warranty accounting", "Warranty accounting"),
    }
    with translation.override("uk"):
        entry = audit_page(chosen).entries[0]
    assert ("Ціна", "100,00") in {(each.label, each.before) for each in entry.fields}
    shown = text_of(client.get(PAGE_OF_CHANGES, {"thing": f"products.product-{product.pk}"}))
    assert "<del>100.00</del>" in shown
    assert f'href="{reverse("products:product", args=[product.pk])}"' in shown


def test_filters_narrow_by_kind_field_person_and_day(admin, cashier, goods, store):
    day = timezone.localdate()
    start = timezone.make_aware(dt.datetime.combine(day, dt.time()))
    with acting(lambda: {"person": cashier.pk}):
        Product.objects.filter(pk=goods.plain.pk).update(price=7, is_active=False)
    found = changes(Chosen(person=cashier.pk)).get()
    assert found.thing == goods.plain.pk
    assert changes(Chosen(kind="products.product")).count() == 5
    assert changes(Chosen(field=("products.product", "is_active"))).count() == 5
    assert changes(Chosen(field=("products.product", "barcode"))).count() == 0
    assert changes(Chosen(since=start)).count() == Change.objects.count()
    assert changes(Chosen(until=start)).count() == 0
    assert changes(Chosen(since=start + dt.timedelta(days=2))).count() == 0
    assert changes(Chosen(until=start + dt.timedelta(days=2))).count() == Change.objects.count()


def test_pages_follow_each_other_and_cost_the_same(store, django_assert_max_num_queries):
    Supplier.objects.bulk_create(Supplier(name=f"S{nth:03}") for nth in range(PAGE + 5))
    chosen = Chosen(kind="partners.supplier")
    with django_assert_max_num_queries(2):
        newest = audit_page(chosen)
    older = audit_page(chosen, before=newest.older)
    assert (newest.newer, len(newest.entries), len(older.entries)) == (None, PAGE, 5)
    assert older.older is None
    assert audit_page(chosen, after=older.newer) == newest


def test_nonsense_in_the_address_is_said(admin, client_of):
    client = client_of(admin)
    assert "A filter makes no sense" in text_of(client.get(PAGE_OF_CHANGES, {"thing": "x-1"}))
    assert client.get(PAGE_OF_CHANGES, {"since": "yesterday"}).status_code == 200
    assert client.get(PAGE_OF_CHANGES, {"until": "9999-12-31"}).status_code == 200
    assert "No more changes here" in text_of(client.get(PAGE_OF_CHANGES, {"before": "0"}))


def test_the_file_has_a_row_for_each_field_and_no_formulas(admin, client_of):
    customer = Customer.objects.create(name="=1+1", phone="123")
    client = client_of(admin)
    chosen = {"thing": f"partners.customer-{customer.pk}"}
    csv = b"".join(client.get("/audit/export.csv", chosen)).decode("utf-8-sig").splitlines()
    assert len(csv) == 3
    assert ";'=1+1;" in csv[1] + csv[2]
    book = b"".join(client.get("/audit/export.xlsx", chosen))
    rows = list(load_workbook(io.BytesIO(book)).active.iter_rows(values_only=True))
    assert {(row[5], row[7]) for row in rows[1:]} == {("Name", "=1+1"), ("Phone", "123")}


def test_each_kind_has_a_page_and_words(admin, client_of, goods, store, cashier):
    assert {tracked.kind for tracked in TRACKED} == set(KINDS)
    Store.objects.filter(pk=store.pk).update(address="Elsewhere", language="uk")
    client = client_of(admin)
    for kind, thing in Change.objects.values_list("kind", "thing").distinct():
        assert client.get(KINDS[kind].url(thing)).status_code == 200, kind
        page = text_of(client.get(PAGE_OF_CHANGES, {"kind": kind}))
        assert 'class="changes"' in page
        link = f"?thing={kind}-{thing}"
        assert link in client.get(KINDS[kind].url(thing)).content.decode()


def test_what_is_new_has_no_history(admin, client_of):
    client = client_of(admin)
    for page in ("company:new_store", "company:new_person", "products:new_type"):
        assert "?thing=" not in client.get(reverse(page)).content.decode(), page


def test_a_page_of_very_many_is_read_by_an_index(store):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for chosen in (
        Chosen(),
        Chosen(thing=("products.product", 1)),
        Chosen(person=1),
        Chosen(since=timezone.now()),
    ):
        plan = changes(chosen).order_by("-pk")[: PAGE + 1].explain()
        assert "Index" in plan
        assert "Seq Scan" not in plan


def test_money_keeps_its_cents(goods):
    Product.objects.filter(pk=goods.plain.pk).update(price=Decimal("1234567890.10"))
    with translation.override("en"):
        entry = audit_page(Chosen(thing=("products.product", goods.plain.pk))).entries[0]
    assert entry.fields[0].after == "1,234,567,890.10"
