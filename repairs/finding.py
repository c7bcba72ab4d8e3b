"""Finding what somebody brings: by serial, warranty card or sale number."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from company.access import Access
from company.models import Store
from documents.models import Line
from partners.models import Customer
from products.models import Product
from serials.models import Serial
from serials.states import State
from warranty.models import Card

from .models import Repair
from .refusals import Refused
from .subjects import Subject


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """One thing that may have been brought, with what the intake page shows of it.

    `sold_on` is the line that sold it (its document has the customer and the day), `card` the
    warranty card it has now, `proposed` the Payer that its term says today. `refusals` say why it
    can't be taken in here. `earlier` are the earlier repairs that the person may see.
    """

    subject: Subject
    product: Product
    serial: Serial | None
    state: State | None
    card: Card | None
    sold_on: Line | None
    customer: Customer | None
    proposed: str
    earlier: Sequence[Repair]
    refusals: Sequence[Refused]


def find(text: str, *, store: Store, access: Access, today: dt.date) -> Sequence[Found]:
    """What a scanned or typed text may be, at this store: a constant number of statements.

    An exact serial number (of several products perhaps), the number of a card, or of a sale: then
    its lines, of those with serial numbers each unit (the first MOST_FOUND).
    """
    raise NotImplementedError


def found(subject: Subject, *, store: Store, access: Access, today: dt.date) -> Found | None:
    """The same of a subject that was chosen; None when the person may not know of it."""
    raise NotImplementedError
