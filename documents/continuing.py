"""Documents that go on from a posted one: receiving a transfer, entering serials left out."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from company.access import Access
from company.retrying import retried
from company.rights import Right
from serials.refusals import PostingRefused
from serials.stock import run

from .drafting import NotADraft, lock_draft
from .models import Document, Kind, LineSerial, Outstanding, Status
from .posting import post_locked, refusal_of
from .refusals import document_refusal

ARRIVE, IDENTIFY = Outstanding.Purpose.ARRIVE, Outstanding.Purpose.IDENTIFY


@transaction.atomic
def start_arrival(pk: int, *, by: Access) -> Document:
    """The draft that receives a transfer in the store it was sent to; empty, to be scanned.

    The person's own one when there is one already. Raises Document.DoesNotExist for a transfer
    the person does not see, NotADraft when it was cancelled, PermissionDenied without the right.
    """
    return _start_arrival(_lock_posted(pk, Kind.TRANSFER, by=by), by=by)


def _start_arrival(transfer: Document, *, by: Access) -> Document:
    if transfer.to_store is None or not by.can(Right.TRANSFER, transfer.to_store.pk):
        raise PermissionDenied
    return _own_draft(Kind.ARRIVAL, transfer, store_id=transfer.to_store.pk, by=by)


def _own_draft(kind: Kind, origin: Document, *, store_id: int, by: Access) -> Document:
    found = {"kind": kind, "origin": origin, "store_id": store_id, "author": by.user}
    draft = Document.objects.filter(**found, status=Status.DRAFT).order_by("-pk").first()
    return draft or Document.objects.create(**found, customer_id=origin.customer_id)


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
    """Anew from the transfer: what was scanned before is part of it. Four statements."""
    LineSerial.objects.filter(document=document).delete()
    document.lines.all().delete()
    run(
        """
        INSERT INTO documents_line (document_id, position, product_id, quantity, unit_price,
            remark, origin_id, is_defective, unidentified, mode, sku, product_name)
        SELECT %s, row_number() OVER (ORDER BY line.position), line.product_id,
               outstanding.quantity - outstanding.settled, line.unit_price, '', line.id, false, 0,
               '', '', ''
        FROM documents_outstanding outstanding
        JOIN documents_line line ON line.id = outstanding.line_id
        WHERE line.document_id = %s AND outstanding.purpose = 'arrive'
          AND outstanding.settled < outstanding.quantity
        """,
        [document.pk, document.origin_id],
    )
    run(
        """
        INSERT INTO documents_lineserial (line_id, document_id, product_id, text, key)
        SELECT line.id, line.document_id, sent.product_id, sent.text, sent.key
        FROM documents_line line
        JOIN LATERAL (
            SELECT serial.* FROM documents_lineserial serial WHERE serial.line_id = line.origin_id
            UNION ALL
            SELECT serial.* FROM documents_lineserial serial
            JOIN documents_line entered ON entered.id = serial.line_id
            JOIN documents_document document ON document.id = entered.document_id
            WHERE entered.origin_id = line.origin_id AND document.kind = 'identification'
              AND document.status = 'posted'
        ) sent ON true
        WHERE line.document_id = %s AND NOT EXISTS (
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
        ORDER BY line.position, sent.id
        """,
        [document.pk],
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
    if not draft.lines.exists():
        run(
            """
            INSERT INTO documents_line (document_id, position, product_id, quantity, unit_price,
                remark, origin_id, is_defective, unidentified, mode, sku, product_name)
            SELECT %s, row_number() OVER (ORDER BY line.position), line.product_id,
                   outstanding.quantity - outstanding.settled, 0, '', line.id, false, 0,
                   '', '', ''
            FROM documents_outstanding outstanding
            JOIN documents_line line ON line.id = outstanding.line_id
            WHERE line.document_id = %s AND outstanding.purpose = 'identify'
              AND outstanding.settled < outstanding.quantity
            """,
            [draft.pk, origin.pk],
        )
    return draft
