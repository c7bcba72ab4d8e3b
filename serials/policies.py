"""What each mode of accounting checks: pure functions, no Django, no SQL.

A policy answers two questions about a document that is about to be posted: does a line carry the
serials it should, and may a serial make this movement from where the ledger last put it
(sections 2 and 4 of the domain). A new mode is one class, one line in `POLICIES`, and its tests.
"""

from __future__ import annotations

import dataclasses
from typing import Protocol

# What kinds of place, as in serials.models.PlaceKind: plain words here, so that this stays pure.
SHELF, DEFECTIVE, BLOCKED, TRANSIT = "shelf", "defective", "blocked", "transit"
OUTSIDE, SUPPLIER, CUSTOMER = "outside", "supplier", "customer"
WRITTEN_OFF, MISSING = "written_off", "missing"
_IN_STORE = frozenset({SHELF, DEFECTIVE, BLOCKED})

# What kinds of movement, as in serials.models.Movement.
RECEIPT, SALE, CUSTOMER_RETURN = "receipt", "sale", "customer_return"
SUPPLIER_RETURN, WRITE_OFF = "supplier_return", "write_off"
TRANSFER, ARRIVAL = "transfer", "arrival"
SHORTAGE, SURPLUS, CORRECTION = "shortage", "surplus", "correction"
SET_ASIDE, PUT_BACK, PARTS = "set_aside", "put_back", "parts"
_TAKE_DEFECTIVE = frozenset({SUPPLIER_RETURN, WRITE_OFF, SHORTAGE, SET_ASIDE})


@dataclasses.dataclass(frozen=True, slots=True)
class Where:
    """Where the ledger last put a serial: a kind of place, and the store when it has one.

    A serial the ledger has never seen is outside.
    """

    kind: str
    store_id: int | None = None


UNKNOWN = Where(OUTSIDE)


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """Why a line or a serial is refused: a code that `serials.refusals` puts into words."""

    code: str


class Policy(Protocol):
    """The rules of one mode."""

    asks_serials: bool
    verifies: bool
    starts_warranty: bool

    def check_line(self, *, quantity: int, serials: int) -> Finding | None:
        """Whether a line of `quantity` pieces may carry this many serials."""

    def check_serial(self, movement: str, where: Where, *, store_id: int) -> Finding | None:
        """Whether a serial that is there may make this movement of this store."""


class _WithoutSerials:
    asks_serials = False
    verifies = False

    def check_line(self, *, quantity: int, serials: int) -> Finding | None:
        return Finding("serials_not_asked") if serials else None

    def check_serial(self, movement: str, where: Where, *, store_id: int) -> Finding | None:
        return None


class NoAccounting(_WithoutSerials):
    """Quantity only."""

    starts_warranty = False


class PeriodOnly(_WithoutSerials):
    """Quantity only, but a sale starts a warranty."""

    starts_warranty = True


class Recorded:
    """A serial for every unit, whose text is not compared with the ledger."""

    asks_serials = True
    verifies = False
    starts_warranty = True

    def check_line(self, *, quantity: int, serials: int) -> Finding | None:
        if serials < quantity:
            return Finding("serials_missing")
        if serials > quantity:
            return Finding("serials_too_many")
        return None

    def check_serial(self, movement: str, where: Where, *, store_id: int) -> Finding | None:
        return None


class Strict(Recorded):
    """A serial for every unit, each verified against where the ledger last put it."""

    verifies = True

    def check_serial(self, movement: str, where: Where, *, store_id: int) -> Finding | None:
        if movement == RECEIPT:
            return self._receive(where)
        if movement == CUSTOMER_RETURN:
            return self._take_back(where)
        if movement == ARRIVAL:
            return self._arrive(where)
        if movement == SURPLUS:
            return self._find(where)
        if movement == PUT_BACK:
            return self._put_back(where, store_id=store_id)
        return self._take_out(movement, where, store_id=store_id)

    @staticmethod
    def _receive(where: Where) -> Finding | None:
        if where.kind == OUTSIDE:
            return None
        if where.kind in _IN_STORE | {TRANSIT}:
            return Finding("already_received")
        return Finding(
            {
                CUSTOMER: "received_but_sold",
                SUPPLIER: "returned_to_supplier_before",
                WRITTEN_OFF: "received_but_written_off",
            }.get(where.kind, "received_but_missing")
        )

    @staticmethod
    def _take_back(where: Where) -> Finding | None:
        if where.kind == CUSTOMER:
            return None
        return Finding("never_sold" if where.kind == OUTSIDE else "not_sold")

    @staticmethod
    def _arrive(where: Where) -> Finding | None:
        if where.kind == TRANSIT:
            return None
        return Finding("never_received" if where.kind == OUTSIDE else "not_in_transit")

    @staticmethod
    def _find(where: Where) -> Finding | None:
        if where.kind == MISSING:
            return None
        return Finding("never_received" if where.kind == OUTSIDE else "not_missing")

    @staticmethod
    def _put_back(where: Where, *, store_id: int) -> Finding | None:
        if where.kind == BLOCKED:
            return None if where.store_id == store_id else Finding("at_another_store")
        return Finding("never_received" if where.kind == OUTSIDE else "not_set_aside")

    @staticmethod
    def _take_out(movement: str, where: Where, *, store_id: int) -> Finding | None:
        if where.kind == SHELF and where.store_id == store_id:
            return None
        if where.kind in _IN_STORE:
            if where.store_id != store_id:
                return Finding("at_another_store")
            if where.kind == DEFECTIVE:
                return None if movement in _TAKE_DEFECTIVE else Finding("defective")
            return Finding("blocked")
        return Finding(
            {
                OUTSIDE: "never_received",
                TRANSIT: "in_transit",
                CUSTOMER: "already_sold",
                SUPPLIER: "at_supplier",
                WRITTEN_OFF: "written_off",
            }.get(where.kind, "missing")
        )


POLICIES: dict[str, Policy] = {
    "none": NoAccounting(),
    "period": PeriodOnly(),
    "recorded": Recorded(),
    "strict": Strict(),
}
