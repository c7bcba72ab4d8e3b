"""A receipt is from whom its goods came last, as long as nobody said otherwise."""

from __future__ import annotations

import pytest
from django.utils import timezone

from company.access import access_of
from documents.models import Document
from documents.scanning import scan
from partners.models import Supplier
from tests.shop import draft, post, receive, sell


@pytest.fixture
def dnipro(db) -> Supplier:
    return Supplier.objects.create(name="Dnipro")


@pytest.fixture
def volt(db) -> Supplier:
    return Supplier.objects.create(name="Volt")


def came_from(supplier: Supplier, store, by, *lines) -> Document:
    document = draft("receipt", store, by, lines)
    Document.objects.filter(pk=document.pk).update(is_opening=False, supplier=supplier)
    return post(document, by)


def begun(store, by, *texts: str, **header) -> Supplier | None:
    """The supplier of a receipt that these were scanned on."""
    document = Document.objects.create(kind="receipt", store=store, author=by, **header)
    for text in texts:
        scan(document.pk, text, by=access_of(by), now=timezone.now())
    document.refresh_from_db()
    return document.supplier


def test_the_last_supplier_of_the_goods_is_taken(store, manager, goods, dnipro, volt):
    came_from(dnipro, store, manager, (goods.strict, ["A1"]))
    came_from(volt, store, manager, (goods.strict, ["A2"]))
    came_from(dnipro, store, manager, (goods.plain, 3))
    receive(store, manager, (goods.strict, ["A3"]))  # opening stock: from nobody
    sell(store, manager, (goods.strict, ["A1"]))
    assert begun(store, manager, goods.strict.sku) == volt
    assert begun(store, manager, goods.plain.sku) == dnipro
    assert begun(store, manager, goods.recorded.sku) is None


def test_the_first_goods_that_have_one_decide(store, manager, goods, dnipro, volt):
    came_from(volt, store, manager, (goods.strict, ["A1"]))
    came_from(dnipro, store, manager, (goods.plain, 3))
    scanned = goods.recorded.sku, goods.strict.sku, goods.plain.sku
    assert begun(store, manager, *scanned) == volt


def test_what_a_person_chose_stays(store, manager, goods, dnipro, volt):
    came_from(volt, store, manager, (goods.plain, 3))
    assert begun(store, manager, goods.plain.sku, supplier=dnipro) == dnipro
    assert begun(store, manager, goods.plain.sku, is_opening=True) is None


def test_neither_another_store_nor_a_supplier_out_of_use_counts(
    store, other_store, manager, other_manager, goods, dnipro, volt
):
    came_from(dnipro, other_store, other_manager, (goods.plain, 3))
    assert begun(store, manager, goods.plain.sku) is None
    came_from(volt, store, manager, (goods.plain, 3))
    Supplier.objects.filter(pk=volt.pk).update(is_active=False)
    assert begun(store, manager, goods.plain.sku) is None


def test_the_page_says_so_and_shows_it_chosen(client_of, store, manager, goods, dnipro):
    came_from(dnipro, store, manager, (goods.plain, 3))
    document = Document.objects.create(kind="receipt", store=store, author=manager)
    at = f"/documents/{document.pk}/scan/"
    answer = client_of(manager).post(at, {"scan": goods.plain.sku}, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert "Supplier as last time: Dnipro." in text
    assert f'<option value="{dnipro.pk}" selected>Dnipro</option>' in text
