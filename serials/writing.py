"""Writing to the ledger, in a constant number of SQL statements.

The steps run inside the transaction of whoever posts a document:

    stock = read_stock(lines, store=…, lock=True)      # serials.stock
    refusals = check(stock, on=…)                      # serials.checking
    write(stock, posting_id=next_posting_id(), on=…)
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .checking import check
from .models import Place
from .policies import POLICIES
from .refusals import PostingRefused
from .stock import Stock, Unit, booleans, fetched, integers, known_serials
from .text import SerialText


class Moved(NamedTuple):
    """A serial to move: to where, and whether it is verified."""

    serial: SerialText
    target: Place
    verified: bool


def next_posting_id() -> int:
    """The id of a posting whose row is written last, after its number is taken."""
    return int(fetched("SELECT nextval('serials_posting_id_seq')", [])[0][0])


def write(stock: Stock, *, posting_id: int, on: dt.date) -> None:
    """Move the serials of a posting and write its entries; the balances follow in a trigger.

    The posting's own row comes after this, in the same transaction (its foreign keys are
    deferred), so that the document's number is taken last.
    """
    if not stock.locked:
        raise RuntimeError("write needs stock that was read with lock=True")
    ids = _move_serials(stock, on=on)
    _insert_entries(stock, ids, posting_id=posting_id)


def _move_serials(stock: Stock, *, on: dt.date) -> dict[Unit, int]:
    """The ids of all serials of the lines, new ones inserted, known ones moved on."""
    wanted = {
        (line.product_id, serial.key): Moved(
            serial, line.target, POLICIES[stock.products[line.product_id].mode].verifies
        )
        for line in stock.lines
        for serial in line.serials
    }
    new = {unit: moved for unit, moved in wanted.items() if unit not in stock.serials}
    ids = _insert_new_serials(new, on=on)
    if len(ids) < len(new):
        # Somebody else's posting brought the same new serials while this one was under way:
        # it is through now, so read what it did and judge again.
        raced = [unit for unit in new if unit not in ids]
        stock.serials |= known_serials(raced, lock=True)
        if refusals := check(_part_of(stock, raced), on=on):
            raise PostingRefused(refusals)
    known = {unit: stock.serials[unit].id for unit in wanted if unit not in ids}
    if known:
        fetched(
            """
            UPDATE serials_serial serial
            SET place_id = moved.place_id, seq = serial.seq + 1, is_verified = moved.verified,
                moved_on = GREATEST(serial.moved_on, %s)
            FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[])
                AS moved (id, place_id, verified)
            WHERE serial.id = moved.id
            RETURNING 1
            """,
            [
                on,
                integers(known.values()),
                integers(wanted[unit].target.pk for unit in known),
                booleans(wanted[unit].verified for unit in known),
            ],
        )
    return ids | known


def _insert_new_serials(new: Mapping[Unit, Moved], *, on: dt.date) -> dict[Unit, int]:
    """Insert serials never seen before, already in the place they move to; ids by unit."""
    if not new:
        return {}
    rows = fetched(
        """
        INSERT INTO serials_serial (product_id, key, text, place_id, seq, is_verified, moved_on)
        SELECT product_id, key, text, place_id, 1, verified, %s
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::boolean[])
            AS new (product_id, key, text, place_id, verified)
        ORDER BY product_id, key
        ON CONFLICT (product_id, key) DO NOTHING
        RETURNING product_id, key, id
        """,
        [
            on,
            integers(product_id for product_id, _ in new),
            [key for _, key in new],
            [moved.serial.text for moved in new.values()],
            integers(moved.target.pk for moved in new.values()),
            booleans(moved.verified for moved in new.values()),
        ],
    )
    return {(product_id, key): pk for product_id, key, pk in rows}


def _part_of(stock: Stock, units: Sequence[Unit]) -> Stock:
    """The same stock, its lines cut down to some units: what a second look has to judge."""
    chosen = set(units)
    lines = []
    for line in stock.lines:
        serials = [serial for serial in line.serials if (line.product_id, serial.key) in chosen]
        if serials:
            lines.append(dataclasses.replace(line, serials=serials, quantity=len(serials)))
    return dataclasses.replace(stock, lines=lines)


def _insert_entries(stock: Stock, ids: Mapping[Unit, int], *, posting_id: int) -> None:
    lines: list[int] = []
    products: list[int] = []
    serials: list[int | None] = []
    quantities: list[int] = []
    sources: list[int] = []
    targets: list[int] = []
    seqs: list[int | None] = []
    continues: list[int | None] = []
    verified: list[bool] = []
    for line in stock.lines:
        policy = POLICIES[stock.products[line.product_id].mode]
        units: Sequence[SerialText | None] = line.serials if policy.asks_serials else (None,)
        for serial in units:
            known = stock.serials.get((line.product_id, serial.key)) if serial else None
            goes_on = known and policy.verifies and known.trusted_place is not None
            lines.append(line.number)
            products.append(line.product_id)
            quantities.append(1 if serial else line.quantity)
            serials.append(ids[line.product_id, serial.key] if serial else None)
            sources.append(known.place.pk if known and goes_on else line.source.pk)
            targets.append(line.target.pk)
            seqs.append((known.seq + 1 if known else 1) if serial else None)
            continues.append(known.seq if known and goes_on else None)
            verified.append(policy.verifies)
    fetched(
        """
        INSERT INTO serials_ledgerentry
            (posting_id, line, product_id, serial_id, quantity, from_place_id, to_place_id,
             seq, continues, verified)
        SELECT %s, entry.*
        FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[],
                    %s::int[], %s::int[], %s::boolean[]) AS entry
        RETURNING 1
        """,
        [
            posting_id,
            integers(lines),
            integers(products),
            integers(serials),
            integers(quantities),
            integers(sources),
            integers(targets),
            integers(seqs),
            integers(continues),
            booleans(verified),
        ],
    )
