"""What the repair pages read."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from company.access import Access
from serials.models import Serial
from warranty.models import Card

from .models import Repair

PAGE = 50


@dataclasses.dataclass(frozen=True, slots=True)
class BoardFilters:
    """What of the repairs a board shows; the empty ones show all that are open.

    `store_id` and `technician_id` choose one (technician 0: those of nobody), `status` a Status,
    `own` True our own stock, False customers' goods; `text` fits a number, serial, product,
    customer's name or phone. `ended` shows those that ended instead of the open ones.
    """

    store_id: int | None = None
    status: str = ""
    technician_id: int | None = None
    own: bool | None = None
    overdue: bool = False
    text: str = ""
    ended: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A repair on the board: days since it came, and how it stands to its promise."""

    repair: Repair
    days: int
    is_overdue: bool
    is_due_today: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Board:
    """A page of the board, overdue promises first, then the oldest.

    `counts` has the open repairs of each status that fit the other filters, `overdue` how many of
    them are late. `after` and `before` are cursors of the pages beside it.
    """

    rows: Sequence[Row]
    counts: Mapping[str, int]
    overdue: int
    after: str | None
    before: str | None


def board(
    filters: BoardFilters,
    *,
    access: Access,
    now: dt.datetime,
    after: str | None = None,
    before: str | None = None,
) -> Board:
    """A page of the repairs of the person's stores: a constant number of statements."""
    raise NotImplementedError


@dataclasses.dataclass(frozen=True, slots=True)
class Promises:
    """Open repairs promised for an earlier day, and for today, of the person's stores."""

    overdue: int
    due_today: int


def promises(access: Access, *, now: dt.datetime) -> Promises:
    """What the home page says of repairs: two statements."""
    raise NotImplementedError


def repairs_of_serial(serial: Serial, *, access: Access) -> Sequence[Repair]:
    """The repairs of a unit that the person may see, newest first: one statement."""
    raise NotImplementedError


def repairs_of_card(card: Card, *, access: Access) -> Sequence[Repair]:
    """The repairs of the piece of a card that the person may see, newest first: one statement."""
    raise NotImplementedError
