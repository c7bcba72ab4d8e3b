"""Proves that warranty terms and cards agree with the sales that started them."""

from __future__ import annotations

from serials.proving import named

_CHECKS = {
    "term %s does not agree with entry %s of the ledger": """
        SELECT term.id, term.entry_id FROM warranty_term term
        LEFT JOIN serials_ledgerentry entry ON entry.id = term.entry_id
        WHERE (entry.posting_id, entry.line, entry.product_id, entry.quantity)
              IS DISTINCT FROM (term.posting_id, term.line, term.product_id, term.quantity)
           OR entry.serial_id IS DISTINCT FROM term.serial_id
        ORDER BY term.id
    """,
    "term %s of %s: it begins on %s, the sale was on %s": """
        SELECT term.id, posting.reference, term.starts_on, posting.effective_on
        FROM warranty_term term JOIN serials_posting posting ON posting.id = term.posting_id
        WHERE term.starts_on <> posting.effective_on
          -- Serials entered later have the day of their sale, whatever day the books were open.
          AND NOT (posting.kind = 'identification' AND term.starts_on < posting.effective_on)
        ORDER BY term.id
    """,
    "term %s covers %s pieces and has %s cards": """
        SELECT term.id, term.quantity, count(card.id) FROM warranty_term term
        LEFT JOIN warranty_card card ON card.term_id = term.id
        GROUP BY term.id HAVING count(card.id) <> term.quantity ORDER BY term.id
    """,
    "term %s is void: %s, and %s of its cards are not": """
        SELECT term.id, term.void_on IS NOT NULL, count(card.id) FILTER (WHERE card.void_on IS NULL)
        FROM warranty_term term JOIN warranty_card card ON card.term_id = term.id
        GROUP BY term.id
        HAVING (term.void_on IS NULL) <> (count(card.id) FILTER (WHERE card.void_on IS NULL) > 0)
        ORDER BY term.id
    """,
    "term %s of serial %s is valid, but the unit came back": """
        WITH standing AS (
            SELECT id FROM serials_posting posting WHERE kind <> 'cancellation'
              AND NOT EXISTS (SELECT FROM serials_posting WHERE reverses_id = posting.id)
        )
        SELECT term.id, term.serial_text FROM warranty_term term
        JOIN serials_ledgerentry sold ON sold.id = term.entry_id
        JOIN LATERAL (
            -- What the unit did next. Recorded serials are not compared: two units may have been
            -- sold under one, so only the next movement is surely that of the same unit.
            SELECT entry.* FROM serials_ledgerentry entry
            WHERE entry.serial_id = sold.serial_id AND entry.seq > sold.seq
              AND entry.posting_id IN (SELECT id FROM standing)
            ORDER BY entry.seq LIMIT 1
        ) later ON later.verified
        JOIN serials_place source ON source.id = later.from_place_id AND source.kind = 'customer'
        WHERE term.void_on IS NULL ORDER BY term.id
    """,
    "card %s is void by %s, which was cancelled": """
        SELECT card.number, posting.reference FROM warranty_card card
        JOIN serials_posting posting ON posting.id = card.voided_by_id
        JOIN serials_posting reversal ON reversal.reverses_id = posting.id
        ORDER BY card.id
    """,
}


def differences() -> list[str]:
    """Everything in which terms and cards differ from the sales; empty when all agree."""
    return named(_CHECKS)
