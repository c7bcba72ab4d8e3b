"""What lies in a store while its history is made up, and the serial numbers goods arrive with."""

from __future__ import annotations

import random

from stdnum import luhn

from .catalogue import Goods


class SerialNumbers:
    """Serials as a maker gives them: rising, with gaps where other shops bought theirs."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._last: dict[str, int] = {}

    def take(self, goods: Goods, count: int) -> list[str]:
        """The serials of the next units delivered."""
        ware = goods.ware
        last = self._last.get(ware.sku) or self._chance.randint(11_000, 79_000)
        serials = []
        for _ in range(count):
            last += self._chance.choice((1, 1, 1, 2, 3, 8))
            serials.append(ware.serials.format(last))
        self._last[ware.sku] = last + self._chance.randint(20, 90)
        if goods.has_imei:
            return [body + str(luhn.calc_check_digit(body)) for body in serials]
        return serials


class Shelf:
    """The units and pieces of one store."""

    def __init__(self) -> None:
        self._units: dict[str, list[str]] = {}
        self._pieces: dict[str, int] = {}

    def count(self, goods: Goods) -> int:
        """How many pieces lie here."""
        if goods.product.asks_serials:
            return len(self._units.get(goods.ware.sku, ()))
        return self._pieces.get(goods.ware.sku, 0)

    def put(self, goods: Goods, count: int, serials: list[str]) -> None:
        """Goods arrive."""
        if goods.product.asks_serials:
            self._units.setdefault(goods.ware.sku, []).extend(serials)
        else:
            self._pieces[goods.ware.sku] = self.count(goods) + count

    def take(self, goods: Goods, count: int, chance: random.Random) -> tuple[str, ...]:
        """Goods leave, the older ones rather than the newer; the serials of what left."""
        if not goods.product.asks_serials:
            self._pieces[goods.ware.sku] -= count
            return ()
        units = self._units[goods.ware.sku]
        return tuple(units.pop(chance.randrange(min(4, len(units)))) for _ in range(count))

    def peek(self, goods: Goods) -> str:
        """The serial of a unit that lies here, and stays."""
        return self._units[goods.ware.sku][0]
