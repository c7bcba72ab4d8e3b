"""What was found under warranty: pieces of goods, as they are told at the counter."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from partners.models import Customer
from products.models import Product
from serials.models import Posting, Serial
from serials.states import State

from .models import Card, Claim, Term
from .terms import Cover


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of goods: what it is, where it is, and whether it is covered today, and why.

    `card` and `term` are those of the person's own stores. A unit that was never sold, or sold
    without a warranty or by a store the person doesn't belong to, has none; of such a store's
    sale only what the ledger has is told: `sale`, without a customer. `sold_on` is the day of the
    sale, `unit` of `units` is the place of a piece without a serial in its line. `pieces` is more
    than 1 only for what was sold without a warranty and without serial numbers. `claims` are the
    earlier ones of this piece, closed by now; `projected_on` is when the warranty would end if
    the repair it is in was handed back today, and extends it.
    """

    product: Product
    name: str
    sku: str
    serial: Serial | None = None
    card: Card | None = None
    term: Term | None = None
    unit: int = 1
    units: int = 1
    pieces: int = 1
    sale: Posting | None = None
    sold_on: dt.date | None = None
    is_own_sale: bool = False
    customer: Customer | None = None
    state: State | None = None
    cover: Cover | None = None
    ends_on: dt.date | None = None
    void_on: dt.date | None = None
    days_left: int = 0
    why: Sequence[str] = ()
    open_claim: Claim | None = None
    projected_on: dt.date | None = None
    claims: int = 0

    @property
    def is_covered(self) -> bool:
        """Whether what happens to it today is under warranty."""
        return self.cover in {Cover.COVERED, Cover.ENDS_SOON}

    @property
    def code(self) -> str:
        """What to look it up by again, and only it: its card's number, else its serial."""
        if self.card is not None:
            return self.card.number
        return self.serial.text if self.serial else ""


@dataclasses.dataclass(frozen=True, slots=True)
class LookedUp:
    """What a text was found to mean, the newest sale first; `more` when some was left out.

    `note` says how the text was read, when not as it came, or what is wrong with it.
    """

    text: str
    pieces: Sequence[Piece] = ()
    more: bool = False
    note: str = ""
