"""The list of documents: its filters, its pages, and what it costs."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from documents.listing import PAGE
from documents.models import Document, Kind, Status
from partners.models import Customer, Supplier
from tests.lasting import lasting
from tests.shop import draft, receive, sell

pytestmark = pytest.mark.django_db

LIST = reverse("documents:list")
TEXTS = ("q", "partner", "product", "serial")


@pytest.fixture
def browser(client_of, manager):
    return client_of(manager)


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def listed(browser, query: str = "") -> set[Document]:
    return set(browser.get(f"{LIST}?{query}").context["page"].documents)


def transfer(store, to_store, by, **more) -> Document:
    """A transfer nobody has posted; posting it is another module's matter."""
    return Document.objects.create(
        kind=Kind.TRANSFER, store=store, to_store=to_store, author=by, **more
    )


def sent(document: Document) -> Document:
    """The same, as the list sees one that was posted: written past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE documents_document SET status = 'posted', posting_id = -id,"
            " number = 'LV1-T-' || id, effective_on = %s WHERE id = %s",
            [document.store.date_of(timezone.now()), document.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    document.refresh_from_db()
    return document


@lasting
def shop(store, manager, goods):
    """A receipt, a sale and a draft."""
    receipt = receive(store, manager, (goods.strict, ["SN 1", "SN2"]), (goods.plain, 5))
    sale = sell(store, manager, (goods.strict, ["SN 1"]))
    return receipt, sale, draft("sale", store, manager, [(goods.plain, 2)])


def test_documents_are_narrowed_by_kind_and_state(browser, shop):
    receipt, sale, unfinished = shop
    assert listed(browser) == {receipt, sale, unfinished}
    assert listed(browser, "kind=receipt") == {receipt}
    assert listed(browser, "kind=sale&status=draft") == {unfinished}
    assert listed(browser, "status=posted") == {receipt, sale}
    assert listed(browser, "kind=write_off") == set()
    assert listed(browser, "status=cancelled") == set()


def test_documents_are_found_by_part_of_their_number(browser, shop):
    receipt, sale, _ = shop
    assert listed(browser, f"q={receipt.number}") == {receipt}
    assert listed(browser, "q=ky1-s2") == {sale}


@pytest.mark.parametrize("text", ["SN 1", "sn+1", "ＳＮ %EF%BC%91", "%20sn%20%201"])
def test_documents_are_found_by_a_serial_however_it_is_spelled(browser, shop, text):
    receipt, sale, _ = shop
    assert listed(browser, f"serial={text}") == {receipt, sale}


def test_part_of_a_serial_finds_nothing(browser, shop):
    page = browser.get(f"{LIST}?serial=SN")
    assert list(page.context["page"].documents) == []
    assert "No documents match" in words(page)
    assert f'href="{LIST}">Clear the filters' in page.content.decode()


@pytest.mark.parametrize("text", ["SKU-STRICT", "sku-strict", "duct strict", "4006381333931"])
def test_documents_are_found_by_sku_barcode_or_name_of_a_product(browser, shop, goods, text):
    goods.strict.barcode = "4006381333931"
    goods.strict.save()
    receipt, sale, _ = shop
    assert listed(browser, f"product={text}") == {receipt, sale}


def test_a_whole_sku_means_that_product_and_none_whose_sku_begins_so(browser, shop, goods):
    goods.plain.sku = "SKU-STRICT-2"
    goods.plain.save()
    receipt, sale, unfinished = shop
    assert listed(browser, "product=SKU-STRICT") == {receipt, sale}
    assert listed(browser, "product=SKU-STRI") == {receipt, sale, unfinished}


def test_a_link_from_a_product_says_which_and_how_to_leave_it(browser, shop, goods):
    page = browser.get(f"{LIST}?product_id={goods.plain.pk}")
    receipt, _, unfinished = shop
    assert set(page.context["page"].documents) == {receipt, unfinished}
    assert f"Only documents with {goods.plain.name}" in words(page)
    product = browser.get(reverse("products:product", args=[goods.plain.pk]))
    assert f"{LIST}?product_id={goods.plain.pk}" in product.content.decode()


@pytest.mark.parametrize("text", ["iryna", "BONDAR iry", "067 123 45 67", "+380671234567", "45 67"])
def test_documents_are_found_by_name_or_phone_of_a_customer(browser, shop, store, manager, text):
    customer = Customer.objects.create(name="Iryna Bondar", phone="+38 (067) 123-45-67")
    mine = draft("sale", store, manager, [])
    Document.objects.filter(pk=mine.pk).update(customer=customer)
    assert listed(browser, f"partner={text.replace('+', '%2B')}") == {mine}


def test_documents_are_found_by_the_name_of_a_supplier(browser, shop, store, manager):
    mine = draft("receipt", store, manager, [])
    wholesale = Supplier.objects.create(name="ТОВ Електроніка")
    Document.objects.filter(pk=mine.pk).update(supplier=wholesale)
    assert listed(browser, "partner=електро") == {mine}


def test_a_text_that_fits_very_many_customers_finds_the_same(browser, store, manager, monkeypatch):
    monkeypatch.setattr("documents.filters.MOST_CUSTOMERS", 2)
    many = Customer.objects.bulk_create(Customer(name=f"Customer {n}") for n in range(5))
    supplier = Supplier.objects.create(name="Customer care")
    sales = [draft("sale", store, manager, []) for _ in many]
    for sale, customer in zip(sales, many, strict=True):
        Document.objects.filter(pk=sale.pk).update(customer=customer)
    receipt = draft("receipt", store, manager, [])
    Document.objects.filter(pk=receipt.pk).update(supplier=supplier)
    assert listed(browser, "partner=customer") == {*sales, receipt}


def test_days_count_from_the_first_to_the_last(browser, store, manager, goods):
    today = store.date_of(timezone.now())
    old = receive(store, manager, (goods.plain, 1), on=today - dt.timedelta(days=9))
    new = receive(store, manager, (goods.plain, 1), on=today - dt.timedelta(days=2))
    assert listed(browser, f"since={new.effective_on}") == {new}
    assert listed(browser, f"until={old.effective_on}") == {old}
    assert listed(browser, f"since={old.effective_on}&until={new.effective_on}") == {old, new}
    assert listed(browser, f"since={new.effective_on}&until={old.effective_on}") == set()


def test_an_author_is_one_who_made_a_document_here_even_after_leaving(
    browser, shop, store, cashier, other_store, other_manager, stranger
):
    his = draft("sale", store, cashier, [])
    draft("sale", other_store, other_manager, [])
    cashier.memberships.all().delete()
    cashier.is_active = False
    cashier.save()
    assert listed(browser, f"author={cashier.pk}") == {his}
    authors = browser.get(LIST).context["filter"].form.fields["author"].queryset
    assert {person.username for person in authors} == {"cashier", "manager"}


def test_a_store_lists_also_what_was_sent_to_it(admin, client_of, shop, store, other_store):
    coming = sent(transfer(other_store, store, admin))
    draft_there = transfer(other_store, store, admin)
    browser = client_of(admin)
    assert listed(browser, f"store={store.pk}") == {*shop, coming}
    assert listed(browser, f"store={other_store.pk}") == {coming, draft_there}
    page = words(browser.get(f"{LIST}?kind=transfer&status=posted"))
    assert "Lviv to Podil" in page


def test_people_of_another_store_see_and_find_nothing(
    client_of, shop, other_store, other_manager, goods, manager
):
    coming = sent(transfer(shop[0].store, other_store, manager))
    browser = client_of(other_manager)
    assert listed(browser) == {coming}
    for query in (
        "serial=SN+1", "product=SKU", f"product_id={goods.strict.pk}", "kind=receipt",
        f"q={shop[0].number}",
    ):  # fmt: skip
        assert listed(browser, query) == set(), query
    page = browser.get(f"{LIST}?author={manager.pk}")
    assert page.status_code == 200
    assert list(page.context["page"].documents) == []


@pytest.mark.parametrize(
    "query",
    [
        *(f"{name}=a%00b" for name in TEXTS),
        *(f"{name}={'x' * 101}" for name in TEXTS),
        "kind=nonsense", "status=nonsense", "since=10000-01-01", "since=2026-02-30", "until=x",
        "until=99999999999-01-01", "author=99999999999999999999999", "author=x", "author=%00",
        "product_id=-1", "product_id=9999999999999999999999", "product_id=%00", "product_id=x",
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_lists_nothing_and_says_so(browser, shop, query):
    page = browser.get(f"{LIST}?{query}")
    assert page.status_code == 200
    assert list(page.context["page"].documents) == []
    assert "A filter makes no sense" in words(page)
    assert browser.get(f"{reverse('documents:export', args=['csv'])}?{query}").status_code == 302


@pytest.mark.parametrize(
    "query",
    ["store=99999999999999999999999", "store=%00", "store=x"],
)
def test_a_forged_store_lists_nothing(admin, client_of, shop, other_store, query):
    page = client_of(admin).get(f"{LIST}?{query}")
    assert "A filter makes no sense" in words(page)


@pytest.mark.parametrize(
    "query",
    ["since=0001-01-01&until=9999-12-31", "q=%25", "partner=%20", "serial=%20", "before=x",
     "after=99999999999999999999", "before=-1", "product_id=999999999999999999", "unknown=1"],
)  # fmt: skip
def test_odd_but_possible_addresses_are_answered(browser, shop, query):
    assert browser.get(f"{LIST}?{query}").status_code == 200


def test_filters_stay_in_the_address_of_the_next_page_and_of_the_files(browser, store, manager):
    for _ in range(PAGE + 1):
        draft("sale", store, manager, [])
    page = browser.get(f"{LIST}?kind=sale&status=draft")
    text = page.content.decode()
    assert f"?kind=sale&amp;status=draft&amp;before={page.context['page'].older}" in text
    assert "export.xlsx?kind=sale&amp;status=draft" in text


def test_pages_by_key_show_each_document_once_and_lead_back(browser, store, manager):
    made = [draft("sale", store, manager, []).pk for _ in range(2 * PAGE + 3)][::-1]
    first = browser.get(LIST).context["page"]
    second = browser.get(f"{LIST}?before={first.older}").context["page"]
    third = browser.get(f"{LIST}?before={second.older}").context["page"]
    seen = [document.pk for page in (first, second, third) for document in page.documents]
    assert seen == made
    assert third.older is None
    back = browser.get(f"{LIST}?after={third.newer}").context["page"]
    assert [document.pk for document in back.documents] == made[PAGE : 2 * PAGE]


def test_a_page_past_the_end_leads_back_to_the_newest(browser, shop):
    assert "Show the newest" in words(browser.get(f"{LIST}?before=1"))


def test_statements_do_not_grow_with_the_rows(browser, store, manager, goods):
    query = f"{LIST}?partner=a&product=SKU&serial=SN1&since=2020-01-01"
    receive(store, manager, (goods.strict, ["SN1"]), (goods.plain, 100))
    browser.get(query)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as few:
            browser.get(LIST)
        with CaptureQueriesContext(connection) as filtered:
            browser.get(query)
        counts.append((len(few), len(filtered)))
        for _ in range(20):
            sell(store, manager, (goods.plain, 1))
    assert counts[0] == counts[1]


def test_serials_days_and_rare_states_are_found_by_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'documents_%'")
        indexes = " ".join(row[0] for row in cursor.fetchall())
    for columns in ("(key, document_id)", "(effective_on, id)", "(status, id) WHERE"):
        assert columns in indexes


def test_cancelled_documents_are_listed_as_such(browser, shop):
    _, sale, _ = shop
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE documents_document SET status = 'cancelled', cancellation_id = -1"
            " WHERE id = %s", [sale.pk]
        )  # fmt: skip
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert listed(browser, f"status={Status.CANCELLED}") == {sale}
