"""Making a backup, of one moment, while the shop goes on selling."""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import os
import shutil
import subprocess
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from company.models import Company
from repairs.models import Photo

from . import BackupRefused
from .files import DUMP, MANIFEST, MEDIA, Manifest, Member, add, backups_in, name_at, pieces, verify
from .programs import client, dsn, environment, major, server_version

WITHOUT_ROWS = ("company_requestcount", "company_session", "django_session")
"""Tables whose rows are not worth keeping, or worth stealing: a restored one is empty."""
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
STALE = 24 * 3600
"""Seconds after which an unfinished file belongs to a backup that was cut off."""


@dataclasses.dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: the file, what is in it, and the old ones that made room."""

    path: Path
    size: int
    manifest: Manifest
    forgotten: list[Path]


def make_backup(folder: Path, *, now: dt.datetime, keep: int | None = None) -> Made:
    """Write a backup into the folder, read it back, and only then give it its name.

    With `keep` so many of the newest stay and the older ones go. Raises BackupRefused, and leaves
    nothing half made behind.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name_at(now)
        if path.exists():
            raise BackupRefused(f"{path} is there already: wait a second.")
        _forget_unfinished(folder)
        with _unfinished(path) as part:
            manifest = _write(part, now=now)
            verify(part)
            _settle(part, path)
    except OSError as reason:
        raise BackupRefused(_said_of(reason, folder)) from reason
    forgotten = backups_in(folder)[:-keep] if keep else []
    for old in forgotten:
        old.unlink(missing_ok=True)
    return Made(path, path.stat().st_size, manifest, forgotten)


def _said_of(reason: OSError, folder: Path) -> str:
    if reason.errno in FULL:
        return f"There is no room left in {folder}. No backup was made; those there are stay."
    return f"{reason.filename or folder}: {reason.strerror or reason}. No backup was made."


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """A file beside the backup to be, for its owner only, that goes when something fails."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _forget_unfinished(folder: Path) -> None:
    for part in folder.glob(".unitbook-*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > STALE:
                part.unlink()


def _settle(part: Path, path: Path) -> None:
    """Give it its name once it is on the disk: at a power failure it is whole or not there."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(part: Path, *, now: dt.datetime) -> Manifest:
    with _snapshot() as snapshot, zipfile.ZipFile(part, "w") as file:
        media = Path(settings.MEDIA_ROOT)
        server = server_version()
        dump = client("pg_dump", at_least=major(server))
        _refuse_full_disk(part.parent, media)
        members, missing = _add_media(file, media)
        members[DUMP] = add(file, DUMP, _dumped(dump, snapshot))
        manifest = Manifest(
            made_at=now.astimezone(dt.UTC).isoformat(timespec="seconds"),
            company=Company.objects.values_list("name", flat=True).first() or "",
            program=program_version(),
            server=server,
            migrations=applied_migrations(),
            rows=count_rows(),
            members=members,
            missing=missing,
        )
        file.writestr(MANIFEST, manifest.text())
    return manifest


@contextmanager
def _snapshot() -> Iterator[str]:
    """One moment that all that is read belongs to, ours and pg_dump's alike."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _refuse_full_disk(folder: Path, media: Path) -> None:
    """Don't begin what can't end: a dump takes a tenth of the database and more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        needed = cursor.fetchone()[0] // 10
    needed += sum(path.stat().st_size for path in _files_below(media))
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupRefused(
            f"{folder} has {free // 10**6} MB left, and a backup needs some {needed // 10**6} MB."
            " No backup was made; those there are stay."
        )


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _add_media(file: zipfile.ZipFile, media: Path) -> tuple[dict[str, Member], list[str]]:
    """All photos, before the dump: the sooner, the fewer were taken away since the snapshot."""
    members = {}
    for path in _files_below(media):
        name = MEDIA + path.relative_to(media).as_posix()
        with suppress(FileNotFoundError), path.open("rb") as content:
            members[name] = add(file, name, pieces(content))
    recorded = Photo.objects.order_by("file").values_list("file", flat=True)
    return members, [name for name in recorded if MEDIA + name not in members]


def _dumped(dump: Path, snapshot: str) -> Iterator[bytes]:
    command = [str(dump), "--format=custom", "--no-owner", "--no-acl", f"--snapshot={snapshot}"]
    command += [f"--exclude-table-data={table}" for table in WITHOUT_ROWS]
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(
            [*command, f"--dbname={dsn()}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env=environment(),
        )
        written = cast("IO[bytes]", running.stdout)
        try:
            yield from pieces(written)
            code = running.wait()
        finally:
            running.kill()
            running.wait()
            written.close()
        if code != 0:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()
            raise BackupRefused(f"pg_dump failed, no backup was made:\n{words}")


def program_version() -> str:
    """The release of this program."""
    about = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())
    return str(about["project"]["version"])


def applied_migrations() -> dict[str, list[str]]:
    """The names of the migrations that the database has had, by app."""
    by_app: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        by_app.setdefault(app, []).append(name)
    return by_app


def count_rows() -> dict[str, int]:
    """How many rows each table has, but for those whose rows are not kept."""
    with connection.cursor() as cursor:
        tables = sorted({*connection.introspection.table_names(cursor)} - {*WITHOUT_ROWS})
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of the catalogue, quoted
            counts[table] = cursor.fetchone()[0]
    return counts
