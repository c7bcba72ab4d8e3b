"""Which missing unit lies behind an unknown one: guesses, their order, and who gets which."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.closeness import Likeness, distance, likeness, number_gap
from inventory.pairing import MOST_GUESSES, Guesses, Missing, Sought, Way, guess, pair

NOON = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

keys = st.text(alphabet="018OBIS-", min_size=1, max_size=8)
serials = st.text(alphabet="0123456789", min_size=6, max_size=12)


def missing(serial_id: int, key: str, **more) -> Missing:
    facts = {"product_id": 1, "came_at": NOON - 2 * HOUR, "is_new": True, "received": None}
    return Missing(serial_id, key, **(facts | more))


def sought(scan_id: int, key: str, **more) -> Sought:
    facts = {"product_id": 1, "way": Way.SWAP, "left_at": NOON, "received": None}
    return Sought(scan_id, key, **(facts | more))


def best_of(guesses: Guesses) -> str | None:
    return guesses.best.missing.key if guesses.best else None


def plain_distance(one: str, other: str) -> int:
    """The same distance by its definition, however slow."""
    cost = {}
    for i in range(-1, len(one) + 1):
        for j in range(-1, len(other) + 1):
            cost[i, j] = max(i, j) if min(i, j) <= 0 else None
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            cost[i, j] = min(
                cost[i - 1, j] + 1,
                cost[i, j - 1] + 1,
                cost[i - 1, j - 1] + (one[i - 1] != other[j - 1]),
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                cost[i, j] = min(cost[i, j], cost[i - 2, j - 2] + 1)
    return cost[len(one), len(other)]


class TestHowAlikeTwoSerialsAre:
    @pytest.mark.parametrize(
        ("one", "other", "expected"),
        [
            ("AB0123", "ABO123", Likeness.LOOK_ALIKE),
            ("SN-15B8", "5N-I588", Likeness.LOOK_ALIKE),
            ("352099001761481", "352099001716481", Likeness.TRANSPOSED),
            ("352099001761118", "352099001761119", Likeness.ONE_DIFFERS),
            ("35209900176111", "352099001761119", Likeness.ONE_DIFFERS),
            ("SN-0999", "SN-1000", Likeness.NEIGHBOURS),
            ("352099001761481", "352099001769487", Likeness.TWO_DIFFER),
            ("SN-000110", "SN-000145", Likeness.TWO_DIFFER),
            ("SN-000899", "SN-000911", Likeness.SAME_SERIES),
            ("352099001761481", "990000862471854", Likeness.FAR),
            ("A1", "B2", Likeness.FAR),
        ],
    )
    def test_what_sets_them_apart(self, one, other, expected):
        assert likeness(one, other) is expected
        assert likeness(other, one) is expected

    @given(keys, keys)
    def test_the_distance_is_that_of_its_definition(self, one, other):
        for most in (1, 2, 3):
            assert distance(one, other, most=most) == min(plain_distance(one, other), most + 1)

    @given(keys, keys)
    def test_the_distance_is_the_same_both_ways_and_nothing_only_between_equals(self, one, other):
        assert distance(one, other, most=8) == distance(other, one, most=8)
        assert (distance(one, other, most=8) == 0) == (one == other)

    @given(serials, st.integers(0, 11), st.sampled_from("0123456789X"))
    def test_one_changed_sign_never_looks_far(self, key, at, sign):
        other = key[: at % len(key)] + sign + key[at % len(key) + 1 :]
        if other != key:
            assert likeness(key, other) >= Likeness.ONE_DIFFERS

    def test_the_gap_is_between_numbers_of_the_same_length_behind_the_same_text(self):
        assert number_gap("SN-0999", "SN-1000") == 1
        assert number_gap("999", "1000") is None
        assert number_gap("A-01", "B-02") is None
        assert number_gap("SN-٣1", "SN-٤1") is None


class TestOneGuess:
    def test_what_came_after_the_other_had_left_is_not_guessed(self):
        late = missing(1, "SN-0001", came_at=NOON + HOUR)
        assert guess(sought(1, "SN-0002"), late, missing_of_product=1) is None

    def test_another_product_is_not_guessed(self):
        other = missing(1, "SN-0001", product_id=2)
        assert guess(sought(1, "SN-0002"), other, missing_of_product=1) is None

    def test_a_scan_without_a_product_may_be_of_any(self):
        nameless = sought(1, "SN-0002", product_id=None, way=Way.MISTYPED, left_at=None)
        assert guess(nameless, missing(1, "SN-0001", product_id=2), missing_of_product=9)

    def test_a_mistyped_number_has_to_be_close_and_received(self):
        never_seen = sought(1, "SN-000123", way=Way.MISTYPED, left_at=None)
        assert guess(never_seen, missing(1, "SN-00O123"), missing_of_product=1)
        assert guess(never_seen, missing(1, "SN-000132"), missing_of_product=1)
        assert guess(never_seen, missing(1, "QX-777777"), missing_of_product=1) is None
        back = missing(1, "SN-000132", is_new=False)
        assert guess(never_seen, back, missing_of_product=1) is None

    def test_one_of_many_without_a_reason_is_not_guessed(self):
        far = missing(1, "QX-777777")
        assert guess(sought(1, "SN-000123"), far, missing_of_product=MOST_GUESSES + 1) is None
        assert guess(sought(1, "SN-000123"), far, missing_of_product=MOST_GUESSES)


class TestWhoGetsWhich:
    def test_the_closest_number_is_the_best_guess(self):
        shelf = [missing(1, "SN-777777"), missing(2, "SN-000124"), missing(3, "SN-000155")]
        found = pair([sought(1, "SN-000123")], shelf)[1]
        assert best_of(found) == "SN-000124"
        assert [one.missing.key for one in found.others] == ["SN-000155", "SN-777777"]

    def test_received_together_is_a_better_guess_among_equals(self):
        shelf = [missing(1, "SN-000122"), missing(2, "SN-000124", received=7)]
        found = pair([sought(1, "SN-000123", received=7)], shelf)[1]
        assert best_of(found) == "SN-000124"
        assert found.best.together

    def test_the_nearer_in_time_is_a_better_guess_among_equals(self):
        shelf = [missing(1, "SN-000122", came_at=NOON - 9 * HOUR), missing(2, "SN-000124")]
        assert best_of(pair([sought(1, "SN-000123")], shelf)[1]) == "SN-000124"

    def test_one_missing_unit_is_not_the_best_guess_for_two(self):
        shelf = [missing(1, "SN-000124")]
        found = pair([sought(1, "SN-000129"), sought(2, "SN-000125"), sought(3, "XX")], shelf)
        assert [best_of(found[scan]) for scan in (1, 2, 3)] == ["SN-000124", None, None]
        assert [one.missing.key for one in found[2].others] == ["SN-000124"]

    def test_any_one_of_many_received_together_is_only_offered(self):
        shelf = [missing(nth, f"{nth}{'XYZQW'[nth % 5] * 6}", received=7) for nth in range(1, 9)]
        found = pair([sought(1, "SN-000123", received=7)], shelf)[1]
        assert found.best is None
        assert len(found.others) == MOST_GUESSES

    def test_a_slip_in_the_first_sign_is_found_among_thousands(self):
        shelf = [missing(nth, f"3520990017{nth:05d}") for nth in range(0, 90_000, 9)]
        never_seen = sought(1, "952099001745000", way=Way.MISTYPED, left_at=None)
        assert best_of(pair([never_seen], shelf)[1]) == "352099001745000"

    def test_those_that_came_too_late_hide_no_other(self):
        late = [missing(nth, f"SN-0050{nth:02d}", came_at=NOON + HOUR) for nth in range(90)]
        shelf = [*late, missing(999, "SN-004000")]
        assert best_of(pair([sought(1, "SN-005000")], shelf)[1]) == "SN-004000"

    def test_equal_numbers_are_told_apart_by_their_units(self):
        """Not by the order they are read in."""
        shelf = [missing(nth, "00") for nth in range(5)] + [missing(5, "0"), missing(6, "0")]
        wanted = [sought(0, "0"), sought(1, "1")]
        assert pair(wanted, shelf) == pair(wanted[::-1], shelf[::-1])

    @given(
        st.lists(st.tuples(keys, st.integers(0, 4)), max_size=8),
        st.lists(st.tuples(keys, st.integers(0, 4), st.integers(0, 2)), max_size=12),
        st.randoms(use_true_random=False),
    )
    def test_the_assignment(self, unknown, shelf, random):
        """No unit twice, nobody would rather have another's, and the order does not matter."""
        wanted = [
            sought(nth, key, left_at=NOON + hours * HOUR, received=hours % 2)
            for nth, (key, hours) in enumerate(unknown)
        ]
        units = [
            missing(nth, key, came_at=NOON + hours * HOUR, received=received)
            for nth, (key, hours, received) in enumerate(shelf)
        ]
        found = pair(wanted, units)
        best = {scan: one.best for scan, one in found.items() if one.best}
        taken = {one.missing.serial_id: one for one in best.values()}
        assert len(taken) == len(best)
        for scan, guesses in found.items():
            offered = [guesses.best, *guesses.others] if guesses.best else list(guesses.others)
            assert len(offered) <= MOST_GUESSES
            assert len({one.missing.serial_id for one in offered}) == len(offered)
            for one in guesses.others:
                mine = best.get(scan)
                if one.is_telling and (mine is None or one.rank < mine.rank):
                    assert taken[one.missing.serial_id].rank <= one.rank
        random.shuffle(wanted)
        random.shuffle(units)
        assert pair(wanted, units) == found

    def test_two_hundred_unknown_among_ten_thousand_missing(self):
        shelf = [
            missing(nth, f"35209900{nth * 7919 % 10**7:07d}", received=nth % 20)
            for nth in range(10_000)
        ]
        wanted = [
            sought(nth, f"35209900{nth * 104729 % 10**7:07d}", received=nth % 20)
            for nth in range(200)
        ]
        began = time.perf_counter()
        assert len(pair(wanted, shelf)) == 200
        assert time.perf_counter() - began < 3  # a quarter of a second on the developers' machine
