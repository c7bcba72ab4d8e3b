"""How old is what a replica shows?"""

from __future__ import annotations

from company.replicas import Marks, ReplicaRouter, _position
from products.models import Product


def test_a_replica_that_has_everything_is_not_behind():
    assert Marks().age(now=100.0, written=70, replayed=70) == 0


def test_a_replica_is_as_old_as_the_last_moment_it_is_known_to_have_reached():
    marks = Marks()
    marks.age(now=100.0, written=70, replayed=70)
    marks.age(now=102.0, written=80, replayed=70)
    assert marks.age(now=103.0, written=90, replayed=85) == 1.0
    assert marks.age(now=109.0, written=99, replayed=85) == 7.0


def test_an_age_that_is_not_known_is_none():
    assert Marks().age(now=100.0, written=71, replayed=70) is None


def test_places_in_the_log_are_compared_as_numbers():
    assert _position("9/FFFFFFFF") + 1 == _position("A/00000000")


def test_only_marked_pages_leave_the_primary():
    router = ReplicaRouter()
    assert router.db_for_read(Product) is None
    assert router.db_for_write(Product) == "default"
    assert router.allow_migrate("replica", "products") is False
