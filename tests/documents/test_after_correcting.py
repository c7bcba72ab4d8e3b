"""What may come back of a sale that was put right, and how it is found."""

from __future__ import annotations

import pytest
from django.utils import timezone

from company.access import access_of
from documents.acknowledging import acknowledge_returns
from documents.models import Document, Kind
from documents.scan_answers import Answer, ScanResult
from documents.scanning import scan
from tests.books import books_agree, place_of, refusals_of, valid_cards
from tests.documents.test_correcting import put_right
from tests.shop import cancel, draft, exchange, give_back, post, receive, return_to_supplier, sell
from warranty.models import Card

pytestmark = pytest.mark.django_db

MODES = ("strict", "recorded")


def told(document: Document, by, text: str, **answer) -> ScanResult:
    chosen = Answer(**answer) if answer else None
    return scan(document.pk, text, by=access_of(by), now=timezone.now(), answer=chosen)


@pytest.mark.parametrize("mode", MODES)
class TestASaleWithTwoUnits:
    """A1 and X1 are on it; B1 went in A1's place."""

    @pytest.fixture
    def product(self, goods, mode):
        return getattr(goods, mode)

    @pytest.fixture
    def sale(self, store, manager, product) -> Document:
        receive(store, manager, (product, ["A1", "B1", "X1"]))
        return sell(store, manager, (product, ["A1", "X1"]))

    @pytest.fixture
    def old_card(self, sale) -> str:
        return Card.objects.get(term__serial__key="A1").number

    @pytest.fixture(autouse=True)
    def _correct(self, store, manager, product, old_card):
        put_right(store, manager, product, "A1", "B1")

    @pytest.fixture(params=[Kind.CUSTOMER_RETURN, Kind.EXCHANGE])
    def back(self, request, store, manager) -> Document:
        return draft(request.param, store, manager, [])

    def units_on(self, document, sale) -> list[str]:
        line = document.lines.get()
        assert line.origin == sale.lines.get()
        return list(line.serials.values_list("key", flat=True))

    def test_the_unit_that_went_is_scanned(self, manager, sale, back):
        assert told(back, manager, "B1").outcome == "accepted"
        assert self.units_on(back, sale) == ["B1"]

    def test_the_new_card_is_scanned(self, manager, sale, back):
        number = Card.objects.get(term__serial__key="B1").number
        assert told(back, manager, number).outcome == "accepted"
        assert self.units_on(back, sale) == ["B1"]

    def test_the_old_card_is_refused(self, manager, back, old_card):
        result = told(back, manager, old_card)
        assert result.outcome == "refused"
        assert "void" in result.message
        assert not back.lines.exists()

    def test_the_number_of_the_sale_offers_what_went(self, manager, sale, back):
        result = told(back, manager, sale.number)
        assert sorted(choice.scan for choice in result.choices) == ["B1", "X1"]

    def test_the_unit_that_was_written_did_not_go(self, store, manager, product, sale):
        refusals = refusals_of(lambda: give_back(sale, store, manager, (product, ["A1"])))
        wanted = "not_sold" if product.mode == "strict" else "never_went"
        assert [code for code, _, _ in refusals] == [wanted]
        books_agree()

    def test_put_right_back_it_may_come_back(self, store, manager, product, sale):
        put_right(store, manager, product, "B1", "A1")
        give_back(sale, store, manager, (product, ["A1"]))
        assert place_of("A1") == "shelf"
        books_agree()

    def test_both_come_back_one_after_the_other(self, store, manager, product, sale):
        give_back(sale, store, manager, (product, ["X1"]))
        give_back(sale, store, manager, (product, ["B1"]))
        assert valid_cards(product) == 0
        books_agree()


def test_a_sale_partly_returned_is_put_right(store, manager, goods):
    receive(store, manager, (goods.strict, ["A1", "B1", "X1"]))
    sale = sell(store, manager, (goods.strict, ["A1", "X1"]))
    give_back(sale, store, manager, (goods.strict, ["X1"]))
    correction = put_right(store, manager, goods.strict, "A1", "B1")
    assert correction.origin == sale
    cancel(correction, manager)
    put_right(store, manager, goods.strict, "A1", "B1")
    exchange(sale, store, manager, [(goods.strict, ["B1"])], [(goods.strict, ["A1"])])
    assert (place_of("A1"), place_of("B1"), valid_cards(goods.strict)) == ("customer", "shelf", 1)
    books_agree()


def test_a_unit_that_went_to_the_supplier_instead_is_received_again_when_acknowledged(
    store, manager, goods
):
    receive(store, manager, (goods.strict, ["A1", "B1"]))
    return_to_supplier(store, manager, (goods.strict, ["A1"]))
    put_right(store, manager, goods.strict, "A1", "B1")
    again = draft(Kind.RECEIPT, store, manager, [(goods.strict, ["B1"])])
    assert acknowledge_returns(again.pk, by=access_of(manager), now=timezone.now()) == 1
    post(again, manager)
    assert place_of("B1") == "shelf"
    books_agree()
