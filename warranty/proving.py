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
        SELECT term.id, sale.reference, term.starts_on, sale.effective_on
        FROM warranty_term term LEFT JOIN serials_posting sale ON sale.id = term.sale_id
        WHERE term.starts_on IS DISTINCT FROM sale.effective_on
        ORDER BY term.id
    """,
    "term %s was started by %s, and names %s as its sale": """
        SELECT term.id, posting.reference, sale.reference
        FROM warranty_term term
        JOIN serials_posting posting ON posting.id = term.posting_id
        LEFT JOIN serials_posting sale ON sale.id = term.sale_id
        WHERE posting.store_id IS DISTINCT FROM sale.store_id
           OR CASE WHEN posting.kind IN ('identification', 'correction')
                   THEN sale.kind NOT IN ('sale', 'exchange')
                   ELSE sale.id IS DISTINCT FROM posting.id END
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
    "term %s of %s, from %s for %s %s: it ends on %s, not on %s": """
        WITH counted AS (
            SELECT term.*,
                   -- As terms.last_covered_day: more than the calendar has ends on its last day,
                   -- and a count no calendar has is not worth an overflow.
                   LEAST(DATE '9999-12-31', (term.starts_on + CASE term.period_unit
                       WHEN 'days' THEN make_interval(days => LEAST(period_count, 3660000))
                       WHEN 'weeks' THEN make_interval(weeks => LEAST(period_count, 522000))
                       WHEN 'months' THEN make_interval(months => LEAST(period_count, 120000))
                       WHEN 'years' THEN make_interval(years => LEAST(period_count, 10000))
                   END)::date) AS full_end
            FROM warranty_term term
        )
        SELECT term.id, posting.reference, term.starts_on, term.period_count, term.period_unit,
               term.ends_on, term.full_end
        FROM counted term JOIN serials_posting posting ON posting.id = term.posting_id
        WHERE term.replacement IN ('', 'restart') AND term.ends_on <> term.full_end
        ORDER BY term.id
    """,
    "term %s replaces term %s by the policy %s: it ends on %s, that one on %s": """
        WITH ended AS (
            -- The pieces that came back by the exchange, with what repairs had added to them.
            SELECT term_id, voided_by_id, min(ends_on) AS first, max(ends_on) AS last,
                   array_agg(ends_on) AS every
            FROM warranty_card WHERE voided_by_id IS NOT NULL GROUP BY 1, 2
        )
        SELECT term.id, old.id, term.replacement, term.ends_on, coalesce(ended.last, old.ends_on)
        FROM warranty_term term
        JOIN warranty_term old ON old.id = term.replaces_id
        LEFT JOIN ended ON (ended.term_id, ended.voided_by_id) = (old.id, term.posting_id)
        WHERE term.replacement IN ('inherit', 'at_least')
          -- An exchange that was cancelled gave the old piece back to whatever changes it.
          AND NOT EXISTS (SELECT FROM serials_posting WHERE reverses_id = term.posting_id)
          AND (ended.term_id IS NULL OR term.ends_on < GREATEST(term.starts_on, ended.first)
               -- Of several pieces the latest end counts, whichever of them it names.
               OR (term.replacement = 'inherit' AND term.quantity = 1
                   AND term.ends_on > term.starts_on AND term.ends_on <> ALL (ended.every)))
        ORDER BY term.id
    """,
    "term %s takes the place of term %s of a unit mixed up: %s to %s, that one %s to %s": """
        SELECT term.id, old.id, term.starts_on, term.ends_on, old.starts_on, old.ends_on
        FROM warranty_term term LEFT JOIN warranty_term old ON old.id = term.replaces_id
        JOIN serials_posting posting ON posting.id = term.posting_id
        WHERE (term.replacement = 'swap') <> (posting.kind = 'correction')
           OR (term.replacement = 'swap'
               AND (old.sale_id, old.starts_on, old.ends_on, old.product_id)
                   IS DISTINCT FROM (term.sale_id, term.starts_on, term.ends_on, term.product_id))
        ORDER BY term.id
    """,
    "card %s ends on %s; its term and its adjustments come to %s": """
        WITH in_force AS (
            SELECT adjustment.* FROM warranty_adjustment adjustment
            WHERE kind <> 'revocation' AND NOT EXISTS (
                SELECT FROM warranty_adjustment later WHERE later.revokes_id = adjustment.id
            )
        ),
        last_set AS (
            SELECT DISTINCT ON (card_id) card_id, seq, sets_end FROM in_force
            WHERE kind = 'override' ORDER BY card_id, seq DESC
        ),
        added AS (
            -- As terms.end_of_term: days in repair once, months once; of an end that was set on
            -- only what had not counted before.
            SELECT card_id, last_set.sets_end,
                   coalesce(max(months), 0)
                   - coalesce(max(months) FILTER (WHERE in_force.seq < last_set.seq), 0) AS months,
                   range_agg(daterange(from_on, to_on))
                       FILTER (WHERE kind = 'repair' AND months = 0) AS days,
                   range_agg(daterange(from_on, to_on))
                       FILTER (WHERE kind = 'repair' AND months = 0
                               AND in_force.seq < last_set.seq) AS days_before
            FROM in_force LEFT JOIN last_set USING (card_id)
            GROUP BY card_id, last_set.sets_end
        ),
        summed AS (
            SELECT card_id, sets_end, months,
                   (SELECT coalesce(sum(upper(each) - lower(each)), 0) FROM unnest(days) each)
                   - (SELECT coalesce(sum(upper(each) - lower(each)), 0)
                      FROM unnest(days_before) each) AS days
            FROM added
        ),
        reckoned AS (
            SELECT card.number, card.ends_on, GREATEST(term.starts_on, LEAST(DATE '9999-12-31', CASE
                WHEN summed.card_id IS NULL THEN term.ends_on
                WHEN sets_end IS NOT NULL OR term.replacement IN ('inherit', 'at_least')
                     OR term.ends_on <> LEAST(DATE '9999-12-31', (term.starts_on + period)::date)
                    THEN (coalesce(sets_end, term.ends_on)
                          + make_interval(months => months, days => days::int))::date
                ELSE (term.starts_on
                      + (period + make_interval(months => months, days => days::int)))::date
            END)) AS comes_to
            FROM warranty_card card
            JOIN warranty_term term ON term.id = card.term_id
            CROSS JOIN LATERAL (SELECT CASE term.period_unit
                WHEN 'days' THEN make_interval(days => LEAST(period_count, 3660000))
                WHEN 'weeks' THEN make_interval(weeks => LEAST(period_count, 522000))
                WHEN 'months' THEN make_interval(months => LEAST(period_count, 120000))
                WHEN 'years' THEN make_interval(years => LEAST(period_count, 10000))
            END) AS own (period)
            LEFT JOIN summed ON summed.card_id = card.id
        )
        SELECT number, ends_on, comes_to FROM reckoned WHERE ends_on <> comes_to ORDER BY number
    """,
    "adjustment %s of card %s adds %s days and %s months; its term is extended by %s": """
        SELECT adjustment.seq, card.number, adjustment.days, adjustment.months, term.on_repair
        FROM warranty_adjustment adjustment
        JOIN warranty_card card ON card.id = adjustment.card_id
        JOIN warranty_term term ON term.id = card.term_id
        WHERE adjustment.kind = 'repair' AND NOT CASE on_repair
            WHEN 'days' THEN days = to_on - from_on AND months = 0
            WHEN 'months' THEN days = 0 AND months = on_repair_months
            ELSE false
        END
        ORDER BY card.number, adjustment.seq
    """,
    "adjustment %s of card %s is by claim %s, which is not that of a repair under warranty": """
        SELECT adjustment.seq, card.number, claim.reference
        FROM warranty_adjustment adjustment
        JOIN warranty_card card ON card.id = adjustment.card_id
        LEFT JOIN warranty_claim claim ON claim.id = adjustment.claim_id
        WHERE adjustment.kind = 'repair'
          AND (claim.is_warranty, claim.claimed_on, claim.closed_on)
              IS DISTINCT FROM (true, adjustment.from_on, adjustment.to_on)
        ORDER BY card.number, adjustment.seq
    """,
    "claim %s is of another unit than the card %s it names": """
        SELECT claim.reference, card.number FROM warranty_claim claim
        JOIN warranty_card card ON card.id = claim.card_id
        JOIN warranty_term term ON term.id = card.term_id
        WHERE claim.product_id <> term.product_id OR claim.serial_id <> term.serial_id
        ORDER BY claim.id
    """,
    "%s, line %s: %s pieces have no term, though others of the line have": """
        SELECT posting.reference, entry.line, sum(entry.quantity)
        FROM serials_ledgerentry entry
        JOIN serials_posting posting ON posting.id = entry.posting_id
        JOIN serials_place target ON target.id = entry.to_place_id AND target.kind = 'customer'
        JOIN (SELECT DISTINCT posting_id, line FROM warranty_term) covered
            ON (covered.posting_id, covered.line) = (entry.posting_id, entry.line)
        LEFT JOIN warranty_term term ON term.entry_id = entry.id
        WHERE term.id IS NULL AND NOT entry.unidentified
        GROUP BY posting.id, entry.line
        ORDER BY posting.id, entry.line
    """,
    "the numbers W of store %s in %s: %s given, %s cards have one": """
        SELECT store.prefix, sequence.year, sequence.last, coalesce(numbered.cards, 0)
        FROM company_numbersequence sequence
        JOIN company_store store ON store.id = sequence.store_id
        LEFT JOIN (
            SELECT posting.store_id, extract(year FROM term.starts_on) AS year, count(*) AS cards
            FROM warranty_card card
            JOIN warranty_term term ON term.id = card.term_id
            JOIN serials_posting posting ON posting.id = term.posting_id
            GROUP BY 1, 2
        ) numbered ON numbered.store_id = sequence.store_id AND numbered.year = sequence.year
        WHERE sequence.series = 'W' AND sequence.last <> coalesce(numbered.cards, 0)
        ORDER BY store.prefix, sequence.year
    """,
    "card %s is void since %s by %s, which did not end it": """
        SELECT card.number, card.void_on, posting.reference
        FROM warranty_card card
        JOIN warranty_term term ON term.id = card.term_id
        LEFT JOIN serials_posting posting ON posting.id = card.voided_by_id
        WHERE card.void_on IS NOT NULL
          AND (posting.id IS NULL OR posting.effective_on <> card.void_on
               OR posting.kind NOT IN
                  ('customer_return', 'exchange', 'correction', 'cancellation')
               OR (posting.kind = 'cancellation' AND posting.reverses_id <> term.posting_id))
        ORDER BY card.id
    """,
    "term %s is void since %s by posting %s, which ended none of its cards": """
        SELECT term.id, term.void_on, term.voided_by_id FROM warranty_term term
        WHERE term.void_on IS NOT NULL AND NOT EXISTS (
            SELECT FROM warranty_card card WHERE card.term_id = term.id
              AND (card.voided_by_id, card.void_on) = (term.voided_by_id, term.void_on)
        )
        ORDER BY term.id
    """,
    "card %s is valid, but %s, which started its term, was cancelled": """
        SELECT card.number, posting.reference
        FROM warranty_card card
        JOIN warranty_term term ON term.id = card.term_id
        JOIN serials_posting posting ON posting.id = term.posting_id
        JOIN serials_posting reversal ON reversal.reverses_id = posting.id
        WHERE card.void_on IS NULL
        ORDER BY card.id
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
