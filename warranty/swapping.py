"""Moves a warranty from the unit that was written to the one that was handed over in fact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from company.models import Store
from serials.stock import fetched, run

from .issuing import number_cards

_END = """
WITH old AS (
    UPDATE warranty_term SET void_on = %(on)s, voided_by_id = %(posting)s
    WHERE void_on IS NULL AND serial_id = %(written)s AND (posting_id, line) IN (
        SELECT posting_id, line
        FROM unnest(%(postings)s::bigint[], %(lines)s::int[]) AS sold (posting_id, line)
    )
    RETURNING id
)
UPDATE warranty_card SET void_on = %(on)s, voided_by_id = %(posting)s
WHERE void_on IS NULL AND term_id IN (SELECT id FROM old)
RETURNING term_id
"""

_MOVE = """
INSERT INTO warranty_term (
    posting_id, sale_id, entry_id, line, product_id, serial_id, serial_text, customer_id, quantity,
    product_name, sku, period_count, period_unit, starts_on, ends_on, on_repair, on_repair_months,
    on_replacement, on_replacement_days, replaces_id, replacement
)
SELECT entry.posting_id, old.sale_id, entry.id, entry.line, entry.product_id, entry.serial_id,
       serial.text, old.customer_id, 1, old.product_name, old.sku, old.period_count,
       old.period_unit, old.starts_on, old.ends_on, old.on_repair, old.on_repair_months,
       old.on_replacement, old.on_replacement_days, old.id, 'swap'
FROM warranty_term old
JOIN serials_ledgerentry entry ON entry.posting_id = %(posting)s AND entry.serial_id = %(gone)s
JOIN serials_serial serial ON serial.id = entry.serial_id
WHERE old.id = ANY(%(ended)s::bigint[])
RETURNING extract(year FROM starts_on)::int
"""

# The adjustments of the old card and its end: what takes another back names the new copy of it.
_CARRY = """
WITH cards AS (
    SELECT card.id, old.id AS old_id, old.ends_on
    FROM warranty_term term
    JOIN warranty_card card ON card.term_id = term.id
    JOIN warranty_card old ON old.term_id = term.replaces_id AND old.unit = card.unit
    WHERE term.posting_id = %s
),
copies AS (
    SELECT old.*, cards.id AS new_card_id,
           nextval(pg_get_serial_sequence('warranty_adjustment', 'id')) AS new_id
    FROM cards JOIN warranty_adjustment old ON old.card_id = cards.old_id
),
carried AS (
    INSERT INTO warranty_adjustment (
        id, card_id, seq, kind, claim_id, reason, from_on, to_on, days, months, sets_end,
        revokes_id, ends_before, ends_on, made_by_id, made_at
    )
    SELECT copy.new_id, copy.new_card_id, copy.seq, copy.kind, copy.claim_id, copy.reason,
           copy.from_on, copy.to_on, copy.days, copy.months, copy.sets_end, revoked.new_id,
           copy.ends_before, copy.ends_on, copy.made_by_id, copy.made_at
    FROM copies copy LEFT JOIN copies revoked ON revoked.id = copy.revokes_id
)
UPDATE warranty_card card SET ends_on = cards.ends_on
FROM cards WHERE cards.id = card.id AND card.ends_on <> cards.ends_on
"""


def swap_term(
    posting_id: int,
    *,
    store: Store,
    written: int,
    gone: int,
    sold_by: Sequence[tuple[int, int]],
    on: dt.date,
) -> str | None:
    """Move the warranty of serial id `written` to `gone`: the number of its new card, or None.

    `sold_by` are the (posting id, line) one of which handed the unit to the customer. The new term
    has the days, the customer and the period of the old one, which is void `on` this day with its
    card; the new card takes over that one's adjustments. None when there is none to move. Inside
    the transaction of a correction, after its entries; five statements at most.
    """
    facts: dict[str, Any] = {
        "on": on,
        "posting": posting_id,
        "written": written,
        "gone": gone,
        "postings": [posting for posting, _ in sold_by],
        "lines": [line for _, line in sold_by],
    }
    ended = [term_id for (term_id,) in fetched(_END, facts)]
    if not ended:
        return None
    ((year,),) = fetched(_MOVE, {**facts, "ended": ended})
    number = number_cards(posting_id, store=store, year=year, pieces=1)[0]
    run(_CARRY, [posting_id])
    return number
