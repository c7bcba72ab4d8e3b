"""Work and parts of a repair with their prices, and what the customer owes."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from company.access import Access
from products.models import Product

from .models import Charge, Repair


@dataclasses.dataclass(frozen=True, slots=True)
class Totals:
    """What a repair costs.

    `charged` is the sum of its charges, `covered` the part of it that the warranty, or the store
    for its own stock, bears, `owed` what the customer pays, `agreed` what they agreed to, and
    `over_agreed` by how much `owed` is more than that.
    """

    charged: Decimal
    covered: Decimal
    owed: Decimal
    agreed: Decimal | None
    over_agreed: Decimal


def totals_of(repair: Repair, charges: Sequence[Charge]) -> Totals:
    """What a repair costs, and what of it is owed. Pure.

    While nobody decided who pays it is as was proposed. Without charges the agreed amount is owed.
    """
    raise NotImplementedError


def add_charge(
    pk: int,
    *,
    kind: str,
    name: str,
    quantity: int = 1,
    unit_price: Decimal,
    by: Access,
    now: dt.datetime,
) -> Charge:
    """Add work, or a part that is not of our stock, a Charge.Kind, with its price.

    Raises RepairRefused by field, Repair.DoesNotExist, PermissionDenied without Right.REPAIR.
    """
    raise NotImplementedError


def add_stock_part(
    pk: int,
    *,
    product: Product,
    quantity: int = 1,
    serials: Sequence[str] = (),
    unit_price: Decimal | None = None,
    by: Access,
    now: dt.datetime,
) -> Charge:
    """Use a part from the store's stock: a document takes it out at once.

    `serials` are as entered, one for each piece where the product asks; `unit_price` is the
    product's own unless it is given. Raises what `add_charge` does, and PostingRefused with
    everything the ledger refuses; nothing was written then.
    """
    raise NotImplementedError


def edit_charge(
    pk: int,
    charge_pk: int,
    *,
    unit_price: Decimal,
    name: str | None = None,
    quantity: int | None = None,
    by: Access,
    now: dt.datetime,
) -> Charge:
    """Change a charge; of a part from stock only the price. Raises as `add_charge` does."""
    raise NotImplementedError


def remove_charge(pk: int, charge_pk: int, *, by: Access, now: dt.datetime) -> None:
    """Take a charge off; a part from stock goes back by cancelling its document.

    Nothing happens when it is gone already. Raises CancellingRefused as well.
    """
    raise NotImplementedError
