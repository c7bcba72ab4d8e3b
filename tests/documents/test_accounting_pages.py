"""The pages of the assistant: nothing is lost, nothing is written before the last press."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from company.access import access_of
from documents.models import Document, Kind
from documents.posting import post_document
from products.models import Product
from serials.models import Serial
from tests.documents.test_accounting import lay, place_of
from tests.shop import draft, receive, sell, transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(admin, client_of) -> Client:
    return client_of(admin)


@pytest.fixture
def product(store, admin, goods) -> Product:
    """Three pieces without serial numbers on the shelf."""
    lay(goods.period, place_of(store), admin, 3)
    return goods.period


def url(product: Product, mode: str = "") -> str:
    return f"/documents/accounting/{product.pk}/" + (f"?mode={mode}" if mode else "")


def press(browser: Client, product: Product, step: str, *, mode: str = "strict", **data: object):
    """Press a button of the page as it is now."""
    page = browser.get(url(product, mode))
    seen = data.pop("seen", None) or page.context["situation"].seen
    return browser.post(url(product, mode), {"step": step, "seen": seen, **data})


def box(store) -> str:
    return f"serials-{place_of(store).pk}"


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_from_the_product_to_its_documents(browser, store, product):
    assert url(product) in text_of(browser.get(f"/products/{product.pk}/"))
    assert url(product) in text_of(browser.get(f"/products/{product.pk}/edit/"))
    assert "Strict warranty accounting" in text_of(browser.get(url(product)))
    assert "0 of 3 serial numbers" in text_of(browser.get(url(product, "strict")))

    entered = {box(store): "SN1\r\nSN2\r\nSN3"}
    preview = press(browser, product, "preview", **entered)
    shown = text_of(preview)
    assert "a supplier return of 3 pieces" in shown
    assert "From “Warranty without serial numbers” to <strong>Strict warranty accounting" in shown
    assert "a receipt of 3 pieces" in shown
    assert all(f">{one}</span>" in shown for one in ("SN1", "SN2", "SN3"))
    assert Document.objects.count() == 1  # nothing is written yet
    assert Product.objects.get(pk=product.pk).mode == "period"

    done = browser.post(
        url(product, "strict"),
        {"step": "do", "seen": preview.context["plan"].situation.seen, **entered},
        follow=True,
    )
    numbers = [one.number for one in Document.objects.order_by("pk")[1:]]
    assert len(numbers) == 2
    assert all(number in text_of(done) for number in numbers)
    assert Serial.objects.filter(product=product, place=place_of(store)).count() == 3


def test_what_was_typed_is_there_with_every_problem(browser, store, product):
    response = press(browser, product, "preview", **{box(store): "SN1\nsn1\n" + "x" * 90})
    shown = text_of(response)
    assert response.status_code == 422
    assert "1 of 3 serial numbers: enter 2 more." in shown
    assert "sn1 is there more than once and counts once." in shown
    assert "Podil, in stock: 3 things to mend" in shown
    assert "SN1 sn1 " + "x" * 90 in shown


def test_many_problems_are_counted(browser, store, admin, goods, product):
    Product.objects.filter(pk=product.pk).update(barcode="4006381333931")
    kind = product.type
    kind.serial_format, kind.serial_mask, kind.on_bad_format = "mask", "@@-####", "refuse"
    kind.save()
    lay(product, place_of(store), admin, 30)
    column = "\n".join(str(nth) for nth in range(33))
    shown = text_of(press(browser, product, "preview", **{box(store): column}))
    assert "33 things to mend" in shown
    assert "and 23 more" in shown


def test_a_problem_links_to_the_document_that_explains_it(browser, store, admin, goods):
    receive(store, admin, (goods.strict, ["A"]))
    sale = sell(store, admin, (goods.strict, ["A"]))
    Product.objects.filter(pk=goods.strict.pk).update(mode="none")
    lay(goods.strict, place_of(store), admin, 1)
    shown = text_of(press(browser, goods.strict, "preview", **{box(store): "A"}))
    assert f'href="/documents/{sale.pk}/"' in shown


def test_back_from_the_preview_keeps_what_was_typed(browser, store, product):
    shown = text_of(press(browser, product, "back", **{box(store): "SN1\nSN2\nSN3"}))
    assert "SN1 SN2 SN3" in shown
    assert "3 of 3 serial numbers" in shown


def test_lines_are_counted_as_they_come(browser, store, product):
    answer = browser.post(
        url(product, "strict"), {"count": place_of(store).pk, box(store): "A\nB\nb"}
    )
    shown = text_of(answer)
    assert "2 of 3 serial numbers" in shown
    assert "1 more is there twice and counts once" in shown
    assert "<html" not in shown


@pytest.mark.parametrize("forged", ["0", "many", ""])
def test_a_place_that_is_not_there_is_not_counted(forged, browser, store, product):
    assert browser.post(url(product, "strict"), {"count": forged}).status_code == 404


def test_serials_of_the_records_are_a_start(browser, store, admin, goods):
    receive(store, admin, (goods.strict, ["A", "B"]))
    assert "A B</textarea>" in text_of(browser.get(url(goods.strict, "recorded")))
    assert "A B</textarea>" not in text_of(browser.get(url(goods.recorded, "strict")))


def test_where_nothing_is_asked_the_page_says_so(browser, store, admin, goods):
    receive(store, admin, (goods.strict, ["A", "B"]))
    page = text_of(browser.get(url(goods.strict, "none")))
    assert "There is nothing to enter" in page
    assert "<textarea" not in page
    shown = text_of(press(browser, goods.strict, "preview", mode="none"))
    assert "a supplier return of 2 pieces" in shown


def test_moved_goods_are_told_with_the_numbers_of_now(browser, store, admin, product):
    seen = browser.get(url(product, "strict")).context["situation"].seen
    sell(store, admin, (product, 1))
    entered = {box(store): "SN1\nSN2\nSN3"}
    for step in ("preview", "do"):
        response = press(browser, product, step, seen=seen, **entered)
        shown = text_of(response)
        assert response.status_code == 422
        assert "Somebody moved or changed this product meanwhile" in shown
        assert "3 of 2 serial numbers" in shown
        assert "SN1 SN2 SN3" in shown
    # The page that says so goes on with the numbers of now.
    now = response.context["situation"].seen
    assert press(browser, product, "do", seen=now, **{box(store): "SN1\nSN2"}).status_code == 302


def test_pressing_again_after_it_was_done_does_nothing(browser, store, product):
    entered = {box(store): "SN1\nSN2\nSN3"}
    seen = browser.get(url(product, "strict")).context["situation"].seen
    data = {"step": "do", "seen": seen, **entered}
    assert browser.post(url(product, "strict"), data).status_code == 302
    documents = Document.objects.count()
    again = browser.post(url(product, "strict"), data, follow=True)
    assert "is “Strict warranty accounting”" in text_of(again)
    assert Document.objects.count() == documents


def test_what_is_in_the_way_is_told_before_anything_is_typed(
    browser, store, other_store, admin, product
):
    sent = transfer(store, other_store, admin, (product, 2))
    for page in (url(product), url(product, "strict")):
        shown = text_of(browser.get(page))
        assert "2 pieces on the way from Podil to Lviv" in shown
        assert f'href="/documents/{sent.pk}/"' in shown
        assert "<textarea" not in shown


def test_what_comes_into_the_way_later_loses_nothing(browser, store, other_store, admin, product):
    transfer(store, other_store, admin, (product, 1))
    entered = {"step": "preview", "seen": "of earlier", box(store): "SN1\nSN2"}
    shown = text_of(browser.post(url(product, "strict"), entered))
    assert "1 piece on the way from Podil to Lviv" in shown
    assert "SN1 SN2" in shown


def test_without_stock_the_way_is_the_products_own_page(browser, goods):
    shown = text_of(browser.get(url(goods.plain)))
    assert "Nothing in stock" in shown
    assert f"/products/{goods.plain.pk}/edit/" in shown


def test_the_product_form_names_the_units_that_wait(browser, store, admin, goods):
    document = draft(Kind.RECEIPT, store, admin, [(goods.strict, 2)])
    moved = post_document(
        document.pk, by=access_of(admin), now=timezone.now(), without_serials="the box is sealed"
    )
    page = text_of(browser.get(f"/products/{goods.strict.pk}/edit/"))
    assert f"Waiting for their serial numbers: {moved.number}, Podil: 2 pieces" in page


def test_a_manager_is_not_offered_the_assistant(store, manager, client_of, product):
    assert "/documents/accounting/" not in text_of(
        client_of(manager).get(f"/products/{product.pk}/")
    )


def test_the_page_costs_the_same_however_many_units(
    browser, store, admin, goods, django_assert_max_num_queries
):
    receive(store, admin, (goods.strict, [f"SN{nth}" for nth in range(300)]))
    for address in (url(goods.strict), url(goods.strict, "recorded")):
        with django_assert_max_num_queries(14):
            browser.get(address)


def test_documents_of_another_product_are_not_shown_as_done(browser, store, admin, goods, product):
    other = receive(store, admin, (goods.plain, 1))
    page = browser.get(f"/documents/accounting/{product.pk}/done/?document={other.pk}&document=x")
    assert other.number not in text_of(page)
