"""Writing to the ledger, in a constant number of SQL statements.

The steps run inside the transaction of whoever posts a document:

    stock = lock_stock(lines, store=…, on=…)         # serials.stock
    refusals = check(stock, on=…)                    # serials.checking
    write(stock, posting_id=next_posting_id(), on=…)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from .policies import POLICIES
from .second_numbers import enter_seconds
from .stock import Stock, Unit, booleans, fetched, integers, run


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
    enter_seconds(stock, ids, posting_id=posting_id)


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
        run(
            """
            UPDATE serials_serial serial
            SET place_id = moved.place_id, seq = serial.seq + 1, is_verified = moved.verified,
                moved_on = GREATEST(serial.moved_on, %s)
            FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[])
                AS moved (id, place_id, verified)
            WHERE serial.id = moved.id
            """,
            [on, integers(known.values()), integers(targets), booleans(verified)],
        )
    return {**known, **stock.claimed}


def _insert_entries(stock: Stock, ids: Mapping[Unit, int], *, posting_id: int) -> None:
    """One entry for each serial, and one for the pieces of a line that have none.

    Sent are the lines, and of each unit only what its line does not say: its serial, the number
    of its last movement, and the place it goes on from where that is verified.
    """
    nth_lines: list[int] = []
    serials: list[int | None] = []
    lasts: list[int | None] = []
    sources: list[int | None] = []
    for nth, line in enumerate(stock.lines, start=1):
        policy = POLICIES[stock.products[line.product_id].mode]
        if line.loose:
            nth_lines.append(nth)
            serials.append(None)
            lasts.append(None)
            sources.append(None)
        for serial in line.serials:
            unit = line.product_id, serial.key
            known = stock.serials.get(unit)
            trusted = known.trusted_place if known and policy.verifies else None
            nth_lines.append(nth)
            serials.append(ids[unit])
            lasts.append(known.seq if known else None)
            sources.append(trusted.pk if trusted else None)
    lines = stock.lines
    policies = [POLICIES[stock.products[line.product_id].mode] for line in lines]
    run(
        """
        INSERT INTO serials_ledgerentry
            (posting_id, line, product_id, serial_id, quantity, from_place_id, to_place_id,
             seq, continues, verified, unidentified)
        SELECT %s, line.number, line.product_id, unit.serial_id,
               CASE WHEN unit.serial_id IS NULL THEN line.loose ELSE 1 END,
               coalesce(unit.source_id, line.source_id), line.target_id,
               CASE WHEN unit.serial_id IS NOT NULL THEN coalesce(unit.last, 0) + 1 END,
               CASE WHEN unit.source_id IS NOT NULL THEN unit.last END,
               unit.serial_id IS NOT NULL AND line.verified,
               unit.serial_id IS NULL AND line.by_serials
        FROM unnest(%s::int[], %s::bigint[], %s::int[], %s::bigint[])
            AS unit (nth, serial_id, last, source_id)
        JOIN unnest(%s::int[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::boolean[],
                    %s::boolean[]) WITH ORDINALITY
            AS line (number, product_id, loose, source_id, target_id, verified, by_serials, nth)
            USING (nth)
        """,
        [
            posting_id,
            integers(nth_lines),
            integers(serials),
            integers(lasts),
            integers(sources),
            integers(line.number for line in lines),
            integers(line.product_id for line in lines),
            integers(line.loose for line in lines),
            integers(line.source.pk for line in lines),
            integers(line.target.pk for line in lines),
            booleans(policy.verifies for policy in policies),
            booleans(policy.asks_serials for policy in policies),
        ],
    )
