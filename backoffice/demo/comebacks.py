"""What customers bring back: returns and exchanges, some weeks of them in every month's trade."""

from __future__ import annotations

from collections import defaultdict

from documents.models import Kind
from products.modes import Mode

from .catalogue import Goods
from .stage import DAYS, WHO_SELLS, PlannedDocument, PlannedLine, Stage, mistyped

RETURNED, EXCHANGED = 0.05, 0.035
"""The share of sales some of which comes back, and of which something is exchanged."""
DEFECTIVE = 0.45
WRONG_RETURN_FROM = 200
"""From this day on one serial is typed wrong on a return."""

CHANGES_OF_MIND = (
    "Changed their mind",
    "A present that was not liked",
    "Ordered twice",
    "Does not fit where it was meant to go",
)
DEFECTS = {
    "Phones": ("Does not charge", "Microphone is silent", "Reboots by itself"),
    "Tablets and laptops": ("Does not charge", "Dead pixels", "Freezes when it is warm"),
    "Power tools": ("Switch sticks", "Stops under load"),
    "Large appliances": ("Does not switch on", "Door does not close"),
    "Small appliances": ("Does not switch on", "Switch is loose"),
    "Accessories": ("Broken on the first day", "Scratched when it was unpacked"),
}


class Comebacks:
    """Decides at each sale whether something of it comes back, and when."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._due: defaultdict[tuple[str, int], list[tuple[Kind, PlannedDocument]]]
        self._due = defaultdict(list)
        self._typed_wrong = False

    def sold(self, prefix: str, day: int, sale: PlannedDocument) -> None:
        """Remember a sale; the first one of yesterday in each store comes back today."""
        chance = self._stage.chance
        lot, days = chance.random(), chance.randint(1, 12)
        if day == DAYS - 1 and not self._due[prefix, DAYS]:
            self._due[prefix, DAYS].append((Kind.CUSTOMER_RETURN, sale))
        elif lot < RETURNED:
            self._due[prefix, day + days].append((Kind.CUSTOMER_RETURN, sale))
        elif lot < RETURNED + EXCHANGED:
            self._due[prefix, day + days].append((Kind.EXCHANGE, sale))

    def come(self, prefix: str, day: int) -> None:
        """Whoever was to come on this day comes."""
        for nth, (kind, sale) in enumerate(self._due.pop((prefix, day), ())):
            self._come(prefix, day, kind, sale, part=0.110 + nth * 0.002)

    def _come(
        self, prefix: str, day: int, kind: Kind, sale: PlannedDocument, *, part: float
    ) -> None:
        stage = self._stage
        sold = stage.chance.choice(sale.lines)
        is_defective = kind == Kind.EXCHANGE or stage.chance.random() < DEFECTIVE
        out = self._instead(prefix, sold) if kind == Kind.EXCHANGE else None
        lines = [self._back(prefix, day, sold, is_defective=is_defective)]
        lines += [out] if out else []
        document = PlannedDocument(
            kind if out else Kind.CUSTOMER_RETURN,
            stage.shop.stores[prefix],
            stage.someone(WHO_SELLS, prefix),
            stage.at(prefix, day, part),
            lines,
            customer=sale.customer,
        )
        stage.planned.append(document)

    def _back(self, prefix: str, day: int, sold: PlannedLine, *, is_defective: bool) -> PlannedLine:
        stage, goods = self._stage, sold.goods
        serials = [stage.chance.choice(sold.serials)] if sold.serials else []
        reasons = DEFECTS[goods.type_name] if is_defective else CHANGES_OF_MIND
        reason = stage.chance.choice(reasons)
        shelf = (stage.defective if is_defective else stage.shelves)[prefix]
        shelf.put(goods, 1, serials)
        if is_defective:
            stage.why[serials[0] if serials else goods.ware.sku] = reason
        return PlannedLine(
            goods,
            1,
            tuple(self._typed(goods, serial, day) for serial in serials),
            sold.price,
            reason,
            origin=sold,
            is_defective=is_defective,
        )

    def _typed(self, goods: Goods, serial: str, day: int) -> str:
        """The serial as the cashier typed it: once, of a power tool, it is wrong."""
        is_late = goods.product.mode == Mode.RECORDED and day >= WRONG_RETURN_FROM
        if self._typed_wrong or not is_late:
            return serial
        self._typed_wrong = True
        return mistyped(serial)

    def _instead(self, prefix: str, sold: PlannedLine) -> PlannedLine | None:
        """One more of the same goods, or of others of the type; None when there is none."""
        stage = self._stage
        shelf = stage.shelves[prefix]
        alike = [goods for goods in stage.shop.goods if goods.type_name == sold.goods.type_name]
        alike.sort(key=lambda goods: goods is not sold.goods)
        for goods in alike:
            if shelf.count(goods):
                serials = shelf.take(goods, 1, stage.chance)
                return PlannedLine(goods, 1, serials, sold.price if goods is sold.goods else None)
        return None
