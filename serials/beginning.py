"""Units by the beginning of a number of theirs."""

from __future__ import annotations

from django.db import connection

from .stock import fetched

# In the order of the indexes by beginning, whatever the collation: in that of the text PostgreSQL
# would sort all that fit.
_BEGINNING = """
    (SELECT id FROM serials_serial WHERE key LIKE %(text)s ORDER BY key USING ~<~ LIMIT %(most)s)
    UNION ALL
    (SELECT serial_id FROM serials_secondnumber WHERE key LIKE %(text)s AND removed_at IS NULL
     ORDER BY key USING ~<~ LIMIT %(most)s)
"""


def ids_beginning_with(key: str, most: int) -> list[int]:
    """The first so many units a number of which begins like this: one statement.

    As many by their own number, and as many by their second one.
    """
    text = connection.ops.prep_for_like_query(key) + "%"
    return [pk for (pk,) in fetched(_BEGINNING, {"text": text, "most": most})]
