"""A sale starts terms and gives cards their numbers."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from company.models import Company
from products.models import Product
from serials.models import LedgerEntry, Movement, Place, PlaceKind, Posting
from serials.writing import next_posting_id
from tests.shop import receive, sell
from warranty.issuing import issue_terms
from warranty.models import Card, Term

pytestmark = pytest.mark.django_db

ON = dt.date(2026, 1, 31)


def sold_units(
    store, by, product, quantities, *, reference="X-S2026-1", back=None
) -> tuple[int, list[Product]]:
    """A posting with the entries of a sale without serials, and the product that was sold.

    With `back` so many pieces come back on its last line; no kind of posting does that yet.
    """
    receive(store, by, (product, sum(quantities) or 1), on=ON)
    places = [
        Place.objects.get(kind=PlaceKind.SHELF, store=store),
        Place.objects.get_or_create(kind=PlaceKind.CUSTOMER, store=None)[0],
    ]
    moves = [(quantity, *places) for quantity in quantities]
    if back is not None:
        moves.append((back, *reversed(places)))
    posting_id = next_posting_id()
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            posting_id=posting_id, line=line, product=product, quantity=quantity,
            from_place=source, to_place=target,
        )
        for line, (quantity, source, target) in enumerate(moves, start=1)
    )  # fmt: skip
    if back is None:
        Posting.objects.create(
            pk=posting_id, kind=Movement.SALE, store=store, effective_on=ON, reference=reference,
            posted_at=dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC), posted_by=by,
        )  # fmt: skip
    return posting_id, [Product.objects.select_related("type").get(pk=product.pk)]


def issue(store, posting_id, products, *, on=ON, customer_id=None, company=None):
    return issue_terms(
        posting_id=posting_id, store=store, products=products, company=company or Company.current(),
        customer_id=customer_id, on=on,
    )  # fmt: skip


def test_each_serial_gets_a_term_and_a_card(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), on=ON)
    sale = sell(store, manager, (goods.strict, ["SN1", "SN2"]), on=ON)

    terms = Term.objects.order_by("serial_text")
    assert [(term.serial_text, term.ends_on) for term in terms] == [
        ("SN1", dt.date(2027, 1, 31)),
        ("SN2", dt.date(2027, 1, 31)),
    ]
    assert {term.posting.reference for term in terms} == {sale.number}
    assert [(term.product_name, term.sku, str(term.period)) for term in terms] == [
        (goods.strict.name, goods.strict.sku, "12 months")
    ] * 2
    assert list(Card.objects.order_by("number").values_list("number", "unit")) == [
        ("KY1-W2026-000001", 1),
        ("KY1-W2026-000002", 1),
    ]


def test_three_pieces_of_one_line_are_one_term_with_three_cards(store, manager, goods):
    posting_id, products = sold_units(store, manager, goods.period, [3, 1])

    numbers = issue(store, posting_id, products)

    assert numbers == [f"KY1-W2026-{n:06d}" for n in (1, 2, 3, 4)]
    cards = Card.objects.order_by("number").values_list("number", "term__line", "unit")
    assert list(cards) == [
        ("KY1-W2026-000001", 1, 1),
        ("KY1-W2026-000002", 1, 2),
        ("KY1-W2026-000003", 1, 3),
        ("KY1-W2026-000004", 2, 1),
    ]
    assert Term.objects.get(line=1).quantity == 3


def test_products_without_a_warranty_start_no_term(store, manager, goods):
    posting_id, products = sold_units(store, manager, goods.plain, [5])
    company = Company.current()
    with CaptureQueriesContext(connection) as statements:
        assert issue(store, posting_id, products, company=company) == []
    assert not Term.objects.exists()
    assert len(statements) == 0


def test_what_comes_back_on_the_posting_of_a_sale_starts_no_term(store, manager, goods):
    with transaction.atomic():
        numbers = issue(store, *sold_units(store, manager, goods.period, [2], back=1))

        assert numbers == ["KY1-W2026-000001", "KY1-W2026-000002"]
        assert [(term.line, term.quantity) for term in Term.objects.all()] == [(1, 2)]
        transaction.set_rollback(True)


def test_a_posting_that_sells_nothing_takes_no_numbers(store, manager, goods):
    assert issue(store, *sold_units(store, manager, goods.period, [])) == []
    posting_id, products = sold_units(store, manager, goods.period, [1], reference="X-S2026-2")
    assert issue(store, posting_id, products) == ["KY1-W2026-000001"]


def test_a_period_of_the_product_goes_before_its_types(store, manager, goods):
    Product.objects.filter(pk=goods.period.pk).update(period_count=1, period_unit="months")
    posting_id, products = sold_units(store, manager, goods.period, [1])

    issue(store, posting_id, products)

    term = Term.objects.get()
    assert (str(term.period), term.ends_on) == ("1 month", dt.date(2026, 2, 28))


def test_what_is_edited_after_the_sale_changes_no_term(store, manager, goods):
    posting_id, products = sold_units(store, manager, goods.period, [1])
    issue(store, posting_id, products)
    before = Term.objects.values().get()

    Product.objects.filter(pk=goods.period.pk).update(
        name="Renamed", sku="OTHER", period_count=5, period_unit="years"
    )

    assert Term.objects.values().get() == before


def test_numbers_go_by_the_year_of_the_sale(store, manager, goods):
    posting_id, products = sold_units(store, manager, goods.period, [1])
    issue(store, posting_id, products)
    posting_id, products = sold_units(store, manager, goods.period, [1], reference="X-S2027-1")

    assert issue(store, posting_id, products, on=dt.date(2027, 1, 1)) == ["KY1-W2027-000001"]


def test_a_sale_taken_back_leaves_no_gap_in_the_numbers(store, manager, goods):
    with transaction.atomic():
        issue(store, *sold_units(store, manager, goods.period, [7]))
        transaction.set_rollback(True)

    assert issue(store, *sold_units(store, manager, goods.period, [1])) == ["KY1-W2026-000001"]


def test_statements_do_not_grow_with_the_units(store, manager, goods):
    counts = []
    for nth, lines in enumerate((1, 400)):
        posting_id, products = sold_units(
            store, manager, goods.period, [2] * lines, reference=f"X-S2026-{nth}"
        )
        company = Company.current()
        with CaptureQueriesContext(connection) as statements:
            assert len(issue(store, posting_id, products, company=company)) == 2 * lines
        counts.append(len(statements))
    assert counts == [3, 3]


def test_postgresql_refuses_a_second_card_of_a_unit_and_a_second_term_of_an_entry(
    store, manager, goods
):
    posting_id, products = sold_units(store, manager, goods.period, [1])
    issue(store, posting_id, products)
    with pytest.raises(IntegrityError), transaction.atomic():
        Card.objects.create(number="X", term=Term.objects.get(), unit=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        issue(store, posting_id, products)
    assert Card.objects.count() == 1


def test_postgresql_refuses_a_term_without_a_day(store, manager, goods):
    issue(store, *sold_units(store, manager, goods.period, [1]))
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        Term.objects.update(ends_on=None)
