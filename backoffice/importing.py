"""A file on its way into the records: held, read, seen by the person, and written.

A small file is read and written while one waits, a larger one by a job, which its page follows.
Nobody but who brought a file sees it. It is kept for a day.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from audit.acting import acting
from audit.asking import asked_by
from company.access import Access, access_of
from company.import_models import ImportFile, ImportStatus
from company.import_outcome import Changed, Outcome
from company.models import User
from company.reading_tables import MOST_BYTES, too_large
from company.retrying import retried
from company.tables import Table, read_table

from .import_kinds import KINDS, ImportKind

AT_ONCE = 48 * 1024
"""Bytes of a file that is read while one waits: some hundred rows."""
AT_ONCE_ROWS = 1_000
"""Rows that are written while one waits."""
KEPT = dt.timedelta(days=1)
MOST_UNDER_WAY = 3
"""Files of one kind that a person may have under way at once."""
JOB = "backoffice.import_file"
"""Also the lock of these jobs: one at a time."""
UNDER_WAY = (ImportStatus.READING, ImportStatus.WRITING)

logger = logging.getLogger(__name__)


class TooManyImports(Exception):
    """The person has so many files under way already."""


def files_of(kind: ImportKind, by: Access, *, now: dt.datetime) -> list[ImportFile]:
    """The person's own files of a kind that are under way."""
    own = kind.model._default_manager.filter(author=by.user, uploaded_at__gt=now - KEPT)
    return list(own.filter(status__in=UNDER_WAY))


def find_import(kind: ImportKind, pk: uuid.UUID, *, by: Access, now: dt.datetime) -> ImportFile:
    """The person's own file, or its DoesNotExist."""
    return kind.model._default_manager.get(pk=pk, author=by.user, uploaded_at__gt=now - KEPT)


@transaction.atomic
def hold_import(
    kind: ImportKind, *, name: str, content: bytes, clears: bool, by: Access, now: dt.datetime
) -> ImportFile:
    """Keep a file until the person has seen what it comes to; nothing of it is written.

    Raises PermissionDenied, TooManyImports, and of a small file ValidationError when it can't be
    read as a whole.
    """
    if not kind.may(by):
        raise PermissionDenied
    if len(content) > MOST_BYTES:
        raise ValidationError(too_large())
    User.objects.select_for_update(no_key=True).get(pk=by.user.pk)  # one press at a time
    if len(files_of(kind, by, now=now)) >= MOST_UNDER_WAY:
        raise TooManyImports
    held = kind.model(
        author=by.user,
        name=name[:200],
        language=translation.get_language() or "en",
        clears=clears,
        content=content,
        uploaded_at=now,
    )
    if len(content) <= AT_ONCE:
        _read(kind, held)
        held.save(force_insert=True)
    else:
        held.total = 0 if name.lower().endswith(".xlsx") else content.count(b"\n")
        held.save(force_insert=True)
        _defer(kind, held)
    return held


def _defer(kind: ImportKind, held: ImportFile) -> None:
    job = app.configure_task(JOB, lock=JOB)
    job.defer(what=kind.what, import_id=str(held.pk), **asked_by())


def _read(kind: ImportKind, held: ImportFile) -> None:
    """Read a file and find out what it comes to. Raises ValidationError."""

    def progress(rows: int) -> None:
        kind.model._default_manager.filter(pk=held.pk).update(done=rows)

    content = bytes(held.content)
    table = read_table(held.name, content, kind.fields, needed=kind.needed, progress=progress)
    held.table, held.content, held.total = table.packed(), b"", len(table.rows)
    _see(kind, held, table)


def _see(kind: ImportKind, held: ImportFile, table: Table) -> None:
    held.outcome = kind.judge(table, held.clears).packed()
    held.status = ImportStatus.SEEN


def write_import(kind: ImportKind, pk: uuid.UUID, *, by: Access, now: dt.datetime) -> ImportFile:
    """Write the good rows of a file that was seen, once: a second press finds that it is done.

    What comes to something else by now is shown again instead (`is_stale`). A file of many rows
    is written by a job. Raises its DoesNotExist, PermissionDenied, Busy.
    """
    if not kind.may(by):
        raise PermissionDenied

    @transaction.atomic
    def write() -> ImportFile:
        held = find_import(kind, pk, by=by, now=now)
        held = kind.model._default_manager.select_for_update().get(pk=held.pk)
        if held.status != ImportStatus.SEEN:
            return held
        if held.total > AT_ONCE_ROWS:
            held.status = ImportStatus.WRITING
            held.save(update_fields=["status"])
            _defer(kind, held)
        else:
            _write(kind, held, by=by, now=now)
        return held

    return retried(write)


def _write(kind: ImportKind, held: ImportFile, *, by: Access, now: dt.datetime) -> None:
    """Write what was seen, or show it anew, in the transaction there is."""
    table = Table.unpacked(bytes(held.table))
    seen = Outcome.unpacked(bytes(held.outcome)).fingerprint
    with translation.override(held.language):
        try:
            kind.write(table, held.clears, seen, by, now)
            held.status, held.is_stale = ImportStatus.DONE, False
        except Changed:
            _see(kind, held, table)
            held.is_stale = True
    held.save(update_fields=["status", "is_stale", "outcome"])


def run_import(what: str, import_id: uuid.UUID) -> None:
    """Do what a large file waits for: it is read, or written. One that is done stays so.

    The rights are those the person has now.
    """
    kind = KINDS[what]
    these = kind.model._default_manager.filter(pk=import_id, status__in=UNDER_WAY)
    held = these.select_related("author").first()
    if held is None:
        return
    with translation.override(held.language), acting(lambda: {"person": held.author_id}):
        try:
            if held.status == ImportStatus.WRITING:
                _write_alone(kind, held)
            else:
                _read(kind, held)
                held.save(update_fields=["table", "content", "total", "outcome", "status"])
        except ValidationError as refused:
            _fail(kind, held, " ".join(refused.messages))
        except Exception:
            logger.exception("file %s of %s was not imported", import_id, what)
            words = _("It could not be imported; nothing of it was written. Try it again.")
            _fail(kind, held, words)


@transaction.atomic
def _write_alone(kind: ImportKind, held: ImportFile) -> None:
    """Write a file that waits for it, unless another job did meanwhile."""
    waits = kind.model._default_manager.filter(pk=held.pk, status=ImportStatus.WRITING)
    if waits.select_for_update().exists():
        _write(kind, held, by=access_of(held.author), now=timezone.now())


def _fail(kind: ImportKind, held: ImportFile, problem: str) -> None:
    kind.model._default_manager.filter(pk=held.pk).update(
        status=ImportStatus.FAILED, content=b"", problem=problem
    )


def forget_old_imports(*, now: dt.datetime) -> int:
    """Delete the files that are no longer kept; how many."""
    return sum(
        kind.model._default_manager.filter(uploaded_at__lte=now - KEPT).delete()[0]
        for kind in KINDS.values()
    )
