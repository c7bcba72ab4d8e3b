"""Writing to the ledger: lock, check, write, each in a constant number of SQL statements.

The three steps run inside the transaction of whoever posts a document:

    stock = lock_stock(movement, lines, store=…, route=…)
    refusals = check(stock, on=…)
    written = write(stock, posting=…)
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection, models
from django.utils import formats

from company.models import Store
from products.models import OnBadFormat, Product
from products.serial_format import fits

from .models import COUNTED, LedgerEntry, Place, Posting
from .places import Route, all_places, where
from .policies import NOWHERE, POLICIES, Finding
from .refusals import PostingRefused, Refusal, refusal
from .text import SerialText

Unit = tuple[int, str]
"""A serial's identity: (product id, key)."""


@dataclasses.dataclass(frozen=True, slots=True)
class LineToPost:
    """One line of a document: `quantity` pieces of a product, and their serials if it has any."""

    number: int
    product_id: int
    quantity: int
    serials: Sequence[SerialText] = ()


class KnownSerial(NamedTuple):
    """A serial as the ledger has it: where its movement number `seq` put it, and on which day."""

    id: int
    text: str
    seq: int
    place: Place
    moved_on: dt.date


@dataclasses.dataclass(slots=True)
class Stock:
    """What a posting is about to touch, as read (and locked, when it is being posted)."""

    movement: str
    store: Store
    route: Route
    lines: Sequence[LineToPost]
    products: Mapping[int, Product]
    balances: Mapping[tuple[int, int], int]
    serials: dict[Unit, KnownSerial]
    locked: bool


_Found = tuple[int, SerialText, str, KnownSerial | None]


def _units(lines: Iterable[LineToPost]) -> list[Unit]:
    return [(line.product_id, serial.key) for line in lines for serial in line.serials]


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _integers(values: Iterable[int | None]) -> str:
    """Whole numbers as the text of a PostgreSQL array: ten times cheaper than one by one."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


_READ_SERIALS = """
    SELECT s.product_id, s.key, s.id, s.text, s.seq, s.place_id, s.moved_on
    FROM unnest(%s::bigint[], %s::text[]) AS wanted (product_id, key)
    JOIN serials_serial s USING (product_id, key)
    ORDER BY s.product_id, s.key
"""
_LOCK_SERIALS = _READ_SERIALS + "FOR NO KEY UPDATE OF s"
_READ_BALANCES = """
    SELECT product_id, place_id, quantity FROM serials_balance
    WHERE product_id = ANY(%s) AND place_id = ANY(%s)
    ORDER BY product_id, place_id
"""
_LOCK_BALANCES = _READ_BALANCES + "FOR NO KEY UPDATE"


def known_serials(units: Sequence[Unit], *, lock: bool = False) -> dict[Unit, KnownSerial]:
    """What the ledger knows of these serials; locked in key order when asked."""
    if not units:
        return {}
    places = all_places()
    rows = _rows(
        _LOCK_SERIALS if lock else _READ_SERIALS,
        [_integers(product_id for product_id, _ in units), [key for _, key in units]],
    )
    return {
        (product_id, key): KnownSerial(pk, text, seq, places[place_id], moved_on)
        for product_id, key, pk, text, seq, place_id, moved_on in rows
    }


def _lock_products(product_ids: Sequence[int]) -> None:
    """Keep the products as they are until the transaction ends; others may read them too.

    A change of a product's mode locks the same rows the other way, so it waits, or is seen.
    """
    _rows(
        "SELECT id FROM products_product WHERE id = ANY(%s) ORDER BY id FOR SHARE",
        [list(product_ids)],
    )


def _balances(
    product_ids: Sequence[int], route: Route, *, lock: bool
) -> dict[tuple[int, int], int]:
    """Pieces by (product id, place id) in the counted places of a route."""
    place_ids = [place.pk for place in (route.source, route.target) if place.kind in COUNTED]
    if lock:
        _rows(
            """
            INSERT INTO serials_balance (product_id, place_id, quantity)
            SELECT product_id, place_id, 0
            FROM unnest(%s::bigint[]) AS product_id, unnest(%s::bigint[]) AS place_id
            ORDER BY product_id, place_id
            ON CONFLICT (product_id, place_id) DO NOTHING
            RETURNING id
            """,
            [list(product_ids), place_ids],
        )
    rows = _rows(
        _LOCK_BALANCES if lock else _READ_BALANCES,
        [list(product_ids), place_ids],
    )
    return {(product_id, place_id): quantity for product_id, place_id, quantity in rows}


def read_stock(
    movement: str, lines: Sequence[LineToPost], *, store: Store, route: Route, lock: bool = False
) -> Stock:
    """Read what the lines touch; with `lock`, products, then balances, then serials, in order."""
    product_ids = sorted({line.product_id for line in lines})
    if lock:
        _lock_products(product_ids)
    products = Product.objects.select_related("type").in_bulk(product_ids)
    return Stock(
        movement=movement,
        store=store,
        route=route,
        lines=lines,
        products=products,
        balances=_balances(product_ids, route, lock=lock),
        serials=known_serials(_units(lines), lock=lock),
        locked=lock,
    )


def check(stock: Stock, *, on: dt.date) -> list[Refusal]:
    """Every reason why these lines can't be posted on this day, in the order of the lines."""
    refusals: list[Refusal] = []
    explained: list[_Found] = []
    for line in stock.lines:
        product = stock.products[line.product_id]
        policy = POLICIES[product.mode]
        if not product.is_active:
            refusals.append(refusal("product_inactive", line=line.number, product=product.name))
        count = len(line.serials)
        if finding := policy.check_line(quantity=line.quantity, serials=count):
            refusals.append(
                refusal(
                    finding.code,
                    line=line.number,
                    serials=count,
                    quantity=line.quantity,
                    field="serials",
                )
            )
        by_text = _judges_text(product)
        for serial in line.serials:
            if by_text and (
                wrong := check_text(serial, product, line=line.number, refuse_only=True)
            ):
                refusals.append(wrong)
                continue
            known = stock.serials.get((line.product_id, serial.key))
            finding = check_known(stock.movement, product, known, store=stock.store, on=on)
            if finding:
                explained.append((line.number, serial, finding.code, known))
    refusals += _explain(explained)
    refusals += _short_stock(stock)
    return sorted(refusals, key=lambda found: found.line or 0)


def _judges_text(product: Product) -> bool:
    """Whether any text could be refused for this product at all."""
    return bool(product.barcode) or product.type.on_bad_format == OnBadFormat.REFUSE


def check_text(
    serial: SerialText, product: Product, *, line: int | None = None, refuse_only: bool = False
) -> Refusal | None:
    """What is wrong with the text itself: the product's own barcode, or not its type's format."""
    if product.barcode and serial.key.zfill(14) == product.gtin14:
        return refusal("own_barcode", line=line, serial=serial, product=product.name)
    kind = product.type
    if refuse_only and kind.on_bad_format != OnBadFormat.REFUSE:
        return None
    if fits(serial.key, serial_format=kind.serial_format, mask=kind.serial_mask):
        return None
    expected = kind.serial_mask or str(kind.get_serial_format_display())
    return refusal("bad_format", line=line, serial=serial, type=kind.name, expected=expected)


def check_known(
    movement: str, product: Product, known: KnownSerial | None, *, store: Store, on: dt.date
) -> Finding | None:
    """Whether this serial may make the movement on this day, from where the ledger has it."""
    policy = POLICIES[product.mode]
    place = where(known.place) if known else NOWHERE
    if finding := policy.check_serial(movement, place, store_id=store.pk):
        return finding
    if policy.verifies and known and known.moved_on > on:
        return Finding("moved_later")
    return None


def _explain(found: Sequence[_Found]) -> list[Refusal]:
    """Put findings into words with the document that put each serial where it is: one query."""
    postings = last_postings([known for *_, known in found if known])
    return [
        explain(code, serial, known, postings.get(known.id) if known else None, line=line)
        for line, serial, code, known in found
    ]


def last_postings(serials: Sequence[KnownSerial]) -> dict[int, Posting]:
    """The posting that put each serial where it is, by the serial's id: one query at most."""
    if not serials:
        return {}
    last = LedgerEntry.objects.filter(
        serial__in=[known.id for known in serials], seq=models.F("serial__seq")
    )
    return {
        entry.serial_id: entry.posting
        for entry in last.select_related("posting")
        if entry.serial_id is not None
    }


def explain(
    code: str,
    serial: SerialText,
    known: KnownSerial | None,
    posting: Posting | None,
    *,
    line: int | None = None,
) -> Refusal:
    """One finding about a serial in words."""
    facts: dict[str, Any] = {}
    if known and posting:
        facts = {
            "reference": posting.reference,
            "date": formats.date_format(known.moved_on, "SHORT_DATE_FORMAT"),
            "state": str(known.place),
            "store": str(known.place.store or ""),
        }
    return refusal(
        code,
        line=line,
        serial=serial,
        posting_id=posting.pk if posting else None,
        store_id=posting.store_id if posting else None,
        **facts,
    )


def _short_stock(stock: Stock) -> list[Refusal]:
    """Lines that ask for more pieces than lie here; strict units are checked one by one."""
    if stock.route.source.kind not in COUNTED:
        return []
    asked: Counter[int] = Counter()
    refusals = []
    for line in stock.lines:
        if POLICIES[stock.products[line.product_id].mode].verifies:
            continue
        asked[line.product_id] += line.quantity
        available = stock.balances.get((line.product_id, stock.route.source.pk), 0)
        if asked[line.product_id] > available:
            refusals.append(
                refusal(
                    "not_enough",
                    line=line.number,
                    available=available,
                    quantity=asked[line.product_id],
                    field="quantity",
                )
            )
    return refusals


def _insert_new_serials(
    stock: Stock, new: Mapping[Unit, SerialText], *, on: dt.date
) -> dict[Unit, int]:
    """Insert serials never seen before, already in the place they move to; ids by unit."""
    if not new:
        return {}
    rows = _rows(
        """
        INSERT INTO serials_serial
            (product_id, key, text, place_id, seq, moved_on)
        SELECT product_id, key, text, %s, 1, %s
        FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS new (product_id, key, text)
        ORDER BY product_id, key
        ON CONFLICT (product_id, key) DO NOTHING
        RETURNING product_id, key, id
        """,
        [
            stock.route.target.pk,
            on,
            _integers(product_id for product_id, _ in new),
            [key for _, key in new],
            [serial.text for serial in new.values()],
        ],
    )
    return {(product_id, key): pk for product_id, key, pk in rows}


def _serials_for(stock: Stock, *, on: dt.date) -> dict[Unit, int]:
    """The ids of all serials of the lines, new ones inserted, known ones moved on."""
    wanted = {
        (line.product_id, serial.key): serial for line in stock.lines for serial in line.serials
    }
    new = {unit: serial for unit, serial in wanted.items() if unit not in stock.serials}
    ids = _insert_new_serials(stock, new, on=on)
    if len(ids) < len(new):
        # Somebody else's posting brought the same new serials while this one was under way:
        # it is through now, so read what it did and judge again.
        raced = [unit for unit in new if unit not in ids]
        stock.serials |= known_serials(raced, lock=True)
        if refusals := check(stock_of(stock, raced), on=on):
            raise PostingRefused(refusals)
    known = {unit: stock.serials[unit].id for unit in wanted if unit not in ids}
    if known:
        _rows(
            """
            UPDATE serials_serial
            SET place_id = %s, seq = seq + 1, moved_on = GREATEST(moved_on, %s)
            WHERE id = ANY(%s::bigint[])
            RETURNING 1
            """,
            [stock.route.target.pk, on, _integers(known.values())],
        )
    return ids | known


def stock_of(stock: Stock, units: Sequence[Unit]) -> Stock:
    """The same stock, its lines cut down to some units: what a second look has to judge."""
    chosen = set(units)
    lines = []
    for line in stock.lines:
        serials = [serial for serial in line.serials if (line.product_id, serial.key) in chosen]
        if serials:
            cut = dataclasses.replace(line, serials=serials, quantity=len(serials))
            lines.append(cut)
    return dataclasses.replace(stock, lines=lines)


def next_posting_id() -> int:
    """The id of a posting whose row is written last, after its number is taken."""
    return int(_rows("SELECT nextval('serials_posting_id_seq')", [])[0][0])


def write(stock: Stock, *, posting_id: int, on: dt.date) -> None:
    """Write the entries of a posting, move its serials and its balances.

    The posting's own row comes after this, in the same transaction (its foreign keys are
    deferred), so that the document's number is taken last.
    """
    if not stock.locked:
        raise RuntimeError("write needs stock that was read with lock=True")
    ids = _serials_for(stock, on=on)
    _insert_entries(stock, ids, posting_id=posting_id)
    _move_balances(stock)


def _insert_entries(stock: Stock, ids: Mapping[Unit, int], *, posting_id: int) -> None:
    lines: list[int] = []
    products: list[int] = []
    serials: list[int | None] = []
    quantities: list[int] = []
    sources: list[int] = []
    seqs: list[int | None] = []
    continues: list[int | None] = []
    verified: list[bool] = []
    source_id = stock.route.source.pk
    for line in stock.lines:
        policy = POLICIES[stock.products[line.product_id].mode]
        if not policy.asks_serials:
            units: Sequence[SerialText | None] = (None,)
        else:
            units = line.serials
        for serial in units:
            known = stock.serials.get((line.product_id, serial.key)) if serial else None
            lines.append(line.number)
            products.append(line.product_id)
            quantities.append(1 if serial else line.quantity)
            serials.append(ids[line.product_id, serial.key] if serial else None)
            sources.append(known.place.pk if known and policy.verifies else source_id)
            seqs.append((known.seq + 1 if known else 1) if serial else None)
            continues.append(known.seq if known and policy.verifies else None)
            verified.append(policy.verifies)
    _rows(
        """
        INSERT INTO serials_ledgerentry
            (posting_id, line, product_id, serial_id, quantity, from_place_id, to_place_id,
             seq, continues, verified)
        SELECT %s, line, product_id, serial_id, quantity, source_id, %s, seq, continues, verified
        FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[], %s::int[],
                    %s::int[], %s::boolean[])
            AS entry (line, product_id, serial_id, quantity, source_id, seq, continues, verified)
        RETURNING 1
        """,
        [
            posting_id,
            stock.route.target.pk,
            _integers(lines),
            _integers(products),
            _integers(serials),
            _integers(quantities),
            _integers(sources),
            _integers(seqs),
            _integers(continues),
            "{" + ",".join("t" if one else "f" for one in verified) + "}",
        ],
    )


def _move_balances(stock: Stock) -> None:
    """Take the pieces off the source's balance and put them on the target's, where counted."""
    moved: Counter[tuple[int, int]] = Counter()
    for line in stock.lines:
        if stock.route.source.kind in COUNTED:
            moved[line.product_id, stock.route.source.pk] -= line.quantity
        if stock.route.target.kind in COUNTED:
            moved[line.product_id, stock.route.target.pk] += line.quantity
    _rows(
        """
        UPDATE serials_balance balance SET quantity = quantity + moved.pieces
        FROM unnest(%s::bigint[], %s::bigint[], %s::int[])
            AS moved (product_id, place_id, pieces)
        WHERE balance.product_id = moved.product_id AND balance.place_id = moved.place_id
        RETURNING 1
        """,
        [
            [product_id for product_id, _ in moved],
            [place_id for _, place_id in moved],
            list(moved.values()),
        ],
    )
