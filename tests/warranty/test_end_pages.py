"""The pages of an admin: the end of a card is set, and an adjustment is taken back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from tests.books import books_agree
from tests.claims import repair
from tests.lasting import lasting
from tests.shop import receive, sell
from warranty.models import Adjustment, Card

SOLD = dt.date(2026, 1, 31)
day = dt.date

pytestmark = pytest.mark.django_db


@lasting
def card(store, manager, goods) -> Card:
    """A unit sold on 31 January with 12 months."""
    receive(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    sell(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    return Card.objects.get()


def end_url(card: Card) -> str:
    return reverse("warranty:override", args=[card.number])


def back_url(card: Card, adjustment: Adjustment) -> str:
    return reverse("warranty:take_back", args=[card.number, adjustment.pk])


def answers(card: Card, **changes: str) -> dict[str, str]:
    card.refresh_from_db()
    return {"ends_on": "2028-05-31", "reason": "a promise", "seen": str(card.ends_on)} | changes


def test_the_end_is_set_and_the_card_tells_by_whom_and_why(card, admin, client_of):
    client = client_of(admin)
    assert 'value="2027-01-31"' in client.get(end_url(card)).text
    page = client.post(end_url(card), answers(card), follow=True)
    assert page.redirect_chain == [(reverse("warranty:card", args=[card.number]), 302)]
    assert "Set by admin: a promise" in page.text
    assert f"The warranty of card {card.number} ends on 31 May 2028." in page.text
    assert "<dd>31 May 2028</dd>" in page.text
    books_agree()


def test_everything_wrong_is_said_and_nothing_is_lost(card, admin, client_of):
    page = client_of(admin).post(end_url(card), answers(card, ends_on="2026-01-30", reason=" "))
    assert page.status_code == 422
    assert "Say why" in page.text
    page = client_of(admin).post(end_url(card), answers(card, ends_on="2026-01-30"))
    assert page.status_code == 422
    assert "Not before 31 Jan 2026, when the warranty begins." in page.text
    assert 'value="a promise"' in page.text
    assert 'value="2026-01-30"' in page.text
    assert not Adjustment.objects.exists()


def test_an_end_that_changed_meanwhile_is_shown_and_asked_anew(card, admin, manager, client_of):
    seen = answers(card)
    repair(card, day(2026, 3, 1), day(2026, 3, 11), manager)
    page = client_of(admin).post(end_url(card), seen)
    assert page.status_code == 422
    assert "it is 10 Feb 2027 now" in page.text
    assert 'name="seen" value="2027-02-10"' in page.text
    assert client_of(admin).post(end_url(card), answers(card)).status_code == 302


def test_an_adjustment_is_taken_back_from_the_card(card, admin, manager, client_of):
    made = repair(card, day(2026, 3, 1), day(2026, 3, 11), manager)
    client = client_of(admin)
    page = client.get(reverse("warranty:card", args=[card.number]))
    assert back_url(card, made) in page.text
    assert "+ 10 days in repair" in client.get(back_url(card, made)).text
    page = client.post(back_url(card, made), answers(card, reason="another unit"), follow=True)
    assert f"The warranty of card {card.number} ends on 31 Jan 2027." in page.text
    assert "(taken back)" in page.text
    assert back_url(card, made) not in page.text
    again = client.post(back_url(card, made), answers(card))
    assert again.status_code == 422
    assert "It was taken back already." in again.text
    books_agree()


def test_only_what_is_on_this_card_is_taken_back_from_it(
    store, card, admin, manager, goods, client_of
):
    made = repair(card, day(2026, 3, 1), day(2026, 3, 11), manager)
    receive(store, manager, (goods.strict, ["SN2"]))
    sell(store, manager, (goods.strict, ["SN2"]))
    other = Card.objects.get(term__serial_text="SN2")
    assert client_of(admin).get(back_url(other, made)).status_code == 404
    client_of(admin).post(back_url(card, made), answers(card))
    taken_back = Adjustment.objects.get(kind="revocation")
    assert client_of(admin).get(back_url(card, taken_back)).status_code == 404


def test_who_is_no_admin_sees_neither(card, manager, client_of):
    made = repair(card, day(2026, 3, 1), day(2026, 3, 11), manager)
    page = client_of(manager).get(reverse("warranty:card", args=[card.number])).text
    assert end_url(card) not in page
    assert back_url(card, made) not in page
    assert "+ 10 days in repair" in page


def test_the_end_of_a_void_card_is_not_offered(card, admin, client_of):
    Card.objects.update(void_on=SOLD, voided_by=card.term.posting)
    client = client_of(admin)
    assert end_url(card) not in client.get(reverse("warranty:card", args=[card.number])).text
    assert "The card is void" in client.get(end_url(card)).text
    assert client.post(end_url(card), answers(card)).status_code == 422
