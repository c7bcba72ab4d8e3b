"""Taking goods in for repair: neither a return nor a movement, the sale stands (section 8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from company.access import Access
from company.models import Store, User
from partners.models import Customer

from .models import Repair
from .subjects import Subject

SERIES = "RP"


def take_in(
    store: Store,
    *,
    subject: Subject,
    complaint: str,
    condition: str = "",
    contents: str = "",
    customer: Customer | None = None,
    new_customer: Mapping[str, Any] | None = None,
    technician: User | None = None,
    promised_on: dt.date | None = None,
    claimed_on: dt.date | None = None,
    decided: str = "",
    reason: str = "",
    by: Access,
    now: dt.datetime,
) -> Repair:
    """Take a unit or a piece in: number it, open its claim, propose who pays. The new repair.

    The customer is one there is, or `new_customer` (CUSTOMER_FIELDS of partners: name, phone,
    e-mail); of our own stock there is none, and a document takes it off the shelf. `claimed_on` is
    the store's today, a manager may choose an earlier day. `decided` is a Payer when the person
    decides at once, with a `reason` when it is not what the term says.

    Raises RepairRefused with every reason by field, PostingRefused when our own stock is not set
    aside, Store.DoesNotExist for another store, PermissionDenied without the right.
    """
    raise NotImplementedError
