"""Ends warranty terms and voids their cards, and takes that back when a document is cancelled."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from products.models import Period
from serials.stock import fetched, integers, run


@dataclasses.dataclass(frozen=True, slots=True)
class Returned:
    """What comes back on one line: `quantity` pieces of what these (posting id, line) sold.

    The cards of `keys`, the serials' keys, become void, then those of `card_ids`, then the last
    ones of the line whose pieces are not in repair, until there is one for each piece.
    """

    quantity: int
    sold_by: Sequence[tuple[int, int]]
    keys: Sequence[str] = ()
    card_ids: Sequence[int] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Ended:
    """A piece whose warranty ended: the product, its term, and the last day it would have had.

    `policy` and `least_days` are what its term says of a unit that replaces it, `period` is the
    one it was sold with.
    """

    product_id: int
    term_id: int
    ends_on: dt.date
    policy: str
    least_days: int
    period: Period


# A card for each piece that comes back: the named serials' first, then the named cards, then the
# last ones of the line whose pieces are not in repair.
# "Not void" is said in a way that keeps the index of valid cards by their end out of it: of a table
# that nobody analysed yet the planner would walk all of it for each term.
_VOID_CARDS = """
WITH back AS (
    SELECT nth, quantity FROM unnest(%(quantities)s::int[]) WITH ORDINALITY AS line (quantity, nth)
),
sold AS (
    SELECT nth, posting_id, line
    FROM unnest(%(sold_nths)s::int[], %(postings)s::bigint[], %(lines)s::int[])
        AS sold (nth, posting_id, line)
),
named AS (
    SELECT nth, key FROM unnest(%(key_nths)s::int[], %(keys)s::text[]) AS named (nth, key)
),
chosen AS (
    SELECT card.id AS card_id,
           row_number() OVER (
               PARTITION BY back.nth
               -- IN is looked up in a hash; as a join it was 10,000 times 10,000.
               ORDER BY coalesce((back.nth, serial.key) IN (SELECT nth, key FROM named), false)
                        DESC,
                        card.id <> ALL (%(cards)s::bigint[]),
                        card.id IN (SELECT card_id FROM warranty_claim
                                    WHERE closed_on IS NULL AND card_id IS NOT NULL),
                        term.id DESC, card.unit DESC
           ) AS place,
           back.quantity
    FROM back
    JOIN sold USING (nth)
    -- OFFSET keeps each of them by its index, whatever the planner thinks of a new table.
    CROSS JOIN LATERAL (
        SELECT id, serial_id FROM warranty_term
        WHERE posting_id = sold.posting_id AND line = sold.line OFFSET 0
    ) term
    CROSS JOIN LATERAL (
        SELECT id, unit FROM warranty_card
        WHERE term_id = term.id AND coalesce(void_on, 'infinity') = 'infinity' OFFSET 0
    ) card
    LEFT JOIN serials_serial serial ON serial.id = term.serial_id
)
UPDATE warranty_card card
SET void_on = %(on)s, voided_by_id = %(posting)s
FROM chosen
WHERE chosen.card_id = card.id AND chosen.place <= chosen.quantity
"""

_VOID_TERMS = """
UPDATE warranty_term term
SET void_on = %(on)s, voided_by_id = %(posting)s
WHERE term.void_on IS NULL
  AND term.id IN (SELECT term_id FROM warranty_card WHERE voided_by_id = %(posting)s)
  AND NOT EXISTS (
      SELECT FROM warranty_card
      WHERE term_id = term.id AND coalesce(void_on, 'infinity') = 'infinity'
  )
"""

_ENDED = """
SELECT term.product_id, term.id, card.ends_on, term.on_replacement, term.on_replacement_days,
       term.period_count, term.period_unit
FROM warranty_card card JOIN warranty_term term ON term.id = card.term_id
WHERE card.voided_by_id = %s ORDER BY term.line, term.id, card.unit
"""


def end_terms(posting_id: int, returned: Sequence[Returned], *, on: dt.date) -> list[Ended]:
    """End the warranty of what comes back on a posting: three statements, whatever comes back.

    Of a term that covers several pieces as many cards become void as pieces come back; it ends
    with its last card. `on` is the store's own day of the return.
    """
    sold = [(nth, *ends) for nth, one in enumerate(returned, 1) for ends in one.sold_by]
    keys = [(nth, key) for nth, one in enumerate(returned, 1) for key in one.keys]
    facts = {
        "quantities": integers(one.quantity for one in returned),
        "sold_nths": integers(nth for nth, _, _ in sold),
        "postings": integers(posting for _, posting, _ in sold),
        "lines": integers(line for _, _, line in sold),
        "key_nths": integers(nth for nth, _ in keys),
        "keys": [key for _, key in keys],
        "cards": integers(card for one in returned for card in one.card_ids),
        "on": on,
        "posting": posting_id,
    }
    run(_VOID_CARDS, facts)
    run(_VOID_TERMS, facts)
    return [
        Ended(product_id, term_id, ends_on, policy, least_days, Period(count, unit))
        for product_id, term_id, ends_on, policy, least_days, count, unit in fetched(
            _ENDED, [posting_id]
        )
    ]


def end_terms_of(posting_id: int, *, by: int, on: dt.date) -> None:
    """End every term that a posting started, because posting `by` cancels it: two statements."""
    for table, of_posting in (
        ("warranty_card", "term_id IN (SELECT id FROM warranty_term WHERE posting_id = %s)"),
        ("warranty_term", "posting_id = %s"),
    ):
        run(
            f"""
            UPDATE {table} SET void_on = %s, voided_by_id = %s
            WHERE void_on IS NULL AND {of_posting}
            """,  # noqa: S608 - table and condition are the two of this module
            [on, by, posting_id],
        )


def restore_terms(voided_by: int) -> None:
    """Make valid again what a posting made void, because it is cancelled: one statement.

    A term goes on as soon as one of its cards is valid, whichever return had ended it: of two
    that each took a piece back the earlier one may be cancelled first.
    """
    run(
        """
        WITH restored AS (
            UPDATE warranty_card SET void_on = NULL, voided_by_id = NULL WHERE voided_by_id = %s
            RETURNING term_id
        )
        UPDATE warranty_term SET void_on = NULL, voided_by_id = NULL
        WHERE void_on IS NOT NULL AND id IN (SELECT term_id FROM restored)
        """,
        [voided_by],
    )
