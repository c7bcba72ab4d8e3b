"""Running a transaction again when PostgreSQL ended it to break a deadlock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

Result = TypeVar("Result")

DEADLOCK, SERIALIZATION, LOCK_TIMEOUT = "40P01", "40001", "55P03"
TRIES = 4


class Busy(Exception):
    """What is wanted is held by something long; nothing was written."""


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's error code, when the error came from it."""
    return getattr(error.__cause__, "sqlstate", None)


def retried(work: Callable[[], Result]) -> Result:
    """Run `work`, a whole transaction, again after a deadlock; Busy when a lock is not to be had.

    Locks are taken in one order everywhere, so a deadlock is rare and the next try gets through.
    """
    for attempt in range(TRIES):
        try:
            return work()
        except OperationalError as error:
            state = sqlstate(error)
            if state == LOCK_TIMEOUT:
                raise Busy from error
            if state not in {DEADLOCK, SERIALIZATION}:
                raise
            if attempt == TRIES - 1:
                raise Busy from error
            if not connection.in_atomic_block:
                time.sleep(0.01 * 2**attempt)
    raise Busy
