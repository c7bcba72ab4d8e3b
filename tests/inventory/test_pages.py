"""The pages of counts, with htmx and without."""

from __future__ import annotations

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from company.access import access_of
from company.models import Membership
from documents.posting import post_document
from inventory.models import Count, CountStatus, Scan, Scope
from inventory.pausing import abandon_count, pause_count
from tests.lasting import lasting
from tests.shop import draft, receive, sell

from .conftest import begin, take

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(client_of, storekeeper) -> Client:
    return client_of(storekeeper)


@lasting
def count(store, manager, goods) -> Count:
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), (goods.plain, 5))
    return begin(store, manager)


def at(count: Count, name: str = "count", *more: int) -> str:
    return reverse(f"inventory:{name}", args=[count.pk, *more])


def result(page: str) -> str:
    """What the answer to a scan is called, which chooses its colour and its sound."""
    (found,) = re.findall(r'class="result" data-result="(\w+)"', page)
    return str(found)


# Starting one


def test_the_list_says_how_to_begin_and_then_shows_the_count(client, store, manager):
    page = client.get(reverse("inventory:counts")).text
    assert "Nothing was counted yet" in page
    assert reverse("inventory:start_count") in page
    count = begin(store, manager)
    page = client.get(reverse("inventory:counts")).text
    assert count.number in page
    assert f"Go on with {count.number}" in page


def test_a_count_of_everything_is_started(client, goods):
    response = client.post(reverse("inventory:start_count"), {"scope": "all", "note": "yearly"})
    count = Count.objects.get()
    assert response.url == at(count)
    assert (count.scope, count.note) == (Scope.ALL, "yearly")


def test_products_are_found_and_chosen_without_scripts(client, goods):
    url = reverse("inventory:start_count")
    sent = {"scope": "products", "search": "strict", "find": "1"}
    page = client.post(url, sent)
    assert page.status_code == 200
    assert not Count.objects.exists()
    box = f'name="products" value="{goods.strict.pk}"'
    assert f"{box}>" in page.text
    again = client.post(url, sent | {"products": goods.strict.pk, "search": "plain"}).text
    assert f"{box} checked>" in again
    client.post(url, {"scope": "products", "products": [goods.strict.pk, goods.plain.pk]})
    assert set(Count.objects.get().products.all()) == {goods.strict, goods.plain}


def test_the_picker_alone_is_asked_for_while_somebody_types(client, goods):
    url = reverse("inventory:start_count")
    page = client.get(url, {"search": "period"}, headers=HTMX | {"HX-Target": "picker"}).text
    assert goods.period.name in page
    assert "<html" not in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"scope": "products"}, "at least one product"),
        ({"scope": "type"}, "Choose the product type"),
        ({"scope": "products", "products": ["x", "999999"]}, "x"),
        ({}, "required"),
    ],
)
def test_a_scope_that_is_not_said_is_refused_beside_its_field(client, goods, sent, said):
    response = client.post(reverse("inventory:start_count"), sent)
    assert response.status_code == 422
    assert said in response.text
    assert not Count.objects.exists()


def test_a_second_count_leads_to_the_first(client, count):
    url = reverse("inventory:start_count")
    assert at(count) in client.get(url).text
    assert client.post(url, {"scope": "all"}).url == at(count)


# The count itself


def test_a_scan_is_answered_with_the_line_and_nothing_else(client, count):
    sent = {"scan": "SN1", "nonce": uuid.uuid4()}
    response = client.post(at(count, "scan"), sent, headers=HTMX)
    assert response.status_code == 200
    assert result(response.text) == "accepted"
    assert "Expected" in response.text
    assert "<html" not in response.text
    again = client.post(at(count, "scan"), sent, headers=HTMX)
    assert again.text.split("data-result")[1][:60] == response.text.split("data-result")[1][:60]
    assert Scan.objects.count() == 1


def test_each_verdict_has_its_word_and_its_sound(client, count, store, manager, goods):
    sold = sell(store, manager, (goods.strict, ["SN2"]))
    for text, name, word in (
        ("SN1", "accepted", "Expected"),
        ("SN1", "repeated", "Already counted"),
        ("SN2", "unknown", "Unknown here"),
        ("NEW-1", "unknown", "Unknown here"),
        (goods.strict.sku, "chosen", "Product"),
        (goods.plain.sku, "accepted", "Counted"),
        ("product", "asks", "Which one?"),
        ("", "refused", "Not counted"),
    ):
        page = client.post(at(count, "scan"), {"scan": text}, headers=HTMX).text
        assert result(page) == name
        assert word in page
        if text == "SN2":
            assert reverse("documents:document", args=[sold.pk]) in page


def test_the_chosen_product_stays_with_the_next_scan(client, count, goods):
    page = client.post(at(count, "scan"), {"scan": goods.strict.sku}, headers=HTMX).text
    sent = f'name="context" value="{goods.strict.pk}" form="scan-form"'
    assert sent in page
    page = client.post(
        at(count, "scan"), {"scan": "NEW-1", "context": goods.strict.pk}, headers=HTMX
    ).text
    assert sent in page
    assert Scan.objects.get().product == goods.strict


def test_a_new_serial_offers_the_products_scanned_last(client, count, goods):
    client.post(at(count, "scan"), {"scan": "SN1"})
    page = client.post(at(count, "scan"), {"scan": "NEW-1"}, headers=HTMX).text
    assert goods.strict.name in page
    client.post(at(count, "scan"), {"scan": "NEW-1", "product": goods.strict.pk, "as_serial": 1})
    assert Scan.objects.get(key="NEW-1", taken_back_at=None).product == goods.strict


def test_without_scripts_a_scan_answers_with_the_whole_page(client, count):
    page = client.post(at(count, "scan"), {"scan": "SN1"})
    assert result(page.text) == "accepted"
    assert "1</strong> of 2" in page.text
    assert client.post(at(count, "scan"), {"scan": ""}).status_code == 422


def test_forged_answers_are_no_error(client, count):
    for forged in ({"product": "x"}, {"product": "9" * 30}, {"nonce": "x"}, {"context": "-1"}):
        assert client.post(at(count, "scan"), {"scan": "SN1"} | forged).status_code == 200
    assert client.post(at(count, "scan"), {"scan": "SN1", "product": 10**15}).status_code == 422


def test_a_total_is_set_from_the_answer_and_from_the_list(client, count, goods):
    page = client.post(at(count, "scan"), {"scan": goods.plain.sku}, headers=HTMX).text
    assert "the records have 5" in page
    sent = {"product": goods.plain.pk, "quantity": 4}
    page = client.post(at(count, "total"), sent, headers=HTMX).text
    assert "4 pieces counted" in page
    whole = client.post(at(count, "total") + "?list=pieces", sent | {"quantity": 3}).text
    assert "2 short" in whole


@pytest.mark.parametrize("quantity", ["", "x", "-1", "1.5", "9999999"])
def test_a_senseless_total_is_refused_in_words(client, count, goods, quantity):
    sent = {"product": goods.plain.pk, "quantity": quantity}
    response = client.post(at(count, "total"), sent, headers=HTMX)
    assert (response.status_code, result(response.text)) == (422, "refused")


def test_a_total_of_a_product_there_is_not(client, count):
    for product in ("999999", "x", ""):
        sent = {"product": product, "quantity": 1}
        assert client.post(at(count, "total"), sent).status_code == 404


def test_the_lists_are_tabs_with_their_figures(client, count, manager, goods):
    take(count, manager, "SN1")
    take(count, manager, "NEW-1")
    pages = {name: client.get(at(count), {"list": name}).text
             for name in ("missing", "unknown", "counted", "pieces", "nonsense")}  # fmt: skip
    assert "SN2" in pages["missing"]
    assert "SN2" in pages["nonsense"]
    assert "Never seen" in pages["unknown"]
    assert "Take back" in pages["counted"]
    assert "not counted" in pages["pieces"]
    for name, figure in (("missing", 1), ("unknown", 1), ("counted", 1), ("pieces", 1)):
        assert f'id="n-{name}">{figure}</span>' in pages["missing"]


def test_a_list_alone_is_asked_for_when_something_changed(client, count):
    page = client.get(at(count), {"list": "missing"}, headers=HTMX | {"HX-Target": "list"}).text
    assert "SN1" in page
    assert "<html" not in page


@pytest.mark.parametrize("name", ["missing", "unknown", "counted", "pieces"])
@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("cursor", ["0", "999999", "x", "-1", "9" * 40])
def test_a_forged_place_in_a_list_is_no_error(client, count, name, place, cursor):
    assert client.get(at(count), {"list": name, place: cursor}).status_code == 200


# Live


def version(page: str) -> str:
    return re.findall(r'name="version" value="([^"]+)"', page)[0]


def test_nothing_new_is_answered_with_nothing(client, count, manager):
    known = version(client.get(at(count)).text)
    url = at(count, "live")
    assert client.get(url, {"version": known}, headers=HTMX).status_code == 204
    take(count, manager, "SN1")
    fresh = client.get(url, {"version": known}, headers=HTMX)
    assert "SN1" in fresh.text
    assert manager.username in fresh.text
    assert "1</strong> of 2" in fresh.text
    assert "count:changed" in fresh.headers["HX-Trigger"]
    assert client.get(url, {"version": version(fresh.text)}, headers=HTMX).status_code == 204


def test_a_pause_by_somebody_else_reloads_the_page(client, count, manager):
    known = version(client.get(at(count)).text)
    pause_count(count.pk, by=access_of(manager))
    response = client.get(at(count, "live"), {"version": known}, headers=HTMX)
    assert response.headers["HX-Refresh"] == "true"


def test_asking_whether_something_changed_is_cheap(client, count):
    url, known = at(count, "live"), version(client.get(at(count)).text)
    with CaptureQueriesContext(connection) as captured:
        client.get(url, {"version": known}, headers=HTMX)
    assert len(captured) <= 8


# Taking back, pausing, abandoning


def test_a_scan_of_somebody_else_is_taken_back(client, count, manager, storekeeper):
    answer = take(count, manager, "SN1")
    url = at(count, "take_back", answer.scan_id)
    assert url in client.get(at(count)).text
    page = client.post(url, headers=HTMX).text
    assert f"taken back by {storekeeper.username}" in page
    assert "0</strong> of 2" in page
    again = take(count, manager, "SN1")
    response = client.post(at(count, "take_back", again.scan_id), {"list": "counted"})
    assert response.url == at(count) + "?list=counted"
    forged = client.post(at(count, "take_back", again.scan_id), {"list": "//evil"})
    assert forged.url == at(count)


def test_a_paused_count_has_no_box_and_can_be_resumed(client, count):
    client.post(at(count, "pause"))
    page = client.get(at(count)).text
    assert "data-scan " not in page
    assert "paused" in page
    assert result(client.post(at(count, "scan"), {"scan": "SN1"}).text) == "refused"
    client.post(at(count, "resume"))
    assert "data-scan " in client.get(at(count)).text


def test_abandoning_asks_first_and_what_was_scanned_stays(client, count, manager):
    take(count, manager, "SN1")
    assert "Abandon it" in client.get(at(count, "abandon")).text
    client.post(at(count, "abandon"))
    count.refresh_from_db()
    assert count.status == CountStatus.ABANDONED
    page = client.get(at(count), {"list": "counted"}).text
    assert "counts for nothing" in page
    assert "SN1" in page
    assert "Take back" not in page
    scan_pk = Scan.objects.get().pk
    for url in (at(count, "pause"), at(count, "resume"), at(count, "take_back", scan_pk)):
        assert client.post(url, follow=True).status_code == 200
        answer = client.post(url, headers=HTMX)
        assert answer.headers["HX-Redirect"] == at(count)
    assert client.get(at(count, "upload"), follow=True).status_code == 200
    assert Scan.objects.get().taken_back_at is None


# Uploading


def test_a_list_is_uploaded_and_its_bad_rows_are_shown(client, count):
    file = SimpleUploadedFile("list.csv", b"Serial;Product\nSN1;\nSN2;NO-SUCH\n")
    response = client.post(at(count, "upload"), {"file": file})
    assert response.status_code == 422
    assert "1 unit expected" in response.text
    assert "NO-SUCH" in response.text
    assert Scan.objects.get().key == "SN1"


def test_a_file_is_asked_for_in_words(client, count):
    for sent in ({}, {"file": SimpleUploadedFile("list.pdf", b"x")},
                 {"file": SimpleUploadedFile("list.txt", b"")}):  # fmt: skip
        response = client.post(at(count, "upload"), sent)
        assert response.status_code == 422
        assert "error-summary" in response.text


# Elsewhere


def test_home_tells_of_a_count_under_way(client_of, count, manager, cashier):
    take(count, manager, "SN1")
    take(count, manager, "NEW-1")
    page = client_of(manager).get("/").text
    for words in ("A count is under way", "1 of 2 units", "1 unknown"):
        assert words in page
    assert at(count) in page
    assert at(count) not in client_of(cashier).get("/").text
    pause_count(count.pk, by=access_of(manager))
    assert "A count is paused" in client_of(manager).get("/").text


def test_the_navigation_has_counts_for_who_may_count(client_of, storekeeper, cashier):
    url = f'href="{reverse("inventory:counts")}"'
    assert url in client_of(storekeeper).get("/").text
    assert url not in client_of(cashier).get("/").text


def test_units_without_serials_are_told_on_the_page(client, count, store, manager, goods):
    assert "without its serial number" not in client.get(at(count)).text
    post_document(
        draft("receipt", store, manager, [(goods.strict, 1)]).pk, by=access_of(manager),
        now=timezone.now(), without_serials="the lorry waits",
    )  # fmt: skip
    assert "1 unit moved in this store without its serial number" in client.get(at(count)).text


def test_a_count_of_several_stores_names_the_store(client_of, store, other_store, manager):
    Membership.objects.create(user=manager, store=other_store, role="manager")
    begin(other_store, manager)
    assert other_store.name in client_of(manager).get(reverse("inventory:counts")).text


def test_a_page_takes_the_same_number_of_statements_for_many_rows(client, store, manager, goods):
    def statements(units: list[str]) -> dict[str, int]:
        receive(store, manager, (goods.strict, units))
        count = begin(store, manager)
        for unit in [*units[::2], *(f"NEW-{unit}" for unit in units)]:
            take(count, manager, unit)
        counted = {}
        for name in ("missing", "unknown", "counted", "pieces"):
            with CaptureQueriesContext(connection) as captured:
                client.get(at(count), {"list": name})
            counted[name] = len(captured)
        abandon_count(count.pk, by=access_of(manager), now=timezone.now())
        return counted

    few = statements(["A-1", "A-2"])
    assert statements([f"B-{nth}" for nth in range(10, 20)]) == few
