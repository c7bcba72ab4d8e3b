"""What a shop's books should say, in a few dicts: no Django, no SQL, nothing of the product's code.

The model knows only the papers that stand: a cancelled one is as if it had never been. Where a
unit is, what lies where, what may still come back and whose warranty goes on is all read from
their lines anew each time.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

Place = tuple[str, int | None]
"""A kind of place, and the store's number where it has one."""

OUTSIDE: Place = ("outside", None)
CUSTOMER: Place = ("customer", None)
SUPPLIER: Place = ("supplier", None)
WRITTEN_OFF: Place = ("written_off", None)
TRANSIT: Place = ("transit", None)
MISSING: Place = ("missing", None)
OURS = frozenset({"shelf", "defective", "blocked", "transit"})
BY_SERIALS = frozenset({"strict", "recorded"})

OPENS = {"sale": "return", "exchange": "return", "transfer": "arrive"}
SETTLES = {"customer_return": "return", "exchange": "return", "arrival": "arrive",
           "identification": "identify"}  # fmt: skip
EITHER_SIDE = frozenset({"supplier_return", "write_off", "shortage", "set_aside"})
LACKS_SERIALS = frozenset({"receipt", "sale", "supplier_return", "write_off", "transfer",
                           "arrival"})  # fmt: skip


def shelf(store: int) -> Place:
    return ("shelf", store)


def defective(store: int) -> Place:
    return ("defective", store)


def aside(store: int) -> Place:
    return ("blocked", store)


def route(movement: str, store: int, *, bad: bool = False) -> tuple[Place, Place]:
    """From where to where a movement of a store goes."""
    here = defective(store) if bad else shelf(store)
    return {
        "receipt": (OUTSIDE, here),
        "sale": (shelf(store), CUSTOMER),
        "customer_return": (CUSTOMER, here),
        "supplier_return": (here, SUPPLIER),
        "write_off": (here, WRITTEN_OFF),
        "transfer": (shelf(store), TRANSIT),
        "arrival": (TRANSIT, here),
        "shortage": (here, MISSING),
        "set_aside": (here, aside(store)),
        "put_back": (aside(store), here),
        "parts": (shelf(store), WRITTEN_OFF),
        "surplus": (MISSING, here),
    }[movement]


@dataclasses.dataclass(eq=False)
class Card:
    """A warranty card, its unit, and the paper by which it became void."""

    serial: str = ""
    void_by: Paper | None = None


@dataclasses.dataclass(eq=False)
class Line:
    """One product on a paper; `left_from` says where each serial really left from."""

    movement: str
    product: int
    quantity: int
    serials: Sequence[str] = ()
    origin: Line | None = None
    is_defective: bool = False
    mode: str = ""
    left_from: dict[str, Place] = dataclasses.field(default_factory=dict)
    cards: list[Card] = dataclasses.field(default_factory=list)
    other_side: Place | None = None
    way: tuple[Place, Place] | None = None
    """Of a correction: from where to where, which no rule of its kind says."""
    paper: Paper = dataclasses.field(init=False, repr=False)
    pk: int = 0

    @property
    def is_put_back(self) -> bool:
        """Whether it is the half of a correction that takes a unit off its origin."""
        return self.paper.kind == "correction" and self is self.paper.lines[0]

    @property
    def loose(self) -> int:
        """Pieces that moved without the serial they have."""
        return self.quantity - len(self.serials) if self.mode in BY_SERIALS else 0

    @property
    def ends(self) -> tuple[Place, Place]:
        if self.way:
            return self.way
        source, target = route(self.movement, self.paper.store, bad=self.is_defective)
        return self.other_side or source, target

    def pieces(self) -> Iterator[tuple[Place, Place, int]]:
        """What it moves: from, to, how many."""
        source, target = self.ends
        for serial in self.serials:
            yield self.left_from[serial], target, 1
        if self.mode not in BY_SERIALS:
            yield source, target, self.quantity
        elif self.loose:
            yield source, target, self.loose
        if self.paper.kind == "identification":
            yield target, source, self.quantity


@dataclasses.dataclass(eq=False)
class Paper:
    """A document: posted ones stand until they are cancelled."""

    kind: str
    store: int
    on: dt.date
    lines: list[Line]
    without_serials: bool = False
    acknowledges: bool = False
    pk: int = 0

    def __post_init__(self) -> None:
        for line in self.lines:
            line.paper = self

    def __repr__(self) -> str:
        return f"<{self.kind} {self.pk}>"


@dataclasses.dataclass
class Unit:
    """Where a serial is by the line that moved it last, and the last day it moved on."""

    place: Place
    verified: bool
    line: Line
    on: dt.date


class Books:
    """All papers of a company, and what follows from those that stand."""

    def __init__(self, modes: Mapping[int, str]) -> None:
        self.modes = dict(modes)
        self.standing: list[Paper] = []
        self.said: set[tuple[int, str]] = set()
        """Units whose recorded movement out of a store was cancelled: said to lie there again."""

    # what is where

    def lines(self) -> Iterator[Line]:
        return (line for paper in self.standing for line in paper.lines)

    def balances(self) -> Counter[tuple[int, Place]]:
        """Pieces by product and place of ours."""
        held: Counter[tuple[int, Place]] = Counter()
        for line in self.lines():
            for source, target, pieces in line.pieces():
                held[line.product, source] -= pieces
                held[line.product, target] += pieces
        return Counter({end: held[end] for end in held if end[1][0] in OURS and held[end]})

    def stock(self, product: int) -> int:
        return sum(held for (of, _), held in self.balances().items() if of == product)

    def unit(self, product: int, serial: str) -> Unit | None:
        found = None
        for line in self.lines():
            if line.product == product and serial in line.serials:
                day = max(line.paper.on, found.on) if found else line.paper.on
                found = Unit(line.ends[1], line.mode == "strict", line, day)
        return found

    def moved_on(self, product: int, serial: str) -> dt.date:
        """The last day in the life of a unit; nothing is posted of it with an earlier date."""
        unit = self.unit(product, serial)
        return unit.on if unit else dt.date.min

    def trusted(self, product: int, serial: str) -> Unit | None:
        """A unit that strict accounting knows: what only people said lies with us is not."""
        unit = self.unit(product, serial)
        if unit is None or (product, serial) in self.said or unit.place == OUTSIDE:
            return None
        return unit if unit.verified or unit.place[0] not in OURS else None

    def units_in(self, product: int, place: Place) -> list[str]:
        """The strict units of a product that lie in a place."""
        serials = {serial for line in self.lines() if line.product == product
                   for serial in line.serials}  # fmt: skip
        at = {serial: self.trusted(product, serial) for serial in sorted(serials)}
        return [serial for serial, unit in at.items() if unit and unit.place == place]

    # what is left to settle

    def opened(self, line: Line) -> Iterator[tuple[str, int]]:
        """What a line lets later papers settle."""
        if line.paper.kind in OPENS and line.origin is None:
            yield OPENS[line.paper.kind], line.quantity
        if line.loose:
            yield "identify", line.loose

    def left(self, line: Line, purpose: str) -> int:
        """Pieces of a line that may still be settled."""
        if line.paper not in self.standing:
            return 0
        settled = sum(
            later.quantity
            for later in self.lines()
            if later.origin is line and SETTLES.get(later.paper.kind) == purpose
        )
        return dict(self.opened(line)).get(purpose, 0) - settled

    def waiting(self, purpose: str) -> list[Line]:
        """The lines that may still be settled."""
        return [line for line in self.lines() if self.left(line, purpose)]

    def moved_by(self, line: Line) -> list[Line]:
        """A line, and those that entered serials for it later, or put them right."""
        entered = [
            later
            for later in self.lines()
            if later.origin is line and later.paper.kind in {"identification", "correction"}
        ]
        return [line, *entered]

    def named_by(self, line: Line) -> list[str]:
        """The units that a line moved in fact, whatever was written there."""
        units: list[str] = []
        for moved in self.moved_by(line):
            if moved.is_put_back:
                units = [unit for unit in units if unit not in moved.serials]
            else:
                units += moved.serials
        return units

    @staticmethod
    def root(line: Line) -> Line:
        """The line whose serials this one entered or put right, or the line itself."""
        indirect = line.paper.kind in {"identification", "correction"}
        return line.origin if indirect and line.origin else line

    def mixed_up(self, product: int, lies: str, went: str, store: int) -> list[Line] | None:
        """The lines of the correction by which two strict units change places; None if not."""
        there, gone = self.trusted(product, lies), self.trusted(product, went)
        here = {shelf(store), defective(store)}
        if gone is None or gone.place not in here or (there and there.place in here):
            return None
        came = self.root(gone.line)
        if there is None:
            if came.movement not in {"receipt", "arrival", "surplus"} or came.paper.kind not in {
                "receipt", "arrival", "surplus",
            }:  # fmt: skip
                return None
            origin, place = came, OUTSIDE
        else:
            origin, place = self.root(there.line), there.place
            sender = origin.origin if origin.paper.kind == "arrival" else origin
            took_out = {"sale", "exchange", "supplier_return", "write_off", "parts", "transfer",
                        "arrival"}  # fmt: skip
            if sender is None or origin.paper.kind not in took_out or place == MISSING:
                return None
            if sender.paper.store != store:
                return None
            if self.standing.index(came.paper) > self.standing.index(sender.paper):
                return None
        return [
            Line("correction", product, 1, [lies], origin, way=(place, gone.place)),
            Line("correction", product, 1, [went], origin, way=(gone.place, place)),
        ]

    def correct(self, paper: Paper) -> None:
        """Two units change places, and with them their warranty."""
        for line in paper.lines:
            line.mode = self.modes[line.product]
            assert line.way
            line.left_from = dict.fromkeys(line.serials, line.way[0])
        back, out = paper.lines
        if out.ends[1] == CUSTOMER:
            self._void_cards(back)
            out.cards = [Card(out.serials[0])]
        self.standing.append(paper)

    # posting

    def fits(self, paper: Paper) -> bool:
        """Whether a paper may be posted."""
        asked: Counter[tuple[int, Place]] = Counter()
        settled: Counter[Line] = Counter()
        held = self.balances()
        for line in paper.lines:
            line.mode = self.modes[line.product]
            line.other_side = self._other_side(line, held)
            if self._came_back_before(line):
                return False
            if not self._has_its_serials(line) or not self._has_its_origin(line, settled):
                return False
            if line.mode == "strict":
                units = [self._leaves_from(line, serial) for serial in line.serials]
                if None in units:
                    return False
            for place in self._takes_out(line):
                asked[line.product, place] += 1
        return all(held[end] >= pieces for end, pieces in asked.items())

    def _other_side(self, line: Line, held: Counter[tuple[int, Place]]) -> Place | None:
        """Goods marked defective leave from the shelf, or the other way round, where enough lie."""
        if line.movement not in EITHER_SIDE or (line.paper.kind == "identification"):
            return None
        marked, other = shelf(line.paper.store), defective(line.paper.store)
        if line.is_defective:
            marked, other = other, marked
        enough = held[line.product, marked] < line.quantity <= held[line.product, other]
        return other if enough else None

    def _came_back_before(self, line: Line) -> bool:
        """Whether a recorded unit came back of the same sold line already."""
        return (
            line.movement == "customer_return"
            and line.mode == "recorded"
            and any(
                other.origin is line.origin
                and other.movement == "customer_return"
                and set(other.serials) & set(line.serials)
                for other in self.lines()
            )
        )

    def _has_its_serials(self, line: Line) -> bool:
        if line.mode not in BY_SERIALS:
            return not line.serials
        may_lack = line.paper.without_serials and line.paper.kind in LACKS_SERIALS
        return line.loose == 0 or (line.loose > 0 and may_lack)

    def _has_its_origin(self, line: Line, settled: Counter[Line]) -> bool:
        if line.origin is None:
            return True
        settled[line.origin] += line.quantity
        purpose = SETTLES[line.paper.kind]
        left = self.left(line.origin, purpose)
        if purpose == "return":  # what was sold without its serials waits until they are entered
            left -= self.left(line.origin, "identify")
        return settled[line.origin] <= left and line.paper.on >= line.origin.paper.on

    def _takes_out(self, line: Line) -> list[Place]:
        """A place of ours for each piece that a line needs to find there."""
        source = line.ends[0]
        if line.paper.kind == "identification":
            return []
        if line.mode == "strict":
            units = [self._leaves_from(line, serial) or OUTSIDE for serial in line.serials]
            places = [*units, *([source] * line.loose)]
        else:
            places = [source] * line.quantity
        return [place for place in places if place[0] in OURS]

    def _leaves_from(self, line: Line, serial: str) -> Place | None:
        """Where a strict unit makes this movement from; None when it may not."""
        unit = self.trusted(line.product, serial)
        if self.moved_on(line.product, serial) > line.paper.on:
            return None
        source, store = line.ends[0], line.paper.store
        entered = line.paper.kind == "identification"
        sale = line.origin.origin if line.origin and entered else line.origin
        came_so = sale is None or (unit is not None and unit.line in self.moved_by(sale))
        if unit is None:
            seen = line.movement != "receipt" and not self._sold_unseen(line)
            return None if seen else source
        if line.movement == "receipt":
            back = unit.place == SUPPLIER and line.paper.acknowledges
            return SUPPLIER if back else None
        allowed = {source}
        if line.movement in EITHER_SIDE and not entered:
            allowed = {shelf(store), defective(store)}
        return unit.place if unit.place in allowed and came_so else None

    def _sold_unseen(self, line: Line) -> bool:
        """Whether a line brings back what was sold before its product had serials."""
        origin = line.origin
        return (
            line.movement == "customer_return"
            and origin is not None
            and origin.mode not in BY_SERIALS
        )

    def post(self, paper: Paper) -> None:
        """A paper that fits stands from now on."""
        for line in paper.lines:
            for serial in line.serials:
                place = line.ends[0]
                if line.mode == "strict":
                    place = self._leaves_from(line, serial) or place
                line.left_from[serial] = place
        for line in paper.lines:
            self.said -= {(line.product, serial) for serial in line.serials}
            if line.movement == "customer_return" and line.origin is not None:
                self._void_cards(line)
        for line in paper.lines:
            if line.ends[1] == CUSTOMER and line.mode != "none":
                without = [""] * (line.quantity - line.loose - len(line.serials))
                line.cards = [Card(serial) for serial in [*line.serials, *without]]
        self.standing.append(paper)

    def forget(self, papers: Sequence[Paper]) -> None:
        """As if these had not been posted: the last of several at once did not fit."""
        self.standing = [paper for paper in self.standing if paper not in papers]

    def _void_cards(self, line: Line) -> None:
        assert line.origin is not None
        cards = [card for sold in self.moved_by(line.origin) for card in sold.cards]
        valid = [card for card in reversed(cards) if card.void_by is None]
        # Those of the units that come back, then the last ones.
        valid.sort(key=lambda card: card.serial not in line.serials)
        for card in valid[: line.quantity]:
            card.void_by = line.paper

    def valid_cards(self) -> Counter[int]:
        """How many cards of each paper are valid, by its id."""
        counts: Counter[int] = Counter()
        for line in self.lines():
            counts[line.paper.pk] += sum(card.void_by is None for card in line.cards)
        return +counts

    # cancelling

    def may_cancel(self, paper: Paper) -> bool:
        """Whether nothing came after a paper, and its goods are still where it put them."""
        later = self.standing[self.standing.index(paper) + 1 :]
        moved = {(line.product, serial) for line in paper.lines for serial in line.serials}
        for line in (line for other in later for line in other.lines):
            if line.origin in paper.lines:
                return False
            if moved & {(line.product, serial) for serial in line.serials}:
                return False
        if any(self._about(line.mode) != self._about(self.modes[line.product])
               for line in paper.lines):  # fmt: skip
            return False
        self.standing.remove(paper)
        short = any(pieces < 0 for pieces in self.balances().values())
        self.standing.insert(len(self.standing) - len(later), paper)
        return not short

    @staticmethod
    def _about(mode: str) -> str:
        return mode if mode in BY_SERIALS else ""

    def cancel(self, paper: Paper) -> None:
        """As if the paper had never been."""
        ever = [card for line in self.lines() for card in line.cards]
        self.standing.remove(paper)
        for card in ever:
            if card.void_by is paper:
                card.void_by = None
        for line in paper.lines:
            for serial in line.serials:
                out = line.mode == "recorded" and line.left_from[serial][0] in OURS
                (self.said.add if out else self.said.discard)((line.product, serial))
