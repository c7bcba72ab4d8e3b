"""Two people at the same units at the same moment, each with a connection of their own."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence

import pytest
from django.db import transaction
from django.utils import timezone

from company.models import Company, Membership, Store, User
from company.rights import Role
from documents.models import Document
from products.models import Product
from serials.models import Balance, LedgerEntry, Posting, Serial
from serials.places import Routes
from serials.refusals import PostingRefused
from serials.stock import LineToPost, Stock, lock_stock
from serials.text import read_serial
from tests.at_once import Behind, at_once, impatient, times_out_at
from tests.shop import draft, post, receive

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 25


def winner_and_loser(results: list[object]) -> tuple[Document, PostingRefused]:
    winners = [result for result in results if isinstance(result, Document)]
    losers = [result for result in results if isinstance(result, PostingRefused)]
    assert (len(winners), len(losers)) == (1, 1), results
    return winners[0], losers[0]


def test_two_sell_the_same_unit_and_one_wins(store, manager, goods):
    for nth in range(ROUNDS):
        unit = f"SN{nth}"
        receive(store, manager, (goods.strict, [unit]))
        drafts = [draft("sale", store, manager, [(goods.strict, [unit])]) for _ in range(2)]
        winner, loser = winner_and_loser(
            at_once(*(lambda one=one: post(one, manager) for one in drafts))
        )

        (refusal,) = loser.refusals
        assert refusal.code == "already_sold"
        assert winner.number in refusal.message
        assert LedgerEntry.objects.filter(serial__key=unit).count() == 2


def test_two_receive_the_same_new_unit_and_one_wins(store, manager, goods):
    for nth in range(ROUNDS):
        unit = f"SN{nth}"
        drafts = [draft("receipt", store, manager, [(goods.strict, [unit])]) for _ in range(2)]
        winner, loser = winner_and_loser(
            at_once(*(lambda one=one: post(one, manager) for one in drafts))
        )

        (refusal,) = loser.refusals
        assert refusal.code == "already_received"
        assert winner.number in refusal.message
    assert Balance.objects.get(product=goods.strict).quantity == ROUNDS


def test_many_units_in_opposite_order_do_not_end_in_a_deadlock(store, manager, goods):
    for nth in range(ROUNDS):
        units = [f"{nth}-{one}" for one in range(30)]
        receive(store, manager, (goods.strict, units))
        first = draft("sale", store, manager, [(goods.strict, units)])
        second = draft("sale", store, manager, [(goods.strict, units[::-1])])
        winner_and_loser(at_once(lambda: post(first, manager), lambda: post(second, manager)))


def test_the_last_piece_is_sold_once(store, manager, goods):
    for _ in range(ROUNDS):
        receive(store, manager, (goods.plain, 1))
        drafts = [draft("sale", store, manager, [(goods.plain, 1)]) for _ in range(2)]
        _, loser = winner_and_loser(
            at_once(*(lambda one=one: post(one, manager) for one in drafts))
        )
        assert loser.refusals[0].code == "not_enough"


def test_two_record_the_same_new_serial_and_both_are_kept(store, manager, goods):
    for nth in range(ROUNDS):
        unit = f"R{nth}"
        drafts = [draft("receipt", store, manager, [(goods.recorded, [unit])]) for _ in range(2)]
        results = at_once(*(lambda one=one: post(one, manager) for one in drafts))

        assert all(isinstance(result, Document) for result in results), results
        serial = Serial.objects.get(key=unit)
        assert serial.seq == 2
        assert sorted(serial.entries.values_list("seq", flat=True)) == [1, 2]


def test_a_double_press_posts_once(store, manager, goods):
    for nth in range(ROUNDS):
        document = draft("receipt", store, manager, [(goods.strict, [f"SN{nth}"])])
        results = at_once(*(lambda: post(document, manager) for _ in range(2)))

        assert len({result.number for result in results}) == 1
        assert LedgerEntry.objects.filter(serial__key=f"SN{nth}").count() == 1


def test_numbers_given_at_once_have_no_gap_and_no_twin(store, manager, goods):
    drafts = [draft("receipt", store, manager, [(goods.plain, 1)]) for _ in range(8)]
    results = at_once(*(lambda one=one: post(one, manager) for one in drafts))

    assert sorted(int(result.number[-6:]) for result in results) == list(range(1, 9))


def test_a_mode_does_not_change_under_a_posting(store, manager, goods):
    for _ in range(ROUNDS):
        product = goods.plain
        Product.objects.filter(pk=product.pk).update(mode="none")
        document = draft("receipt", store, manager, [(product, 1)])

        def change() -> int:
            return Product.objects.filter(pk=product.pk).update(mode="strict")

        posted, changed = at_once(lambda: post(document, manager), change)
        product.refresh_from_db()
        # Either the goods came in first and the mode stayed, or the mode changed first and the
        # line without serials was refused; never both.
        assert isinstance(posted, Document) == isinstance(changed, Exception), (posted, changed)
        if isinstance(posted, Document):
            assert product.mode == "none"
            post(draft("sale", store, manager, [(product, 1)]), manager)


# Two stores at the same new units: no balance's lock puts them in order


@pytest.fixture
def chief(store, other_store) -> User:
    """A manager of both stores."""
    chief = User.objects.create_user("chief")
    Membership.objects.bulk_create(
        Membership(user=chief, store=at, role=Role.MANAGER) for at in (store, other_store)
    )
    return chief


def test_two_stores_receive_the_same_new_units_and_one_wins(store, other_store, chief, goods):
    for nth in range(ROUNDS):
        units = [f"{nth}-{one}" for one in range(20)]
        drafts = [
            draft("receipt", store, chief, [(goods.strict, units)]),
            draft("receipt", other_store, chief, [(goods.strict, units[::-1])]),
        ]
        winner, loser = winner_and_loser(
            at_once(*(lambda one=one: post(one, chief) for one in drafts))
        )

        assert {refusal.code for refusal in loser.refusals} == {"already_received"}
        assert sorted(refusal.serial for refusal in loser.refusals) == sorted(units)
        assert all(winner.number in refusal.message for refusal in loser.refusals)
        there = Serial.objects.filter(key__in=units).values_list("place__store_id", "seq")
        assert list(there) == [(winner.store_id, 1)] * len(units)
        assert LedgerEntry.objects.filter(serial__key__in=units).count() == len(units)
    shelves = Balance.objects.filter(product=goods.strict).values_list("quantity", flat=True)
    assert sum(shelves) == ROUNDS * 20


def test_units_another_store_is_just_receiving_are_waited_for_and_refused(
    store, other_store, chief, goods
):
    mine = draft("receipt", store, chief, [(goods.strict, ["NEW", "SAME"])])
    late = draft("receipt", other_store, chief, [(goods.strict, ["OTHER", "SAME"])])
    with transaction.atomic():
        first = post(mine, chief)
        # Nobody knows the unit yet, so it claims it, and meets our claim.
        second = Behind(lambda: post(late, chief))
        second.waits_for_us()
    (refusal,) = second.outcome().refusals

    assert (refusal.code, refusal.serial) == ("already_received", "SAME")
    assert first.number in refusal.message
    keys = Serial.objects.order_by("key").values_list("key", flat=True)
    assert list(keys) == ["NEW", "SAME"]  # nothing of the refused document is left
    assert not Balance.objects.filter(place__store=other_store).exists()


def test_a_unit_another_store_gave_up_receiving_is_received(store, other_store, chief, goods):
    mine = draft("receipt", store, chief, [(goods.strict, ["SAME"])])
    late = draft("receipt", other_store, chief, [(goods.strict, ["SAME"])])
    with transaction.atomic():
        post(mine, chief)
        second = Behind(lambda: post(late, chief))
        second.waits_for_us()
        transaction.set_rollback(True)
    assert isinstance(second.outcome(), Document)
    assert Serial.objects.get().place.store == other_store


def test_a_serial_two_stores_record_at_once_has_both_movements(store, other_store, chief, goods):
    """Recorded serials are not compared, but their movements are still counted one by one."""
    for nth in range(ROUNDS):
        units = [f"{nth}-{one}" for one in range(20)]
        drafts = [
            draft("receipt", store, chief, [(goods.recorded, units)]),
            draft("receipt", other_store, chief, [(goods.recorded, units[::-1])]),
        ]
        results = at_once(*(lambda one=one: post(one, chief) for one in drafts))

        assert all(isinstance(result, Document) for result in results), results
        assert set(Serial.objects.filter(key__in=units).values_list("seq", flat=True)) == {2}


# One step at a time: this thread's connection holds, another's must wait


def to_post(
    movement: str, store: Store, product: Product, what: Sequence[str] | int
) -> list[LineToPost]:
    """One line as a posting reads it."""
    way = Routes([movement], store_id=store.pk).of(movement)
    serials = [] if isinstance(what, int) else [read_serial(text) for text in what]
    quantity = what if isinstance(what, int) else len(serials)
    return [LineToPost(1, movement, way.source, way.target, product.pk, quantity, serials)]


def locked(lines: Sequence[LineToPost], store: Store) -> Stock:
    """The first step of a posting: all its locks, nothing written to the ledger yet."""
    return lock_stock(lines, store=store, on=store.date_of(timezone.now()))


@contextlib.contextmanager
def held(lines: Sequence[LineToPost], store: Store) -> Iterator[None]:
    """This thread's posting has its locks, and gives up in the end."""
    with transaction.atomic():
        locked(lines, store)
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", ["plain", "strict"])
def test_a_change_of_mode_waits_for_the_posting_that_read_the_product(store, goods, name):
    product = getattr(goods, name)
    lines = to_post("receipt", store, product, ["SN1"] if product.asks_serials else 1)

    def change() -> int:
        return Product.objects.filter(pk=product.pk).update(mode="recorded")

    with held(lines, store):
        times_out_at("products_product", change)
    assert at_once(change) == [1]


def test_two_postings_read_the_same_product_at_once(store, other_store, goods):
    lines = {at: to_post("receipt", at, goods.plain, 1) for at in (store, other_store)}

    def read() -> bool:
        with impatient():
            return locked(lines[other_store], other_store).locked

    with held(lines[store], store):
        assert at_once(read) == [True]


def test_a_posting_waits_for_a_change_of_mode_and_is_judged_by_the_new_one(store, manager, goods):
    document = draft("receipt", store, manager, [(goods.plain, 1)])
    with transaction.atomic():
        Product.objects.filter(pk=goods.plain.pk).update(mode="strict")
        posting = Behind(lambda: post(document, manager))
        posting.waits_for_us()
    assert [refusal.code for refusal in posting.outcome().refusals] == ["serials_missing"]
    assert not Posting.objects.exists()


def test_a_unit_that_is_being_sold_is_locked_for_every_store(store, other_store, manager, goods):
    """Another store has another balance, so it is the row of the serial that is waited for."""
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    sale = to_post("sale", store, goods.strict, ["SN1"])
    same = to_post("receipt", other_store, goods.strict, ["SN1"])
    free = to_post("receipt", other_store, goods.strict, ["SN2"])

    def read() -> bool:
        with impatient():
            return locked(free, other_store).locked

    with held(sale, store):
        times_out_at("serials_serial", lambda: locked(same, other_store))
        assert at_once(read) == [True]  # the unit beside it is free


def test_a_balance_that_is_being_sold_from_is_locked(store, manager, goods):
    receive(store, manager, (goods.plain, 1))
    lines = to_post("sale", store, goods.plain, 1)
    with held(lines, store):
        times_out_at("serials_balance", lambda: locked(lines, store))


@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
def test_units_wanted_in_opposite_order_are_locked_in_one(
    store, other_store, manager, goods, known
):
    """Below the retrying of a posting, which would hide a deadlock now and then."""
    units = [f"U{one:03}" for one in range(200)]
    if known:
        receive(store, manager, (goods.strict, units))
    wanted = {store: units, other_store: units[::-1]}
    lines = {at: to_post("receipt", at, goods.strict, order) for at, order in wanted.items()}

    def lock(at: Store) -> bool:
        with held(lines[at], at):
            return True

    for _ in range(ROUNDS):
        assert at_once(*(lambda at=at: lock(at) for at in wanted)) == [True, True]


# The lock date


@pytest.fixture
def yesterday(store: Store) -> dt.date:
    return store.date_of(timezone.now()) - dt.timedelta(days=1)


def lock_books(first_open_day: dt.date) -> int:
    return Company.objects.filter(pk=1).update(lock_date=first_open_day)


def test_the_lock_date_waits_for_a_posting_under_way(store, manager, goods, yesterday):
    Company.current()
    document = draft("receipt", store, manager, [(goods.strict, ["SN1"])], on=yesterday)
    today = yesterday + dt.timedelta(days=1)
    with transaction.atomic():
        post(document, manager)
        times_out_at("company_company", lambda: lock_books(today))
    assert at_once(lambda: lock_books(today)) == [1]
    assert Posting.objects.get().effective_on == yesterday


def test_a_posting_waits_for_the_lock_date_and_is_refused(store, manager, goods, yesterday):
    Company.current()
    document = draft("receipt", store, manager, [(goods.strict, ["SN1"])], on=yesterday)
    with transaction.atomic():
        lock_books(yesterday + dt.timedelta(days=1))
        posting = Behind(lambda: post(document, manager))
        posting.waits_for_us()
    refused = posting.outcome()

    assert isinstance(refused, PostingRefused), refused
    assert [refusal.code for refusal in refused.refusals] == ["before_lock_date"]
    assert not Posting.objects.exists()
    assert not Serial.objects.exists()
    document.refresh_from_db()
    assert document.is_draft


def test_a_posting_waits_for_a_lock_date_that_lets_it_through(store, manager, goods, yesterday):
    Company.current()
    document = draft("receipt", store, manager, [(goods.strict, ["SN1"])], on=yesterday)
    with transaction.atomic():
        lock_books(yesterday)
        posting = Behind(lambda: post(document, manager))
        posting.waits_for_us()
    assert isinstance(posting.outcome(), Document)
