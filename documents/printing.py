"""Printing documents: a small one at once, the PDF of a large one by a job.

A print of a large document is recorded together with the job that makes it. Two people who ask
at once get the same one: PostgreSQL lets one print of a document be under way.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid

from django.db import transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app

from audit.asking import asked_by
from company.access import Access

from .models import Document, DocumentPrint
from .sheet_reading import read_sheet
from .sheets import SheetNotRendered, render_sheet

INLINE_SERIALS = 300
"""With so many serials, and so many lines, a PDF is ready within about a second."""
INLINE_LINES = 100
KEPT = dt.timedelta(days=7)
"""How long a PDF is kept: it can be made again at any time."""
JOB = "documents.make_pdf"

UNDER_WAY = (DocumentPrint.Status.WAITING, DocumentPrint.Status.RUNNING)


class PrintState(enum.StrEnum):
    """Where the PDF of a large document is, for its page."""

    NONE = "none"
    UNDER_WAY = "under_way"
    READY = "ready"
    FAILED = "failed"


def state_of_print(found: DocumentPrint | None) -> PrintState:
    """Where a print is; it goes by the status, never by the bytes."""
    if found is None:
        return PrintState.NONE
    return {
        DocumentPrint.Status.DONE: PrintState.READY,
        DocumentPrint.Status.FAILED: PrintState.FAILED,
    }.get(DocumentPrint.Status(found.status), PrintState.UNDER_WAY)


def is_large(document: Document) -> bool:
    """Whether its PDF takes longer than somebody should wait for an answer."""
    return (
        document.lines.count() > INLINE_LINES
        or document.lineserial_set.order_by()[: INLINE_SERIALS + 1].count() > INLINE_SERIALS
    )


def pdf_now(document: Document) -> bytes:
    """The PDF of a small document. Raises SheetNotRendered when none can be made here."""
    return render_sheet(read_sheet(document.pk))


def latest_print(document: Document, *, now: dt.datetime) -> DocumentPrint | None:
    """The newest print that shows the document as it stands, without the bytes of its PDF."""
    return _prints(document).filter(requested_at__gt=now - KEPT).first()


def _prints(document: Document) -> QuerySet[DocumentPrint]:
    """Prints that show the document's status of today, the newest first, without their bytes."""
    shown = DocumentPrint.objects.filter(document=document, of_status=document.status)
    return shown.select_related("requested_by").defer("pdf").order_by("-requested_at", "-pk")


@transaction.atomic
def request_print(document_id: int, *, by: Access, now: dt.datetime) -> DocumentPrint:
    """Have a PDF of a document made by a job; the one under way when there is one already.

    Raises Document.DoesNotExist for a document the person doesn't see.
    """
    document = Document.objects.visible_to(by).get(pk=document_id)
    asked = DocumentPrint(
        document=document, of_status=document.status, requested_by=by.user, requested_at=now
    )
    DocumentPrint.objects.bulk_create([asked], ignore_conflicts=True)
    if _prints(document).filter(pk=asked.pk).exists():
        app.configure_task(JOB).defer(print_id=str(asked.pk), **asked_by())
        return asked
    # Under way when this one was refused; it may have been made since.
    return _prints(document).filter(status__in=UNDER_WAY).first() or _prints(document)[0]


def make_pdf(print_id: uuid.UUID) -> None:
    """Make the PDF of a print, from the start whatever an earlier try left behind.

    A print that is done, has failed, or went with its draft stays as it is; one whose document
    was posted or cancelled meanwhile has failed. Never raises for a PDF that can't be made.
    """
    this = DocumentPrint.objects.filter(pk=print_id, status__in=UNDER_WAY)
    if not this.update(status=DocumentPrint.Status.RUNNING):
        return
    document_id, of_status = this.values_list("document_id", "of_status").get()
    try:
        view = read_sheet(document_id)
        if view.status != of_status:
            this.update(status=DocumentPrint.Status.FAILED)
            return
        pdf = render_sheet(view)
    except SheetNotRendered:
        this.update(status=DocumentPrint.Status.FAILED)
    except Document.DoesNotExist:
        return
    else:
        this.update(status=DocumentPrint.Status.DONE, pdf=pdf)


def pdf_of_print(found: DocumentPrint) -> bytes | None:
    """The bytes of a print, None while there are none."""
    pdf = DocumentPrint.objects.filter(pk=found.pk).values_list("pdf", flat=True).first()
    return None if pdf is None else bytes(pdf)


def forget_old_prints(*, now: dt.datetime) -> int:
    """Delete the prints that are no longer kept; how many."""
    deleted, _ = DocumentPrint.objects.filter(requested_at__lte=now - KEPT).delete()
    return deleted
