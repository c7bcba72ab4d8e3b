"""Long files on drafts: read, judged and added by jobs, while a page shows how far they are.

The steps are those of `uploading`, which somebody who waits for a short file takes at once. The
job and what it is about are recorded together; the rights are those the person has when it runs.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from audit.asking import asked_by
from company.access import Access, access_of
from company.reading_tables import rows_about
from serials.reading_files import read_file

from .drafting import NotADraft, lock_draft
from .models import Document, Line, Upload
from .upload_preview import Preview
from .uploading import add_held, find_upload, keep_file, read_upload

JOB = "documents.take_upload"
"""Also the lock of these jobs: the worker has other work, and two hands."""
Status = Upload.Status
logger = logging.getLogger(__name__)


@transaction.atomic
def hold_long_file(
    pk: int, line_pk: int | None, *, name: str, content: bytes, by: Access, now: dt.datetime
) -> Upload:
    """Keep a long file for a draft, and have it read by a job.

    Raises Line.DoesNotExist.
    """
    held = keep_file(
        pk, line_pk, name=name, by=by, now=now, listed=b"", content=content, is_long=True,
        status=Status.WAITING, total=rows_about(name, content),
        language=translation.get_language() or "en",
    )  # fmt: skip
    app.configure_task(JOB, lock=JOB).defer(upload_id=held.pk, **asked_by())
    return held


def preview_of(held: Upload, document: Document, *, now: dt.datetime) -> Preview:
    """What a file that was read comes to: of a long one as it was found when it was read.

    The press that adds it judges each row anew in any case.
    """
    if held.is_long and held.told is not None:
        return Preview.unpacked(held.told)
    return Preview.of(read_upload(held, document, now=now))


@transaction.atomic
def request_adding(pk: int, upload_pk: int, *, by: Access) -> Upload:
    """Have the good rows of a long file added by a job, once however often it is pressed.

    Raises Upload.DoesNotExist.
    """
    document = lock_draft(pk, by=by)
    held = find_upload(document, upload_pk, by=by)
    if held.status == Status.READ:
        held.status = Status.ADDING
        held.save(update_fields=["status"])
        app.configure_task(JOB, lock=JOB).defer(upload_id=held.pk, **asked_by())
    return held


def take_upload(upload_id: int) -> None:
    """Do what is to be done with a long file, from the start whatever an earlier try left.

    What is done, has failed or was replaced by another file stays as it is.
    """
    this = Upload.objects.filter(pk=upload_id)
    held = this.select_related("author", "line__product__type", "document__store").first()
    if held is None or not held.is_under_way:
        return
    with translation.override(held.language):
        try:
            if held.status == Status.ADDING:
                _add(held)
            else:
                _read(held)
        except ValidationError as refused:
            this.update(status=Status.FAILED, problem=" ".join(refused.messages)[:400])
        except (NotADraft, PermissionDenied, Document.DoesNotExist, Line.DoesNotExist):
            words = _("The document can't be changed any more. Nothing of the file was added.")
            this.update(status=Status.FAILED, problem=words)
        except Exception:
            logger.exception("upload %s was not taken", upload_id)
            this.update(status=Status.FAILED, problem="")


def _read(held: Upload) -> None:
    this = Upload.objects.filter(pk=held.pk, status__in=[Status.WAITING, Status.READING])
    this.update(status=Status.READING, done=0)

    def progress(rows: int) -> None:
        this.update(done=min(rows, held.total))

    listed = read_file(held.name, bytes(held.content), progress=progress)
    held.listed = listed.packed()
    told = Preview.of(read_upload(held, held.document, now=timezone.now()))
    this.update(
        listed=held.listed,
        content=b"",
        told=told.packed(),
        done=held.total,
        status=Status.READ,
    )


@transaction.atomic
def _add(held: Upload) -> None:
    by = access_of(held.author)
    document = lock_draft(held.document_id, by=by)
    this = Upload.objects.select_for_update(of=("self",)).select_related("line__product__type")
    again = this.filter(pk=held.pk, status=Status.ADDING).first()
    if again is None:
        return
    added = add_held(document, again, now=timezone.now())
    again.status, again.listed = Status.ADDED, b""
    again.told = dataclasses.asdict(added)
    again.save(update_fields=["status", "listed", "told"])
