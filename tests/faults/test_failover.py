"""A primary and its replica: nothing acknowledged is lost, and reports read from the replica.

Two failovers are played here; `script/failover` plays as many as wanted.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection, connections, router
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.failover import Load, lost, play, till
from benchmarks.pair import Pair, wait_for
from company import replicas
from company.models import User
from tests.books import books_agree
from tests.faults.stage import prepare

TILLS = 2


@contextlib.contextmanager
def working_on(pair: Pair) -> Iterator[None]:
    """The ORM of this process, and of each thread it starts, works on the pair's primary."""
    connection.close()
    mine = connection.settings_dict
    kept = {name: mine[name] for name in ("HOST", "PORT", "NAME", "USER", "OPTIONS")}
    options = {**mine["OPTIONS"], **pair.options}
    mine.update(HOST="", PORT="", NAME="unitbook", USER="unitbook", OPTIONS=options)
    try:
        yield
    finally:
        connection.close()
        mine.update(kept)


@pytest.fixture(scope="module")
def pair(django_db_setup, django_db_blocker) -> Iterator[Pair]:
    made = Pair()
    try:
        made.primary.create()
        with django_db_blocker.unblock():
            if connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
                prepare(SimpleNamespace(url=made.url))
            else:  # these tests run alone
                with working_on(made):
                    call_command("migrate", interactive=False, verbosity=0)
        made.follow()
        yield made
    finally:
        made.remove()


@pytest.fixture
def on_pair(pair: Pair, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), working_on(pair):
        yield


@pytest.fixture
def replica(pair: Pair, on_pair: None, settings, monkeypatch) -> Iterator[CaptureQueriesContext]:
    """REPLICA_URL is set; what is asked of the replica is told."""
    primary = settings.DATABASES["default"]
    options = {"host": str(pair.replica.sockets), "port": str(pair.replica.port)}
    settings.DATABASES[replicas.REPLICA] = {**primary, "OPTIONS": options}
    settings.REPLICA_LAG = 5
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "company.replicas.WroteMiddleware"]
    monkeypatch.setattr(router, "routers", [replicas.ReplicaRouter()])
    monkeypatch.setattr(replicas, "replica", replicas.Replica())
    try:
        with CaptureQueriesContext(connections[replicas.REPLICA]) as asked:
            yield asked
    finally:
        connections[replicas.REPLICA].close()
        del connections[replicas.REPLICA]
        del settings.DATABASES[replicas.REPLICA]


def test_every_acknowledged_posting_is_there_once_after_failovers(pair: Pair, on_pair: None):
    """The second time the replica is cut off before: a primary that did not wait would lose."""
    load = Load(till, TILLS)
    load.start()
    chance = random.Random(7)
    for was_cut in (False, True):
        done = play(pair, load, was_cut=was_cut, waits=True, chance=chance)
        print(f"SOAK | failover | {done.acknowledged} acknowledged, {done.seconds_away:.1f} s away")
    load.stop()
    connection.close()
    assert lost(load.book) + load.gone == []
    assert len({told.number for _at, told in load.book}) == len(load.book)
    books_agree()


def test_reports_read_from_the_replica_while_it_is_there_and_fresh(
    pair: Pair, replica: CaptureQueriesContext, settings
):
    load = Load(till, 1)
    load.start()
    load.wait_for_more(2)
    load.stop()
    browser = Client()
    browser.force_login(User.objects.get(username="till-0"))
    report = reverse("backoffice:stock_totals")

    def asked_of_replica() -> int:
        """How many statements of the page itself the replica got."""
        before = len(replica)
        assert browser.get(report).status_code == 200
        return sum("serials_" in query["sql"] for query in replica.captured_queries[before:])

    wait_for(asked_of_replica, "the replica is fresh and is asked")

    # Who has just written something reads what they wrote.
    browser.post(reverse("backoffice:export_stock"), {"format": "csv"})
    assert asked_of_replica() == 0
    del browser.cookies["wrote"]
    wait_for(asked_of_replica, "the replica is asked again")

    # Behind by more than is allowed: the primary answers.
    pair.primary.wait_for_replica(False)
    pair.replica.lose_the_other()
    User.objects.filter(username="till-0").update(first_name="Written meanwhile")
    settings.REPLICA_LAG = 0
    assert asked_of_replica() == 0

    settings.REPLICA_LAG = 60
    assert asked_of_replica() > 0
    pair.replica.kill()
    assert asked_of_replica() == 0
