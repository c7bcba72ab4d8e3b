"""Proves that posted documents agree with what the ledger has of them."""

from __future__ import annotations

from serials.proving import named

# What the lines of posted documents say that later ones may settle of them.
_TO_SETTLE = """
    SELECT line.id AS line_id, purpose.name AS purpose,
           CASE purpose.name WHEN 'identify' THEN line.unidentified ELSE line.quantity END AS pieces
    FROM documents_line line
    JOIN documents_document document ON document.id = line.document_id
    JOIN (VALUES ('return'), ('arrive'), ('identify')) AS purpose (name)
        ON CASE purpose.name
               WHEN 'return' THEN document.kind IN ('sale', 'exchange') AND line.origin_id IS NULL
               WHEN 'arrive' THEN document.kind = 'transfer'
               ELSE line.unidentified > 0
           END
    WHERE document.status = 'posted'
"""

_CHECKS = {
    "document %s, line %s: %s pieces on the line, %s in the ledger": """
        SELECT document.number, line.position, line.quantity, coalesce(sum(entry.quantity), 0)
        FROM documents_line line
        JOIN documents_document document ON document.id = line.document_id
        LEFT JOIN serials_ledgerentry entry
            ON entry.posting_id = document.posting_id AND entry.line = line.position
            AND entry.product_id = line.product_id
            -- Serials entered later take the place of as many pieces that moved without.
            AND NOT (document.kind = 'identification' AND entry.unidentified)
        WHERE document.status <> 'draft'
        GROUP BY document.number, line.id
        HAVING coalesce(sum(entry.quantity), 0) <> line.quantity
        ORDER BY document.number, line.position
    """,
    "posting %s has no document": """
        SELECT posting.reference FROM serials_posting posting
        WHERE NOT EXISTS (
                SELECT FROM documents_document own WHERE own.posting_id = posting.id
            ) AND NOT EXISTS (
                SELECT FROM documents_document own WHERE own.cancellation_id = posting.id
            )
        ORDER BY posting.id
    """,
    "document %s, line %s: %s of %s pieces are said to be settled, by documents %s": """
        SELECT document.number, line.position, outstanding.settled, outstanding.quantity,
               coalesce(later.pieces, 0)
        FROM documents_outstanding outstanding
        JOIN documents_line line ON line.id = outstanding.line_id
        JOIN documents_document document ON document.id = line.document_id
        LEFT JOIN LATERAL (
            SELECT sum(settling.quantity) AS pieces FROM documents_line settling
            JOIN documents_document came ON came.id = settling.document_id
            WHERE settling.origin_id = line.id AND came.status = 'posted'
              AND documents_settles(came.kind) = outstanding.purpose
        ) later ON true
        WHERE outstanding.settled <> coalesce(later.pieces, 0) OR document.status <> 'posted'
        ORDER BY document.number, line.position
    """,
    "document %s, line %s: nothing says what may come back, arrive or be identified (%s)": f"""
        SELECT document.number, line.position, expected.purpose
        FROM ({_TO_SETTLE}) expected
        JOIN documents_line line ON line.id = expected.line_id
        JOIN documents_document document ON document.id = line.document_id
        LEFT JOIN documents_outstanding outstanding
            ON outstanding.line_id = expected.line_id AND outstanding.purpose = expected.purpose
        WHERE outstanding.id IS NULL
        ORDER BY document.number, line.position
    """,  # noqa: S608 - the only part put in is a constant of this module
    "document %s, line %s (%s): %s pieces are said to be there to settle, the line has %s": f"""
        SELECT document.number, line.position, outstanding.purpose, outstanding.quantity,
               coalesce(expected.pieces, 0)
        FROM documents_outstanding outstanding
        JOIN documents_line line ON line.id = outstanding.line_id
        JOIN documents_document document ON document.id = line.document_id
        LEFT JOIN ({_TO_SETTLE}) expected
            ON expected.line_id = outstanding.line_id AND expected.purpose = outstanding.purpose
        WHERE outstanding.quantity <> coalesce(expected.pieces, 0)
        ORDER BY document.number, line.position
    """,  # noqa: S608 - the only part put in is a constant of this module
    "document %s, line %s: serial %s is only %s": """
        WITH entered AS (
            SELECT document.posting_id, line.position, serial.product_id, serial.key
            FROM documents_lineserial serial
            JOIN documents_line line ON line.id = serial.line_id
            JOIN documents_document document ON document.id = line.document_id
            WHERE document.status <> 'draft'
        ),
        moved AS (
            SELECT entry.posting_id, entry.line AS position, entry.product_id, serial.key
            FROM serials_ledgerentry entry
            JOIN serials_serial serial ON serial.id = entry.serial_id
            JOIN documents_document document ON document.posting_id = entry.posting_id
        )
        SELECT document.number, position, key,
               CASE WHEN moved.posting_id IS NULL THEN 'on the line' ELSE 'in the ledger' END
        FROM entered FULL JOIN moved USING (posting_id, position, product_id, key)
        JOIN documents_document document
            ON document.posting_id = coalesce(entered.posting_id, moved.posting_id)
        WHERE entered.posting_id IS NULL OR moved.posting_id IS NULL
        ORDER BY document.number, position, key
    """,
    "document %s of %s does not agree with its posting: %s of %s": """
        SELECT document.number, document.effective_on, posting.reference, posting.effective_on
        FROM documents_document document
        LEFT JOIN serials_posting posting ON posting.id = document.posting_id
        WHERE document.status <> 'draft'
          AND (posting.reference, posting.effective_on, posting.store_id, posting.kind)
              IS DISTINCT FROM
              (document.number, document.effective_on, document.store_id, document.kind)
        ORDER BY document.id
    """,
    "document %s is %s, and the posting that cancels it is %s": """
        SELECT document.number, document.status, reversal.reference
        FROM documents_document document
        LEFT JOIN serials_posting reversal ON reversal.reverses_id = document.posting_id
        WHERE CASE document.status
            WHEN 'cancelled' THEN
                (reversal.id, reversal.reference, reversal.store_id, reversal.kind)
                IS DISTINCT FROM (document.cancellation_id, document.number || '/C',
                                  document.store_id, 'cancellation')
            WHEN 'posted' THEN reversal.id IS NOT NULL OR document.cancellation_id IS NOT NULL
        END
        ORDER BY document.id
    """,
    "%s took back %s pieces of document %s, line %s, and %s cards are void by it": """
        WITH cards AS (
            SELECT CASE WHEN document.kind IN ('identification', 'correction')
                        THEN line.origin_id ELSE line.id END AS sold_id,
                   document.kind IN ('identification', 'correction') AS entered_later,
                   card.voided_by_id
            FROM warranty_card card
            JOIN warranty_term term ON term.id = card.term_id
            JOIN documents_document document ON document.posting_id = term.posting_id
            JOIN documents_line line
                ON line.document_id = document.id AND line.position = term.line
        ),
        own AS (
            SELECT sold_id, count(*) AS cards FROM cards WHERE NOT entered_later GROUP BY sold_id
        ),
        void AS (
            SELECT cards.voided_by_id AS posting_id, cards.sold_id, count(*) AS cards
            FROM cards JOIN serials_posting posting ON posting.id = cards.voided_by_id
            WHERE posting.kind <> 'cancellation'
            GROUP BY 1, 2
        ),
        brought AS (
            SELECT document.posting_id, document.status, line.origin_id AS sold_id,
                   sum(line.quantity) AS pieces
            FROM documents_line line
            JOIN documents_document document ON document.id = line.document_id
            WHERE document.status <> 'draft' AND line.origin_id IS NOT NULL
              AND (document.kind IN ('customer_return', 'exchange')
                   -- A correction takes back the unit that was written.
                   OR (document.kind = 'correction' AND line.position = 1))
            GROUP BY document.id, line.origin_id
        ),
        back AS (SELECT posting_id, sold_id, pieces FROM brought WHERE status = 'posted'),
        ever AS (SELECT sold_id, sum(pieces) AS pieces FROM brought GROUP BY sold_id)
        SELECT posting.reference, coalesce(back.pieces, 0), document.number, sold.position,
               coalesce(void.cards, 0)
        FROM back FULL JOIN void USING (posting_id, sold_id)
        LEFT JOIN own USING (sold_id)
        LEFT JOIN ever USING (sold_id)
        JOIN documents_line sold ON sold.id = sold_id
        JOIN documents_document document ON document.id = sold.document_id
        JOIN serials_posting posting ON posting.id = coalesce(back.posting_id, void.posting_id)
        WHERE coalesce(void.cards, 0) > coalesce(back.pieces, 0)
           OR coalesce(void.cards, 0) < LEAST(
               back.pieces,
               coalesce(own.cards, 0)
               -- Where some had no serial, all others may have come back before, even if that
               -- was cancelled since, and what was entered later may not have had its card yet.
               - CASE WHEN sold.unidentified > 0 THEN ever.pieces - back.pieces ELSE 0 END
           )
        ORDER BY posting.id, document.number, sold.position
    """,
    "the numbers %s of store %s in %s: %s given, %s documents have one": """
        SELECT sequence.series, store.prefix, sequence.year, sequence.last, count(document.id)
        FROM company_numbersequence sequence
        JOIN company_store store ON store.id = sequence.store_id
        LEFT JOIN documents_document document
            ON document.number LIKE store.prefix || '-' || sequence.series || sequence.year || '-%%'
        -- The first three have checks of their own; serial numbers that were made may lie unused.
        WHERE sequence.series NOT IN ('W', 'CN', 'RP', 'N')
        GROUP BY sequence.id, store.prefix
        HAVING count(document.id) <> sequence.last
        ORDER BY store.prefix, sequence.series, sequence.year
    """,
}


def differences() -> list[str]:
    """Everything in which documents differ from the ledger; empty when all agree."""
    return named(_CHECKS)
