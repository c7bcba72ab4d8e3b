"""The unknown units of a count: why each is unknown, and what people may do about it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.models import Membership
from company.rights import Role
from documents.models import Document, Line
from documents.posting import post_document
from inventory.models import Count, Scan
from inventory.taking_back import take_back
from inventory.unknowns import SHOWN, UnknownUnit, unknown_units
from serials.models import Serial
from tests.inventory.conftest import begin, take
from tests.lasting import lasting
from tests.shop import (
    arrive,
    cancel,
    draft,
    give_back,
    post,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)

pytestmark = pytest.mark.django_db


def cards(count: Count, by) -> dict[str, UnknownUnit]:
    """The unknown units by their texts, as this person sees them."""
    return {unit.scan.text: unit for unit in unknown_units(count, access=access_of(by)).units}


def labels(unit: UnknownUnit) -> list[str]:
    return [str(step.label) for step in unit.steps]


def guesses(unit: UnknownUnit) -> list[str]:
    return [one.serial.key for one in ([unit.best] if unit.best else []) + list(unit.others)]


def sell_one_of_another_number(store, by, goods) -> Document:
    receive(store, by, (goods.recorded, ["SN-1"]))
    return sell(store, by, (goods.recorded, ["SN-9"]))


@lasting
def stock(store, manager, goods) -> Document:
    return receive(store, manager, (goods.strict, ["SN-1", "SN-2", "SN-3"]))


class TestWhoCanDoSomething:
    """Where a person can do nothing, the card says who can."""

    def test_what_was_sold_here(self, store, manager, storekeeper, goods, stock):
        sell(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        assert "let a cashier take it back" in cards(count, storekeeper)["SN-1"].advice
        assert cards(count, manager)["SN-1"].advice == ""

    def test_what_another_store_sold(self, store, other_store, manager, other_manager, goods):
        receive(other_store, other_manager, (goods.strict, ["T-1"]))
        sell(other_store, other_manager, (goods.strict, ["T-1"]))
        count = begin(store, manager)
        take(count, manager, "T-1")
        assert "let the store that sold it take it back" in cards(count, manager)["T-1"].advice

    def test_what_was_written_off(self, store, manager, storekeeper, goods, stock):
        write_off(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        assert "A manager can cancel" in cards(count, storekeeper)["SN-1"].advice
        assert cards(count, manager)["SN-1"].advice == ""


class TestWhy:
    @pytest.mark.parametrize("then", ["at another store", "on its way"])
    def test_a_recorded_unit_of_which_every_document_was_cancelled(
        self, store, other_store, goods, chief, then
    ):
        """Where it was said to lie is all that the ledger keeps of it."""
        if then == "at another store":
            cancel(sell_one_of_another_number(other_store, chief, goods), chief)
        else:
            receive(store, chief, (goods.recorded, ["SN-1"]))
            sent = transfer(store, other_store, chief, (goods.recorded, ["SN-1"]))
            cancel(arrive(sent, chief, (goods.recorded, ["SN-9"])), chief)
        count = begin(store, chief)
        said = take(count, chief, "SN-9", product_id=goods.recorded.pk, as_serial=True)
        assert "documents with this serial number were cancelled" in said.message
        unit = cards(count, chief)["SN-9"]
        assert (unit.state.code, unit.advice) == ("unknown", "")
        assert labels(unit)[0] == "Receive it"

    def test_sold(self, store, manager, goods, stock):
        sale = sell(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        unit = cards(count, manager)["SN-1"]
        assert unit.state.code == "sold"
        assert sale.number in unit.reason
        assert unit.document == sale
        assert labels(unit) == ["The customer brought it back", "It was exchanged"]
        assert (unit.scan.scanned_by, unit.product) == (manager, goods.strict)

    def test_never_seen(self, store, manager, goods, stock, client_of):
        count = begin(store, manager)
        take(count, manager, goods.strict.sku)
        take(count, manager, "QX-777", context=goods.strict.pk)
        unit = cards(count, manager)["QX-777"]
        assert unit.state.code == "unknown"
        assert "Never seen" in unit.reason
        (step,) = unit.steps
        assert step.label == "Receive it"
        client = client_of(manager)
        page = client.post(step.url, step.fields).content.decode()
        line = Line.objects.get(document__kind="receipt", document__status="draft")
        assert (line.product, line.serials.get().key) == (goods.strict, "QX-777")
        assert "QX-777" in page
        assert guesses(unit) == []

    def test_at_the_supplier(self, store, manager, goods, stock):
        went = return_to_supplier(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        unit = cards(count, manager)["SN-1"]
        assert went.number in unit.reason
        assert labels(unit) == ["It came back: receive it"]

    def test_written_off(self, store, manager, goods, stock):
        went = write_off(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        unit = cards(count, manager)["SN-1"]
        assert labels(unit) == [f"Cancel {went.number}"]
        assert not unit.steps[0].is_post

    def test_on_its_way_here(self, store, other_store, manager, other_manager, goods, client_of):
        receive(other_store, other_manager, (goods.strict, ["T-1"]))
        sent = transfer(other_store, store, other_manager, (goods.strict, ["T-1"]))
        count = begin(store, manager)
        take(count, manager, "T-1")
        unit = cards(count, manager)["T-1"]
        assert unit.state.code == "in_transit"
        (step,) = unit.steps
        assert step.label == f"Receive {sent.number}"
        client_of(manager).post(step.url, step.fields)
        assert Line.objects.get(document__kind="arrival").serials.get().key == "T-1"
        assert not unit.can_be_swapped

    def test_on_its_way_from_here(self, store, other_store, manager, goods, stock):
        sent = transfer(store, other_store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        unit = cards(count, manager)["SN-1"]
        assert (unit.document, unit.steps, unit.can_be_swapped) == (sent, [], True)
        assert f"let {other_store.name} receive it and send it back" in unit.advice

    def test_in_another_store(self, store, other_store, manager, other_manager, goods, stock):
        receive(other_store, other_manager, (goods.strict, ["T-1"]))
        count = begin(store, manager)
        take(count, manager, "T-1")
        unit = cards(count, manager)["T-1"]
        assert other_store.name in unit.advice
        assert (unit.document, unit.steps) == (None, [])
        assert (unit.can_be_swapped, guesses(unit)) == (False, [])

    def test_missing_since_an_earlier_count(self, store, manager, storekeeper, goods, stock):
        short = draft("shortage", store, manager, [(goods.strict, ["SN-1"])])
        short.lines.update(remark="Count 1")
        short = post(short, manager)
        count = begin(store, manager)
        take(count, manager, "SN-1")
        unit = cards(count, manager)["SN-1"]
        assert short.number in unit.reason
        assert labels(unit) == ["Put it back as found"]
        assert not unit.can_be_swapped
        assert labels(cards(count, storekeeper)["SN-1"]) == []
        assert "A manager can put it back" in cards(count, storekeeper)["SN-1"].advice

    def test_units_that_wait_for_their_serial_numbers(self, store, manager, goods, stock):
        loose = post_document(
            draft("sale", store, manager, [(goods.strict, 2)]).pk,
            by=access_of(manager),
            now=timezone.now(),
            without_serials="no light",
        )
        sell(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        unit = cards(count, manager)["SN-1"]
        assert (unit.loose.units, unit.loose.document) == (2, loose)
        assert labels(unit)[-1] == "Enter the serial numbers left out"

    def test_a_number_of_several_products(
        self, store, other_store, manager, other_manager, goods, stock
    ):
        count = begin(store, manager)
        take(count, manager, "SN-5")
        for product in (goods.strict, goods.recorded):
            receive(other_store, other_manager, (product, ["SN-5"]))
        unit = cards(count, manager)["SN-5"]
        assert "Product recorded, Product strict" in unit.reason
        assert (unit.steps, guesses(unit), unit.can_be_swapped) == ((), [], False)

    def test_a_number_that_one_product_has_by_now(
        self, store, other_store, manager, other_manager, goods
    ):
        count = begin(store, manager)
        take(count, manager, "SN-5")
        receive(other_store, other_manager, (goods.recorded, ["SN-5"]))
        unit = cards(count, manager)["SN-5"]
        assert unit.product == goods.recorded
        assert other_store.name in unit.reason

    def test_what_is_explained_meanwhile_is_not_shown(self, store, manager, goods, stock):
        sale = sell(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        give_back(sale, store, manager, (goods.strict, ["SN-1"]))
        assert cards(count, manager) == {}

    def test_a_scan_taken_back_is_not_shown(self, store, manager, goods, stock):
        sell(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        take_back(count.pk, Scan.objects.get().pk, by=access_of(manager), now=timezone.now())
        assert cards(count, manager) == {}


class TestWhoMay:
    @pytest.fixture
    def count(self, store, manager, goods, stock):
        sell(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        return count

    def test_a_manager_swaps_and_takes_back(self, count, manager):
        unit = cards(count, manager)["SN-1"]
        assert (unit.may_fix, len(unit.steps)) == (True, 2)

    def test_a_storekeeper_reads_why_and_what_likely_happened(self, count, storekeeper):
        unit = cards(count, storekeeper)["SN-1"]
        assert (unit.may_fix, unit.elsewhere, labels(unit)) == (False, None, [])
        assert unit.best.doing_it == "Swap: SN-1 lies here, SN-2 was sold"
        assert unit.document

    def test_a_document_of_another_store_is_not_linked(
        self, store, other_store, manager, other_manager, goods, stock
    ):
        """Sold over there: the words say it, the sale itself is theirs."""
        sent = transfer(store, other_store, manager, (goods.strict, ["SN-1"]))
        arrive(sent, other_manager, (goods.strict, ["SN-1"]))
        sale = sell(other_store, other_manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        unit = cards(count, manager)["SN-1"]
        assert sale.number in unit.reason
        assert (unit.document, unit.steps, unit.can_be_swapped) == (None, [], False)


class TestGuesses:
    def test_their_reasons_are_said(self, store, manager, goods, stock):
        sale = sell(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        take(count, manager, "SN-3")
        best = cards(count, manager)["SN-1"].best
        assert best.reasons == [
            "one character differs",
            f"received together by {stock.number}",
            "the only one of this product that is missing",
            f"in stock here when {sale.number} was posted",
        ]

    def test_what_was_scanned_is_not_guessed(self, store, manager, goods, stock):
        sell(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        assert guesses(cards(count, manager)["SN-1"]) == ["SN-2", "SN-3"]
        take(count, manager, "SN-2")
        assert guesses(cards(count, manager)["SN-1"]) == ["SN-3"]

    def test_what_moved_since_the_count_began_is_not_guessed(self, store, manager, goods, stock):
        sell(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        sell(store, manager, (goods.strict, ["SN-2"]))
        assert guesses(cards(count, manager)["SN-1"]) == ["SN-3"]

    def test_what_came_after_the_unit_had_left_is_not_guessed(self, store, manager, goods, stock):
        sell(store, manager, (goods.strict, ["SN-1"]))
        receive(store, manager, (goods.strict, ["SN-4"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        assert "SN-4" not in guesses(cards(count, manager)["SN-1"])

    def test_of_a_transfer_what_came_after_it_was_sent_is_not_guessed(
        self, store, other_store, manager, other_manager, goods, stock
    ):
        """However late it arrived, or its serial number was entered."""
        sent = transfer(store, other_store, manager, (goods.strict, ["SN-1"]))
        receive(store, manager, (goods.strict, ["SN-4"]))
        arrive(sent, other_manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        assert guesses(cards(count, manager)["SN-1"]) == ["SN-2", "SN-3"]

    def test_a_unit_whose_later_movement_was_cancelled_is_guessed(
        self, store, manager, goods, stock
    ):
        """The sale that was cancelled, and its cancelling, did not bring it here."""
        cancelled = sell(store, manager, (goods.strict, ["SN-2"]))
        sell(store, manager, (goods.strict, ["SN-1"]))
        cancel(cancelled, manager)
        count = begin(store, manager)
        take(count, manager, "SN-1")
        assert guesses(cards(count, manager)["SN-1"]) == ["SN-2", "SN-3"]

    def test_every_guess_is_one_that_the_correction_takes(
        self, store, other_store, manager, goods, stock
    ):
        from inventory.fixing import preview

        Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
        for product in (goods.strict, goods.recorded):
            receive(store, manager, (product, [f"N-{nth:02d}" for nth in range(20)]))
            sell(store, manager, (product, ["N-01"]))
            return_to_supplier(store, manager, (product, ["N-03"]))
            write_off(store, manager, (product, ["N-05"]))
            transfer(store, other_store, manager, (product, ["N-07"]))
            arrived = transfer(store, other_store, manager, (product, ["N-09"]))
            arrive(arrived, manager, (product, ["N-09"]))
            receive(store, manager, (product, [f"N-{nth:02d}" for nth in range(20, 24)]))
        count = begin(store, manager)
        for product in (goods.strict, goods.recorded):
            for text in ("N-01", "N-03", "N-05", "N-07", "N-09", "N-0O", "N-15"):
                take(count, manager, text, product_id=product.pk, as_serial=True)
        found = unknown_units(count, access=access_of(manager)).units
        assert len(found) == 12
        looked = 0
        for unit in found:
            for one in ([unit.best] if unit.best else []) + list(unit.others):
                shown = preview(count.pk, unit.scan.pk, one.serial.pk, by=access_of(manager))
                assert shown.doing_it == one.doing_it
                looked += 1
        assert looked >= 40
        best = [unit.best.serial.pk for unit in found if unit.best]
        assert len(best) == len(set(best)) == 12


class TestStatements:
    def _stage(self, store, manager, goods, size: int) -> Count:
        texts = [f"{size}-{nth:04d}" for nth in range(2 * size)]
        for product in (goods.strict, goods.recorded):
            receive(store, manager, (product, texts))
            for start in range(0, size, max(1, size // 5)):
                sell(store, manager, (product, texts[start : start + max(1, size // 5)]))
        count = begin(store, manager, scope="products", products=[goods.strict, goods.recorded])
        at = timezone.now()
        Scan.objects.bulk_create(
            Scan(
                nonce=f"00000000-0000-4000-8000-{unit.pk:012d}", count=count,
                product=unit.product, serial=unit, text=unit.text, key=unit.key,
                scanned_at=at, scanned_by=manager,
            )
            for unit in Serial.objects.filter(
                key__startswith=f"{size}-", place__kind="customer"
            )
        )  # fmt: skip
        take(count, manager, "UNHEARD-OF")
        return count

    def test_they_do_not_grow_with_the_unknown_units(
        self, store, manager, goods, django_assert_max_num_queries
    ):
        from inventory.pausing import abandon_count

        few = self._stage(store, manager, goods, 3)
        with CaptureQueriesContext(connection) as small:
            assert unknown_units(few, access=access_of(manager)).total == 7
        abandon_count(few.pk, by=access_of(manager), now=timezone.now())
        many = self._stage(store, manager, goods, 70)
        with django_assert_max_num_queries(len(small)):
            found = unknown_units(many, access=access_of(manager))
        assert (len(found.units), found.more) == (SHOWN, 41)
        assert len(small) <= 20

    def test_nothing_unknown_is_one_statement(
        self, store, manager, goods, stock, django_assert_num_queries
    ):
        count, access = begin(store, manager), access_of(manager)
        with django_assert_num_queries(1):
            assert unknown_units(count, access=access).total == 0
