"""How long the warranty of a replacement is: the three policies, as a table and as properties."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.models import Company, Replacement
from products.models import Product
from tests.books import books_agree
from tests.claims import repair
from tests.shop import bring_back, cancel, exchange, post, put, receive, sell
from warranty.models import Card, Term
from warranty.replacing import end_of_replacement
from warranty.terms import covers

ON = dt.date(2026, 3, 10)
FULL = dt.date(2027, 3, 10)
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2090, 12, 31))


@pytest.mark.parametrize(
    ("policy", "old", "least_days", "ends_on"),
    [
        ("restart", dt.date(2026, 6, 1), 90, FULL),
        ("restart", dt.date(2026, 3, 1), 0, FULL),
        ("inherit", dt.date(2026, 6, 1), 90, dt.date(2026, 6, 1)),
        # The rest is over: the day it is handed over is covered, and no other.
        ("inherit", dt.date(2026, 3, 1), 90, ON),
        ("inherit", ON, 90, ON),
        ("at_least", dt.date(2027, 1, 1), 90, dt.date(2027, 1, 1)),
        ("at_least", dt.date(2026, 4, 1), 90, dt.date(2026, 6, 8)),
        ("at_least", dt.date(2026, 6, 8), 90, dt.date(2026, 6, 8)),
        ("at_least", dt.date(2026, 3, 1), 0, ON),
    ],
)
def test_the_last_covered_day_of_a_replacement(policy, old, least_days, ends_on):
    found = end_of_replacement(policy, on=ON, full=FULL, old=old, least_days=least_days)
    assert found == ends_on


POLICIES = st.sampled_from(Replacement.values)


@given(policy=POLICIES, on=DAYS, rest=DAYS, full=st.integers(0, 4000), least=st.integers(0, 400))
def test_the_day_of_the_exchange_is_always_covered(policy, on, rest, full, least):
    end = on + dt.timedelta(days=full)
    found = end_of_replacement(policy, on=on, full=end, old=rest, least_days=least)
    assert covers(on, found, on)


@given(on=DAYS, rest=DAYS, full=DAYS, least=st.integers(0, 400))
def test_who_exchanges_never_loses_cover_by_the_rest(on, rest, full, least):
    ends = [
        end_of_replacement(policy, on=on, full=full, old=rest, least_days=least)
        for policy in (Replacement.INHERIT, Replacement.AT_LEAST)
    ]
    inherited, at_least = ends
    assert rest <= inherited <= at_least
    assert at_least >= on + dt.timedelta(days=least)


@given(on=DAYS, rest=DAYS, full=DAYS, more=st.integers(0, 400), less=st.integers(0, 400))
def test_more_days_never_end_sooner(on, rest, full, more, less):
    few, many = sorted((less, more))
    ends = [
        end_of_replacement("at_least", on=on, full=full, old=rest, least_days=days)
        for days in (few, many)
    ]
    assert ends == sorted(ends)


# As an exchange does it


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "ends_on"),
    [
        ("restart", dt.date(2027, 3, 10)),
        ("inherit", dt.date(2027, 1, 31)),
        ("at_least", dt.date(2027, 1, 31)),
    ],
)
def test_a_replacement_in_the_middle_of_the_term(store, manager, goods, policy, ends_on):
    Company.objects.update_or_create(
        id=1, defaults={"replacement": policy, "return_window_days": 0}
    )
    receive(store, manager, (goods.strict, ["OLD", "NEW"]), on=dt.date(2026, 1, 31))
    sale = sell(store, manager, (goods.strict, ["OLD"]), on=dt.date(2026, 1, 31))
    exchange(sale, store, manager, [(goods.strict, ["OLD"])], [(goods.strict, ["NEW"])], on=ON)

    new, old = Term.objects.get(serial__key="NEW"), Term.objects.get(serial__key="OLD")
    assert (new.starts_on, new.ends_on, new.replaces) == (ON, ends_on, old)
    assert old.void_on == ON
    assert Card.objects.get(void_on=None).term == new
    books_agree()


@pytest.mark.django_db
def test_a_replacement_at_the_end_of_the_term_has_at_least_its_days(store, manager, goods):
    Company.objects.update_or_create(
        id=1,
        defaults={"replacement": "at_least", "replacement_days": 90, "return_window_days": 0},
    )
    sold_on = dt.date(2025, 3, 31)
    receive(store, manager, (goods.strict, ["OLD", "NEW"]), on=sold_on)
    sale = sell(store, manager, (goods.strict, ["OLD"]), on=sold_on)
    exchange(sale, store, manager, [(goods.strict, ["OLD"])], [(goods.strict, ["NEW"])], on=ON)
    assert Term.objects.get(serial__key="NEW").ends_on == dt.date(2026, 6, 8)


@pytest.mark.django_db
def test_what_is_handed_over_beyond_what_came_back_has_a_full_term(store, manager, goods):
    Company.objects.update_or_create(id=1, defaults={"replacement": "inherit"})
    start = dt.date(2026, 3, 1)
    receive(store, manager, (goods.strict, ["OLD", "NEW1", "NEW2"]), on=start)
    sale = sell(store, manager, (goods.strict, ["OLD"]), on=start)
    new = (goods.strict, ["NEW1", "NEW2"])
    exchange(sale, store, manager, [(goods.strict, ["OLD"])], [new], on=ON)

    ends = Term.objects.filter(void_on=None).values_list("ends_on", "replaces__serial__key")
    assert sorted(ends, key=str) == [(dt.date(2027, 3, 1), "OLD"), (FULL, None)]


@pytest.mark.django_db
@pytest.mark.parametrize(("pieces", "ends_on"), [(1, dt.date(2027, 3, 1)), (3, FULL)])
def test_one_term_of_more_pieces_than_came_back_is_a_full_one(
    store, manager, goods, pieces, ends_on
):
    Company.objects.update_or_create(id=1, defaults={"replacement": "inherit"})
    start = dt.date(2026, 3, 1)
    receive(store, manager, (goods.period, 4), on=start)
    sale = sell(store, manager, (goods.period, 1), on=start)
    exchange(sale, store, manager, [(goods.period, 1)], [(goods.period, pieces)], on=ON)

    term = Term.objects.get(void_on=None)
    assert (term.quantity, term.ends_on) == (pieces, ends_on)
    assert term.replaces == Term.objects.exclude(pk=term.pk).get()
    books_agree()


@pytest.mark.django_db
def test_another_product_takes_over_the_rest_too(store, manager, goods):
    Company.objects.update_or_create(id=1, defaults={"replacement": "inherit"})
    start = dt.date(2026, 3, 1)
    receive(store, manager, (goods.strict, ["OLD"]), (goods.period, 1), on=start)
    sale = sell(store, manager, (goods.strict, ["OLD"]), on=start)
    exchange(sale, store, manager, [(goods.strict, ["OLD"])], [(goods.period, 1)], on=ON)
    assert Term.objects.get(void_on=None).ends_on == dt.date(2027, 3, 1)


@pytest.mark.django_db
def test_what_had_no_warranty_gives_none_to_take_over(store, manager, goods):
    Company.objects.update_or_create(id=1, defaults={"replacement": "inherit"})
    receive(store, manager, (goods.strict, ["NEW"]), (goods.plain, 1), on=ON)
    sale = sell(store, manager, (goods.plain, 1), on=ON)
    exchange(sale, store, manager, [(goods.plain, 1)], [(goods.strict, ["NEW"])], on=ON)
    assert Term.objects.get().ends_on == FULL


@pytest.mark.django_db
def test_goods_that_have_none_any_more_take_none_over(store, manager, goods):
    receive(store, manager, (goods.strict, ["OLD"]), (goods.plain, 1), on=ON)
    sale = sell(store, manager, (goods.strict, ["OLD"]), on=ON)
    Product.objects.filter(pk=goods.plain.pk).update(period_count=1, period_unit="years")
    exchange(sale, store, manager, [(goods.strict, ["OLD"])], [(goods.plain, 1)], on=ON)
    assert not Term.objects.filter(void_on=None).exists()
    books_agree()


@pytest.mark.django_db
def test_the_policy_of_the_sale_holds_whatever_the_company_does_today(store, manager, goods):
    start = dt.date(2026, 3, 1)
    Company.objects.update_or_create(
        id=1, defaults={"replacement": "at_least", "replacement_days": 400}
    )
    receive(store, manager, (goods.strict, ["OLD", "NEW"]), on=start)
    sale = sell(store, manager, (goods.strict, ["OLD"]), on=start)
    Company.objects.update(replacement="restart", replacement_days=1)
    exchange(sale, store, manager, [(goods.strict, ["OLD"])], [(goods.strict, ["NEW"])], on=ON)
    new = Term.objects.get(serial__key="NEW")
    assert (new.replacement, new.ends_on) == ("at_least", ON + dt.timedelta(days=400))
    assert (new.on_replacement, new.on_replacement_days) == ("restart", 0)
    books_agree()


@pytest.mark.django_db
def test_each_piece_goes_by_the_policy_of_the_piece_it_replaces(store, manager, goods):
    start = dt.date(2026, 3, 1)
    receive(store, manager, (goods.strict, ["A", "B", "A2", "B2"]), (goods.period, 6), on=start)
    sold = []
    for policy, unit in (("inherit", "A"), ("restart", "B")):
        Company.objects.update_or_create(id=1, defaults={"replacement": policy})
        sold.append(sell(store, manager, (goods.strict, [unit]), (goods.period, 1), on=start))
    document = bring_back(
        sold[0], store, manager, (goods.strict, ["A"]), (goods.period, 1), kind="exchange", on=ON
    )
    for product, what in ((goods.strict, ["B"]), (goods.period, 1)):
        put(document, manager, product, what, origin=sold[1].lines.get(product=product))
    document.lines.update(remark="broke")
    for product, what in ((goods.strict, ["A2", "B2"]), (goods.period, 2)):
        put(document, manager, product, what)
    post(document, manager)

    rest = dt.date(2027, 3, 1)
    new = Term.objects.filter(void_on=None).order_by("line", "entry_id")
    assert [(term.serial_text, term.replacement, term.ends_on) for term in new] == [
        ("A2", "inherit", rest), ("B2", "restart", FULL),
        ("", "restart", FULL),  # of several pieces the latest end, by the policy that gave it
    ]  # fmt: skip
    books_agree()


@pytest.mark.django_db
def test_the_days_in_repair_of_the_old_piece_are_part_of_its_rest(store, manager, goods):
    Company.objects.update_or_create(id=1, defaults={"replacement": "inherit"})
    start = dt.date(2026, 3, 1)
    receive(store, manager, (goods.strict, ["OLD", "NEW"]), on=start)
    sale = sell(store, manager, (goods.strict, ["OLD"]), on=start)
    repair(Card.objects.get(), dt.date(2026, 3, 3), dt.date(2026, 3, 7), manager)
    swap = exchange(
        sale, store, manager, [(goods.strict, ["OLD"])], [(goods.strict, ["NEW"])], on=ON
    )
    assert Card.objects.get(void_on=None).ends_on == dt.date(2027, 3, 5)
    books_agree()
    cancel(swap, manager)
    old = Card.objects.get(void_on=None)
    assert (old.term.serial_text, old.ends_on) == ("OLD", dt.date(2027, 3, 5))
    repair(old, dt.date(2026, 3, 20), dt.date(2026, 3, 25), manager)
    books_agree()
