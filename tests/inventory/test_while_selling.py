"""Counting while selling goes on: what moves between scan and list (section 7 of the domain)."""

from __future__ import annotations

import pytest

from company.access import access_of
from inventory.answers import Verdict
from inventory.models import Count
from inventory.queries import counted_units, missing_units, progress_of, unknown_units
from tests.lasting import lasting
from tests.shop import arrive, cancel, draft, give_back, post, receive, sell, transfer, write_off

from .conftest import begin, take, verdict

pytestmark = pytest.mark.django_db


def missing(count: Count) -> set[str]:
    return {row.text for row in missing_units(count).rows}


def unknown(count: Count, by) -> set[str]:
    return {row.text for row in unknown_units(count, by=access_of(by)).rows}


def counted(count: Count) -> set[str]:
    return {row.text for row in counted_units(count).rows}


@lasting
def units(store, chief, goods):
    receive(store, chief, (goods.strict, ["A", "B", "C"]), (goods.recorded, ["R"]))
    return goods.strict


@lasting
def count(units, store, chief) -> Count:
    return begin(store, chief)


def test_a_unit_sold_after_it_was_scanned_is_counted(count, units, store, chief):
    take(count, chief, "A")
    sell(store, chief, (units, ["A"]))
    assert missing(count) == {"B", "C", "R"}
    assert unknown(count, chief) == set()
    assert counted(count) == {"A"}
    found = progress_of(count)
    assert (found.counted, found.to_count, found.moved) == (1, 4, 0)


def test_a_unit_sold_without_being_scanned_is_not_missing(count, units, store, chief, goods):
    sell(store, chief, (units, ["A"]), (goods.recorded, ["R"]))
    assert missing(count) == {"B", "C"}
    found = progress_of(count)
    assert (found.expected, found.to_count, found.moved, found.missing) == (4, 2, 2, 2)


def test_a_unit_sold_and_brought_back_unscanned_is_not_missing(count, units, store, chief):
    sale = sell(store, chief, (units, ["A"]))
    give_back(sale, store, chief, (units, ["A"]))
    assert missing(count) == {"B", "C", "R"}
    assert verdict(count, chief, "A") == Verdict.EXPECTED


def test_a_unit_received_later_is_expected_and_not_missing(count, units, store, chief):
    receive(store, chief, (units, ["LATER", "UNSCANNED"]))
    assert verdict(count, chief, "LATER") == Verdict.EXPECTED
    assert missing(count) == {"A", "B", "C", "R"}
    found = progress_of(count)
    assert (found.counted, found.to_count, found.extra, found.scanned) == (0, 4, 1, 1)


def test_a_unit_scanned_before_its_receipt_is_posted_is_unknown_until_then(
    count, units, store, chief
):
    take(count, chief, "LATER", context=units.pk)
    take(count, chief, "NAMELESS")
    assert unknown(count, chief) == {"LATER", "NAMELESS"}
    receive(store, chief, (units, ["LATER", "NAMELESS"]))
    assert unknown(count, chief) == set()
    assert counted(count) == {"LATER", "NAMELESS"}
    assert progress_of(count).unknown == 0
    assert verdict(count, chief, "NAMELESS") == Verdict.REPEATED


def test_a_unit_received_after_the_scan_and_sold_since_is_explained(count, units, store, chief):
    take(count, chief, "LATER")
    receive(store, chief, (units, ["LATER"]))
    sell(store, chief, (units, ["LATER"]))
    assert unknown(count, chief) == set()


def test_a_receipt_cancelled_since_explains_nothing(count, units, store, chief):
    take(count, chief, "LATER")
    cancel(receive(store, chief, (units, ["LATER"])), chief)
    assert unknown(count, chief) == {"LATER"}


def test_a_unit_scanned_after_it_was_sold_is_unknown_though_it_was_here(count, units, store, chief):
    sold = sell(store, chief, (units, ["A"]))
    answer = take(count, chief, "A")
    assert answer.verdict == Verdict.UNKNOWN
    assert sold.number in answer.message
    assert unknown(count, chief) == {"A"}
    (row,) = unknown_units(count, by=access_of(chief)).rows
    assert row.explanation.document == sold
    cancel(sold, chief)
    assert unknown(count, chief) == set()


def test_a_unit_received_and_sold_before_it_was_scanned_stays_unknown(count, units, store, chief):
    receive(store, chief, (units, ["QUICK"]))
    sell(store, chief, (units, ["QUICK"]))
    take(count, chief, "QUICK")
    assert unknown(count, chief) == {"QUICK"}


def test_a_unit_sent_away_and_one_that_arrived(count, units, store, other_store, chief):
    transfer(store, other_store, chief, (units, ["A"]))
    assert missing(count) == {"B", "C", "R"}
    receive(other_store, chief, (units, ["GUEST"]))
    sent = transfer(other_store, store, chief, (units, ["GUEST"]))
    assert verdict(count, chief, "GUEST") == Verdict.UNKNOWN
    assert "on its way" in take(count, chief, "A").message
    arrive(sent, chief, (units, ["GUEST"]))
    assert unknown(count, chief) == {"A"}
    assert counted(count) == {"GUEST"}


def test_a_unit_written_off_unscanned_is_not_missing(count, units, store, chief):
    write_off(store, chief, (units, ["A"]))
    assert missing(count) == {"B", "C", "R"}


def test_a_unit_that_came_back_defective_is_expected(count, units, store, chief):
    sale = sell(store, chief, (units, ["A"]))
    give_back(sale, store, chief, (units, ["A"]), defective=True)
    assert verdict(count, chief, "A") == Verdict.EXPECTED


def test_a_recorded_unit_scanned_before_its_receipt(count, goods, store, chief):
    take(count, chief, "R9", context=goods.recorded.pk)
    assert unknown(count, chief) == {"R9"}
    receive(store, chief, (goods.recorded, ["R9"]))
    assert unknown(count, chief) == set()


def test_a_draft_moves_nothing(count, units, store, chief):
    take(count, chief, "LATER")
    receipt = draft("receipt", store, chief, [(units, ["LATER"])])
    assert unknown(count, chief) == {"LATER"}
    post(receipt, chief)
    assert unknown(count, chief) == set()
