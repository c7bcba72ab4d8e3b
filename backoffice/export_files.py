"""Everything out from the settings: asked for by an admin, made by a job, fetched, forgotten.

One file at a time: it is all there is, whoever asks. The job keeps what it made in pieces.
"""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from procrastinate.contrib.django import app

from audit.asking import asked_by
from company.access import Access
from company.models import Company

from .everything import FILES, export_everything
from .models import ExportFile, ExportPart

PART = 1 << 20
"""Bytes of a piece of a file."""
KEPT = dt.timedelta(days=2)
"""A file of everybody's data should not lie about for long."""
JOB = "backoffice.make_export"
UNDER_WAY = (ExportFile.Status.WAITING, ExportFile.Status.RUNNING)
logger = logging.getLogger(__name__)


def latest_export(*, now: dt.datetime) -> ExportFile | None:
    """The newest file that is still kept, whoever asked for it."""
    kept = ExportFile.objects.filter(requested_at__gt=now - KEPT).select_related("requested_by")
    return kept.order_by("-requested_at", "-pk").first()


@transaction.atomic
def request_export(*, by: Access, now: dt.datetime) -> ExportFile:
    """Have everything written into a file; the one under way when there is one.

    Raises PermissionDenied for who is no admin.
    """
    if not by.user.is_admin:
        raise PermissionDenied
    Company.objects.select_for_update(no_key=True).first()  # one press at a time
    under_way = ExportFile.objects.filter(status__in=UNDER_WAY, requested_at__gt=now - KEPT).first()
    if under_way:
        return under_way
    made = ExportFile.objects.create(requested_by=by.user, requested_at=now, total=len(FILES))
    app.configure_task(JOB, lock=JOB).defer(file_id=str(made.pk), **asked_by())
    return made


def make_export(file_id: uuid.UUID) -> None:
    """Make a file, from the start whatever an earlier try left behind.

    It is read in one transaction that may only read, so how far it is goes by another connection.
    """
    this = ExportFile.objects.filter(pk=file_id, status__in=UNDER_WAY)
    if not this.update(status=ExportFile.Status.RUNNING, done=0):
        return
    asked = this.get()
    beside = connection.copy()
    written = itertools.count()

    def progress(_title: str) -> None:
        with beside.cursor() as cursor:
            cursor.execute(
                "UPDATE backoffice_exportfile SET done = %s WHERE id = %s",
                [next(written), file_id],
            )

    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.zip"
            made = export_everything(path, now=asked.requested_at, say=progress)
            with transaction.atomic():
                _keep(asked, path)
                this.update(
                    status=ExportFile.Status.DONE, done=asked.total, size=made.size,
                    rows=sum(made.rows.values()),
                )  # fmt: skip
    except Exception:
        logger.exception("the export %s was not made", file_id)
        this.update(status=ExportFile.Status.FAILED)
    finally:
        beside.close()


def _keep(asked: ExportFile, path: Path) -> None:
    asked.parts.all().delete()
    with path.open("rb") as file:
        for position in itertools.count():
            content = file.read(PART)
            if not content:
                return
            ExportPart.objects.create(file=asked, position=position, content=content)


def content_of(found: ExportFile) -> Iterator[bytes]:
    """The bytes of a file, piece by piece: a statement for each."""
    for position in itertools.count():
        part = ExportPart.objects.filter(file=found, position=position)
        content = part.values_list("content", flat=True).first()
        if content is None:
            return
        yield bytes(content)


def forget_old_exports(*, now: dt.datetime) -> None:
    """Delete the files that are no longer kept."""
    old = ExportFile.objects.filter(requested_at__lte=now - KEPT)
    ExportPart.objects.filter(file__in=old).delete()
    old.delete()
