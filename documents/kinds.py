"""What sets the kinds of documents apart: data that every page and verb reads."""

from __future__ import annotations

import dataclasses

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from company.rights import Right
from serials.models import Movement

from .models import Kind


@dataclasses.dataclass(frozen=True, slots=True)
class KindSpec:
    """One kind: who may make it, what it does to the ledger, what its header asks.

    `series` is the letter in its numbers; `partner` names the header's partner field;
    `sells` is true when lines start at the product's price and units leave for good.
    """

    kind: Kind
    series: str
    right: Right
    movement: Movement
    icon: str
    partner: str
    sells: bool
    new: object
    plural: object
    post: object
    empty: object


SPECS: dict[str, KindSpec] = {
    Kind.RECEIPT: KindSpec(
        kind=Kind.RECEIPT,
        series="R",
        right=Right.RECEIVE,
        movement=Movement.RECEIPT,
        icon="receipt",
        partner="supplier",
        sells=False,
        new=_("New receipt"),
        plural=_("Receipts"),
        post=pgettext_lazy("verb", "Receive"),
        empty=_("Scan the barcode of a product, then the serial numbers of its units."),
    ),
    Kind.SALE: KindSpec(
        kind=Kind.SALE,
        series="S",
        right=Right.SELL,
        movement=Movement.SALE,
        icon="sale",
        partner="customer",
        sells=True,
        new=_("New sale"),
        plural=_("Sales"),
        post=pgettext_lazy("verb", "Sell"),
        empty=_("Scan the serial number of a unit, or the barcode of a product."),
    ),
}


def spec_of(kind: str) -> KindSpec:
    """The kind's data; KeyError for a kind there is not."""
    return SPECS[Kind(kind)]
