"""Several people scan into one count at the same moment, each with a connection of their own."""

from __future__ import annotations

import itertools

import pytest
from django.db import transaction
from django.utils import timezone

from company.access import access_of
from company.models import Membership, User
from inventory.answers import ScanAnswer, Verdict
from inventory.holding import lock_count
from inventory.models import CountStatus, Scan
from inventory.pausing import pause_count
from inventory.pieces import counted_pieces, set_total
from inventory.queries import progress_of
from inventory.uploading import UploadResult, upload_list
from tests.at_once import Behind, at_once
from tests.shop import receive

from .conftest import begin, take

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 15


@pytest.fixture
def people(store) -> list[User]:
    made = [User.objects.create_user(f"counter-{nth}") for nth in range(5)]
    Membership.objects.bulk_create(
        Membership(user=user, store=store, role="storekeeper") for user in made
    )
    return made


def test_five_people_scan_300_units_and_none_is_lost_or_doubled(store, manager, goods, people):
    units = [f"N{nth:03}" for nth in range(300)]
    receive(store, manager, (goods.strict, units))
    count = begin(store, manager)
    # Each has 60 units of their own, and 20 of the next one's.
    shares = [[*units[60 * nth : 60 * nth + 80], *units[: max(0, 60 * nth + 80 - 300)]]
              for nth in range(5)]  # fmt: skip

    def scanning(person: User, share: list[str]):
        return lambda: [take(count, person, unit).verdict for unit in share]

    results = at_once(*(scanning(*pair) for pair in zip(people, shares, strict=True)))
    verdicts = list(itertools.chain.from_iterable(results))
    assert len(verdicts) == 400
    assert verdicts.count(Verdict.EXPECTED) == 300
    assert verdicts.count(Verdict.REPEATED) == 100
    assert Scan.objects.filter(taken_back_at=None).count() == 300
    found = progress_of(count)
    assert (found.counted, found.missing) == (300, 0)


def test_two_devices_scan_the_same_unit_and_one_is_told_so(store, manager, goods, people):
    units = [f"N{nth}" for nth in range(ROUNDS)]
    receive(store, manager, (goods.strict, units))
    count = begin(store, manager)
    for unit in units:
        results = at_once(*(lambda by=by, unit=unit: take(count, by, unit) for by in people[:2]))
        assert sorted(one.verdict for one in results) == [Verdict.EXPECTED, Verdict.REPEATED]
        assert len({one.scan_id for one in results}) == 1


def test_two_devices_scan_the_same_new_serial_one_with_its_product(store, manager, goods, people):
    count = begin(store, manager)

    def scanning(person: User, text: str, context: int | None):
        return lambda: take(count, person, text, context=context)

    for nth in range(ROUNDS):
        results = at_once(
            scanning(people[0], f"NEW{nth}", goods.strict.pk),
            scanning(people[1], f"NEW{nth}", None),
        )
        assert all(isinstance(one, ScanAnswer) for one in results), results
        live = Scan.objects.filter(key=f"NEW{nth}", taken_back_at=None)
        assert [row.product for row in live] == [goods.strict]


def test_pieces_scanned_at_once_are_all_counted(store, manager, goods, people):
    count = begin(store, manager)
    results = at_once(
        *(lambda by=by: [take(count, by, goods.plain.sku) for _ in range(10)] for by in people)
    )
    assert all(isinstance(one, list) for one in results), results
    assert counted_pieces(count, goods.plain.pk, is_defective=False) == 50


def test_two_totals_said_at_once_do_not_add_up(store, manager, goods, people):
    count = begin(store, manager)

    def saying(person: User, quantity: int):
        return lambda: set_total(
            count.pk, product_id=goods.plain.pk, quantity=quantity, by=access_of(person),
            now=timezone.now(),
        )  # fmt: skip

    for _ in range(ROUNDS):
        at_once(saying(people[0], 3), saying(people[1], 4))
        assert counted_pieces(count, goods.plain.pk, is_defective=False) in {3, 4}


def test_a_pause_waits_for_a_scan_under_way_and_the_next_scan_sees_it(
    store, manager, goods, people
):
    receive(store, manager, (goods.strict, ["A", "B"]))
    count = begin(store, manager)
    with transaction.atomic():
        take(count, people[0], "A")
        pausing = Behind(lambda: pause_count(count.pk, by=access_of(manager)))
        pausing.waits_for_us()
    assert pausing.outcome().status == CountStatus.PAUSED
    assert take(count, people[0], "B").verdict == Verdict.REFUSED
    assert Scan.objects.get().key == "A"


def test_a_scan_waits_for_who_ends_the_count(store, manager, goods, people):
    receive(store, manager, (goods.strict, ["A"]))
    count = begin(store, manager)
    with transaction.atomic():
        locked = lock_count(count.pk, by=access_of(manager))
        scanning = Behind(lambda: take(count, people[0], "A"))
        scanning.waits_for_us()
        locked.status = CountStatus.PAUSED
        locked.save()
    assert scanning.outcome().verdict == Verdict.REFUSED
    assert not Scan.objects.exists()


def test_people_who_scan_do_not_wait_for_each_other(store, manager, goods, people):
    receive(store, manager, (goods.strict, ["A", "B"]))
    count = begin(store, manager)
    with transaction.atomic():
        take(count, people[0], "A")
        (other,) = at_once(lambda: take(count, people[1], "B"))
    assert other.verdict == Verdict.EXPECTED


def test_two_files_with_the_same_units_at_once_count_them_once(store, manager, goods, people):
    """In opposite order, too: neither waits for the other while that one waits for it."""
    count = begin(store, manager)

    def uploading(person: User, rows: list[str]):
        return lambda: upload_list(
            count.pk, name="list.txt", content="\n".join(rows).encode(), by=access_of(person),
            now=timezone.now(),
        )  # fmt: skip

    for nth in range(5):
        units = [f"N{nth}-{one:04}" for one in range(1_500)]
        results = at_once(uploading(people[0], units), uploading(people[1], units[::-1]))
        assert all(isinstance(one, UploadResult) for one in results), results
        assert sum(one.unknown for one in results) == len(units)
        assert sum(one.repeated for one in results) == len(units)
    assert Scan.objects.count() == 7_500
