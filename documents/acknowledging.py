"""A manager's word that units returned to the supplier are here again."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction

from company.access import Access
from company.rights import Right
from serials.stock import integers, run

from .drafting import lock_draft
from .judging import what_posting_refuses


@transaction.atomic
def acknowledge_returns(pk: int, *, by: Access, now: dt.datetime) -> int:
    """Acknowledge each unit of a draft that was returned to the supplier before; how many.

    What is kept with each unit is the earlier return itself, so a later one needs a word of its
    own. Raises PermissionDenied without the right.
    """
    document = lock_draft(pk, by=by)
    if not by.can(Right.ACKNOWLEDGE, document.store_id):
        raise PermissionDenied
    positions = dict(document.lines.values_list("position", "pk"))
    returned = [
        (positions[one.line], one.key, one.posting_id)
        for one in what_posting_refuses(document, by=by, now=now)
        if one.code == "returned_to_supplier_before" and one.line and one.key
    ]
    run(
        """
        UPDATE documents_lineserial serial SET acknowledged_id = seen.posting_id
        FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS seen (line_id, key, posting_id)
        WHERE (serial.line_id, serial.key) = (seen.line_id, seen.key)
        """,
        [
            integers(line_id for line_id, _, _ in returned),
            [key for _, key, _ in returned],
            integers(posting_id for _, _, posting_id in returned),
        ],
    )
    return len(returned)
