"""Documents that go on from a posted one: receiving a transfer, entering serials left out."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F

from company.access import Access
from company.retrying import retried
from company.rights import Right
from partners.saving import hold_customer
from serials.refusals import PostingRefused
from serials.stock import run

from .drafting import NotADraft, lock_draft
from .models import Document, Kind, Outstanding, Status
from .moved_units import PUT_BACK, UNITS_OF_LINE
from .posting import post_locked, refusal_of
from .refusals import document_refusal

ARRIVE, IDENTIFY = Outstanding.Purpose.ARRIVE, Outstanding.Purpose.IDENTIFY
NOTHING_LEFT = {
    Kind.ARRIVAL: (ARRIVE, "nothing_on_the_way"),
    Kind.IDENTIFICATION: (IDENTIFY, "nothing_to_identify"),
}


@transaction.atomic
def start_arrival(pk: int, *, by: Access) -> Document:
    """The draft that receives a transfer in the store it was sent to; empty, to be scanned.

    The person's own one when there is one already. Raises Document.DoesNotExist for a transfer
    the person does not see, NotADraft when it was cancelled, PermissionDenied without the right,
    PostingRefused when nothing of it is on the way any more.
    """
    return _start_arrival(_lock_posted(pk, Kind.TRANSFER, by=by), by=by)


def _start_arrival(transfer: Document, *, by: Access) -> Document:
    if transfer.to_store is None or not by.can(Right.TRANSFER, transfer.to_store.pk):
        raise PermissionDenied
    return _own_draft(Kind.ARRIVAL, transfer, store_id=transfer.to_store.pk, by=by)


def _own_draft(kind: Kind, origin: Document, *, store_id: int, by: Access) -> Document:
    found = {"kind": kind, "origin": origin, "store_id": store_id, "author": by.user}
    draft = Document.objects.filter(**found, status=Status.DRAFT).order_by("-pk").first()
    if draft is None:
        _require_rest(kind, origin)
        draft = Document.objects.create(**found, customer=hold_customer(origin.customer_id))
    return draft


def _require_rest(kind: Kind, origin: Document) -> None:
    """Refuse a draft on which there could never be anything."""
    purpose, code = NOTHING_LEFT[kind]
    rows = Outstanding.objects.filter(line__document=origin, purpose=purpose)
    if not rows.filter(settled__lt=F("quantity")).exists():
        raise PostingRefused([document_refusal(code, number=origin.number)])


def _lock_posted(pk: int, kind: str | None, *, by: Access) -> Document:
    """A posted document, locked so that it is not cancelled meanwhile."""
    documents = Document.objects.visible_to(by).select_related("store", "to_store")
    if kind is not None:
        documents = documents.filter(kind=kind)
    document = documents.select_for_update(of=("self",), no_key=True).get(pk=pk)
    if document.status != Status.POSTED:
        raise NotADraft
    return document


@transaction.atomic
def take_everything(pk: int, *, by: Access) -> Document:
    """Put all that is still on its way on an arrival's draft, serials and quantities."""
    document = lock_draft(pk, by=by)
    if document.kind != Kind.ARRIVAL:
        raise PermissionDenied
    _take_everything(document)
    return document


def _take_everything(document: Document) -> None:
    """What is on the draft stays as it was said; the rest joins it, serials too.

    Pieces join the line of good goods of the same origin. Serials join it as well, and where some
    are entered already, no more of them than there are pieces. Three statements.
    """
    run(
        f"""
        UPDATE documents_line own SET quantity = own.quantity + rest.pieces
        FROM ({_REST}) rest WHERE own.id = rest.good_id AND rest.pieces > 0
        """,  # noqa: S608 - the only part put in is a constant of this module
        [document.pk, document.origin_id, ARRIVE],
    )
    _add_lines(document, ARRIVE)
    run(
        f"""
        INSERT INTO documents_lineserial (line_id, document_id, product_id, text, key)
        SELECT line_id, document_id, product_id, text, key FROM (
            SELECT line.id AS line_id, line.document_id, sent.product_id, sent.text, sent.key,
                   sent.id, row_number() OVER (PARTITION BY line.id ORDER BY sent.id) AS nth,
                   outstanding.quantity - outstanding.settled AS pieces, entered.serials
            FROM (
                SELECT DISTINCT ON (origin_id) * FROM documents_line
                WHERE document_id = %s AND origin_id IS NOT NULL
                ORDER BY origin_id, is_defective, position
            ) line
            JOIN documents_outstanding outstanding
                ON outstanding.line_id = line.origin_id AND outstanding.purpose = 'arrive'
            CROSS JOIN LATERAL (
                SELECT count(*) AS serials FROM documents_lineserial serial
                JOIN documents_line own ON own.id = serial.line_id
                WHERE serial.document_id = line.document_id AND own.origin_id = line.origin_id
            ) entered
            CROSS JOIN LATERAL ({UNITS_OF_LINE.format(line="line.origin_id")}) sent
            WHERE NOT {PUT_BACK.format(line="line.origin_id", unit="sent")} AND NOT EXISTS (
                SELECT FROM documents_lineserial own
                WHERE own.document_id = line.document_id
                  AND own.product_id = sent.product_id AND own.key = sent.key
            ) AND NOT EXISTS (
                SELECT FROM documents_lineserial came
                JOIN documents_line arrived ON arrived.id = came.line_id
                JOIN documents_document document ON document.id = arrived.document_id
                WHERE arrived.origin_id = line.origin_id AND document.status = 'posted'
                  AND document.kind = 'arrival' AND came.key = sent.key
            ) AND NOT EXISTS (
                -- nor what arrived without its serial number, which was entered since
                SELECT FROM documents_lineserial came
                JOIN documents_line entered ON entered.id = came.line_id
                JOIN documents_document document ON document.id = entered.document_id
                JOIN documents_line arrived ON arrived.id = entered.origin_id
                WHERE arrived.origin_id = line.origin_id AND document.status = 'posted'
                  AND document.kind = 'identification' AND came.key = sent.key
            )
        ) missing
        WHERE serials = 0 OR nth <= pieces - serials
        ORDER BY id
        """,  # noqa: S608 - constants of this package
        [document.pk],
    )


# By line of the earlier document: the pieces that are left of it and not on the draft yet, and
# the draft's own line of good goods of it.
_REST = """
    SELECT line.id AS line_id, there.good_id,
           outstanding.quantity - outstanding.settled - there.pieces AS pieces
    FROM documents_outstanding outstanding
    JOIN documents_line line ON line.id = outstanding.line_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity), 0) AS pieces,
               (array_agg(id ORDER BY position) FILTER (WHERE NOT is_defective))[1] AS good_id
        FROM documents_line WHERE document_id = %s AND origin_id = line.id
    ) there
    WHERE line.document_id = %s AND outstanding.purpose = %s
"""


def _add_lines(draft: Document, purpose: str) -> None:
    """A line for each one of the earlier document that has something left and none here yet."""
    run(
        f"""
        INSERT INTO documents_line (document_id, position, product_id, quantity, unit_price,
            remark, origin_id, is_defective, unidentified, mode, sku, product_name)
        SELECT %s, last.position + row_number() OVER (ORDER BY line.position), line.product_id,
               rest.pieces, CASE WHEN %s THEN line.unit_price ELSE 0 END, '', line.id, false, 0,
               '', '', ''
        FROM ({_REST}) rest
        JOIN documents_line line ON line.id = rest.line_id
        CROSS JOIN (
            SELECT coalesce(max(position), 0) AS position FROM documents_line
            WHERE document_id = %s
        ) last
        WHERE rest.pieces > 0 AND rest.good_id IS NULL
        """,  # noqa: S608 - the only part put in is a constant of this module
        [draft.pk, purpose == ARRIVE, draft.pk, draft.origin_id, purpose, draft.pk],
    )


def receive_at_once(pk: int, *, by: Access, now: dt.datetime) -> Document:
    """Receive all that a transfer has on its way; a draft is dispatched first. The arrival.

    One transaction: both documents are posted, or neither. Raises PostingRefused, and what
    `post_document` raises.
    """
    try:
        return retried(lambda: _receive_at_once(pk, by=by, now=now))
    except NotADraft as error:  # it was dispatched, received or cancelled at this moment
        raise PostingRefused([document_refusal("changed_meanwhile")]) from error
    except IntegrityError as error:
        raise refusal_of(error) from error


@transaction.atomic
def _receive_at_once(pk: int, *, by: Access, now: dt.datetime) -> Document:
    transfer = Document.objects.visible_to(by).get(pk=pk, kind=Kind.TRANSFER)
    day: dt.date | None = None
    if transfer.is_draft:
        draft = lock_draft(pk, by=by)
        day = draft.effective_on  # both are dated back, when one is
        transfer = post_locked(draft, by=by, now=now)
    else:
        transfer = _lock_posted(pk, Kind.TRANSFER, by=by)
    arrival = lock_draft(_start_arrival(transfer, by=by).pk, by=by)
    _take_everything(arrival)
    arrival.effective_on = day
    return post_locked(arrival, by=by, now=now)


@transaction.atomic
def start_identification(pk: int, *, by: Access) -> Document:
    """The draft that enters the serials of what a document moved without them.

    It has a line for each such line. Raises as `start_arrival` does.
    """
    origin = _lock_posted(pk, None, by=by)
    if not by.can(Right.IDENTIFY, origin.store_id):
        raise PermissionDenied
    draft = _own_draft(Kind.IDENTIFICATION, origin, store_id=origin.store_id, by=by)
    _add_lines(draft, IDENTIFY)
    return draft
