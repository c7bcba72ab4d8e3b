"""Every two movements of the same goods at the same moment: one is made, the other is told why not.

The first is posted and not committed; the second, on a connection of its own, has to wait for it
and is then refused in words. Each pair is tried in both orders, and once really at once.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.utils import timezone

from company.access import access_of
from company.models import Membership, Store, User
from documents.acknowledging import acknowledge_returns
from documents.cancelling import CancellingRefused
from documents.continuing import receive_at_once, start_arrival, start_identification
from documents.models import Document, Kind
from documents.posting import post_document
from serials.models import Balance
from serials.refusals import PostingRefused
from tests.at_once import Behind, at_once
from tests.books import books_agree
from tests.shop import (
    Goods,
    bring_back,
    cancel,
    draft,
    post,
    put,
    receive,
    return_to_supplier,
    sell,
    set_aside,
    transfer,
)

pytestmark = pytest.mark.django_db(transaction=True)

Work = Callable[[], Document]
Refused = (PostingRefused, CancellingRefused)


class Scene:
    """Goods in some state, and what may be done to them: drafts are made, posting is what races."""

    def __init__(self, store: Store, other_store: Store, chief: User, goods: Goods) -> None:
        self.store, self.other, self.chief, self.goods = store, other_store, chief, goods
        self.nth = 0

    def name(self) -> str:
        """A serial that was never used."""
        self.nth += 1
        return f"U{self.nth}"

    def draft_of(self, kind: str, unit: str) -> Work:
        to_store = self.other if kind == Kind.TRANSFER else None
        document = draft(
            kind, self.store, self.chief, [(self.goods.strict, [unit])], to_store=to_store
        )
        return lambda: post(document, self.chief)

    def arrival_of(self, sent: Document, unit: str) -> Work:
        """A colleague's draft: receiving all at once would take the chief's own one."""
        colleague, _ = User.objects.get_or_create(username="colleague")
        document = Document.objects.create(
            kind=Kind.ARRIVAL, store=self.other, origin=sent, author=colleague
        )
        put(document, self.chief, self.goods.strict, [unit], origin=sent.lines.get())
        return lambda: post(document, self.chief)

    def exchange_of(self, sale: Document, what: object, out: object) -> Work:
        product = sale.lines.get().product
        document = bring_back(sale, self.store, self.chief, (product, what), kind=Kind.EXCHANGE)
        put(document, self.chief, product, out)
        return lambda: post(document, self.chief)

    def cancelling(self, document: Document) -> Work:
        return lambda: cancel(document, self.chief)

    # the states

    def on_the_shelf(self) -> dict[str, Work]:
        unit, old = self.name(), self.name()
        receive(self.store, self.chief, (self.goods.strict, [old]))
        sold = sell(self.store, self.chief, (self.goods.strict, [old]))
        receipt = receive(self.store, self.chief, (self.goods.strict, [unit]))
        return {
            "sale": self.draft_of(Kind.SALE, unit),
            "write_off": self.draft_of(Kind.WRITE_OFF, unit),
            "supplier_return": self.draft_of(Kind.SUPPLIER_RETURN, unit),
            "transfer": self.draft_of(Kind.TRANSFER, unit),
            "exchange": self.exchange_of(sold, [old], [unit]),
            "cancel": self.cancelling(receipt),
        }

    def wanted_for_a_repair(self) -> dict[str, Work]:
        unit = self.name()
        receive(self.store, self.chief, (self.goods.strict, [unit]))
        return {
            "sale": self.draft_of(Kind.SALE, unit),
            "set_aside": self.draft_of(Kind.SET_ASIDE, unit),
            "parts": self.draft_of(Kind.PARTS, unit),
        }

    def set_aside(self) -> dict[str, Work]:
        unit = self.name()
        receive(self.store, self.chief, (self.goods.strict, [unit]))
        aside = set_aside(self.store, self.chief, (self.goods.strict, [unit]))
        return {
            "put_back": self.draft_of(Kind.PUT_BACK, unit),
            "put_back_again": self.draft_of(Kind.PUT_BACK, unit),
            "cancel": self.cancelling(aside),
        }

    def sold(self) -> dict[str, Work]:
        unit, new = self.name(), self.name()
        receive(self.store, self.chief, (self.goods.strict, [unit, new]))
        sale = sell(self.store, self.chief, (self.goods.strict, [unit]))
        here = bring_back(sale, self.store, self.chief, (self.goods.strict, [unit]))
        there = bring_back(sale, self.other, self.chief, (self.goods.strict, [unit]))
        return {
            "return": lambda: post(here, self.chief),
            "return_elsewhere": lambda: post(there, self.chief),
            "exchange": self.exchange_of(sale, [unit], [new]),
            "cancel": self.cancelling(sale),
        }

    def in_transit(self) -> dict[str, Work]:
        unit = self.name()
        receive(self.store, self.chief, (self.goods.strict, [unit]))
        sent = transfer(self.store, self.other, self.chief, (self.goods.strict, [unit]))
        return {
            "arrival": self.arrival_of(sent, unit),
            "all_at_once": lambda: receive_at_once(
                sent.pk, by=access_of(self.chief), now=timezone.now()
            ),
            "cancel": self.cancelling(sent),
        }

    def at_the_supplier(self) -> dict[str, Work]:
        unit = self.name()
        receive(self.store, self.chief, (self.goods.strict, [unit]))
        back = return_to_supplier(self.store, self.chief, (self.goods.strict, [unit]))

        def again(store: Store) -> Work:
            document = draft(Kind.RECEIPT, store, self.chief, [(self.goods.strict, [unit])])
            acknowledge_returns(document.pk, by=access_of(self.chief), now=timezone.now())
            return lambda: post(document, self.chief)

        return {
            "receipt": again(self.store),
            "receipt_elsewhere": again(self.other),
            "cancel": self.cancelling(back),
        }

    def last_piece_sold(self) -> dict[str, Work]:
        receive(self.store, self.chief, (self.goods.plain, 2))
        sale = sell(self.store, self.chief, (self.goods.plain, 1))
        back = bring_back(sale, self.store, self.chief, (self.goods.plain, 1))
        return {
            "return": lambda: post(back, self.chief),
            "exchange": self.exchange_of(sale, 1, 1),
            "cancel": self.cancelling(sale),
        }

    def without_serials(self) -> dict[str, Work]:
        bare = draft(Kind.RECEIPT, self.store, self.chief, [(self.goods.strict, 1)])
        receipt = post_document(
            bare.pk, by=access_of(self.chief), now=timezone.now(), without_serials="late"
        )

        def entered(unit: str) -> Work:
            document = Document.objects.create(
                kind=Kind.IDENTIFICATION, store=self.store, origin=receipt, author=self.chief
            )
            put(document, self.chief, self.goods.strict, [unit], origin=receipt.lines.get())
            return lambda: post(document, self.chief)

        same = self.name()
        return {
            "identification": entered(same),
            "same_serial": entered(same),
            "other_serial": entered(self.name()),
            "cancel": self.cancelling(receipt),
        }


STATES = {
    "on_the_shelf": ["sale", "write_off", "supplier_return", "transfer", "exchange", "cancel"],
    "wanted_for_a_repair": ["sale", "set_aside", "parts"],
    "set_aside": ["put_back", "put_back_again", "cancel"],
    "sold": ["return", "return_elsewhere", "exchange", "cancel"],
    "in_transit": ["arrival", "all_at_once", "cancel"],
    "at_the_supplier": ["receipt", "receipt_elsewhere", "cancel"],
    "last_piece_sold": ["return", "exchange", "cancel"],
    "without_serials": ["identification", "same_serial", "other_serial", "cancel"],
}


@pytest.fixture
def chief(store: Store, other_store: Store) -> User:
    """A manager of both stores."""
    chief = User.objects.create_user("chief")
    Membership.objects.bulk_create(
        Membership(user=chief, store=at, role="manager") for at in (store, other_store)
    )
    return chief


@pytest.fixture
def scene(store: Store, other_store: Store, chief: User, goods: Goods) -> Scene:
    return Scene(store, other_store, chief, goods)


def refused_in_words(outcome: object) -> None:
    assert isinstance(outcome, Refused), repr(outcome)
    assert str(outcome)
    assert "%(" not in str(outcome)


@pytest.mark.parametrize("state", STATES)
def test_who_comes_second_waits_and_is_told_why_not(scene, state):
    for first, second in itertools.permutations(STATES[state], 2):
        works = getattr(scene, state)()
        assert list(works) == STATES[state]
        with transaction.atomic():
            works[first]()
            behind = Behind(works[second])
            behind.waits_for_us()
        refused_in_words(behind.outcome())
        books_agree()


@pytest.mark.parametrize("state", STATES)
def test_at_once_exactly_one_of_them_wins(scene, state):
    for pair in itertools.combinations(STATES[state], 2):
        works = getattr(scene, state)()
        results = at_once(*(works[name] for name in pair))

        winners = [result for result in results if isinstance(result, Document)]
        assert len(winners) == 1, (pair, results)
        for result in results:
            if result not in winners:
                refused_in_words(result)
        books_agree()


def test_two_documents_alike_at_once_and_one_wins(scene):
    """The same movement twice, from two drafts: what a hurried colleague does."""
    for kind in (Kind.SALE, Kind.WRITE_OFF, Kind.SUPPLIER_RETURN, Kind.TRANSFER):
        unit = scene.name()
        receive(scene.store, scene.chief, (scene.goods.strict, [unit]))
        results = at_once(scene.draft_of(kind, unit), scene.draft_of(kind, unit))
        assert sum(isinstance(result, Document) for result in results) == 1, (kind, results)
        refused_in_words(next(one for one in results if not isinstance(one, Document)))
    books_agree()


def test_cancelling_twice_at_once_cancels_once(scene):
    for state in STATES:
        document = receive(scene.store, scene.chief, (scene.goods.strict, [state]))
        results = at_once(scene.cancelling(document), scene.cancelling(document))
        assert [result.status for result in results] == ["cancelled", "cancelled"]
    books_agree()


def test_a_draft_received_at_once_twice_is_dispatched_and_received_once(scene):
    for _ in range(5):
        unit = scene.name()
        receive(scene.store, scene.chief, (scene.goods.strict, [unit]))
        sent = draft(
            Kind.TRANSFER,
            scene.store,
            scene.chief,
            [(scene.goods.strict, [unit])],
            to_store=scene.other,
        )

        def twice(pk: int = sent.pk) -> Document:
            return receive_at_once(pk, by=access_of(scene.chief), now=timezone.now())

        results = at_once(twice, twice)
        assert sum(isinstance(result, Document) for result in results) == 1, results
        refused_in_words(next(one for one in results if not isinstance(one, Document)))
        assert Document.objects.filter(origin=sent).count() == 1
    books_agree()


def test_the_drafts_that_go_on_are_made_once(scene):
    """Two presses of the same person open the same draft."""
    unit = scene.name()
    receive(scene.store, scene.chief, (scene.goods.strict, [unit]))
    sent = transfer(scene.store, scene.other, scene.chief, (scene.goods.strict, [unit]))
    by = access_of(scene.chief)
    first, second = at_once(*(lambda: start_arrival(sent.pk, by=by) for _ in range(2)))
    assert first == second

    bare = draft(Kind.RECEIPT, scene.store, scene.chief, [(scene.goods.strict, 1)])
    receipt = post_document(bare.pk, by=by, now=timezone.now(), without_serials="late")
    first, second = at_once(*(lambda: start_identification(receipt.pk, by=by) for _ in range(2)))
    assert first == second
    assert first.lines.count() == 1


def deadlocks() -> int:
    """How many deadlocks PostgreSQL has ended in this database so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_receiving_at_once_gets_through_a_deadlock(scene):
    """It holds what is on the way and wants the other store's shelf; a transfer back holds that
    shelf and wants what is on the way. PostgreSQL ends who waited first, and it is done again.
    """
    receive(scene.store, scene.chief, (scene.goods.plain, 1))
    receive(scene.other, scene.chief, (scene.goods.plain, 1))
    plain = [(scene.goods.plain, 1)]
    there = draft(Kind.TRANSFER, scene.store, scene.chief, plain, to_store=scene.other)
    back = draft(Kind.TRANSFER, scene.other, scene.chief, plain, to_store=scene.store)
    before = deadlocks()
    with transaction.atomic():
        shelf = Balance.objects.filter(place__kind="shelf", place__store=scene.other)
        list(shelf.select_for_update(of=("self",)))
        received = Behind(
            lambda: receive_at_once(there.pk, by=access_of(scene.chief), now=timezone.now())
        )
        received.waits_for_us()
        post(back, scene.chief)
    assert isinstance(received.outcome(), Document), received.outcome()

    until = time.monotonic() + 10
    while deadlocks() == before and time.monotonic() < until:
        time.sleep(0.2)  # the count is told a little later
    assert deadlocks() > before
    books_agree()
