"""What was put right in a count is not the end: it is cancelled, or put right once more."""

from __future__ import annotations

import pytest
from django.utils import timezone

from company.access import access_of
from documents.posting import post_document
from inventory.closing import CountNotClosed
from inventory.models import Count, Scan
from inventory.pausing import abandon_count
from inventory.queries import missing_units, progress_of
from inventory.taking_back import take_back
from inventory.unknowns import unknown_units
from tests.books import books_agree, place_of
from tests.inventory.closing import close
from tests.inventory.conftest import begin, take
from tests.inventory.test_fixing import press, refused
from tests.lasting import lasting
from tests.shop import cancel, draft, identify, receive, sell, write_off

pytestmark = pytest.mark.django_db


def cards(count: Count, by):
    return unknown_units(count, access=access_of(by)).units


@lasting
def counted(store, manager, goods) -> Count:
    """SN-1 was written on a sale and SN-2 handed over; all the rest is counted."""
    receive(store, manager, (goods.strict, ["SN-1", "SN-2", "SN-3"]))
    sell(store, manager, (goods.strict, ["SN-1"]))
    count = begin(store, manager)
    for text in ("SN-1", "SN-3"):
        take(count, manager, text)
    return count


class TestACorrectionCancelledBeforeTheCountCloses:
    @pytest.fixture(autouse=True)
    def _cancelled(self, counted, manager):
        cancel(press(counted, manager, "SN-1", "SN-2"), manager)

    def test_the_unit_is_unknown_again_and_the_same_pair_is_proposed(self, counted, manager):
        (card,) = cards(counted, manager)
        assert [one.serial.key for one in (card.best,) if one] == ["SN-2"]
        press(counted, manager, "SN-1", "SN-2")
        close(counted, manager)
        books_agree()

    def test_the_other_one_is_missing_again(self, counted, manager):
        assert progress_of(counted).missing == 1
        assert [row.text for row in missing_units(counted).rows] == ["SN-2"]

    def test_the_count_stays_open(self, counted, manager):
        with pytest.raises(CountNotClosed):
            close(counted, manager)

    def test_closed_without_it_the_other_one_goes_to_missing(self, counted, manager):
        scan = Scan.objects.get(key="SN-1")
        take_back(counted.pk, scan.pk, by=access_of(manager), now=timezone.now())
        closed = close(counted, manager)
        assert (closed.units_missing, place_of("SN-2")) == (1, "missing")
        books_agree()


def test_a_unit_that_came_after_the_sale_is_not_offered_for_one_put_right_before(
    store, manager, goods
):
    receive(store, manager, (goods.strict, ["SN-1", "SN-2"]))
    sell(store, manager, (goods.strict, ["SN-1"]))
    receive(store, manager, (goods.strict, ["SN-3"]))
    count = begin(store, manager)
    take(count, manager, "SN-1")
    press(count, manager, "SN-1", "SN-2")
    take(count, manager, "SN-2")
    (card,) = cards(count, manager)
    assert card.best is None
    assert not card.others


def test_the_number_of_a_mistyped_receipt_tells_what_became_of_it(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN-1"]))
    count = begin(store, manager)
    take(count, manager, "SN-7", context=goods.strict.pk)
    correction = press(count, manager, "SN-7", "SN-1")
    answer = take(count, manager, "SN-1")
    assert correction.number in answer.message
    assert "cancelled" not in answer.message
    assert answer.explanation
    assert answer.explanation.document == correction


def test_a_write_off_of_another_store_is_not_offered_to_be_cancelled(
    store, other_store, manager, other_manager, goods
):
    receive(other_store, other_manager, (goods.strict, ["SN-1"]))
    write_off(other_store, other_manager, (goods.strict, ["SN-1"]))
    count = begin(store, manager)
    take(count, manager, "SN-1")
    (card,) = cards(count, manager)
    assert card.steps == []


@pytest.mark.parametrize("product_said", [True, False])
def test_a_unit_scanned_before_its_receipt_lies_here_and_went_nowhere(
    store, manager, goods, product_said
):
    count = begin(store, manager)
    said = {"product_id": goods.strict.pk if product_said else None, "as_serial": True}
    take(count, manager, "SN-1", **said)
    receive(store, manager, (goods.strict, ["SN-1"]))
    take(count, manager, "SN-7", product_id=goods.strict.pk, as_serial=True)
    assert "SN-1 was scanned in this count" in refused(count, manager, "SN-7", "SN-1")


class TestWhatWasHereWhenAnotherLeft:
    """A unit is here since its goods came, not since somebody wrote down its number."""

    def test_serials_of_a_receipt_entered_after_the_sale(self, store, manager, goods):
        received = post_document(
            draft("receipt", store, manager, [(goods.strict, 2)]).pk,
            by=access_of(manager), now=timezone.now(), without_serials="no light",
        )  # fmt: skip
        sold = post_document(
            draft("sale", store, manager, [(goods.strict, 1)]).pk,
            by=access_of(manager), now=timezone.now(), without_serials="no light",
        )  # fmt: skip
        identify(received, manager, (goods.strict, ["SN-1", "SN-2"]))
        identify(sold, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        (card,) = cards(count, manager)
        assert [one.serial.key for one in (card.best,) if one] == ["SN-2"]
        press(count, manager, "SN-1", "SN-2")
        books_agree()

    def test_a_number_put_right_after_the_sale(self, store, manager, goods):
        receive(store, manager, (goods.strict, ["SN-1", "SN-8"]))
        sell(store, manager, (goods.strict, ["SN-1"]))
        count = begin(store, manager)
        take(count, manager, "SN-2", context=goods.strict.pk)
        press(count, manager, "SN-2", "SN-8")
        take_back(
            count.pk, Scan.objects.get(key="SN-2").pk, by=access_of(manager), now=timezone.now()
        )
        abandon_count(count.pk, by=access_of(manager), now=timezone.now())
        count = begin(store, manager)
        take(count, manager, "SN-1")
        (card,) = cards(count, manager)
        assert [one.serial.key for one in (card.best,) if one] == ["SN-2"]
        press(count, manager, "SN-1", "SN-2")
        books_agree()
