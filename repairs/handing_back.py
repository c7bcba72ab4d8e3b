"""Handing back: the end of a repair, with everything that follows from how it ended."""

from __future__ import annotations

import datetime as dt

from company.access import Access

from .models import Repair


def hand_back(
    pk: int,
    *,
    result: str = "",
    version: int,
    by: Access,
    now: dt.datetime,
    replacement: str = "",
    note: str = "",
) -> Repair:
    """Hand goods back, once and for good: a second press returns the repair as it is.

    `result` is a Result; empty takes the one said when it became ready, and whoever may take in
    may hand back with that one. Ready is implied where it may follow. In one transaction the
    claim is closed on the store's day and, when it was repaired under warranty, the term
    extended. REPLACED posts an exchange: the old unit comes back defective, `replacement`, a
    serial as entered (empty where the product has none), is handed over at no difference in
    price. REFUNDED posts a customer return of the defective unit. Our own stock goes back on the
    shelf when it is repaired or has no fault, else to the defective goods.

    Raises RepairRefused, PostingRefused with everything the ledger refuses (nothing was written
    then), RepairChanged, Repair.DoesNotExist, PermissionDenied.
    """
    raise NotImplementedError


def cancel_repair(pk: int, *, reason: str, version: int, by: Access, now: dt.datetime) -> Repair:
    """Take back an intake that was a mistake, while nothing was done: status CANCELLED.

    Our own stock goes back to where it lay. Raises as `hand_back` does.
    """
    raise NotImplementedError
