"""Writing to the ledger, in a constant number of SQL statements.

The steps run inside the transaction of whoever posts a document:

    stock = lock_stock(lines, store=…, on=…)         # serials.stock
    refusals = check(stock, on=…)                    # serials.checking
    write(stock, posting_id=next_posting_id(), on=…)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from .policies import POLICIES
from .stock import Stock, Unit, booleans, fetched, integers
from .text import SerialText


def next_posting_id() -> int:
    """The id of a posting whose row is written last, after its number is taken."""
    return int(fetched("SELECT nextval('serials_posting_id_seq')", [])[0][0])


def write(stock: Stock, *, posting_id: int, on: dt.date) -> None:
    """Move the serials of a posting and write its entries; the balances follow in a trigger.

    The posting's own row comes after this, in the same transaction (its foreign keys are
    deferred), so that the document's number is taken last.
    """
    if not stock.locked:
        raise RuntimeError("write needs stock that was locked")
    ids = _move_serials(stock, on=on)
    _insert_entries(stock, ids, posting_id=posting_id)


def _move_serials(stock: Stock, *, on: dt.date) -> dict[Unit, int]:
    """The ids of all serials of the lines; the claimed ones are there, the known ones move on."""
    known: dict[Unit, int] = {}
    targets: list[int] = []
    verified: list[bool] = []
    for line in stock.lines:
        verifies = POLICIES[stock.products[line.product_id].mode].verifies
        for serial in line.serials:
            unit = line.product_id, serial.key
            if unit not in stock.claimed:
                known[unit] = stock.serials[unit].id
                targets.append(line.target.pk)
                verified.append(verifies)
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
            [on, integers(known.values()), integers(targets), booleans(verified)],
        )
    return {**known, **stock.claimed}


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
