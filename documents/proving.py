"""Proves that posted documents agree with what the ledger has of them."""

from __future__ import annotations

from serials.proving import named

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
    "document %s, line %s: nothing says what may come back, arrive or be identified": """
        SELECT document.number, line.position FROM documents_line line
        JOIN documents_document document ON document.id = line.document_id
        WHERE document.status = 'posted' AND NOT EXISTS (
                SELECT FROM documents_outstanding WHERE line_id = line.id
            ) AND (line.unidentified > 0 OR document.kind IN ('sale', 'transfer')
                   OR document.kind = 'exchange' AND line.origin_id IS NULL)
        ORDER BY document.number, line.position
    """,
    "the numbers %s of store %s in %s: %s given, %s documents have one": """
        SELECT sequence.series, store.prefix, sequence.year, sequence.last, count(document.id)
        FROM company_numbersequence sequence
        JOIN company_store store ON store.id = sequence.store_id
        LEFT JOIN documents_document document
            ON document.number LIKE store.prefix || '-' || sequence.series || sequence.year || '-%%'
        WHERE sequence.series <> 'W'
        GROUP BY sequence.id, store.prefix
        HAVING count(document.id) <> sequence.last
        ORDER BY store.prefix, sequence.series, sequence.year
    """,
}


def differences() -> list[str]:
    """Everything in which documents differ from the ledger; empty when all agree."""
    return named(_CHECKS)
