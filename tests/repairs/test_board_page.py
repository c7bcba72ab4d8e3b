"""The board of repairs, and what other pages tell of them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from repairs.models import Repair
from tests.repairs.conftest import TODAY
from tests.shop import receive, take_in
from warranty.models import Card

from .desk import BOARD, NEW, at, hand_back_as, said

pytestmark = pytest.mark.django_db


class TestTheBoard:
    @pytest.fixture
    def three(self, store, cashier, technician, repair) -> list[Repair]:
        """Two of customers, the first one overdue, and one of our own."""
        recorded = take_in(store, cashier, "R", technician=technician, promised_on=TODAY)
        own = take_in(store, technician, "B", own=True)
        return [repair, recorded, own]

    def numbers(self, client: Client, **filters: str) -> list[str]:
        text = said(client.get(BOARD, filters))
        found = Repair.objects.order_by("pk").values_list("number", flat=True)
        return sorted((number for number in found if number in text), key=text.index)

    def test_overdue_promises_come_first(self, bench, three):
        first, *rest = self.numbers(bench)
        assert first == three[0].number
        assert len(rest) == 2

    def test_the_filters_are_in_the_address(self, bench, technician, three):
        first, recorded, own = (repair.number for repair in three)
        assert self.numbers(bench, whose="own") == [own]
        assert self.numbers(bench, overdue="1") == [first]
        assert self.numbers(bench, technician=str(technician.pk)) == [recorded]
        assert self.numbers(bench, technician="0") == [first, own]
        assert self.numbers(bench, q="olena", whose="customers") == [first, recorded]
        assert self.numbers(bench, q=own) == [own]
        assert self.numbers(bench, status="ready") == []
        assert self.numbers(bench, ended="1") == []

    def test_a_filter_that_makes_no_sense_says_so(self, bench, three):
        response = bench.get(BOARD, {"technician": "x"})
        assert response.status_code == 200
        assert "A filter makes no sense" in said(response)

    def test_the_other_store_sees_nothing_of_it(self, client_of, other_manager, stranger, three):
        for person in (other_manager, stranger):
            assert self.numbers(client_of(person)) == []

    def test_the_number_of_statements_does_not_grow_with_the_rows(
        self, bench, store, cashier, technician, three, goods, manager
    ):
        def statements() -> int:
            with CaptureQueriesContext(connection) as captured:
                bench.get(BOARD)
            return len(captured)

        few = statements()
        receive(store, manager, (goods.strict, [f"X{nth}" for nth in range(6)]))
        for nth in range(6):
            take_in(store, technician, f"X{nth}", own=True)
        assert statements() == few


class TestElsewhere:
    def test_the_search_opens_a_repair_by_its_number(self, desk, repair, client_of, stranger):
        search = reverse("backoffice:search")
        response = desk.get(search, {"q": repair.number.lower()})
        assert response.headers["Location"] == at("repair", repair)
        response = client_of(stranger).get(search, {"q": repair.number})
        assert response.status_code == 200
        assert at("repair", repair) not in said(response)

    def test_the_page_of_the_unit_tells_of_its_repairs(self, bench, technician, repair):
        page = reverse("backoffice:serial", args=[repair.serial_id])
        text = said(bench.get(page))
        assert "In repair since" in text
        assert "Taken in for repair" in text
        assert at("repair", repair) in text
        hand_back_as(bench, repair, technician)
        text = said(bench.get(page))
        assert "Handed back: Repaired" in text
        assert "In repair since" not in text
        assert f"{NEW}?subject=serial%3A{repair.serial_id}" in text

    def test_the_card_offers_to_take_it_in(self, desk, sold):
        card = Card.objects.get(term__serial__key="A")
        text = said(desk.get(reverse("warranty:card", args=[card.number])))
        assert f"{NEW}?subject=card:{card.pk}" in text

    def test_the_card_of_what_is_in_repair_offers_no_second_one(self, desk, repair):
        page = desk.get(reverse("warranty:card", args=[repair.claim.card.number])).text
        assert repair.number in page
        assert "Take in for repair" not in page

    def test_home_says_what_is_overdue_to_who_works_on_repairs(
        self, bench, desk, repair, client_of, other_manager
    ):
        assert "Repairs overdue" in said(bench.get("/"))
        assert "Repairs overdue" not in said(desk.get("/"))
        assert "Repairs overdue" not in said(client_of(other_manager).get("/"))

    def test_home_says_what_is_lent(self, bench, repair):
        bench.post(at("lend", repair), {"scan": "B"})
        assert "Lent to customers" in said(bench.get("/"))

    def test_the_board_is_in_the_navigation_of_the_desk(
        self, bench, desk, client_of, manager, storekeeper, stranger
    ):
        for client in (bench, desk, client_of(manager)):
            assert f'href="{BOARD}"' in said(client.get("/"))
        for person in (storekeeper, stranger):
            assert f'href="{BOARD}"' not in said(client_of(person).get("/"))
