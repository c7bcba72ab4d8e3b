"""What is in custody for repair waits: the repair ends first."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from company.access import access_of
from company.constraints import broken_constraint
from documents.cancelling import CancellingRefused, cancel_document, what_cancelling_refuses
from documents.correcting import CorrectionRefused, look_at
from documents.judging import what_posting_refuses
from documents.models import Document, Kind, ReturnedCard
from documents.posting import post_document
from serials.models import Serial
from serials.refusals import PostingRefused
from serials.text import read_serial
from tests.at_once import Behind
from tests.books import books_agree, pieces, place_of, refusals_of, valid_cards
from tests.lasting import lasting
from tests.shop import (
    bring_back,
    draft,
    exchange,
    give_back,
    post,
    put,
    receive,
    sell,
    set_aside,
)
from warranty.models import Card, Claim

pytestmark = pytest.mark.django_db

REPAIR = "KY1-RP2026-000001"


def claim(store, product, *, serial: str = "", card: Card | None = None, nth: int = 1) -> Claim:
    """Goods taken in for repair today."""
    return Claim.objects.create(
        reference=f"KY1-RP2026-{nth:06d}",
        store=store,
        product=product,
        serial=Serial.objects.get(product=product, key=serial) if serial else None,
        card=card,
        claimed_on=store.date_of(timezone.now()),
    )


def end(custody: Claim) -> None:
    custody.closed_on = custody.claimed_on
    custody.save(update_fields=["closed_on"])


@lasting
def sale(store, manager, goods) -> Document:
    receive(store, manager, (goods.strict, ["SN1", "SN2", "SN3"]), (goods.recorded, ["R1", "R2"]))
    return sell(store, manager, (goods.strict, ["SN1"]), (goods.recorded, ["R1"]))


class TestUnits:
    @pytest.mark.parametrize("kind", [Kind.CUSTOMER_RETURN, Kind.EXCHANGE])
    def test_they_do_not_come_back(self, kind, store, manager, goods, sale):
        claim(store, goods.strict, serial="SN1")
        claim(store, goods.recorded, serial="R1", nth=2)
        back = bring_back(
            sale, store, manager, (goods.strict, ["SN1"]), (goods.recorded, ["R1"]), kind=kind
        )
        if kind == Kind.EXCHANGE:
            put(back, manager, goods.strict, ["SN2"])

        assert refusals_of(lambda: post(back, manager)) == [
            ("in_repair", 1, "SN1"),
            ("in_repair", 2, "R1"),
        ]
        told = what_posting_refuses(back, by=access_of(manager), now=timezone.now())
        assert told[0].message == f"SN1 is in repair {REPAIR}: end it there."
        books_agree()

    def test_a_claim_of_the_card_alone_is_one_of_its_unit(self, store, manager, goods, sale):
        claim(store, goods.strict, card=Card.objects.get(term__product=goods.strict))
        back = bring_back(sale, store, manager, (goods.strict, ["SN1"]))

        assert refusals_of(lambda: post(back, manager)) == [("in_repair", 1, "SN1")]

    def test_another_unit_of_the_same_sale_comes_back(self, store, manager, goods):
        receive(store, manager, (goods.strict, ["SN1", "SN2"]))
        sale = sell(store, manager, (goods.strict, ["SN1", "SN2"]))
        claim(store, goods.strict, serial="SN1")

        give_back(sale, store, manager, (goods.strict, ["SN2"]))

        assert place_of("SN2") == "shelf"
        books_agree()

    def test_they_come_back_once_the_repair_has_ended(self, store, manager, goods, sale):
        custody = claim(store, goods.strict, serial="SN1")
        end(custody)

        give_back(sale, store, manager, (goods.strict, ["SN1"]))

        assert place_of("SN1") == "shelf"

    def test_their_sale_is_not_cancelled(self, store, manager, goods, sale):
        custody = claim(store, goods.strict, serial="SN1")
        (obstacle,) = what_cancelling_refuses(sale, by=access_of(manager))
        assert obstacle.message == f"SN1 is in repair {REPAIR}: end it there."
        with pytest.raises(CancellingRefused):
            cancel_document(sale.pk, by=access_of(manager), reason="oops", now=timezone.now())

        end(custody)
        cancel_document(sale.pk, by=access_of(manager), reason="oops", now=timezone.now())
        assert place_of("SN1") == "shelf"

    def test_nor_is_the_exchange_that_handed_them_over(self, store, manager, goods, sale):
        swapped = exchange(
            sale, store, manager, [(goods.strict, ["SN1"])], [(goods.strict, ["SN2"])]
        )
        claim(store, goods.strict, serial="SN2")

        assert what_cancelling_refuses(swapped, by=access_of(manager))

    @pytest.mark.parametrize("unit", ["SN1", "SN2"])
    def test_they_are_not_mixed_up_with_another(self, unit, store, manager, goods, sale):
        claim(store, goods.strict, serial=unit)

        with pytest.raises(CorrectionRefused) as refused:
            look_at(
                store,
                goods.strict,
                lies=read_serial("SN1"),
                went=read_serial("SN2"),
                by=access_of(manager),
            )
        assert str(refused.value) == f"{unit} is in repair {REPAIR}: end it there."

    def test_own_stock_is_not_put_back_past_its_repair(self, store, manager, goods, sale):
        aside = set_aside(store, manager, (goods.strict, ["SN2"]))
        claim(store, goods.strict, serial="SN2")
        back = draft(Kind.PUT_BACK, store, manager, [(goods.strict, ["SN2"])])

        assert refusals_of(lambda: post(back, manager)) == [("in_repair", 1, "SN2")]
        assert what_cancelling_refuses(aside, by=access_of(manager))


class TestPieces:
    @pytest.fixture
    def bulbs(self, store, manager, goods) -> Document:
        receive(store, manager, (goods.period, 5))
        return sell(store, manager, (goods.period, 3))

    def bring(self, bulbs, store, manager, goods, pieces: int) -> Document:
        return bring_back(bulbs, store, manager, (goods.period, pieces))

    def test_as_many_come_back_as_are_not_in_repair(self, store, manager, goods, bulbs):
        last = Card.objects.latest("unit")
        claim(store, goods.period, card=last)

        too_many = self.bring(bulbs, store, manager, goods, 3)
        assert refusals_of(lambda: post(too_many, manager)) == [("pieces_in_repair", 1, None)]
        assert refusals_of(lambda: post(self.bring(bulbs, store, manager, goods, 4), manager)) == [
            ("return_too_many", 1, None)
        ]
        post(self.bring(bulbs, store, manager, goods, 2), manager)

        assert pieces(goods.period) == 4
        assert list(Card.objects.filter(void_on=None)) == [last]
        books_agree()

    def test_the_named_card_of_one_in_repair_is_refused(self, store, manager, goods, bulbs):
        card = Card.objects.earliest("unit")
        claim(store, goods.period, card=card)
        back = self.bring(bulbs, store, manager, goods, 1)
        ReturnedCard.objects.create(line=back.lines.get(), card=card)

        assert refusals_of(lambda: post(back, manager)) == [("card_in_repair", 1, None)]

    def test_their_sale_is_not_cancelled(self, store, manager, goods, bulbs):
        card = Card.objects.earliest("unit")
        claim(store, goods.period, card=card)

        (obstacle,) = what_cancelling_refuses(bulbs, by=access_of(manager))
        assert obstacle.message == f"{card.number} is in repair {REPAIR}: end it there."


class TestKeptByPostgresql:
    def voids(self, card: Card, by: Document) -> str:
        try:
            with transaction.atomic():
                Card.objects.filter(pk=card.pk).update(
                    void_on=by.effective_on, voided_by=by.posting
                )
                card.term.voided_by, card.term.void_on = by.posting, by.effective_on
                card.term.save(update_fields=["void_on", "voided_by"])
                connection.check_constraints()
        except IntegrityError as error:
            return broken_constraint(error)
        return ""

    def test_the_card_of_what_is_in_repair_does_not_become_void(self, store, goods, sale):
        card = Card.objects.get(term__product=goods.strict)
        claim(store, goods.strict, serial="SN1", card=card)

        assert self.voids(card, sale) == "documents_repair_ends_first"
        end(Claim.objects.get())
        assert self.voids(card, sale) == ""

    def test_nothing_is_claimed_by_a_void_card(self, store, manager, goods, sale):
        card = Card.objects.get(term__product=goods.strict)
        give_back(sale, store, manager, (goods.strict, ["SN1"]))

        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            claim(store, goods.strict, card=card)
        assert broken_constraint(refused.value) == "documents_claim_of_a_valid_card"


@pytest.mark.django_db(transaction=True)
def test_a_return_waits_for_the_unit_that_is_taken_in_at_this_moment(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    back = bring_back(sale, store, manager, (goods.strict, ["SN1"]))
    by, now = access_of(manager), timezone.now()
    with transaction.atomic():
        claim(store, goods.strict, serial="SN1")
        behind = Behind(lambda: post_document(back.pk, by=by, now=now))
        behind.waits_for_us()
    refused = behind.outcome()

    assert isinstance(refused, PostingRefused)
    assert [one.code for one in refused.refusals] == ["in_repair"]
    books_agree()


@pytest.mark.django_db(transaction=True)
def test_a_piece_taken_in_at_this_moment_keeps_its_card(store, manager, goods):
    receive(store, manager, (goods.period, 1))
    sale = sell(store, manager, (goods.period, 1))
    back = bring_back(sale, store, manager, (goods.period, 1))
    by, now = access_of(manager), timezone.now()
    with transaction.atomic():
        claim(store, goods.period, card=Card.objects.get())
        behind = Behind(lambda: post_document(back.pk, by=by, now=now))
        behind.waits_for_us()
    refused = behind.outcome()

    assert isinstance(refused, PostingRefused)
    assert [one.code for one in refused.refusals] == ["changed_meanwhile"]
    assert valid_cards() == 1
    books_agree()
