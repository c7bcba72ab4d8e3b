"""Which units a posted line moved in fact: parts of SQL, for statements over many lines."""

from __future__ import annotations

UNITS_OF_LINE = """
    SELECT serial.*, 0 AS since FROM documents_lineserial serial WHERE serial.line_id = {line}
    UNION ALL
    SELECT serial.*, CASE document.kind WHEN 'correction' THEN document.posting_id ELSE 0 END
    FROM documents_line entered
    JOIN documents_document document ON document.id = entered.document_id
    JOIN documents_lineserial serial ON serial.line_id = entered.id
    WHERE entered.origin_id = {line} AND document.status = 'posted'
      AND (document.kind = 'identification'
           OR (document.kind = 'correction' AND entered.position = 2))
"""
"""The units written on a line, those entered for it later, and those that went instead of others.

`since` is the posting of a correction that put the unit there, else 0: see `PUT_BACK`.
"""

PUT_BACK = """
    EXISTS (
        SELECT FROM documents_line wrong
        JOIN documents_document document ON document.id = wrong.document_id
        JOIN documents_lineserial serial
            ON serial.document_id = wrong.document_id AND serial.line_id = wrong.id
        WHERE wrong.origin_id = {line} AND document.status = 'posted'
          AND document.kind = 'correction' AND wrong.position = 1
          AND document.posting_id > {unit}.since
          AND serial.product_id = {unit}.product_id AND serial.key = {unit}.key
    )
"""
"""Whether a correction took a unit off a line after it was written, or put, there."""
