"""What a count should say, in a few lists: no Django, no SQL, nothing of the product's code.

Unlike the books the model keeps what was cancelled as well, as one list of what moved where:
cancelling brings things back, and so may explain what a count could not.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from .shop_model import (
    BY_SERIALS,
    OURS,
    OUTSIDE,
    Books,
    Line,
    Paper,
    Place,
    aside,
    defective,
    shelf,
)

UnitOf = tuple[int, str]
"""A unit: its product and its serial number."""
Side = tuple[int, bool]
"""The good or the defective goods of a product."""

OUT_OF_SCOPE, ASKS = "out_of_scope", "asks"


class Move(NamedTuple):
    """One unit went somewhere, by a paper or because it was cancelled."""

    unit: UnitOf
    target: Place
    paper: Paper
    undoes: bool


class CountedBooks(Books):
    """Books that know all that ever moved, and until which day stock was counted."""

    def __init__(self, modes: Mapping[int, str]) -> None:
        super().__init__(modes)
        self.history: list[Move] = []
        self.counted: dict[tuple[int, int], dt.date] = {}
        """By store and product; there is no count in this world but today's."""
        self.late: dict[UnitOf, dt.date] = {}
        """Days on which something older was cancelled, because its own day was counted."""

    def moves(self, unit: UnitOf) -> list[Move]:
        return [move for move in self.history if move.unit == unit]

    def place_of(self, unit: UnitOf) -> Place:
        """Where a unit is, or is said to be."""
        moves = self.moves(unit)
        return moves[-1].target if moves else OUTSIDE

    def counted_until(self, paper: Paper) -> dt.date:
        days = (self.counted.get((paper.store, line.product)) for line in paper.lines)
        return max((day for day in days if day), default=dt.date.min)

    def moved_on(self, product: int, serial: str) -> dt.date:
        late = self.late.get((product, serial), dt.date.min)
        return max(super().moved_on(product, serial), late)

    def fits(self, paper: Paper) -> bool:
        until = self.counted_until(paper)
        if paper.kind == "identification":  # what its date can't say any more, it says today
            paper.on = max(paper.on, until)
        return paper.on >= until and super().fits(paper)

    def post(self, paper: Paper) -> None:
        super().post(paper)
        self._moved_by(paper)

    def correct(self, paper: Paper) -> None:
        super().correct(paper)
        self._moved_by(paper)

    def _moved_by(self, paper: Paper) -> None:
        self.history += [
            Move((line.product, serial), line.ends[1], paper, undoes=False)
            for line in paper.lines
            for serial in line.serials
        ]

    def forget(self, papers: Sequence[Paper]) -> None:
        super().forget(papers)
        self.history = [move for move in self.history if move.paper not in papers]

    def cancel(self, paper: Paper) -> None:
        super().cancel(paper)
        until = self.counted_until(paper)
        for line in paper.lines:
            for serial in line.serials:
                unit = line.product, serial
                self.history.append(Move(unit, self._back(line, serial), paper, undoes=True))
                if paper.on < until:
                    self.late[unit] = until

    def _back(self, line: Line, serial: str) -> Place:
        """Where a unit is again; of one that is only recorded the last word stands."""
        source = line.left_from[serial]
        if line.mode == "strict" or source[0] in OURS:
            return source
        unit = self.unit(line.product, serial)
        return unit.place if unit and unit.place[0] not in OURS else OUTSIDE


@dataclasses.dataclass(eq=False)
class Scanned:
    """One unit that was counted; `since` is how much had ever moved by then."""

    product: int | None
    serial: str
    was_here: bool
    since: int
    is_live: bool = True
    pk: int = 0


@dataclasses.dataclass(eq=False)
class Pieces:
    """Some pieces that were counted, and how many the records had at that moment."""

    side: Side
    quantity: int
    balance: int
    is_live: bool = True
    pk: int = 0


class Found(NamedTuple):
    """What closing would write: units by side, and pieces by side."""

    missing: dict[Side, list[str]]
    short: dict[Side, int]
    over: dict[Side, int]


class CountModel:
    """A count of a store: `products` are those it is about, in the order of their articles."""

    def __init__(
        self, books: CountedBooks, store: int, products: Collection[int], *, pk: int
    ) -> None:
        self.books = books
        self.store = store
        self.products = list(products)
        self.pk = pk
        self.is_paused = False
        self.units: list[Scanned] = []
        self.pieces: list[Pieces] = []
        here = {unit for product in self.by_serials for unit in self.lying(product)}
        self.expected = {
            unit: len(books.moves(unit)) for unit in here if books.place_of(unit) != aside(store)
        }

    @property
    def by_serials(self) -> list[int]:
        return [one for one in self.products if self.books.modes[one] in BY_SERIALS]

    def place(self, *, bad: bool) -> Place:
        return defective(self.store) if bad else shelf(self.store)

    @property
    def places(self) -> set[Place]:
        return {shelf(self.store), defective(self.store), aside(self.store)}

    def lies_here(self, unit: UnitOf) -> bool:
        return self.books.place_of(unit) in self.places

    def lying(self, product: int) -> list[UnitOf]:
        """The units of a product that the store's records have."""
        units = {move.unit for move in self.books.history if move.unit[0] == product}
        return sorted(unit for unit in units if self.lies_here(unit))

    # scanning

    def live(self) -> Iterator[Scanned]:
        return (scan for scan in self.units if scan.is_live)

    def means(self, serial: str, product: int | None, *, way: str) -> int | str | None:
        """The product of a scanned number, None where nobody knows, or why nothing is counted.

        Its product was `named`, or `chosen` before, or it is said that it is of `none`.
        """
        if way == "named" and product is not None:
            return product if product in self.products else OUT_OF_SCOPE
        of = [one for one in self.books.modes if self.books.moves((one, serial))]
        covered = [one for one in of if one in self.products]
        chosen = product if way == "chosen" and product in self.products else None
        if not covered:
            return OUT_OF_SCOPE if of else chosen
        here = [one for one in covered if self.lies_here((one, serial))]
        if chosen in covered and (chosen in here or not here):
            return chosen
        if chosen not in covered and len(here) == 1:
            return here[0]
        if len(covered) == 1 and chosen in {None, covered[0]}:
            return covered[0]
        return ASKS

    def scan(self, serial: str, product: int | None, *, way: str) -> tuple[str, Scanned | None]:
        """The verdict, and the scan that counts."""
        if self.is_paused:
            return "refused", None
        means = self.means(serial, product, way=way)
        if isinstance(means, str):
            return means, None
        known = means is not None and bool(self.books.moves((means, serial)))
        ever = any(self.books.moves((one, serial)) for one in self.books.modes)
        said = way == "named" or (way == "none" and not ever)
        if before := self._counted_before(serial, means, known=known, said=said):
            return "repeated", before
        for scan in self.live():
            if scan.serial == serial and scan.product is None:
                scan.is_live = False
        here = means is not None and self.lies_here((means, serial))
        scanned = Scanned(means, serial, here, since=len(self.books.history))
        self.units.append(scanned)
        return ("expected" if here else "unknown"), scanned

    def _counted_before(
        self, serial: str, product: int | None, *, known: bool, said: bool
    ) -> Scanned | None:
        """The scan that has counted this unit; a nameless one is counted anew once it is named."""
        same = [scan for scan in self.live() if scan.serial == serial]
        its = [scan for scan in same if scan.product == product]
        if its:
            return its[0]
        names = said or (product is not None and not known)
        nameless = [scan for scan in same if scan.product is None and not names]
        of_another = [scan for scan in same if scan.product is not None and not known and not said]
        return next((scan for scan in same if scan in [*nameless, *of_another]), None)

    def tally(self, side: Side, quantity: int, *, in_all: bool) -> tuple[str, Pieces | None]:
        """Count pieces: so many more, or so many in all."""
        product, bad = side
        if self.is_paused:
            return "refused", None
        if product not in self.products:
            return OUT_OF_SCOPE, None
        for pieces in self.pieces:
            if in_all and pieces.side == side:
                pieces.is_live = False
        balance = self.books.balances()[product, self.place(bad=bad)]
        self.pieces.append(Pieces(side, quantity, balance))
        return "counted", self.pieces[-1]

    # what is unknown

    def unknown(self) -> list[Scanned]:
        return [scan for scan in self.live() if not scan.was_here and not self.came_by(scan)]

    def came_by(self, scan: Scanned) -> list[Move]:
        """What brought a unit here: it is here, or came after it was scanned and that stands."""
        of = self.products if scan.product is None else [scan.product]
        units = [(product, scan.serial) for product in of]
        came = []
        for nth, move in enumerate(self.books.history):
            if move.unit in units and move.target in self.places:
                last = move is self.books.moves(move.unit)[-1]
                stands = move.undoes or move.paper in self.books.standing
                if last or (nth >= scan.since and stands):
                    came.append(move)
        return came

    def may_swap(self, scan: Scanned, product: int, went: str) -> bool:
        """Whether the count has nothing against it that a unit changes places with this one."""
        in_doubt = scan.product == product or (scan.product is None and product in self.products)
        return scan in self.unknown() and in_doubt and not self.was_scanned((product, went))

    def swapped(self, scan: Scanned, product: int) -> None:
        """What nobody knew is known now, unless another scan knows it."""
        same = [one for one in self.live() if one.serial == scan.serial and one is not scan]
        if scan.product is None and all(one.product != product for one in same):
            scan.product = product

    # closing

    def was_scanned(self, unit: UnitOf) -> bool:
        product, serial = unit
        return any(scan.serial == serial and scan.product in {product, None}
                   for scan in self.live())  # fmt: skip

    def uncounted(self) -> dict[Side, int]:
        """Pieces that nobody counted."""
        held = self.books.balances()
        sides = {(product, bad): held[product, self.place(bad=bad)]
                 for product in self.products if product not in self.by_serials
                 for bad in (False, True)}  # fmt: skip
        counted = {pieces.side for pieces in self.pieces if pieces.is_live}
        return {side: held for side, held in sides.items() if held and side not in counted}

    def found(self, *, as_none: bool) -> Found:
        """What was not found, or too much; with `as_none` what nobody counted is not there."""
        short, over = Counter[Side](), Counter[Side]()
        held = self.books.balances()
        for side in sorted({pieces.side for pieces in self.pieces if pieces.is_live}):
            product, bad = side
            counted = [one for one in self.pieces if one.is_live and one.side == side]
            more = sum(one.quantity for one in counted) - counted[-1].balance
            over[side] = max(0, more)
            short[side] = min(max(0, -more), held[product, self.place(bad=bad)])
        if as_none:
            short.update(self.uncounted())
        return Found(self._missing(), dict(+short), dict(+over))

    def _missing(self) -> dict[Side, list[str]]:
        """Units that lay here, have not moved and were not scanned, by side.

        Of recorded ones no more than there are pieces: the others left under another number.
        """
        found: dict[Side, list[str]] = {}
        for product in self.by_serials:
            for bad in (False, True):
                place = self.place(bad=bad)
                lie = [unit for unit in self.lying(product) if self.books.place_of(unit) == place]
                missing = [
                    unit[1] for unit in lie if self._stayed(unit) and not self.was_scanned(unit)
                ]
                if self.books.modes[product] == "recorded":
                    missing = missing[max(0, len(lie) - self.books.balances()[product, place]) :]
                if missing:
                    found[product, bad] = missing
        return found

    def _stayed(self, unit: UnitOf) -> bool:
        """Whether a unit has lain here all the time; a cancelled correction moved nothing."""
        if unit not in self.expected:
            return False
        later = self.books.moves(unit)[self.expected[unit] :]
        return all(
            move.paper.kind == "correction"
            and (move.undoes or move.paper not in self.books.standing)
            for move in later
        )

    def papers(self, found: Found, on: dt.date) -> list[Paper]:
        """The shortage and the surplus by which a count closes."""
        goes = {side: len(units) for side, units in found.missing.items()} | found.short
        papers = []
        for kind, pieces in (("shortage", goes), ("surplus", found.over)):
            order = sorted(pieces, key=lambda side: (self.products.index(side[0]), side[1]))
            lines = [
                Line(kind, side[0], pieces[side], found.missing.get(side, []), is_defective=side[1])
                for side in order
            ]
            if lines:
                papers.append(Paper(kind, self.store, on, lines))
        return papers

    def close(self, on: dt.date) -> None:
        """From now on the books of its products begin on this day."""
        self.books.counted |= {(self.store, product): on for product in self.products}
