"""The table of section 4: from where a movement is allowed, and what is said otherwise."""

from __future__ import annotations

import pytest

from products.modes import SERIAL_MODES, WARRANTY_MODES, Mode
from serials import policies
from serials.models import IN_STORE, Movement, PlaceKind
from serials.policies import POLICIES, Where
from serials.refusals import MESSAGES

HERE, ELSEWHERE = 1, 2

OUT: dict[str, str | None] = {
    "outside": "never_received",
    "shelf": None,
    "defective": "defective",
    "blocked": "blocked",
    "transit": "in_transit",
    "customer": "already_sold",
    "supplier": "at_supplier",
    "written_off": "written_off",
    "missing": "missing",
}
TABLES: dict[str, dict[str, str | None]] = {
    "receipt": {
        "outside": None,
        "shelf": "already_received",
        "defective": "already_received",
        "blocked": "already_received",
        "transit": "already_received",
        "customer": "received_but_sold",
        "supplier": "returned_to_supplier_before",
        "written_off": "received_but_written_off",
        "missing": "received_but_missing",
    },
    "sale": OUT,
    "transfer": OUT,
    "supplier_return": {**OUT, "defective": None},
    "write_off": {**OUT, "defective": None},
    "customer_return": {
        **dict.fromkeys(PlaceKind.values, "not_sold"),
        "outside": "never_sold",
        "customer": None,
    },
    "arrival": {
        **dict.fromkeys(PlaceKind.values, "not_in_transit"),
        "outside": "never_received",
        "transit": None,
    },
    "shortage": {**OUT, "defective": None},
    "set_aside": {**OUT, "defective": None},
    "put_back": {
        **dict.fromkeys(PlaceKind.values, "not_set_aside"),
        "outside": "never_received",
        "blocked": None,
    },
    "parts": OUT,
    "surplus": {
        **dict.fromkeys(PlaceKind.values, "not_missing"),
        "outside": "never_received",
        "missing": None,
    },
}


@pytest.mark.parametrize(
    ("movement", "kind"), [(movement, kind) for movement in TABLES for kind in PlaceKind.values]
)
def test_strict_accounting_judges_by_where_the_unit_is(movement, kind):
    where = Where(kind, HERE if kind in IN_STORE else None)
    finding = POLICIES["strict"].check_serial(movement, where, store_id=HERE)
    assert (finding.code if finding else None) == TABLES[movement][kind]


@pytest.mark.parametrize("kind", sorted(IN_STORE))
@pytest.mark.parametrize(
    "movement", ["sale", "transfer", "supplier_return", "write_off", "set_aside", "parts"]
)
def test_a_unit_of_another_store_does_not_leave_from_here(movement, kind):
    where = Where(kind, ELSEWHERE)
    finding = POLICIES["strict"].check_serial(movement, where, store_id=HERE)
    assert finding.code == "at_another_store"


@pytest.mark.parametrize("kind", sorted(IN_STORE))
def test_what_lies_in_another_store_was_received_and_is_not_sold(kind):
    where = Where(kind, ELSEWHERE)
    for movement in ("receipt", "customer_return", "arrival"):
        finding = POLICIES["strict"].check_serial(movement, where, store_id=HERE)
        assert finding.code == TABLES[movement][kind]


@pytest.mark.parametrize("mode", ["none", "period", "recorded"])
def test_other_modes_do_not_compare_with_the_ledger(mode):
    for kind in PlaceKind.values:
        for movement in Movement.values:
            where = Where(kind, HERE)
            assert POLICIES[mode].check_serial(movement, where, store_id=HERE) is None


@pytest.mark.parametrize("mode", ["recorded", "strict"])
def test_serials_are_as_many_as_pieces(mode):
    policy = POLICIES[mode]
    assert policy.check_line(quantity=2, serials=2) is None
    assert policy.check_line(quantity=2, serials=1).code == "serials_missing"
    assert policy.check_line(quantity=2, serials=3).code == "serials_too_many"


@pytest.mark.parametrize("mode", ["none", "period"])
def test_no_serials_where_none_are_asked(mode):
    assert POLICIES[mode].check_line(quantity=2, serials=0) is None
    assert POLICIES[mode].check_line(quantity=2, serials=1).code == "serials_not_asked"


def test_every_mode_has_a_policy_that_agrees_with_its_words():
    assert set(POLICIES) == set(Mode.values)
    for mode, policy in POLICIES.items():
        assert policy.asks_serials == (mode in SERIAL_MODES)
        assert policy.starts_warranty == (mode in WARRANTY_MODES)


def test_policies_speak_of_the_places_and_movements_there_are():
    words = {
        policies.SHELF,
        policies.DEFECTIVE,
        policies.BLOCKED,
        policies.TRANSIT,
        policies.SUPPLIER,
        policies.OUTSIDE,
        policies.CUSTOMER,
        policies.WRITTEN_OFF,
        policies.MISSING,
    }
    assert words == set(PlaceKind.values)
    movements = {
        policies.RECEIPT,
        policies.SALE,
        policies.CUSTOMER_RETURN,
        policies.SUPPLIER_RETURN,
        policies.WRITE_OFF,
        policies.TRANSFER,
        policies.ARRIVAL,
        policies.SHORTAGE,
        policies.SURPLUS,
        policies.SET_ASIDE,
        policies.PUT_BACK,
        policies.PARTS,
    }
    # An exchange is two of them, an identification goes as what it identifies, and what cancels
    # goes back the way it came, a correction only changes units: nobody asks a policy about these.
    as_others = {
        Movement.EXCHANGE, Movement.IDENTIFICATION, Movement.CORRECTION, Movement.CANCELLATION,
    }  # fmt: skip
    assert movements == set(TABLES) == set(Movement.values) - as_others


def test_every_finding_has_words():
    for table in TABLES.values():
        assert {code for code in table.values() if code} <= set(MESSAGES)
