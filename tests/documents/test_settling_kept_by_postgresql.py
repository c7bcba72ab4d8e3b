"""What continues an earlier document settles that one, and as much as it says: tried with SQL."""

from __future__ import annotations

import pytest

from documents.models import Document, Kind, Outstanding, ReturnedCard
from tests.shop import arrive, draft, give_back, put, receive, sell, transfer
from warranty.models import Card

from .test_rules_kept_by_postgresql import posted_by_hand, refused_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(store, other_store, admin, goods) -> Document:
    receive(store, admin, (goods.plain, 9))
    return transfer(store, other_store, admin, (goods.plain, 3))


def test_a_transfer_goes_to_a_store(store, manager, goods):
    nowhere = draft(Kind.TRANSFER, store, manager, [(goods.plain, 1)])
    nowhere.lines.update(mode="none")
    assert refused_by(posted_by_hand(nowhere)) == "documents_transfer_goes_somewhere"


def test_an_arrival_takes_lines_of_its_own_transfer_only(sent, store, other_store, admin, goods):
    other = transfer(store, other_store, admin, (goods.plain, 2))
    arrival = Document.objects.create(
        kind=Kind.ARRIVAL, store=other_store, author=admin, origin=sent
    )
    put(arrival, admin, goods.plain, 1, origin=other.lines.get())
    arrival.lines.update(mode="none")
    settled = f"UPDATE documents_outstanding SET settled = 1 WHERE line_id = {other.lines.get().pk}"
    assert refused_by(posted_by_hand(arrival), settled) == "documents_lines_of_one_origin"


def test_an_arrival_is_in_the_store_the_goods_were_sent_to(sent, store, admin, goods):
    arrival = Document.objects.create(kind=Kind.ARRIVAL, store=store, author=admin, origin=sent)
    put(arrival, admin, goods.plain, 1, origin=sent.lines.get())
    arrival.lines.update(mode="none")
    settled = f"UPDATE documents_outstanding SET settled = 1 WHERE line_id = {sent.lines.get().pk}"
    assert refused_by(posted_by_hand(arrival), settled) == "documents_continues_in_its_store"


def test_what_is_settled_is_what_documents_settled(sent, admin, goods):
    arrive(sent, admin, (goods.plain, 1))
    for settled in (0, 2, 3):
        update = f"UPDATE documents_outstanding SET settled = {settled} WHERE purpose = 'arrive'"
        assert refused_by(update) == "documents_settled_is_counted"
    assert refused_by("UPDATE documents_outstanding SET settled = settled") == ""


def test_nothing_is_settled_from_the_start(sent, goods):
    row = Outstanding.objects.get(line__document=sent)
    again = f"""
        DELETE FROM documents_outstanding WHERE id = {row.pk};
        INSERT INTO documents_outstanding (line_id, purpose, quantity, settled)
        VALUES ({row.line_id}, 'arrive', 3, 1)
    """
    assert refused_by(again) == "documents_settled_is_counted"


def test_the_cards_of_a_posted_return_stay(store, manager, goods):
    receive(store, manager, (goods.period, 2))
    sale = sell(store, manager, (goods.period, 2))
    first, second = Card.objects.order_by("unit")
    back = give_back(sale, store, manager, (goods.period, 1))
    line = back.lines.get()
    rule = "documents_returnedcard_frozen"
    add = f"INSERT INTO documents_returnedcard (line_id, card_id) VALUES ({line.pk}, {first.pk})"
    assert refused_by(add) == rule

    other = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    own = other.lines.create(product=goods.period, position=1, origin=sale.lines.get())
    named = ReturnedCard.objects.create(line=own, card=second)
    moved = f"UPDATE documents_returnedcard SET line_id = {line.pk} WHERE id = {named.pk}"
    assert refused_by(moved) == rule
    assert refused_by(f"DELETE FROM documents_returnedcard WHERE id = {named.pk}") == ""
