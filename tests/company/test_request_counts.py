"""Counting strangers' requests: shared, atomic, soon forgotten; and whose request it is."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from company.client_address import NOWHERE, client_address
from company.models import RequestCount
from tests.at_once import at_once


@pytest.fixture
def counts(db):
    return caches["request_counts"]


def test_counting_takes_one_statement_each(counts, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert counts.add("key", 1, 60) is True
        assert counts.add("key", 1, 60) is False
        assert counts.incr("key") == 2
    assert counts.get("key") == 2
    assert counts.get("other", 0) == 0


def test_what_nobody_began_to_count_is_not_counted_on(counts):
    with pytest.raises(ValueError, match="not counted"):
        counts.incr("key")


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_are_all_counted():
    def ask() -> int:
        mine = caches["request_counts"]
        return 1 if mine.add("key", 1, 60) else mine.incr("key")

    assert sorted(at_once(*[ask] * 8)) == list(range(1, 9))


def test_counts_that_expired_are_cleared_away_by_the_next(counts):
    RequestCount.objects.create(
        key="old", count=3, expires_at=timezone.now() - dt.timedelta(seconds=1)
    )
    RequestCount.objects.create(
        key="fresh", count=3, expires_at=timezone.now() + dt.timedelta(seconds=60)
    )

    counts.add("new", 1, 60)

    assert set(RequestCount.objects.values_list("count", flat=True)) == {1, 3}
    assert not RequestCount.objects.filter(key="old").exists()
    assert RequestCount.objects.filter(key="fresh").exists()


def test_the_table_is_not_written_to_the_log_of_the_database(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'company_requestcount'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "expected"),
    [
        (0, "198.51.100.7", None, "198.51.100.7"),
        (0, "198.51.100.7", "203.0.113.5", "198.51.100.7"),  # anybody can say so
        (1, "127.0.0.1", "203.0.113.5", "203.0.113.5"),
        (1, "127.0.0.1", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
        (2, "127.0.0.1", "1.1.1.1, 203.0.113.5, 10.0.0.1", "203.0.113.5"),
        (2, "127.0.0.1", "203.0.113.5", "127.0.0.1"),  # it did not come by both
        (1, "127.0.0.1", None, "127.0.0.1"),
        (1, "127.0.0.1", "nonsense", "127.0.0.1"),
        (1, "127.0.0.1", "203.0.113.5:4711", "203.0.113.5"),
        (1, "127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "127.0.0.1", "2001:DB8::1", "2001:db8::1"),
        (1, "127.0.0.1", "fe80::1%eth0", "fe80::1"),
        (0, "::ffff:198.51.100.7", None, "198.51.100.7"),  # not one /64 with all of IPv4
        (0, "", None, NOWHERE),  # a Unix socket
        (1, "", "\x00", NOWHERE),
    ],
)
def test_only_what_our_own_proxies_say_is_believed(settings, proxies, peer, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, **headers)

    assert client_address(request) == expected
