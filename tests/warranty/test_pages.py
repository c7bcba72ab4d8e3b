"""The pages of cards and print runs: who sees them, what they say, where they lead."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from documents.models import Document
from tests.shop import cancel, exchange, give_back, receive, sell
from tests.warranty.pdfs import sizes_of
from warranty import printing
from warranty.models import Card, CardPrint, PrintRun

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def print_url(sale) -> str:
    return reverse("warranty:print", args=[sale.posting_id])


def card_url(card) -> str:
    return reverse("warranty:card", args=[card.number])


def serial_url(card) -> str:
    return reverse("backoffice:serial", args=[card.term.serial_id])


@pytest.fixture
def card(sale) -> Card:
    return Card.objects.select_related("term").get(term__serial_text="SN1")


def test_one_press_leads_to_the_pdf(sale, cashier, client_of):
    response = client_of(cashier).post(print_url(sale), follow=True)

    assert [status for _, status in response.redirect_chain] == [302, 302]
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{sale.number} warranty.pdf"'
    assert {"private", "no-store"} <= set(re.split(r",\s*", response["Cache-Control"]))
    assert "default-src" not in response.headers["Content-Security-Policy"]
    assert len(sizes_of(response.content)) == 5


def test_one_card_on_the_paper_asked_for(sale, card, cashier, client_of):
    response = client_of(cashier).post(
        print_url(sale), {"cards": [card.pk], "paper": "roll80"}, follow=True
    )
    ((width, _),) = sizes_of(response.content)
    assert width == 80


def test_the_page_of_a_finished_run_links_to_its_pdf(sale, cashier, client_of):
    client = client_of(cashier)
    client.post(print_url(sale))
    run = PrintRun.objects.get()

    page = client.get(reverse("warranty:run", args=[run.pk]))

    assert page.status_code == 200
    assert reverse("warranty:run_pdf", args=[run.pk]) in page.text
    assert "5 warranty cards are ready" in page.text
    assert "hx-trigger" not in page.text


def test_a_large_run_shows_its_progress_and_then_opens_itself(large_sale, cashier, client_of):
    client = client_of(cashier)
    page = client.post(print_url(large_sale), follow=True)
    run = PrintRun.objects.get()
    url = reverse("warranty:run", args=[run.pk])

    assert page.redirect_chain == [(f"{url}?open=1", 302)]
    assert f'hx-get="{url}?open=1" hx-trigger="every 1s"' in page.text
    PrintRun.objects.update(done=7)
    fragment = client.get(f"{url}?open=1", headers=HTMX)
    assert fragment.text.strip().startswith('<div class="job" id="job"')
    assert "13 left" in fragment.text
    assert client.get(reverse("warranty:run_pdf", args=[run.pk])).url == url

    printing.make_pdf(run.pk)
    answer = client.get(f"{url}?open=1", headers=HTMX)
    assert answer["HX-Redirect"] == reverse("warranty:run_pdf", args=[run.pk])
    assert "HX-Redirect" not in client.get(url, headers=HTMX)


def test_a_failed_run_says_so_plainly_and_offers_to_try_again(
    sale, cashier, client_of, monkeypatch
):
    monkeypatch.setattr("warranty.rendering._has_fonts", lambda: False)
    client = client_of(cashier)

    page = client.post(print_url(sale), follow=True)

    assert page.status_code == 200
    assert "The sale and its warranty are not affected" in page.text
    again = reverse("warranty:again", args=[PrintRun.objects.get().pk])
    assert f'action="{again}"' in page.text
    monkeypatch.undo()
    assert client.post(again, follow=True)["Content-Type"] == "application/pdf"


def test_after_a_week_a_run_offers_to_print_again(sale, cashier, client_of):
    with time_machine.travel(dt.datetime(2026, 11, 1, tzinfo=dt.UTC), tick=False):
        client_of(cashier).post(print_url(sale))
    run = PrintRun.objects.get()
    printing.forget_old_pdfs(now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
    with time_machine.travel(dt.datetime(2026, 11, 20, tzinfo=dt.UTC), tick=False):
        client = client_of(cashier)
        page = client.get(reverse("warranty:run_pdf", args=[run.pk]), follow=True)
        assert "no longer kept" in page.text
        client.post(reverse("warranty:again", args=[run.pk]))
    assert PrintRun.objects.count() == 2


def test_a_sale_with_void_cards_alone_has_nothing_to_print(sale, cashier, client_of):
    Card.objects.update(void_on=sale.effective_on, voided_by=sale.posting)
    page = client_of(cashier).post(print_url(sale))
    assert page.status_code == 422
    assert "Nothing to print" in page.text


@pytest.mark.parametrize("data", [{"paper": "a3"}, {"cards": ["x"]}, {"cards": ["99999999"]}])
def test_a_request_no_form_of_ours_makes_is_a_bad_one(sale, cashier, client_of, data):
    assert client_of(cashier).post(print_url(sale), data).status_code == 400
    assert not PrintRun.objects.exists()


def test_printing_takes_a_post(sale, cashier, client_of):
    assert client_of(cashier).get(print_url(sale)).status_code == 405


def test_only_those_who_may_print_in_this_store_do(
    sale, large_sale, card, cashier, storekeeper, technician, manager, admin, other_manager,
    stranger, client_of,
):  # fmt: skip
    client_of(cashier).post(print_url(sale))
    run = PrintRun.objects.get()
    for person, answer in (
        (cashier, 200), (manager, 200), (admin, 200), (storekeeper, 403), (technician, 403),
        (other_manager, 404), (stranger, 404),
    ):  # fmt: skip
        client = client_of(person)
        assert client.get(reverse("warranty:run", args=[run.pk])).status_code == answer, person
        assert client.get(reverse("warranty:run_pdf", args=[run.pk])).status_code == answer
        posted = 302 if answer == 200 else answer
        assert client.post(print_url(large_sale)).status_code == posted
        assert client.post(reverse("warranty:again", args=[run.pk])).status_code == posted
        seen = 404 if answer == 404 else 200
        assert client.get(card_url(card)).status_code == seen


def test_a_visitor_is_asked_to_sign_in(card, client):
    assert "sign-in" in client.get(card_url(card)).url


def test_a_card_page_says_what_the_card_says(card, sale, cashier, client_of):
    page = client_of(cashier).get(card_url(card)).text

    for words in (card.number, "Product strict", "SKU-STRICT", "SN1", sale.number, "12 months"):
        assert words in page
    assert reverse("backoffice:serial", args=[card.term.serial_id]) in page
    assert "Not printed yet" in page
    assert "In warranty" in page


def test_a_card_page_lists_its_prints(card, sale, cashier, client_of):
    client = client_of(cashier)
    for second in (0, 30):
        with time_machine.travel(dt.datetime(2026, 11, 23, 12, 0, second, tzinfo=dt.UTC)):
            client.post(print_url(sale), {"cards": [card.pk]})

    page = client.get(card_url(card)).text

    assert page.index("Copy 2") < page.index("Original")
    assert CardPrint.objects.count() == 2


def test_who_may_not_print_sees_no_buttons(card, sale, storekeeper, client_of):
    assert print_url(sale) not in client_of(storekeeper).get(card_url(card)).text


@pytest.mark.parametrize(
    ("today", "words"),
    [
        ("2026-01-31", "days left"),
        ("2027-01-30", "1 day left"),
        ("2027-01-31", "today is the last day"),
        ("2027-02-01", "ended on"),
        ("2026-01-30", "begins on"),
    ],
)
def test_cover_is_of_today_on_the_page_of_the_card_and_of_the_unit(
    store, manager, goods, cashier, client_of, today, words
):
    receive(store, manager, (goods.strict, ["SN1"]), on=dt.date(2026, 1, 31))
    sell(store, manager, (goods.strict, ["SN1"]), on=dt.date(2026, 1, 31))
    card = Card.objects.select_related("term").get()
    with time_machine.travel(f"{today}T12:00:00Z", tick=False):
        client = client_of(cashier)
        for url in (card_url(card), serial_url(card)):
            assert words in client.get(url).text


def returned(sale, store, manager, *lines) -> Document:
    back = give_back(sale, store, manager, *lines)
    connection.check_constraints()
    return back


def test_a_void_card_is_void_though_its_term_goes_on(
    sale, store, manager, goods, cashier, client_of
):
    returned(sale, store, manager, (goods.period, 1))
    void = Card.objects.get(void_on__isnull=False)
    assert void.term.void_on is None
    page = client_of(cashier).get(card_url(void)).text
    assert 'data-state="void"' in page
    assert "This card is void since" in page


def test_a_void_card_names_the_return_that_ended_it(
    sale, store, manager, goods, card, cashier, client_of
):
    back = returned(sale, store, manager, (goods.strict, ["SN1"]))
    page = client_of(cashier).get(card_url(card)).text
    assert "What it was for came back by" in page
    assert f"?q={back.number}" in page


def test_a_card_of_a_cancelled_sale_names_the_sale(sale, manager, card, cashier, client_of):
    connection.check_constraints()
    cancel(sale, manager)
    page = client_of(cashier).get(card_url(card)).text
    assert "It was cancelled with" in page
    assert f"{sale.number}/C" not in page


def test_cards_of_an_exchange_lead_to_each_other(
    sale, store, manager, goods, card, cashier, client_of
):
    receive(store, manager, (goods.strict, ["SN3"]))
    exchange(sale, store, manager, [(goods.strict, ["SN1"])], [(goods.strict, ["SN3"])])
    new = Card.objects.get(term__serial_text="SN3")
    page = client_of(cashier).get(card_url(card)).text
    assert "It was replaced by" in page
    assert card_url(new) in page
    page = client_of(cashier).get(card_url(new)).text
    assert "In exchange for" in page
    assert card_url(card) in page
    assert "a full new term" in page


def test_only_the_piece_that_was_exchanged_is_said_to_be_replaced(
    sale, store, manager, goods, cashier, client_of
):
    receive(store, manager, (goods.period, 1))
    exchange(sale, store, manager, [(goods.period, 1)], [(goods.period, 1)])
    of_line = Card.objects.filter(term__product=goods.period, term__posting=sale.posting_id)
    client = client_of(cashier)
    told = {card.unit: "replaced by" in client.get(card_url(card)).text for card in of_line}
    assert told == {1: False, 2: False, 3: True}
    new = Card.objects.get(term__replaces__isnull=False)
    assert card_url(of_line.get(unit=3)) in client.get(card_url(new)).text


def test_a_card_of_several_pieces_says_how_many_are_still_covered(
    sale, store, manager, goods, cashier, client_of
):
    (first, *_rest) = Card.objects.filter(term__product=goods.period).order_by("unit")
    client = client_of(cashier)
    assert "all pieces" in client.get(card_url(first)).text
    returned(sale, store, manager, (goods.period, 1))
    page = client.get(card_url(first)).text
    assert "2 of 3 pieces are still covered" in page
    assert 'data-state="in_warranty"' in page


def test_a_card_page_asks_the_database_the_same_whatever_was_printed(
    card, sale, cashier, client_of
):
    client = client_of(cashier)
    counts = []
    for minute in range(6):
        with time_machine.travel(dt.datetime(2026, 11, 23, 12, minute, tzinfo=dt.UTC)):
            client.post(print_url(sale), {"cards": [card.pk]})
        with CaptureQueriesContext(connection) as statements:
            client.get(card_url(card))
        counts.append(len(statements))
    assert CardPrint.objects.count() == 6
    assert counts[0] == counts[-1]


def test_a_print_that_failed_is_not_told_as_one(card, sale, cashier, client_of, monkeypatch):
    monkeypatch.setattr("warranty.rendering._has_fonts", lambda: False)
    client = client_of(cashier)
    client.post(print_url(sale))

    assert "Not printed yet" in client.get(card_url(card)).text
    assert "Warranty card printed" not in client.get(serial_url(card)).text


def test_the_page_of_a_unit_asks_the_database_the_same_whatever_was_printed(
    card, sale, cashier, client_of
):
    client = client_of(cashier)
    counts = []
    for minute in range(6):
        with time_machine.travel(dt.datetime(2026, 11, 23, 12, minute, tzinfo=dt.UTC)):
            client.post(print_url(sale), {"cards": [card.pk]})
        with CaptureQueriesContext(connection) as statements:
            page = client.get(serial_url(card)).text
        counts.append(len(statements))
        assert page.count("Warranty card reprinted") == minute
        assert not any('"pdf"' in statement["sql"] for statement in statements)
    assert counts[0] == counts[-1]


def test_the_page_of_a_unit_asks_the_database_the_same_whatever_its_terms(
    store, manager, goods, cashier, client_of
):
    client = client_of(cashier)
    counts = []
    for sales in (1, 2, 3):
        receive(store, manager, (goods.recorded, ["R1"]))
        sell(store, manager, (goods.recorded, ["R1"]))
        with CaptureQueriesContext(connection) as statements:
            page = client.get(serial_url(Card.objects.select_related("term").first())).text
        assert page.count('class="term"') == sales
        counts.append(len(statements))
    assert len(set(counts)) == 1


@pytest.mark.parametrize("number", ["\0", "KY1-W2026-000001\0", "a\0b"])
def test_a_card_number_with_a_nul_is_nowhere(card, cashier, client_of, number):
    assert client_of(cashier).get(f"/cards/{quote(number)}/").status_code == 404
