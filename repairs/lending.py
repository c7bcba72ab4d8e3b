"""Units of the store lent to a customer while theirs is in repair."""

from __future__ import annotations

import datetime as dt

from company.access import Access
from products.models import Product

from .models import Loan


def lend(
    pk: int, *, product: Product, serial: str = "", note: str = "", by: Access, now: dt.datetime
) -> Loan:
    """Lend a unit of this store's stock: a document sets it aside at once.

    `serial` is as entered, where the product asks for one; `note` says its condition and what
    came with it. Raises RepairRefused, PostingRefused with everything the ledger refuses,
    Repair.DoesNotExist, PermissionDenied without Right.TAKE_IN_REPAIR.
    """
    raise NotImplementedError


def take_loaner_back(
    pk: int, loan_pk: int, *, is_defective: bool = False, by: Access, now: dt.datetime
) -> Loan:
    """Take a lent unit back onto the shelf, or to the defective goods.

    One that is back already is returned as it is. Raises as `lend` does.
    """
    raise NotImplementedError
