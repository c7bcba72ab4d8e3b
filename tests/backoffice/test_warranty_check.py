"""The counter's page: yes or no, until when, and what may be done."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from documents.models import Document, Kind
from partners.models import Customer
from tests.lasting import lasting
from tests.shop import draft, post, receive, sell
from warranty.models import Card, Claim

pytestmark = pytest.mark.django_db

URL = "/warranty/"
HTMX = {"HX-Request": "true"}


def words(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def cards_of(answer) -> str:
    """What is said of the pieces, without the frame of the page."""
    return " ".join(
        re.findall(r"<article class=\"verdict\".*?</article>", answer.content.decode(), re.DOTALL)
    )


@lasting
def sale(store, manager, goods) -> Document:
    receive(store, manager, (goods.strict, ["SN-0001", "SHELF-1"]), (goods.period, 2))
    document = draft(Kind.SALE, store, manager, [(goods.strict, ["SN-0001"]), (goods.period, 2)])
    buyer = Customer.objects.create(name="Iryna Bondar", phone="+380 67 123 45 67")
    Document.objects.filter(pk=document.pk).update(customer=buyer)
    return post(document, manager)


@pytest.fixture
def ends(sale) -> str:
    return date_format(Card.objects.filter(term__serial__isnull=False).get().ends_on, "DATE_FORMAT")


@pytest.mark.parametrize("asked", ["?q=sn-0001", "?scan=SN-0001"])
def test_it_answers_without_scripts_too(client_of, cashier, sale, ends, asked):
    answer = client_of(cashier).get(URL + asked)
    said = words(answer)
    assert f"Covered until {ends}" in said
    assert "days left" in said
    assert f"12 months from the sale {sale.number}" in said
    assert "Iryna Bondar" in said
    assert 'data-result="accepted"' in answer.content.decode()
    assert 'data-tone="good"' in cards_of(answer)


def test_a_scan_gets_the_answer_alone_and_an_address_that_can_be_shared(client_of, cashier, sale):
    answer = client_of(cashier).post(URL, {"scan": "SN-0001", "nonce": "x"}, headers=HTMX)
    page = answer.content.decode()
    assert "<html" not in page
    assert 'id="verdicts" hx-swap-oob="innerHTML"' in page
    assert page.count("data-result=") == 1
    assert answer.headers["HX-Replace-Url"] == "/warranty/?q=SN-0001"


def test_an_empty_box_says_what_can_be_typed(client_of, cashier, sale):
    said = words(client_of(cashier).get(URL))
    assert "last four characters" in said
    assert 'data-result="' not in client_of(cashier).get(URL).content.decode()


def test_nothing_found_says_what_to_do(client_of, cashier, sale):
    answer = client_of(cashier).get(URL + "?q=NOBODY-HAS-IT")
    assert "Nothing found NOBODY-HAS-IT" in words(answer)
    assert "O and 0" in words(answer)
    assert 'data-result="unknown"' in answer.content.decode()


def test_not_covered_is_said_in_word_tone_and_sound(client_of, cashier, sale):
    answer = client_of(cashier).get(URL + "?q=SHELF-1")
    assert "Not sold" in words(answer)
    assert 'data-result="refused"' in answer.content.decode()


def test_several_pieces_are_counted(client_of, cashier, sale):
    answer = client_of(cashier).get(URL + f"?q={sale.number}")
    assert "3 pieces" in words(answer)
    assert "3 of them are covered" in words(answer)
    assert "unit 2 of 2" in words(answer)
    assert 'data-shortcut="F8"' not in cards_of(answer)


def test_who_may_print_is_offered_it(client_of, cashier, technician, sale):
    print_url = reverse("warranty:print", args=[sale.posting_id])
    assert print_url in cards_of(client_of(cashier).get(URL + "?q=SN-0001"))
    assert print_url not in cards_of(client_of(technician).get(URL + "?q=SN-0001"))


def test_an_open_repair_is_told(client_of, cashier, sale, store):
    card = Card.objects.get(term__serial__isnull=False)
    Claim.objects.create(
        reference="KY1-R-1", store=store, product=card.term.product, serial=card.term.serial,
        card=card, claimed_on=store.date_of(timezone.now()) - dt.timedelta(days=2),
    )  # fmt: skip
    said = words(client_of(cashier).get(URL + "?q=SN-0001"))
    assert "In repair since" in said
    assert "KY1-R-1" in said
    assert "Take in for repair" not in said
    later = date_format(card.ends_on + dt.timedelta(days=2))
    assert f"it would end on {later} if handed back today" in said


def test_the_other_store_reads_nothing_of_it(client_of, other_manager, sale):
    for text in ("SN-0001", sale.number, "+380671234567", Card.objects.first().number):
        answer = client_of(other_manager).get(URL, {"q": text})
        assert "Iryna" not in answer.content.decode()
        assert not cards_of(answer)


def test_more_than_are_shown_are_not_counted_as_if_they_were_all(
    client_of, cashier, store, manager, goods
):
    receive(store, manager, (goods.strict, [f"K{nth:04}-9999" for nth in range(13)]))
    said = words(client_of(cashier).post(URL, {"scan": "9999"}, headers=HTMX))
    assert "More than 12 pieces 9999 The 12 newest are shown. 0 of them are covered." in said
    receive(store, manager, (goods.strict, [f"L{nth:04}-8888" for nth in range(12)]))
    said = words(client_of(cashier).post(URL, {"scan": "8888"}, headers=HTMX))
    assert "12 pieces 8888 0 of them are covered" in said
    assert "More than" not in said


def test_text_that_tries_to_be_markup_stays_text(client_of, cashier, sale):
    answer = client_of(cashier).get(URL, {"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in answer.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.content.decode()


@pytest.mark.parametrize("text", ["\0", "\udcff", "a" * 9000, "%00", "🙂" * 300])
def test_hostile_text_is_answered(client_of, cashier, sale, text):
    text = text.encode("utf-8", "replace").decode()
    assert client_of(cashier).get(URL, {"q": text}).status_code == 200
    assert client_of(cashier).post(URL, {"scan": text}, headers=HTMX).status_code == 200


def test_it_is_in_the_navigation_of_those_who_talk_with_customers(
    client_of, cashier, technician, manager, storekeeper
):
    link = f'href="{URL}"'
    for person in (cashier, technician, manager):
        assert link in client_of(person).get("/").content.decode()
    assert link not in client_of(storekeeper).get("/").content.decode()


def test_statements_do_not_grow(
    client_of, manager, store, goods, sale, django_assert_max_num_queries
):
    keys = [f"MANY-{nth:03}" for nth in range(40)]
    receive(store, manager, (goods.strict, keys))
    large = sell(store, manager, (goods.strict, keys))
    browser = client_of(manager)
    browser.get(URL)
    with django_assert_max_num_queries(26):
        browser.get(URL + f"?q={large.number}")
