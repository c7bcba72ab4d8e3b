"""The stock by serial as a file: a small one at once, one of any size by a job.

The job goes through the units chunk by chunk, writes to a file on disk as it reads, and keeps
what it made in pieces: its memory does not grow with the stock. A run and its job are recorded
together. Nobody but who asked sees a run, and only while they belong to the stores it is of.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import itertools
import logging
import tempfile
import uuid
from collections.abc import Iterator
from typing import IO

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import translation
from procrastinate.contrib.django import app

from audit.asking import asked_by
from company.access import Access, access_of
from company.models import Store, User
from serials.models import StockFile, StockFilePart

from .stock_choice import Chosen
from .stock_forms import StockForm
from .stock_sheets import write
from .stock_units import to_look_through

AT_ONCE = 2_000
"""Through so many units a file is made within a second."""
PART = 1 << 20
"""Bytes of a piece of a file."""
KEPT = dt.timedelta(days=7)
MOST_UNDER_WAY = 3
"""Files one person may have under way at once; more would only wait for each other."""
JOB = "backoffice.make_stock_file"
"""Also the lock of these jobs: the worker does two at a time, and one of its hands prints cards."""

UNDER_WAY = (StockFile.Status.WAITING, StockFile.Status.RUNNING)
logger = logging.getLogger(__name__)


class FileState(enum.StrEnum):
    """Where a file is, for its page."""

    UNDER_WAY = "under_way"
    READY = "ready"
    FAILED = "failed"


def state_of_file(found: StockFile) -> FileState:
    return {
        StockFile.Status.DONE: FileState.READY,
        StockFile.Status.FAILED: FileState.FAILED,
    }.get(StockFile.Status(found.status), FileState.UNDER_WAY)


def files_of(access: Access, *, now: dt.datetime) -> QuerySet[StockFile]:
    """The person's own files that are still kept, newest first."""
    own = StockFile.objects.filter(
        requested_by=access.user,
        requested_at__gt=now - KEPT,
        stores__contained_by=list(access.store_ids),
    )
    return own.order_by("-requested_at", "-pk")


def is_small(chosen: Chosen) -> bool:
    """Whether its file is made while one waits."""
    return to_look_through(chosen, most=AT_ONCE + 1) <= AT_ONCE


class TooManyFiles(Exception):
    """The person has so many files under way already."""


@transaction.atomic
def request_file(
    chosen: Chosen, *, file_format: str, filters: str, by: Access, now: dt.datetime
) -> StockFile:
    """Have a file of these units made by a job; the same one when it is under way already.

    `filters` is the query of the page. Raises TooManyFiles.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.user.pk)  # one press at a time
    under_way = list(files_of(by, now=now).filter(status__in=UNDER_WAY))
    asked = (file_format, filters, chosen.day)
    for found in under_way:
        if (found.file_format, found.filters, found.day) == asked:
            return found
    if len(under_way) >= MOST_UNDER_WAY:
        raise TooManyFiles
    made = StockFile.objects.create(
        file_format=file_format,
        filters=filters,
        language=translation.get_language() or "en",
        day=chosen.day,
        stores=sorted(chosen.stores),
        requested_by=by.user,
        requested_at=now,
        total=to_look_through(chosen),
    )
    app.configure_task(JOB, lock=JOB).defer(file_id=str(made.pk), **asked_by())
    return made


@transaction.atomic
def request_again(file_id: uuid.UUID, *, by: Access, now: dt.datetime) -> StockFile:
    """Try a file that failed once more. Raises StockFile.DoesNotExist for somebody else's."""
    found = files_of(by, now=now).select_for_update().get(pk=file_id)
    if found.status == StockFile.Status.FAILED:
        found.status, found.done, found.requested_at = StockFile.Status.WAITING, 0, now
        found.save(update_fields=["status", "done", "requested_at"])
        app.configure_task(JOB, lock=JOB).defer(file_id=str(found.pk), **asked_by())
    return found


def make_file(file_id: uuid.UUID) -> None:
    """Make a file, from the start whatever an earlier try left behind.

    One that is done, has failed or is forgotten stays as it is. The rights are those the person
    has now: a store they left since is not in it, and a file of nothing else has failed.
    """
    this = StockFile.objects.filter(pk=file_id, status__in=UNDER_WAY)
    if not this.update(status=StockFile.Status.RUNNING, done=0):
        return
    found = this.select_related("requested_by").get()

    def progress(done: int) -> None:
        this.update(done=min(done, found.total))

    try:
        access = access_of(found.requested_by)
        with translation.override(found.language), tempfile.TemporaryFile() as file:
            chosen = _chosen_again(found, access)
            rows = write(file, found.file_format, chosen, progress=progress)
            size = file.tell()
            with transaction.atomic():
                _keep(found, file)
                this.update(
                    status=StockFile.Status.DONE, done=found.total, rows=rows, size=size
                )  # fmt: skip
    except Exception:
        logger.exception("file %s of the stock was not made", file_id)
        this.update(status=StockFile.Status.FAILED)


class NotAllowedAnyMore(Exception):
    """The person does not belong to the stores of the file any more."""


def _chosen_again(found: StockFile, access: Access) -> Chosen:
    stores = Store.objects.filter(pk__in=access.store_ids)
    # A day gone by when it was asked for is one now, the day it was asked on being the last.
    after_all = found.requested_at.date() + dt.timedelta(days=2)
    form = StockForm(QueryDict(found.filters), stores=stores, today=after_all)
    chosen = dataclasses.replace(form.chosen(access), day=found.day)
    if sorted(chosen.stores) != found.stores:
        raise NotAllowedAnyMore
    return chosen


def _keep(found: StockFile, file: IO[bytes]) -> None:
    found.parts.all().delete()
    file.seek(0)
    for position in itertools.count():
        content = file.read(PART)
        if not content:
            return
        StockFilePart.objects.create(file=found, position=position, content=content)


def content_of(found: StockFile) -> Iterator[bytes]:
    """The bytes of a file, piece by piece: a statement for each."""
    for position in itertools.count():
        part = StockFilePart.objects.filter(file=found, position=position)
        content = part.values_list("content", flat=True).first()
        if content is None:
            return
        yield bytes(content)


def forget_old_files(*, now: dt.datetime) -> int:
    """Delete the files that are no longer kept; how many."""
    old = StockFile.objects.filter(requested_at__lte=now - KEPT)
    StockFilePart.objects.filter(file__in=old).delete()
    return old.delete()[0]
