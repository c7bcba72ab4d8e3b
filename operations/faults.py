"""What can be wrong with the database or the disk, told from the error, in a cashier's words.

Codes are PostgreSQL's (its manual, Appendix A). Nothing here asks the database anything.
"""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Iterator

from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils.translation import gettext_lazy as _

from company.retrying import DEADLOCK, LOCK_TIMEOUT, SERIALIZATION, Busy, sqlstate


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """Something that passes, or that an admin puts right: the request can be sent again."""

    name: str
    title: object
    text: object
    retry_after: int
    was_undone: bool = True
    """Whether nothing of the request was written, for certain."""


UNREACHABLE = Fault(
    "unreachable",
    _("The database does not answer"),
    _("It may be restarting. Wait a moment; if it goes on, tell an admin."),
    5,
    was_undone=False,
)
CROWDED = Fault(
    "crowded",
    _("Too much is going on at once"),
    _("The database takes no more work right now. Wait a moment."),
    5,
)
READ_ONLY = Fault(
    "read_only",
    _("Nothing can be saved right now"),
    _("The database only answers questions at the moment. Tell an admin."),
    30,
)
DISK_FULL = Fault(
    "disk_full",
    _("The server's disk is full"),
    _("Nothing can be saved until an admin makes room. Tell one now."),
    30,
)
TOO_LONG = Fault(
    "too_long",
    _("This took too long"),
    _("It was stopped so that others can go on. Ask for less at once, or try again."),
    10,
)
BUSY = Fault(
    "busy",
    _("Somebody is working on the same thing"),
    _("They are done in a moment."),
    2,
)

_BY_STATE = {
    "57P01": UNREACHABLE,  # the server is being shut down
    "57P02": UNREACHABLE,  # it crashed
    "57P03": UNREACHABLE,  # it is starting up
    "57P05": UNREACHABLE,  # an idle session was ended
    "53000": CROWDED,
    "53200": CROWDED,  # out of memory
    "53300": CROWDED,  # too many connections
    "53100": DISK_FULL,
    "58030": DISK_FULL,  # a file can't be written
    "25006": READ_ONLY,
    "57014": TOO_LONG,  # statement_timeout
    "25P03": TOO_LONG,  # idle_in_transaction_session_timeout
    "25P04": TOO_LONG,  # transaction_timeout
    LOCK_TIMEOUT: BUSY,
    DEADLOCK: BUSY,
    SERIALIZATION: BUSY,
}
RETRIED = frozenset({DEADLOCK, SERIALIZATION})
"""PostgreSQL chose this transaction to give way: done again, it most likely gets through."""
_CONNECTION = "08"


def fault_of(error: BaseException | None) -> Fault | None:
    """The fault an error is about; None for a fault of the program itself."""
    for one in _chain(error):
        if isinstance(one, Busy):
            return BUSY
        if isinstance(one, OSError) and one.errno in {errno.ENOSPC, errno.EDQUOT}:
            return DISK_FULL
        if isinstance(one, DatabaseError | InterfaceError):
            return _of_database(one)
    return None


def _of_database(error: DatabaseError | InterfaceError) -> Fault | None:
    state = sqlstate(error)
    if state is None or state.startswith(_CONNECTION):
        # No code: the connection was refused, or broke before the server could say why.
        is_lost = isinstance(error, OperationalError | InterfaceError)
        return UNREACHABLE if is_lost else None
    return _BY_STATE.get(state)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised for, outermost first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
