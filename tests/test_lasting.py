"""What lasts for the tests that follow each other, and what does not."""

from __future__ import annotations

import pytest

from company.models import Store, User
from serials.models import LedgerEntry
from tests.at_once import at_once
from tests.lasting import lasting
from tests.shop import Goods, receive

BUILT: list[str] = []


@lasting
def stocked(store: Store, manager: User, goods: Goods) -> Store:
    BUILT.append(store.name)
    receive(store, manager, (goods.plain, 5))
    return store


@pytest.mark.django_db
@pytest.mark.parametrize("turn", range(3))
def test_each_test_finds_what_was_built_once_as_it_was(stocked, store, turn):
    assert BUILT == ["Podil"]
    assert stocked is store
    assert stocked.name == Store.objects.get().name == "Podil"
    stocked.name = "Changed"
    stocked.save()


@pytest.mark.django_db
def test_who_does_not_ask_for_it_finds_nothing_of_it(store):
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(2))
def test_where_writes_are_committed_each_test_builds_its_own_and_all_is_emptied(stocked, turn):
    assert at_once(LedgerEntry.objects.count, Store.objects.count) == [1, 1]
