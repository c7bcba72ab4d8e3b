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
        WHERE document.status <> 'draft'
        GROUP BY document.number, line.id
        HAVING coalesce(sum(entry.quantity), 0) <> line.quantity
        ORDER BY document.number, line.position
    """,
    "posting %s has no document": """
        SELECT posting.reference FROM serials_posting posting
        LEFT JOIN documents_document document ON document.posting_id = posting.id
        WHERE document.id IS NULL ORDER BY posting.id
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
