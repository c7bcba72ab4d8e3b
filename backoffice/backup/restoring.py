"""Restoring a backup into an empty database, and nowhere else."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader

from backoffice.proving import differences

from . import BackupRefused
from .files import DUMP, MEDIA, Manifest, pieces, verify
from .making import count_rows
from .programs import client, dsn, environment, major, server_version

_NEWER_SETTING = b"SET transaction_timeout = 0;\n"
"""What pg_restore 17 and newer always writes, and servers before 17 don't know."""
Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and what the check of the ledger has to say of it: nothing, if well."""

    manifest: Manifest
    differences: list[str]


def restore_backup(path: Path, *, media: Path, say: Say) -> Restored:
    """Put a backup into the database of the settings, which is empty, and its photos into `media`.

    Everything is checked before anything is written, and the database is restored whole or not at
    all. Nobody is signed in by it. Raises BackupRefused.
    """
    say(f"Checking {path}")
    manifest = verify(path)
    _refuse_newer(manifest)
    _refuse_database(manifest)
    _refuse_other_photos(manifest, media)
    say(f"Restoring {manifest.company or 'a shop without a name'} as of {manifest.made_at}")
    with zipfile.ZipFile(path) as file:
        with file.open(DUMP) as dump:
            _restore_database(dump, at_least=major(manifest.server))
        _compare_rows(manifest)
        _restore_media(file, manifest, media)
    say("Bringing the database up to this release")
    call_command("migrate", interactive=False, verbosity=0)
    _end_sessions()
    say("Checking the ledger")
    return Restored(manifest, differences())


def _refuse_newer(manifest: Manifest) -> None:
    known = {*MigrationLoader(None).disk_migrations}
    strange = [
        f"{app}.{name}"
        for app, names in manifest.migrations.items()
        for name in names
        if (app, name) not in known
    ]
    if strange:
        raise BackupRefused(
            f"The backup is of a newer release ({manifest.program}) than this program: it knows "
            f"no {', '.join(strange[:3])}. Restore it with that release. Nothing was changed."
        )


def _refuse_database(manifest: Manifest) -> None:
    try:
        server = server_version()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
                " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LIMIT 1"
            )
            found = cursor.fetchone()
    except OperationalError as reason:
        raise BackupRefused(f"The database cannot be reached: {reason}") from reason
    if major(server) < major(manifest.server):
        raise BackupRefused(
            f"The backup is of PostgreSQL {manifest.server}, the server here is {server}: it has "
            "to be of the same or a newer version. Nothing was changed."
        )
    if found:
        raise BackupRefused(
            "The database is not empty, and a backup is restored into an empty one only. Make one "
            "(createdb) and name it: script/restore FILE --into postgresql://… Nothing was changed."
        )


def _refuse_other_photos(manifest: Manifest, media: Path) -> None:
    """Photos that are there already stay; one of the same name with other content can't."""
    for name in manifest.media:
        target = media / name.removeprefix(MEDIA)
        if target.exists() and target.stat().st_size != manifest.members[name].size:
            raise BackupRefused(
                f"{target} is there already, and is another photo than in the backup. Move the "
                f"folder {media} away first. Nothing was changed."
            )


def _restore_database(dump: IO[bytes], *, at_least: int) -> None:
    """pg_restore writes SQL, psql runs it in one transaction: all of it, or nothing.

    Should pg_restore fail halfway, psql is killed before it sees an end that looks like one.
    """
    reads = client("pg_restore", at_least=at_least)
    runs = client("psql", at_least=at_least)
    with tempfile.TemporaryFile() as said:
        reading = subprocess.Popen(
            [str(reads), "--format=custom", "--no-owner", "--no-acl", "--file=-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=environment(),
        )  # fmt: skip
        running = subprocess.Popen(
            [str(runs), "--no-psqlrc", "--quiet", "--single-transaction",
             "--set=ON_ERROR_STOP=1", f"--dbname={dsn()}"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=environment(),
        )  # fmt: skip
        feeder = threading.Thread(target=_feed, args=(dump, cast("IO[bytes]", reading.stdin)))
        feeder.start()
        try:
            is_whole = _hand_over(reading, running)
        finally:
            for program in (reading, running):
                program.kill()
                program.wait()
            feeder.join()
            cast("IO[bytes]", reading.stdout).close()
            with suppress(BrokenPipeError):
                cast("IO[bytes]", running.stdin).close()
        if not is_whole:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()[-2000:]
            raise BackupRefused(f"The database was not restored and is empty still:\n{words}")


def _feed(dump: IO[bytes], stdin: IO[bytes]) -> None:
    with suppress(BrokenPipeError), stdin:
        for chunk in pieces(dump):
            stdin.write(chunk)


def _hand_over(reading: subprocess.Popen[bytes], running: subprocess.Popen[bytes]) -> bool:
    """Pass on what the one writes to the other. Whether both came to a good end."""
    written, taken = cast("IO[bytes]", reading.stdout), cast("IO[bytes]", running.stdin)
    try:
        for nth, chunk in enumerate(pieces(written)):
            taken.write(chunk.replace(_NEWER_SETTING, b"") if nth == 0 else chunk)
        taken.flush()
        if reading.wait() != 0:
            return False
        taken.close()
    except BrokenPipeError:  # psql has stopped: it has said why
        return False
    return running.wait() == 0


def _compare_rows(manifest: Manifest) -> None:
    there = count_rows()
    for table, rows in manifest.rows.items():
        if there.get(table) != rows:
            raise BackupRefused(
                f"The table {table} has {there.get(table)} rows, and {rows} in the backup: make "
                "an empty database anew and use another backup."
            )


def _restore_media(file: zipfile.ZipFile, manifest: Manifest, media: Path) -> None:
    for name in manifest.media:
        target = media / name.removeprefix(MEDIA)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(prefix=".restored-", dir=target.parent)
        with os.fdopen(handle, "wb") as to, file.open(name) as content:
            for chunk in pieces(content):
                to.write(chunk)
        Path(fresh).rename(target)


def _end_sessions() -> None:
    """Nobody is signed in, whatever an older backup held, and no worker is at work."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM company_session")
        cursor.execute("DELETE FROM procrastinate_workers")
        cursor.execute("ANALYZE")
