"""What leaves a store without being sold: transfers, returns to suppliers, write-offs."""

from __future__ import annotations

import dataclasses
from collections import defaultdict

from documents.models import Kind

from .catalogue import Goods
from .stage import DAYS, PlannedDocument, PlannedLine, Stage

DAYS_BETWEEN_SUPPLIER_RETURNS = 48
TRANSFERS = {
    95: "KY1", 214: "LV1", 333: "KY1", 451: "LV1", 570: "KY1", 668: "LV1",
    DAYS - 9: "KY1", DAYS: "LV1",
}  # fmt: skip
"""From which store on which day; what was sent today has not arrived."""
ARRIVED_SHORT = DAYS - 9
WHO_MOVES = {"KY1": "mykola", "LV1": "yulia"}
WRITE_OFFS = {
    131: ("KY1", "Small appliances", "Fell off the shelf"),
    297: ("LV1", "Accessories", "Packing torn, parts are missing"),
    505: ("KY1", "Tablets and laptops", "Screen broken in the window"),
    689: ("LV1", "Small appliances", "Water damage in the back room"),
}
NO_SERIAL_DEFECT = "Faulty, came back from a customer"


class Moves:
    """Sends goods between the stores, back to where they came from, and away for good."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._sent: defaultdict[tuple[str, int], list[PlannedDocument]] = defaultdict(list)

    def arrive(self, prefix: str, day: int) -> None:
        """What was sent here the day before is received."""
        for transfer in self._sent.pop((prefix, day), ()):
            lines = [
                dataclasses.replace(line, origin=line)
                for nth, line in enumerate(transfer.lines)
                if nth or day != ARRIVED_SHORT + 1
            ]
            stage = self._stage
            for line in lines:
                stage.shelves[prefix].put(line.goods, line.quantity, list(line.serials))
            stage.planned.append(
                PlannedDocument(
                    Kind.ARRIVAL,
                    stage.shop.stores[prefix],
                    stage.shop.staff[WHO_MOVES[prefix]],
                    stage.at(prefix, day, 0.100),
                    lines,
                    origin=transfer,
                )
            )

    def leave(self, prefix: str, day: int) -> None:
        """What leaves the store on this day without being sold."""
        if day % DAYS_BETWEEN_SUPPLIER_RETURNS == 0:
            self._to_supplier(prefix, day)
        if WRITE_OFFS.get(day, ("",))[0] == prefix:
            _, type_name, reason = WRITE_OFFS[day]
            self._write_off(prefix, day, type_name, reason)
        if TRANSFERS.get(day) == prefix:
            self._send(prefix, day)

    def _to_supplier(self, prefix: str, day: int) -> None:
        """The defective goods of one wholesaler's types go back to it."""
        stage, shelf = self._stage, self._stage.defective[prefix]
        broken = [goods for goods in stage.shop.goods if shelf.count(goods)]
        if not broken:
            return
        wholesaler = stage.wholesaler_of(broken[0])
        lines = [
            self._broken(prefix, goods)
            for goods in broken
            if goods.type_name in wholesaler.types
            for _ in range(shelf.count(goods))
        ]
        stage.planned.append(
            PlannedDocument(
                Kind.SUPPLIER_RETURN,
                stage.shop.stores[prefix],
                stage.manager(prefix),
                stage.at(prefix, day, 0.125),
                lines,
                supplier=wholesaler.supplier,
            )
        )

    def _broken(self, prefix: str, goods: Goods) -> PlannedLine:
        stage = self._stage
        serials = stage.defective[prefix].take(goods, 1, stage.chance)
        reason = stage.why.get(serials[0] if serials else "", NO_SERIAL_DEFECT)
        return PlannedLine(goods, 1, serials, stage.cost(goods), reason, is_defective=True)

    def _write_off(self, prefix: str, day: int, type_name: str, reason: str) -> None:
        stage, shelf = self._stage, self._stage.shelves[prefix]
        there = [
            goods
            for goods in stage.shop.goods
            if goods.type_name == type_name and shelf.count(goods)
        ]
        goods = stage.chance.choice(there)
        line = PlannedLine(goods, 1, shelf.take(goods, 1, stage.chance), remark=reason)
        stage.planned.append(
            PlannedDocument(
                Kind.WRITE_OFF,
                stage.shop.stores[prefix],
                stage.manager(prefix),
                stage.at(prefix, day, 0.130),
                [line],
            )
        )

    def _send(self, prefix: str, day: int) -> None:
        """What the other store has least of, of what lies here in plenty."""
        stage, other = self._stage, "LV1" if prefix == "KY1" else "KY1"
        here, there = stage.shelves[prefix], stage.shelves[other]
        spare = [goods for goods in stage.shop.goods if here.count(goods) > 2]
        spare.sort(key=lambda goods: there.count(goods) - here.count(goods))
        lines = []
        for goods in spare[:3]:
            count = stage.chance.randint(1, 2)
            lines.append(PlannedLine(goods, count, here.take(goods, count, stage.chance)))
        transfer = PlannedDocument(
            Kind.TRANSFER,
            stage.shop.stores[prefix],
            stage.shop.staff[WHO_MOVES[prefix]],
            stage.at(prefix, day, 0.140),
            lines,
            to_store=stage.shop.stores[other],
        )
        stage.planned.append(transfer)
        self._sent[other, day + 1].append(transfer)
