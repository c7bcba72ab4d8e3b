"""What the page of an uploaded file says: of a short one as it is now, of a long one as it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from serials.reading_files import BadRow

from .sorting_rows import Listed

FIRST = 3
"""Serial numbers of a line that are shown."""
MOST_LINES = 100
"""Lines that are shown, and lines whose price changes."""
MOST_REPEATED = 5
"""Cells of repeated serial numbers that are named."""


@dataclasses.dataclass(frozen=True, slots=True)
class PreviewLine:
    """What a file has for one product: how many, its first serial numbers, and the price."""

    name: str
    sku: str
    count: int
    first: Sequence[str]
    more: bool
    price: Decimal | None


@dataclasses.dataclass(frozen=True, slots=True)
class PriceChange:
    """The price that a file gives to the `count` units that are on their line already."""

    name: str
    count: int
    before: Decimal
    after: Decimal


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """What a file comes to, in numbers and in words: see `Listed`."""

    lines: Sequence[PreviewLine]
    serials: int
    pieces: int
    repeated: int
    numbers: Sequence[str]
    bad: Sequence[BadRow]
    repeated_at: Sequence[str] = ()
    price_changes: Sequence[PriceChange] = ()

    @property
    def shown_changes(self) -> Sequence[PriceChange]:
        return self.price_changes[:MOST_LINES]

    @property
    def hidden_changes(self) -> int:
        return len(self.price_changes) - len(self.shown_changes)

    @property
    def things(self) -> int:
        return self.serials + self.pieces

    @classmethod
    def of(cls, listed: Listed) -> Preview:
        lines = [
            PreviewLine(
                one.product.name,
                one.product.sku,
                len(one.serials) or one.pieces,
                [serial.text for serial in one.serials[:FIRST]],
                len(one.serials) > FIRST,
                one.price,
            )
            for one in listed.lines[:MOST_LINES]
        ]
        return cls(
            lines,
            listed.serials,
            listed.pieces,
            len(listed.repeated),
            listed.numbers,
            listed.bad,
            listed.repeated[:MOST_REPEATED],
            _price_changes(listed),
        )

    def packed(self) -> dict[str, Any]:
        """All of it as JSON."""
        told = dataclasses.asdict(self)
        for line in told["lines"]:
            line["price"] = None if line["price"] is None else str(line["price"])
        for change in told["price_changes"]:
            change |= {"before": str(change["before"]), "after": str(change["after"])}
        return told

    @classmethod
    def unpacked(cls, told: dict[str, Any]) -> Preview:
        """What `packed` gave."""
        lines = [
            PreviewLine(**one | {"price": None if one["price"] is None else Decimal(one["price"])})
            for one in told["lines"]
        ]
        changes = [
            PriceChange(**one | {"before": Decimal(one["before"]), "after": Decimal(one["after"])})
            for one in told.get("price_changes", ())  # a file that was read before there were any
        ]
        bad = [BadRow(**row) for row in told["bad"]]
        return cls(**told | {"lines": lines, "bad": bad, "price_changes": changes})


def _price_changes(listed: Listed) -> list[PriceChange]:
    """The lines of the draft that would not keep their price; a line has one for all its units."""
    return [
        PriceChange(one.product.name, one.line.quantity, one.line.unit_price, one.price)
        for one in listed.lines
        if one.line and one.price is not None and one.price != one.line.unit_price
    ]
