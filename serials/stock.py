"""What a posting is about to touch: read for a page, or locked to be posted."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from company.models import Store
from products.models import Product

from .models import COUNTED, Place, PlaceKind
from .places import all_places
from .policies import CORRECTION, POLICIES, RECEIPT
from .text import SerialText

Unit = tuple[int, str]
"""A serial's identity: (product id, key)."""


@dataclasses.dataclass(frozen=True, slots=True)
class LineToPost:
    """One line of a document: `quantity` pieces of a product, and their serials if it has any.

    They move from `source` to `target`; a verified serial leaves from where it really is, which
    may be one of `others` too, unless it has to come `from_source`.
    `put_there_by` are the (posting id, line) one of which must have put a verified serial where
    it is; `acknowledged` the earlier return to the supplier that a manager has seen, by key.
    `sold_unseen` goods were sold before their product had serials: theirs come back as new.
    With `may_lack_serials` the pieces without a serial move unidentified. A `counterpart` takes
    such pieces back where they came from, because their serials move on the same posting.
    `seconds` are the second numbers that it enters, by the keys of its serials.
    """

    number: int
    movement: str
    source: Place
    target: Place
    product_id: int
    quantity: int
    serials: Sequence[SerialText] = ()
    others: Sequence[Place] = ()
    put_there_by: frozenset[tuple[int, int]] | None = None
    acknowledged: Mapping[str, int] = dataclasses.field(default_factory=dict)
    sold_unseen: bool = False
    may_lack_serials: bool = False
    from_source: bool = False
    is_counterpart: bool = False
    seconds: Mapping[str, SerialText] = dataclasses.field(default_factory=dict)

    @property
    def may_bring_new(self) -> bool:
        """Whether a verified serial may be one that nobody has seen before."""
        from_outside = self.movement == CORRECTION and self.source.kind == PlaceKind.OUTSIDE
        return self.movement == RECEIPT or self.sold_unseen or from_outside

    @property
    def loose(self) -> int:
        """Pieces that move without a serial."""
        return self.quantity - len(self.serials)


class KnownSerial(NamedTuple):
    """A serial as the ledger has it: where its movement number `seq` put it, and on which day.

    `key` is its own, also where it was looked for by its second number. Where it was only
    recorded, not verified, the place is what people said: see `trusted_place`.
    """

    id: int
    text: str
    seq: int
    place: Place
    moved_on: dt.date
    is_verified: bool
    key: str

    @property
    def own(self) -> SerialText:
        """The number that documents name it by."""
        return SerialText(self.text, self.key)

    @property
    def trusted_place(self) -> Place | None:
        """The place a verified movement can start from; None when the unit is unknown.

        A recorded serial may be said to lie on a shelf where nothing lies: accounting becomes
        strict at zero stock only, so then none of the company's places holds it. And what is
        outside is there because all its movements were cancelled.
        """
        said_only = self.place.kind in COUNTED and not self.is_verified
        return None if said_only or self.place.kind == PlaceKind.OUTSIDE else self.place


@dataclasses.dataclass(slots=True)
class Stock:
    """The lines to post and what they touch.

    `balances` are pieces by (product id, place id), `serials` what the ledger knew before,
    `claimed` the ids of serials it did not know, by unit. `seconds` is what is known of the second
    numbers that the lines enter.
    """

    store: Store
    lines: Sequence[LineToPost]
    products: Mapping[int, Product]
    balances: Mapping[tuple[int, int], int]
    serials: Mapping[Unit, KnownSerial]
    locked: bool
    claimed: Mapping[Unit, int] = dataclasses.field(default_factory=dict)
    seconds: Seconds = dataclasses.field(default_factory=lambda: Seconds())


@dataclasses.dataclass(frozen=True, slots=True)
class Seconds:
    """What is known of the second numbers that lines enter.

    `named` are the units that such a number names already, `own` the second numbers that units of
    the lines have, by the unit's id.
    """

    named: Mapping[Unit, KnownSerial] = dataclasses.field(default_factory=dict)
    own: Mapping[int, SerialText] = dataclasses.field(default_factory=dict)


Parameters = Sequence[Any] | Mapping[str, Any]


def fetched(sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    """The rows a statement gives back."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def run(sql: str, parameters: Parameters) -> None:
    """Run a statement that gives nothing back."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def integers(values: Iterable[int | None]) -> str:
    """Whole numbers as the text of a PostgreSQL array: ten times cheaper than one by one."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def booleans(values: Iterable[bool]) -> str:
    """Booleans as the text of a PostgreSQL array."""
    return "{" + ",".join("t" if value else "f" for value in values) + "}"


def read_stock(lines: Sequence[LineToPost], *, store: Store) -> Stock:
    """Read what the lines touch, without locks: for a page."""
    serials = known_serials(_units(lines))
    return Stock(
        store=store,
        lines=lines,
        products=_products(lines),
        balances=_balances(lines, lock=False),
        serials=serials,
        locked=False,
        seconds=_seconds(lines, serials),
    )


def lock_stock(lines: Sequence[LineToPost], *, store: Store, on: dt.date) -> Stock:
    """Lock what the lines touch until the transaction ends, always in the same order:
    products, balances, new serials, known serials, each in the order of their keys.

    New serials, where a movement may bring some, are claimed: inserted in the place they move
    to. If somebody else brings the same ones at this moment, this waits for them and finds them
    known. A refusal rolls the claims back with everything else.
    """
    _lock_products(lines)
    products = _products(lines)
    balances = _balances(lines, lock=True)
    claimed = _claim(lines, products, on=on)
    serials = known_serials([unit for unit in _units(lines) if unit not in claimed], lock=True)
    return Stock(
        store=store,
        lines=lines,
        products=products,
        balances=balances,
        serials=serials,
        locked=True,
        claimed=claimed,
        seconds=_seconds(lines, serials),
    )


def _units(lines: Sequence[LineToPost]) -> list[Unit]:
    return [(line.product_id, serial.key) for line in lines for serial in line.serials]


def _products(lines: Sequence[LineToPost]) -> dict[int, Product]:
    ids = {line.product_id for line in lines}
    return Product.objects.select_related("type").in_bulk(ids)


def _claim(
    lines: Sequence[LineToPost], products: Mapping[int, Product], *, on: dt.date
) -> dict[Unit, int]:
    """Insert the serials that nobody has seen before and may be new here; their ids by unit."""
    product_ids: list[int] = []
    serials: list[SerialText] = []
    targets: list[int] = []
    verified: list[bool] = []
    for line in lines:
        verifies = POLICIES[products[line.product_id].mode].verifies
        if verifies and not line.may_bring_new:
            continue
        product_ids += [line.product_id] * len(line.serials)
        serials += line.serials
        targets += [line.target.pk] * len(line.serials)
        verified += [verifies] * len(line.serials)
    if not serials:
        return {}
    rows = fetched(
        """
        INSERT INTO serials_serial (product_id, key, text, place_id, seq, is_verified, moved_on)
        SELECT product_id, key, text, place_id, 1, verified, %s
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::boolean[])
            AS new (product_id, key, text, place_id, verified)
        WHERE NOT EXISTS (
            SELECT FROM serials_secondnumber second
            WHERE (second.product_id, second.key) = (new.product_id, new.key)
              AND second.removed_at IS NULL
        )
        ORDER BY product_id, key
        ON CONFLICT (product_id, key) DO NOTHING
        RETURNING product_id, key, id
        """,
        [
            on,
            integers(product_ids),
            [serial.key for serial in serials],
            [serial.text for serial in serials],
            integers(targets),
            booleans(verified),
        ],
    )
    return {(product_id, key): pk for product_id, key, pk in rows}


def _lock_products(lines: Sequence[LineToPost]) -> None:
    """Keep the products as they are until the transaction ends; others may read them too.

    A change of a product's mode locks the same rows the other way, so it waits, or is seen.
    Entering second numbers does too, and has to from the start: of two that hold the weaker lock
    and want the stronger one each would wait for the other.
    """
    with_seconds = {line.product_id for line in lines if line.seconds}
    for ids, strength in (
        (with_seconds, "NO KEY UPDATE"),
        ({line.product_id for line in lines} - with_seconds, "SHARE"),
    ):
        if ids:
            fetched(
                f"SELECT id FROM products_product WHERE id = ANY(%s) ORDER BY id FOR {strength}",  # noqa: S608 - constants
                [sorted(ids)],
            )


def _seconds(lines: Sequence[LineToPost], serials: Mapping[Unit, KnownSerial]) -> Seconds:
    """What is known of the second numbers on these lines: no statement without any, else two."""
    entered = [(line.product_id, second.key) for line in lines for second in line.seconds.values()]
    if not entered:
        return Seconds()
    ids = [known.id for known in serials.values()]
    rows = fetched(
        """
        SELECT serial_id, text, key FROM serials_secondnumber
        WHERE serial_id = ANY(%s::bigint[]) AND removed_at IS NULL
        """,
        [integers(ids)],
    )
    return Seconds(known_serials(entered), {pk: SerialText(text, key) for pk, text, key in rows})


_READ_BALANCES = """
    SELECT product_id, place_id, quantity FROM serials_balance
    WHERE product_id = ANY(%s) AND place_id = ANY(%s)
    ORDER BY product_id, place_id
"""
_LOCK_BALANCES = _READ_BALANCES + "FOR NO KEY UPDATE"


def _balances(lines: Sequence[LineToPost], *, lock: bool) -> dict[tuple[int, int], int]:
    """Pieces by (product id, place id) in the counted places the lines go between."""
    product_ids = sorted({line.product_id for line in lines})
    ends = {place for line in lines for place in (line.source, line.target, *line.others)}
    place_ids = sorted(place.pk for place in ends if place.kind in COUNTED)
    if lock:
        run(
            """
            INSERT INTO serials_balance (product_id, place_id, quantity)
            SELECT product_id, place_id, 0
            FROM unnest(%s::bigint[]) AS product_id, unnest(%s::bigint[]) AS place_id
            ORDER BY product_id, place_id
            ON CONFLICT (product_id, place_id) DO NOTHING
            """,
            [product_ids, place_ids],
        )
    found = fetched(_LOCK_BALANCES if lock else _READ_BALANCES, [product_ids, place_ids])
    return {(product_id, place_id): quantity for product_id, place_id, quantity in found}


_READ_SERIALS = """
    SELECT s.product_id, s.key, s.id, s.text, s.seq, s.place_id, s.moved_on,
        s.is_verified
    FROM unnest(%s::bigint[], %s::text[]) AS wanted (product_id, key)
    JOIN serials_serial s USING (product_id, key)
    ORDER BY s.product_id, s.key
"""
_LOCK_SERIALS = _READ_SERIALS + "FOR NO KEY UPDATE OF s"


def known_serials(units: Sequence[Unit], *, lock: bool = False) -> dict[Unit, KnownSerial]:
    """What the ledger knows of these serials; locked in key order when asked: two statements.

    A unit is found by its second number too: its own is another one then. That is looked up by
    itself, for one statement that asks for either number can't be planned well: without
    statistics 10,000 serials took minutes.
    """
    if not units:
        return {}
    places = all_places()
    own = own_numbers(units)
    wanted = [(unit[0], own[unit].key) if unit in own else unit for unit in units]
    found = fetched(
        _LOCK_SERIALS if lock else _READ_SERIALS,
        [integers(product_id for product_id, _ in wanted), [key for _, key in wanted]],
    )
    known = {
        (product_id, key): KnownSerial(pk, text, seq, places[place_id], moved_on, verified, key)
        for product_id, key, pk, text, seq, place_id, moved_on, verified in found
    }
    return {
        unit: known[by_own] for unit, by_own in zip(units, wanted, strict=True) if by_own in known
    }


def own_numbers(units: Collection[Unit]) -> Mapping[Unit, SerialText]:
    """By a number of a product the own number of the unit that it is the second one of.

    One statement, however many; numbers that are no second one are left out.
    """
    if not units:
        return {}
    rows = fetched(
        """
        SELECT second.product_id, second.key, serial.text, serial.key
        FROM serials_secondnumber second
        JOIN serials_serial serial ON serial.id = second.serial_id
        WHERE second.removed_at IS NULL AND (second.product_id, second.key) IN (
            SELECT product_id, key FROM unnest(%s::bigint[], %s::text[]) AS of (product_id, key)
        )
        """,
        [integers(product_id for product_id, _key in units), [key for _product_id, key in units]],
    )
    return {(product_id, key): SerialText(text, own) for product_id, key, text, own in rows}
