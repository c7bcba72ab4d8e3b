"""Two years of trade, made up: which document was posted when, by whom, with what on it.

The same seed makes the same history; only its dates follow today.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from documents.models import Kind
from products.modes import Mode

from .catalogue import Goods
from .comebacks import Comebacks
from .counts import Counts
from .incidents import Incidents
from .moves import Moves
from .repairs import Repairs
from .stage import (
    DAYS,
    WHO_RECEIVES,
    WHO_SELLS,
    Planned,
    PlannedDocument,
    PlannedLine,
    Shop,
    Stage,
    mistyped,
)

DAYS_BETWEEN_DELIVERIES = 23
SALES_A_DAY = 0.16
LAST_DAYS_SALES = {("KY1", 1): 4, ("KY1", 0): 5, ("LV1", 1): 3, ("LV1", 0): 3}
"""By store and days ago."""
SLIPS_AT_DAYS = (230, 640)
"""After so many days a serial is typed wrong at a sale."""
WANTED = {
    "Phones": 34, "Tablets and laptops": 19, "Power tools": 20, "Large appliances": 13,
    "Small appliances": 8, "Accessories": 6,
}  # fmt: skip
"""How often a type of goods is what somebody came for, in hundred."""
ENOUGH = {
    "Phones": 6, "Tablets and laptops": 4, "Power tools": 5, "Large appliances": 4,
    "Small appliances": 8, "Accessories": 20,
}  # fmt: skip
"""How many pieces of one product a store likes to have."""


class History:
    """The shelves of all stores while time goes by, and the documents so far."""

    def __init__(self, shop: Shop, *, now: dt.datetime) -> None:
        self._stage = stage = Stage(shop, now=now)
        self._shop = shop
        self._chance = stage.chance
        self._serials = stage.serials
        self._shelves = stage.shelves
        self._comebacks, self._moves = Comebacks(stage), Moves(stage)
        self._incidents, self._counts = Incidents(stage), Counts(stage)
        self.repairs = Repairs(stage)
        self._slips = list(SLIPS_AT_DAYS)

    def planned(self) -> list[Planned]:
        """All that happens in the order in which it did, the drafts of today last.

        What is done before a store's sales of the day is planned in the order of its moments.
        """
        for day in range(DAYS + 1):
            for number, prefix in enumerate(self._shop.stores):
                if day == 0:
                    self._open(prefix)
                elif (day + number * 9) % DAYS_BETWEEN_DELIVERIES == 0:
                    self._deliver(prefix, day)
                self._moves.arrive(prefix, day)
                self._incidents.happen(prefix, day)
                self._counts.happen(prefix, day)
                self._comebacks.come(prefix, day)
                self.repairs.happen(prefix, day)
                self._moves.leave(prefix, day)
                for part in self._parts_of_sales(prefix, day):
                    self._sell(prefix, day, part)
        return [*sorted(self._stage.planned, key=lambda each: each.at), *self._drafts()]

    def _open(self, prefix: str) -> None:
        """What lay in the store already when the program came."""
        lines = [
            self._arrive(prefix, goods, self._chance.randint(1, 3) if goods.ware.serials else 12)
            for goods in self._shop.goods
        ]
        self._stage.planned.append(
            PlannedDocument(
                Kind.RECEIPT, self._shop.stores[prefix], self._stage.manager(prefix),
                self._stage.at(prefix, 0, 0.02), lines,
                is_opening=True, note="Counted before the first day",
            )
        )  # fmt: skip

    def _arrive(self, prefix: str, goods: Goods, count: int) -> PlannedLine:
        serials = self._serials.take(goods, count) if goods.ware.serials else []
        self._shelves[prefix].put(goods, count, serials)
        return PlannedLine(goods, count, tuple(serials), self._stage.cost(goods))

    def _deliver(self, prefix: str, day: int) -> None:
        """A wholesaler brings what is running out of the types it deals in."""
        turn = day // DAYS_BETWEEN_DELIVERIES + (prefix == "LV1")
        wholesaler = self._shop.wholesalers[turn % len(self._shop.wholesalers)]
        shelf = self._shelves[prefix]
        missing = [
            (ENOUGH[goods.type_name] - shelf.count(goods), self._chance.random(), goods)
            for goods in self._shop.goods
            if goods.type_name in wholesaler.types
        ]
        missing.sort(key=lambda each: each[:2], reverse=True)
        lines = [
            self._arrive(prefix, goods, count + self._chance.randint(0, 2))
            for count, _, goods in missing[:5]
            if count > 2
        ]
        if not lines:
            return
        self._stage.planned.append(
            PlannedDocument(
                Kind.RECEIPT, self._shop.stores[prefix], self._stage.someone(WHO_RECEIVES, prefix),
                self._stage.at(prefix, day, self._chance.uniform(0.03, 0.09)), lines,
                supplier=wholesaler.supplier,
                note=f"Delivery note {self._chance.randint(1_000, 9_999)}",
            )
        )  # fmt: skip

    def _parts_of_sales(self, prefix: str, day: int) -> list[float]:
        """When in the day somebody buys: sorted parts of the working day."""
        count = LAST_DAYS_SALES.get((prefix, DAYS - day))
        if count is None:
            count = (self._chance.random() < SALES_A_DAY) + (self._chance.random() < 0.02)
        return sorted(self._chance.uniform(0.15, 0.97) for _ in range(count))

    def _sell(self, prefix: str, day: int, part: float) -> None:
        is_firm = self._chance.random() < 0.09
        wanted = self._wanted(prefix)
        if not wanted:
            return
        most = 6 if is_firm else self._chance.choice((1, 1, 2, 2))
        lines = [self._leave(prefix, wanted[0], self._chance.randint((most + 1) // 2, most), day)]
        others = wanted[1 : 1 + self._chance.choice((0, 0, 1, 1, 2))]
        lines += [self._leave(prefix, goods, 1, day) for goods in others]
        customer = None
        if is_firm:
            customer = self._chance.choice(self._shop.firms)
        elif self._chance.random() < 0.55:
            customer = self._chance.choice(self._shop.persons)
        sale = PlannedDocument(
            Kind.SALE, self._shop.stores[prefix], self._stage.someone(WHO_SELLS, prefix),
            self._stage.at(prefix, day, part), lines, customer=customer,
            note="Invoice to the office" if is_firm else "",
        )  # fmt: skip
        self._stage.planned.append(sale)
        self._comebacks.sold(prefix, day, sale)

    def _wanted(self, prefix: str) -> list[Goods]:
        """Different goods that lie in the store, those somebody came for first."""
        shelf = self._shelves[prefix]
        there = [goods for goods in self._shop.goods if shelf.count(goods)]
        wanted: list[Goods] = []
        while there and len(wanted) < 3:
            weights = [
                WANTED[goods.type_name] * (1 if not wanted or not goods.ware.serials else 0.15)
                for goods in there
            ]
            wanted += self._chance.choices(there, weights)
            there.remove(wanted[-1])
        return wanted

    def _leave(self, prefix: str, goods: Goods, count: int, day: int) -> PlannedLine:
        shelf = self._shelves[prefix]
        count = min(count, shelf.count(goods))
        serials = self._typed(goods, shelf.take(goods, count, self._chance), day)
        if self._chance.random() > 0.06:
            return PlannedLine(goods, count, serials)
        price = (goods.product.price * Decimal("0.95")).quantize(Decimal("0.01"))
        return PlannedLine(goods, count, serials, price, "5 % off, shown in the window")

    def _typed(self, goods: Goods, serials: tuple[str, ...], day: int) -> tuple[str, ...]:
        """The serials as the cashier typed them: now and then two digits change places."""
        if goods.product.mode != Mode.RECORDED or not self._slips or day < self._slips[0]:
            return serials
        self._slips.pop(0)
        return (mistyped(serials[0]), *serials[1:])

    def _drafts(self) -> list[PlannedDocument]:
        """What is on the screens right now."""
        shop, kyiv, lviv = self._shop, self._shop.stores["KY1"], self._shop.stores["LV1"]
        phone, case = self._stage.named("PH-VS7-128"), self._stage.named("AC-CASE-S7")
        fridge, cable = self._stage.named("LA-FR360"), self._stage.named("AC-USBC1")
        supplier = shop.wholesalers[0].supplier
        arriving = PlannedLine(phone, 6, tuple(self._serials.take(phone, 3)), Decimal("13870.00"))
        return [
            PlannedDocument(
                Kind.RECEIPT, kyiv, shop.staff["mykola"], self._stage.at("KY1", DAYS, 0.98),
                [arriving, PlannedLine(cable, 20, price=Decimal("171.00"))], supplier=supplier,
                note="Half of the phones are still to be scanned", is_posted=False,
            ),
            PlannedDocument(
                Kind.SALE, kyiv, shop.staff["sofia"], self._stage.at("KY1", DAYS, 0.99),
                [self._shown("KY1", "Phones"), PlannedLine(case, 1)], customer=shop.persons[0],
                is_posted=False,
            ),
            PlannedDocument(  # It can't be posted: this fridge stands in Kyiv.
                Kind.SALE, lviv, shop.staff["danylo"], self._stage.at("LV1", DAYS, 0.99),
                [self._shown("KY1", fridge.type_name)], is_posted=False,
            ),
        ]  # fmt: skip

    def _shown(self, prefix: str, type_name: str) -> PlannedLine:
        """A line with one unit of a type that lies in the store."""
        shelf = self._shelves[prefix]
        found = next(
            goods
            for goods in self._shop.goods
            if goods.type_name == type_name and shelf.count(goods)
        )
        return PlannedLine(found, 1, (shelf.peek(found),))
