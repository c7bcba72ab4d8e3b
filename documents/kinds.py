"""What sets the kinds of documents apart: data that every page and verb reads."""

from __future__ import annotations

import dataclasses

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from company.rights import Right
from products.models import Product
from serials.models import Movement
from serials.second_numbers import may_have_second

from .models import CONTINUING, Kind, Line, Outstanding

_RETURN, _ARRIVE = Outstanding.Purpose.RETURN, Outstanding.Purpose.ARRIVE
_IDENTIFY = Outstanding.Purpose.IDENTIFY


@dataclasses.dataclass(frozen=True, slots=True)
class KindSpec:
    """One kind: who may make it, what it does to the ledger, what its pages ask.

    `series` are the letters in its numbers, `movement` that of its lines (`movement_back` of those
    that name a sold line), `partner` the header's partner field. `sells` is true when units go to
    a customer: lines start at the product's price, terms begin. `asks_reason` wants a remark on
    every line. `opens` is what may be settled later, `settles` what its lines settle of an earlier
    document. What continues another document, or is written by a count or a repair, is not
    `starts_alone`.
    """

    kind: Kind
    series: str
    right: Right
    movement: Movement
    icon: str
    new: object
    plural: object
    post: object
    empty: object
    scan: object
    partner: str = ""
    sells: bool = False
    movement_back: Movement | None = None
    asks_reason: bool = False
    may_be_defective: bool = False
    may_lack_serials: bool = False
    has_prices: bool = True
    opens: str = ""
    settles: str = ""
    starts_alone: bool = True

    @property
    def brings_in(self) -> bool:
        """Whether units that nobody has seen before may come by it."""
        return self.movement == Movement.RECEIPT

    @property
    def takes_back(self) -> bool:
        """Whether its lines, or some of them, name what was sold and comes back."""
        return self.settles == _RETURN

    @property
    def continues(self) -> bool:
        """Whether it goes on from one earlier document."""
        return self.kind in CONTINUING


SPECS: dict[str, KindSpec] = {
    Kind.RECEIPT: KindSpec(
        kind=Kind.RECEIPT,
        series="R",
        right=Right.RECEIVE,
        movement=Movement.RECEIPT,
        icon="receipt",
        partner="supplier",
        may_be_defective=True,
        may_lack_serials=True,
        new=_("New receipt"),
        plural=_("Receipts"),
        post=pgettext_lazy("verb", "Receive"),
        empty=_("Scan the barcode of a product, then the serial numbers of its units."),
        scan=_("Scan a product, then its serial numbers"),
    ),
    Kind.SALE: KindSpec(
        kind=Kind.SALE,
        series="S",
        right=Right.SELL,
        movement=Movement.SALE,
        icon="sale",
        partner="customer",
        sells=True,
        may_lack_serials=True,
        opens=_RETURN,
        new=_("New sale"),
        plural=_("Sales"),
        post=pgettext_lazy("verb", "Sell"),
        empty=_("Scan the serial number of a unit, or the barcode of a product."),
        scan=_("Scan a serial number or a barcode, or type a product"),
    ),
    Kind.CUSTOMER_RETURN: KindSpec(
        kind=Kind.CUSTOMER_RETURN,
        series="CR",
        right=Right.RETURN_CUSTOMER,
        movement=Movement.CUSTOMER_RETURN,
        movement_back=Movement.CUSTOMER_RETURN,
        icon="undo",
        partner="customer",
        asks_reason=True,
        may_be_defective=True,
        settles=_RETURN,
        new=_("New customer return"),
        plural=_("Customer returns"),
        post=pgettext_lazy("verb", "Take back"),
        empty=_("Scan the unit, its warranty card or the number of the sale."),
        scan=_("Scan a serial number, a warranty card or the number of a sale"),
    ),
    Kind.EXCHANGE: KindSpec(
        kind=Kind.EXCHANGE,
        series="X",
        right=Right.RETURN_CUSTOMER,
        movement=Movement.SALE,
        movement_back=Movement.CUSTOMER_RETURN,
        icon="swap",
        partner="customer",
        sells=True,
        asks_reason=True,
        may_be_defective=True,
        opens=_RETURN,
        settles=_RETURN,
        new=_("New exchange"),
        plural=_("Exchanges"),
        post=pgettext_lazy("verb", "Exchange"),
        empty=_("Scan the unit that comes back, then the one that is handed over instead."),
        scan=_("Scan what comes back, then what is handed over"),
    ),
    Kind.SUPPLIER_RETURN: KindSpec(
        kind=Kind.SUPPLIER_RETURN,
        series="SR",
        right=Right.RETURN_SUPPLIER,
        movement=Movement.SUPPLIER_RETURN,
        icon="arrow-left",
        partner="supplier",
        asks_reason=True,
        may_be_defective=True,
        may_lack_serials=True,
        new=_("New supplier return"),
        plural=_("Supplier returns"),
        post=pgettext_lazy("verb", "Return"),
        empty=_("Scan the units that go back to the supplier, and give the reason."),
        scan=_("Scan a serial number or a barcode, or type a product"),
    ),
    Kind.WRITE_OFF: KindSpec(
        kind=Kind.WRITE_OFF,
        series="WO",
        right=Right.WRITE_OFF,
        movement=Movement.WRITE_OFF,
        icon="trash",
        asks_reason=True,
        may_be_defective=True,
        may_lack_serials=True,
        has_prices=False,
        new=_("New write-off"),
        plural=_("Write-offs"),
        post=pgettext_lazy("verb", "Write off"),
        empty=_("Scan the units that are written off, and give the reason."),
        scan=_("Scan a serial number or a barcode, or type a product"),
    ),
    Kind.TRANSFER: KindSpec(
        kind=Kind.TRANSFER,
        series="T",
        right=Right.TRANSFER,
        movement=Movement.TRANSFER,
        icon="transfer",
        may_lack_serials=True,
        has_prices=False,
        opens=_ARRIVE,
        new=_("New transfer"),
        plural=_("Transfers"),
        post=pgettext_lazy("verb", "Dispatch"),
        empty=_("Choose the store they go to and scan the units."),
        scan=_("Scan a serial number or a barcode, or type a product"),
    ),
    Kind.ARRIVAL: KindSpec(
        kind=Kind.ARRIVAL,
        series="A",
        right=Right.TRANSFER,
        movement=Movement.ARRIVAL,
        icon="transfer",
        may_be_defective=True,
        may_lack_serials=True,
        has_prices=False,
        settles=_ARRIVE,
        starts_alone=False,
        new=_("Receive a transfer"),
        plural=_("Transfers received"),
        post=pgettext_lazy("verb", "Receive"),
        empty=_("Scan each unit that arrived, or take everything over at once."),
        scan=_("Scan what arrived"),
    ),
    Kind.IDENTIFICATION: KindSpec(
        kind=Kind.IDENTIFICATION,
        series="I",
        right=Right.IDENTIFY,
        movement=Movement.IDENTIFICATION,
        icon="barcode",
        has_prices=False,
        settles=_IDENTIFY,
        starts_alone=False,
        new=_("Enter serial numbers"),
        plural=_("Serial numbers entered"),
        post=pgettext_lazy("verb", "Enter them"),
        empty=_("Scan or paste the serial numbers of these units."),
        scan=_("Scan the serial numbers of these units"),
    ),
    Kind.SHORTAGE: KindSpec(
        kind=Kind.SHORTAGE,
        series="SH",
        right=Right.CLOSE_COUNT,
        movement=Movement.SHORTAGE,
        icon="count",
        asks_reason=True,
        may_be_defective=True,
        has_prices=False,
        starts_alone=False,
        new=_("Shortage"),
        plural=_("Shortages"),
        post=pgettext_lazy("verb", "Record"),
        empty=_("What a count did not find."),
        scan=_("Scan what is missing"),
    ),
    Kind.SURPLUS: KindSpec(
        kind=Kind.SURPLUS,
        series="SU",
        right=Right.CORRECT,
        movement=Movement.SURPLUS,
        icon="search",
        asks_reason=True,
        may_be_defective=True,
        has_prices=False,
        new=_("New surplus"),
        plural=_("Surpluses"),
        post=pgettext_lazy("verb", "Put back"),
        empty=_("Scan the missing units that were found again, and say where."),
        scan=_("Scan a missing unit that was found"),
    ),
    Kind.SET_ASIDE: KindSpec(
        kind=Kind.SET_ASIDE,
        series="B",
        right=Right.SET_ASIDE,
        movement=Movement.SET_ASIDE,
        icon="lock",
        asks_reason=True,
        may_be_defective=True,
        has_prices=False,
        new=pgettext_lazy("document", "Set goods aside"),
        plural=_("Goods set aside"),
        post=pgettext_lazy("verb", "Set aside"),
        empty=_("Scan the units that must not be sold for now, and give the reason."),
        scan=_("Scan a serial number or a barcode, or type a product"),
    ),
    Kind.PUT_BACK: KindSpec(
        kind=Kind.PUT_BACK,
        series="U",
        right=Right.SET_ASIDE,
        movement=Movement.PUT_BACK,
        icon="undo",
        may_be_defective=True,
        has_prices=False,
        new=pgettext_lazy("document", "Put goods back"),
        plural=_("Goods put back"),
        post=pgettext_lazy("verb", "Put back"),
        empty=_("Scan the units that were set aside: good ones go back on the shelf."),
        scan=_("Scan what was set aside"),
    ),
    Kind.PARTS: KindSpec(
        kind=Kind.PARTS,
        series="P",
        right=Right.REPAIR,
        movement=Movement.PARTS,
        icon="repair",
        asks_reason=True,
        has_prices=False,
        starts_alone=False,
        new=_("Parts used"),
        plural=_("Parts used in repairs"),
        post=pgettext_lazy("verb", "Use"),
        empty=_("What a repair took from stock."),
        scan=_("Scan a part"),
    ),
    Kind.CORRECTION: KindSpec(
        kind=Kind.CORRECTION,
        series="C",
        right=Right.CORRECT,
        movement=Movement.CORRECTION,
        icon="swap",
        may_be_defective=True,
        has_prices=False,
        starts_alone=False,
        new=_("Correction"),
        plural=_("Corrections"),
        post=pgettext_lazy("verb", "Correct"),
        empty=_("Two units that were mixed up."),
        scan=_("Scan the unit that lies here"),
    ),
}


def asks_reason(spec: KindSpec, origin: Line | None) -> bool:
    """Whether a line gives its reason: on an exchange only what comes back does."""
    return spec.asks_reason and (spec.kind != Kind.EXCHANGE or origin is not None)


def may_be_defective(spec: KindSpec, line: Line) -> bool:
    """Whether this line's goods may be defective: on an exchange only those that come back."""
    return spec.may_be_defective and (spec.kind != Kind.EXCHANGE or line.origin_id is not None)


def takes_seconds(spec: KindSpec, product: Product) -> bool:
    """Whether units of this product may come with a second number on such a document."""
    return spec.brings_in and may_have_second(product)


def spec_of(kind: str) -> KindSpec:
    """The kind's data; KeyError for a kind there is not."""
    return SPECS[Kind(kind)]
