"""The stage of the demo's history: the shop, its shelves, the time, and the documents so far."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from company.access import Access
from company.models import Store
from documents.models import Kind
from partners.models import Customer, Supplier

from .catalogue import Goods, Wholesaler
from .moments import moment
from .shelf import SerialNumbers, Shelf

SEED = 20_240_229
DAYS = 762
"""Twenty-five months: the first warranties of two years are over, the next ones about to be."""

WHO_SELLS: dict[str, tuple[str, ...]] = {
    "KY1": ("sofia", "sofia", "sofia", "yulia", "taras"),
    "LV1": ("danylo", "danylo", "danylo", "danylo", "iryna"),
}
WHO_RECEIVES: dict[str, tuple[str, ...]] = {
    "KY1": ("mykola", "mykola", "mykola", "mykola", "taras"),
    "LV1": ("yulia", "yulia", "iryna"),
}
MANAGER = {"KY1": "taras", "LV1": "iryna"}


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class PlannedLine:
    """Some of one product, at its own price unless another is given.

    `origin` is the line of an earlier document whose pieces come back, arrive or get serials.
    """

    goods: Goods
    quantity: int
    serials: tuple[str, ...] = ()
    price: Decimal | None = None
    remark: str = ""
    origin: PlannedLine | None = None
    is_defective: bool = False


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class PlannedDocument:
    """A document to be written at a moment, and posted then unless it is left a draft.

    `origin` is what an arrival or an identification continues, `without_serials` a manager's
    reason; with `acknowledges` returns to the supplier are acknowledged before it is posted.
    """

    kind: Kind
    store: Store
    by: Access
    at: dt.datetime
    lines: Sequence[PlannedLine]
    supplier: Supplier | None = None
    customer: Customer | None = None
    note: str = ""
    is_opening: bool = False
    is_posted: bool = True
    to_store: Store | None = None
    origin: PlannedDocument | None = None
    without_serials: str = ""
    acknowledges: bool = False

    @property
    def starts_warranty(self) -> bool:
        """Whether it is a sale, made, of something that comes with a card."""
        is_sale = self.is_posted and self.kind == Kind.SALE
        return is_sale and any(line.goods.product.period for line in self.lines)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class PlannedCancelling:
    """A posted document that somebody takes back at a moment."""

    document: PlannedDocument
    by: Access
    at: dt.datetime
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class PlannedStep:
    """Something that is no document, done at a moment when all before it was."""

    at: dt.datetime
    do: Callable[[], object]


Planned = PlannedDocument | PlannedCancelling | PlannedStep


@dataclasses.dataclass(frozen=True, slots=True)
class Shop:
    """Everything and everybody there is before trade begins."""

    stores: dict[str, Store]
    staff: dict[str, Access]
    goods: list[Goods]
    wholesalers: list[Wholesaler]
    persons: list[Customer]
    firms: list[Customer]


class Stage:
    """What every part of the history works on.

    `shelves` hold what can be sold, `defective` what came back broken, `why` the reasons by
    serial, or by SKU where there is none.
    """

    def __init__(self, shop: Shop, *, now: dt.datetime) -> None:
        self.shop = shop
        self.now = now
        self.chance = random.Random(SEED)  # noqa: S311  # a story, no secret
        self.serials = SerialNumbers(self.chance)
        self.shelves: Mapping[str, Shelf] = {prefix: Shelf() for prefix in shop.stores}
        self.defective: Mapping[str, Shelf] = {prefix: Shelf() for prefix in shop.stores}
        self.why: dict[str, str] = {}
        self.planned: list[Planned] = []

    def at(self, prefix: str, day: int, part: float) -> dt.datetime:
        """The moment when this part of a store's working day is over."""
        store = self.shop.stores[prefix]
        date = store.date_of(self.now) - dt.timedelta(days=DAYS - day)
        return moment(date, part, time_zone=store.time_zone, now=self.now)

    def someone(self, who: Mapping[str, tuple[str, ...]], prefix: str) -> Access:
        """One of those who do this in the store."""
        return self.shop.staff[self.chance.choice(who[prefix])]

    def manager(self, prefix: str) -> Access:
        """The store's manager."""
        return self.shop.staff[MANAGER[prefix]]

    def named(self, sku: str) -> Goods:
        """The goods with this SKU."""
        return next(goods for goods in self.shop.goods if goods.ware.sku == sku)

    def wholesaler_of(self, goods: Goods) -> Wholesaler:
        """Somebody who deals in the goods."""
        dealers = self.shop.wholesalers
        return next(dealer for dealer in dealers if goods.type_name in dealer.types)

    def cost(self, goods: Goods) -> Decimal:
        """What the goods cost the shop, more or less."""
        share = Decimal(self.chance.randint(68, 82)) / 100
        return (goods.product.price * share).quantize(Decimal("0.01"))


def mistyped(serial: str) -> str:
    """A serial of a power tool with two of its digits changed places."""
    return serial[:4] + serial[5] + serial[4] + serial[6:]
