"""A few repairs in any order of everything that can be done to them, against a small model."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from company.access import access_of
from company.models import Membership, Store, User
from repairs import charging, handing_back, lending, working
from repairs.flow import may_follow, steps_to_hand_back
from repairs.models import Repair, Result, Status
from repairs.refusals import RepairRefused
from tests.books import books_agree, pieces, place_of
from tests.shop import make_goods, receive, sell, take_in
from warranty.models import Card

from .conftest import SOLD

EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", 8))
STEPS = 20
UNITS = ("A", "B")
LOANERS = ("X", "Y")
MOVED = [one for one in Status.values if one not in {"received", "handed_back", "cancelled"}]


class Desk(RuleBasedStateMachine):
    """Two sold units that break again and again, two loaners, and a shelf of parts.

    The model has for each unit the repair it is in: its status, who pays, what is lent, how many
    parts it used, and the day it came; and by unit the days its card was extended.
    """

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.store = Store.objects.create(name="One", prefix="A1")
        self.boss = User.objects.create_user("boss")
        Membership.objects.create(user=self.boss, store=self.store, role="manager")
        self.by = access_of(self.boss)
        self.goods = make_goods()
        receive(self.store, self.boss, (self.goods.strict, [*UNITS, *LOANERS]),
                (self.goods.plain, 100), now=SOLD)  # fmt: skip
        sell(self.store, self.boss, (self.goods.strict, list(UNITS)), now=SOLD)
        self.ends = {unit: Card.objects.get(term__serial__key=unit).ends_on for unit in UNITS}
        self.now = SOLD + dt.timedelta(days=1)
        self.open: dict[str, dict[str, Any]] = {}
        self.extended: dict[str, set[dt.date]] = {unit: set() for unit in UNITS}
        self.lent: dict[str, str] = {}
        self.parts = 100

    def teardown(self) -> None:
        try:
            books_agree()
        finally:
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def _may(self) -> dict[str, Any]:
        return {"by": self.by, "now": self.now}

    def _done(self, work: Any, *, expected: bool) -> Any:
        """Do it, and see that it is refused exactly when the model says so."""
        result = told = None
        try:
            with transaction.atomic():
                result = work()
                connection.check_constraints()
        except RepairRefused as refused:
            told = refused
        assert (told is None) == expected, told or result
        return result

    def _repair(self, unit: str) -> Repair:
        """The open repair of a unit, which comes in for one when it is not there."""
        if unit not in self.open:
            self.taken_in(unit, "warranty")
        return Repair.objects.get(pk=self.open[unit]["pk"])

    @rule(unit=st.sampled_from(UNITS), payer=st.sampled_from(["", "warranty", "customer"]))
    def taken_in(self, unit: str, payer: str) -> None:
        repair = self._done(
            lambda: take_in(self.store, self.boss, unit, decided=payer, reason="because",
                            now=self.now),
            expected=unit not in self.open,
        )  # fmt: skip
        if repair is not None:
            self.open[unit] = {
                "pk": repair.pk, "status": "received", "payer": payer, "parts": 0, "touched": False,
                "came": self.store.date_of(self.now),
            }  # fmt: skip

    @rule(unit=st.sampled_from(UNITS), to=st.sampled_from(MOVED))
    def moved(self, unit: str, to: str) -> None:
        version = self._repair(unit).version
        model = self.open[unit]
        repair = self._done(
            lambda: working.change_status(
                model["pk"], to=to, version=version, sent_to_name="Fixit", agreed_amount=1,
                **self._may(),
            ),
            expected=to != "at_supplier"
            and (to == model["status"] or may_follow(model["status"], to)),
        )  # fmt: skip
        if repair is not None:
            model["status"] = to

    @rule(unit=st.sampled_from(UNITS), payer=st.sampled_from(["warranty", "customer"]))
    def decided(self, unit: str, payer: str) -> None:
        repair = self._repair(unit)
        working.decide(repair.pk, payer=payer, reason="so", version=repair.version, **self._may())
        self.open[unit]["payer"] = payer

    @rule(unit=st.sampled_from(UNITS), off=st.booleans())
    def part_used(self, unit: str, off: bool) -> None:
        repair = self._repair(unit)
        model = self.open[unit]
        if not off:
            charging.add_stock_part(repair.pk, product=self.goods.plain, **self._may())
        elif charge := repair.charges.last():
            charging.remove_charge(repair.pk, charge.pk, **self._may())
        else:
            return
        model["parts"] += -1 if off else 1
        self.parts += 1 if off else -1

    @rule(unit=st.sampled_from(UNITS), loaner=st.sampled_from(LOANERS))
    def lent_or_back(self, unit: str, loaner: str) -> None:
        if holder := self.lent.pop(loaner, None):
            loan = self._repair(holder).loans.get(serial__key=loaner, back=None)
            lending.take_loaner_back(loan.repair_id, loan.pk, **self._may())
            return
        repair = self._repair(unit)
        lending.lend(repair.pk, product=self.goods.strict, serial=loaner, **self._may())
        self.lent[loaner] = unit
        self.open[unit]["touched"] = True

    @rule(
        unit=st.sampled_from(UNITS),
        result=st.sampled_from(["repaired", "refused", "no_fault"]),
        days=st.integers(0, 9),
    )
    def handed_back(self, unit: str, result: str, days: int) -> None:
        version = self._repair(unit).version
        model = self.open[unit]
        self.now += dt.timedelta(days=days)
        repair = self._done(
            lambda: handing_back.hand_back(model["pk"], result=result, version=version,
                                           **self._may()),
            expected=bool(model["payer"] and steps_to_hand_back(model["status"]))
            and unit not in self.lent.values(),
        )  # fmt: skip
        if repair is None:
            return
        if result == Result.REPAIRED and model["payer"] == "warranty":
            came, on = model["came"], self.store.date_of(self.now)
            self.extended[unit] |= {
                came + dt.timedelta(days=nth) for nth in range((on - came).days)
            }
        del self.open[unit]

    @rule(unit=st.sampled_from(UNITS))
    def intake_cancelled(self, unit: str) -> None:
        version = self._repair(unit).version
        model = self.open[unit]
        repair = self._done(
            lambda: handing_back.cancel_repair(model["pk"], reason="mistake", version=version,
                                               **self._may()),
            expected=model["status"] == "received" and not (model["parts"] or model["touched"]),
        )  # fmt: skip
        if repair is not None:
            del self.open[unit]

    @invariant()
    def repairs_are_as_the_model_has_them(self) -> None:
        rows = Repair.objects.open().values_list("serial_text", "status", "decided")
        assert {unit: rest for unit, *rest in rows} == {
            unit: [model["status"], model["payer"]] for unit, model in self.open.items()
        }

    @invariant()
    def cards_end_as_the_model_has_them(self) -> None:
        for unit in UNITS:
            card = Card.objects.get(term__serial__key=unit)
            added = dt.timedelta(days=len(self.extended[unit]))
            assert card.ends_on == self.ends[unit] + added

    @invariant()
    def stock_is_as_the_model_has_it(self) -> None:
        assert pieces(self.goods.plain) == self.parts
        for loaner in LOANERS:
            assert place_of(loaner) == ("blocked" if loaner in self.lent else "shelf")


def test_any_order_of_what_is_done_to_repairs(db) -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=EXAMPLES,
            derandomize="SOAK_EXAMPLES" not in os.environ,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
