"""The lists of a count: their pages, their statements, and pieces."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from inventory.models import Count, Scope
from inventory.pausing import abandon_count, pause_count
from inventory.piece_queries import pieces, pieces_progress
from inventory.pieces import set_total
from inventory.queries import (
    PAGE,
    Page,
    counted_units,
    counts_page,
    counts_under_way,
    feed,
    missing_units,
    progress_of,
    unknown_units,
    version_of,
)
from inventory.taking_back import take_back
from products.models import Product
from tests.shop import draft, post, receive, sell

from .conftest import begin, take

pytestmark = pytest.mark.django_db

MANY = [f"N{nth:03}" for nth in range(2 * PAGE + 20)]


def walked(read: Callable[..., Page], count: Count, **more) -> list[list]:
    """All pages of a list from the first on; and the same backwards."""
    pages, page = [], read(count, **more)
    pages.append(page.rows)
    while page.older:
        page = read(count, before=page.older, **more)
        pages.append(page.rows)
    back = [page.rows]
    while page.newer:
        page = read(count, after=page.newer, **more)
        back.append(page.rows)
    assert back[::-1] == pages
    return pages


def test_missing_units_are_walked_by_product_and_serial(store, manager, goods):
    first = Product.objects.create(sku="AA", name="Aardvark", type=goods.strict.type, mode="strict")
    receive(store, manager, (goods.strict, MANY), (first, ["Z2", "Z1"]))
    pages = walked(missing_units, begin(store, manager))
    assert [len(rows) for rows in pages] == [PAGE, PAGE, 22]
    assert [row.text for rows in pages for row in rows] == ["Z1", "Z2", *MANY]


def test_counted_units_are_walked_newest_first(store, manager, goods):
    receive(store, manager, (goods.strict, MANY))
    count = begin(store, manager)
    for unit in MANY[: PAGE + 5]:
        take(count, manager, unit)
    pages = walked(counted_units, count)
    assert [row.text for rows in pages for row in rows] == MANY[: PAGE + 5][::-1]


def test_unknown_units_are_walked_newest_first(store, manager, goods):
    receive(store, manager, (goods.strict, ["A"]))
    count = begin(store, manager)
    for unit in [*MANY[: PAGE + 2], "A"]:
        take(count, manager, unit)
    pages = walked(unknown_units, count, by=access_of(manager))
    assert [row.text for rows in pages for row in rows] == MANY[: PAGE + 2][::-1]


def test_the_feed_shows_everybodys_scans_and_what_was_taken_back(
    store, manager, storekeeper, goods
):
    receive(store, manager, (goods.strict, ["A"]), (goods.plain, 3))
    count = begin(store, manager)
    take(count, storekeeper, "A")
    scan_id = take(count, manager, "NEW").scan_id
    take(count, manager, goods.plain.sku, quantity=2)
    take_back(count.pk, scan_id, by=access_of(storekeeper), now=timezone.now())
    rows = feed(count).rows
    assert [(row.text, row.who, row.is_unknown, row.taken_back_by) for row in rows] == [
        ("", manager.username, False, ""),
        ("NEW", manager.username, True, storekeeper.username),
        ("A", storekeeper.username, False, ""),
    ]
    assert rows[0].is_pieces
    assert (rows[0].quantity, rows[0].product) == (2, goods.plain.name)
    assert [row.text for row in feed(count, before=rows[1].pk).rows] == ["A"]
    assert progress_of(count).unknown == 0


def test_a_scan_taken_back_is_missing_again(store, manager, goods):
    receive(store, manager, (goods.strict, ["A"]))
    count = begin(store, manager)
    answer = take(count, manager, "A")
    assert missing_units(count).rows == []
    take_back(count.pk, answer.scan_id, by=access_of(manager), now=timezone.now())
    assert [row.text for row in missing_units(count).rows] == ["A"]
    assert counted_units(count).rows == []


def test_pieces_by_product_counted_and_not(store, manager, goods):
    receive(store, manager, (goods.plain, 7), (goods.period, 4), (goods.strict, ["A"]))
    post(draft("receipt", store, manager, [(goods.plain, 2)], defective=True), manager)
    count, by = begin(store, manager), access_of(manager)

    def told() -> list[tuple]:
        return [
            (row.product, row.is_defective, row.counted, row.expected, row.difference)
            for row in pieces(count).rows
        ]

    plain, period = goods.plain.name, goods.period.name
    assert told() == [
        (plain, False, None, 7, None), (plain, True, None, 2, None), (period, False, None, 4, None),
    ]  # fmt: skip
    take(count, manager, goods.plain.sku, quantity=5)
    sell(store, manager, (goods.plain, 1))
    take(count, manager, goods.plain.sku)
    set_total(count.pk, product_id=goods.period.pk, quantity=0, by=by, now=timezone.now())
    sell(store, manager, (goods.period, 1))
    assert told() == [
        (plain, False, 6, 6, 0), (plain, True, None, 2, None), (period, False, 0, 4, -4),
    ]  # fmt: skip
    found = pieces_progress(count)
    assert (found.counted, found.products) == (2, 3)


def test_pieces_that_the_records_do_not_have_at_all(store, manager, goods):
    count = begin(store, manager)
    take(count, manager, goods.plain.sku, quantity=3)
    (row,) = pieces(count).rows
    assert (row.counted, row.expected, row.difference) == (3, 0, 3)


def test_pieces_in_scope_only(store, manager, goods):
    receive(store, manager, (goods.plain, 7), (goods.period, 4))
    count = begin(store, manager, scope=Scope.PRODUCTS, products=[goods.period])
    assert [row.product for row in pieces(count).rows] == [goods.period.name]


def test_pieces_are_walked_by_name_both_sides_of_a_product(store, manager, goods):
    many = [
        Product.objects.create(sku=f"P{nth}", name=f"Part {nth:03}", type=goods.plain.type,
                               mode="none")
        for nth in range(PAGE + 3)
    ]  # fmt: skip
    lines = [(product, 1) for product in many]
    receive(store, manager, *lines)
    post(draft("receipt", store, manager, lines, defective=True), manager)
    pages = walked(pieces, begin(store, manager))
    rows = [(row.product, row.is_defective) for page in pages for row in page]
    assert rows == sorted(rows)
    assert len(rows) == 2 * len(many)


def test_the_version_changes_with_all_that_a_page_shows(store, manager, goods):
    receive(store, manager, (goods.strict, ["A", "B"]))
    count, by = begin(store, manager), access_of(manager)
    seen = [version_of(count)]

    def changed() -> bool:
        count.refresh_from_db()
        seen.append(version_of(count))
        return seen[-1] not in seen[:-1]

    assert version_of(count) == seen[0]
    answer = take(count, manager, "A")
    assert changed()
    take_back(count.pk, answer.scan_id, by=by, now=timezone.now())
    assert changed()
    sell(store, manager, (goods.strict, ["B"]))
    assert changed()
    pause_count(count.pk, by=by)
    assert changed()


def test_counts_of_the_persons_stores_where_they_may_count(
    store, other_store, chief, manager, cashier
):
    mine, other = begin(store, chief), begin(other_store, chief)
    assert list(counts_page(by=access_of(chief)).rows) == [other, mine]
    assert list(counts_page(by=access_of(manager)).rows) == [mine]
    assert counts_page(by=access_of(cashier)).rows == []


def test_counts_are_walked_newest_first(store, manager):
    made = []
    for _ in range(PAGE + 2):
        made.append(begin(store, manager))
        abandon_count(made[-1].pk, by=access_of(manager), now=timezone.now())
    by = access_of(manager)
    first = counts_page(by=by)
    second = counts_page(by=by, before=first.older)
    assert [*first.rows, *second.rows] == made[::-1]
    assert counts_page(by=by, after=second.newer).rows == first.rows


def test_counts_under_way_are_told_by_store(store, other_store, manager):
    both = [store.pk, other_store.pk]
    assert counts_under_way(both) == {}
    count = begin(store, manager)
    assert counts_under_way(both) == {store.pk: count}
    abandon_count(count.pk, by=access_of(manager), now=timezone.now())
    assert counts_under_way(both) == {}


def test_no_list_takes_more_statements_for_more_rows(store, manager, goods):
    def statements(count: Count) -> dict[str, int]:
        by = access_of(manager)
        reads: dict[str, Callable[[], object]] = {
            "progress": lambda: progress_of(count),
            "feed": lambda: feed(count),
            "counted": lambda: counted_units(count),
            "missing": lambda: missing_units(count),
            "unknown": lambda: unknown_units(count, by=by),
            "pieces": lambda: (pieces(count), pieces_progress(count)),
            "version": lambda: version_of(count),
        }
        taken = {}
        for name, read in reads.items():
            with CaptureQueriesContext(connection) as captured:
                read()
            taken[name] = len(captured)
        return taken

    def counted(units: list[str]) -> Count:
        receive(store, manager, (goods.strict, units), (goods.plain, 2))
        sell(store, manager, (goods.strict, units[: len(units) // 3]))
        count = begin(store, manager)
        for unit in [*units[: len(units) // 2], *(f"NEW-{unit}" for unit in units)]:
            take(count, manager, unit)
        return Count.objects.get(pk=count.pk)

    small = counted(["A", "B", "C", "D"])
    few = statements(small)
    abandon_count(small.pk, by=access_of(manager), now=timezone.now())
    assert statements(counted(MANY[:20])) == few
    assert few | {"unknown": 0} == {
        "progress": 2, "feed": 2, "counted": 2, "missing": 1, "unknown": 0, "pieces": 2,
        "version": 1,
    }  # fmt: skip
    assert few["unknown"] <= 9
