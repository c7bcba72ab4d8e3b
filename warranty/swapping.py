"""Moves a warranty from the unit that was written to the one that was handed over in fact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from company.models import Store
from serials.stock import fetched

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
    on_replacement, on_replacement_days, design_id, replaces_id, replacement
)
SELECT entry.posting_id, old.sale_id, entry.id, entry.line, entry.product_id, entry.serial_id,
       serial.text, old.customer_id, 1, old.product_name, old.sku, old.period_count,
       old.period_unit, old.starts_on, old.ends_on, old.on_repair, old.on_repair_months,
       old.on_replacement, old.on_replacement_days, old.design_id,
       old.id, 'swap'
FROM warranty_term old
JOIN serials_ledgerentry entry ON entry.posting_id = %(posting)s AND entry.serial_id = %(gone)s
JOIN serials_serial serial ON serial.id = entry.serial_id
WHERE old.id = ANY(%(ended)s::bigint[])
RETURNING extract(year FROM starts_on)::int
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
    has the days, the customer, the period and the design of the old one, which is void `on` this
    day with its card. None when there is none to move. Inside the transaction of a correction,
    after its entries; four statements at most.
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
    return number_cards(posting_id, store=store, year=year, pieces=1)[0]
