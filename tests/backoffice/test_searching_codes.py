"""The same scan means the same in every box: search, the warranty check, the repair desk."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.utils import timezone

from backoffice.searching import search
from company.access import access_of
from products.models import Product
from repairs.finding import find
from repairs.reading_scans import NotFound, goods_scanned
from tests.lasting import lasting
from tests.shop import receive, sell
from warranty.looking_up import look_up

pytestmark = pytest.mark.django_db

GTIN = "04006381333931"
OTHER_GTIN = "00012345678905"
UNIT = f"]d201{GTIN}21SN-1\x1d10LOT"
LINK = f"https://id.gs1.org/01/{GTIN}/21/SN-1"
KEYS = "ІТ-1"


@lasting
def phone(store, manager, goods) -> Product:
    """A phone that was sold, and another product with the same serial on the shelf."""
    Product.objects.filter(pk=goods.strict.pk).update(barcode=GTIN)
    goods.strict.refresh_from_db()
    receive(store, manager, (goods.strict, ["SN-1"]), (goods.recorded, ["SN-1", "R1"]))
    sell(store, manager, (goods.strict, ["SN-1"]))
    return goods.strict


@pytest.mark.parametrize("text", [UNIT, LINK])
def test_search_opens_the_unit_of_the_product(phone, manager, text):
    found = search(text, access=access_of(manager))
    assert (found.exact.product, found.exact.key) == (phone, "SN-1")


def test_search_opens_the_product_of_a_unit_nobody_knows(phone, manager):
    assert search(f"(01){GTIN}(21)NEW", access=access_of(manager)).exact == phone


def test_search_says_what_is_wrong_with_a_code(phone, manager, client_of):
    for text, said in [
        (f"(01){OTHER_GTIN}(21)SN-1", "No product has the barcode 012345678905"),
        (f"(01){GTIN[:-1]}2(21)SN-1", "check digit"),
    ]:
        found = search(text, access=access_of(manager))
        assert found.nothing
        assert said in found.note
        page = client_of(manager).get("/search/?" + urlencode({"q": text})).text
        assert said in page


def test_search_reads_another_keyboard_layout_and_says_so(phone, manager, client_of):
    found = search(KEYS, access=access_of(manager))
    assert {unit.key for unit in found.serials} == {"SN-1"}
    assert found.note == "Read as SN-1: the keyboard is set to Ukrainian."
    said = client_of(manager).get("/search/?" + urlencode({"q": "к1"}), follow=True).text
    assert "Read as r1" in said


def test_search_tells_a_stranger_nothing_by_another_layout(phone, stranger):
    found = search(KEYS, access=access_of(stranger))
    assert (found.nothing, found.note) == (True, "")


def test_the_warranty_check_means_the_unit_of_the_product(phone, store, manager, client_of):
    today = store.date_of(timezone.now())
    access = access_of(manager)
    for text in (UNIT, LINK):
        (piece,) = look_up(text, access=access, today=today).pieces
        assert (piece.product, piece.is_covered) == (phone, True)
    found = look_up(KEYS, access=access, today=today)
    assert len(found.pieces) == 2
    assert "Ukrainian" in found.note
    page = client_of(manager).get("/warranty/?" + urlencode({"q": f"(01){GTIN[:-1]}2(21)SN-1"}))
    assert "check digit" in page.text


def test_the_intake_means_the_unit_of_the_product(phone, store, manager, client_of):
    today = store.date_of(timezone.now())
    access = access_of(manager)
    for text in (UNIT, LINK):
        (found,) = find(text, store=store, access=access, today=today)
        assert found.product == phone
    url = "/repairs/new/?"
    desk = client_of(manager)
    assert "Read as r1" in desk.get(url + urlencode({"scan": "к1"})).text
    assert "check digit" in desk.get(url + urlencode({"scan": f"]C101{GTIN[:-1]}221X"})).text


def test_parts_and_loaners_mean_the_unit_of_the_product(phone, store, manager, goods):
    receive(store, manager, (phone, ["SN-2"]), (goods.recorded, ["SN-2"]))
    (found,) = goods_scanned(f"(01){GTIN}(21)SN-2", store=store)
    assert (found.product, found.serial) == (phone, "SN-2")
    for text, said in [
        (f"(01){GTIN}(21)SN-9", "Nothing in stock here is called SN-9"),
        (f"(01){OTHER_GTIN}(21)SN-2", "No product has the barcode"),
        (f"(01){GTIN[:-1]}2(21)SN-2", "check digit"),
    ]:
        with pytest.raises(NotFound, match=said):
            goods_scanned(text, store=store)
