"""PostgreSQL's own programs, and how they reach the database that Django uses."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.db import connection

from config.embedded_postgres import PostgresUnavailable, find_program

from . import BackupRefused


def major(version: str) -> int:
    """The major version in what PostgreSQL says of itself: 18 of "18.4 (Debian 18.4-1)"."""
    return int(version.split(".")[0].split()[0])


def client(name: str, *, at_least: int) -> Path:
    """pg_dump, pg_restore or psql that can talk to a server of this major version.

    The one that came with the embedded PostgreSQL if it is new enough, else one in PATH.
    """
    too_old = []
    for found in _candidates(name):
        version = _version(found)
        if version >= at_least:
            return found
        too_old.append(f"{found} is {version}")
    raise BackupRefused(
        f"The database needs {name} of PostgreSQL {at_least} or newer"
        f" ({'; '.join(too_old) or 'none is installed'}). Install PostgreSQL's client programs"
        " (Debian and Ubuntu: postgresql-client) of that version and put them in PATH."
    )


def _candidates(name: str) -> Iterator[Path]:
    with suppress(PostgresUnavailable):
        yield find_program() / "bin" / name
    in_path = shutil.which(name)
    if in_path:
        yield Path(in_path)


def _version(program: Path) -> int:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(found[1]) if found else 0


def server_version() -> str:
    """What the server calls its version: "18.4"."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


def dsn() -> str:
    """How to reach the database, without the password: it may be read in a list of processes."""
    connection.ensure_connection()
    return str(connection.connection.info.dsn)


def environment() -> dict[str, str]:
    """The programs' environment: no PG… variables of somebody else's, and the password."""
    connection.ensure_connection()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    password = connection.connection.info.password
    return {**kept, **({"PGPASSWORD": password} if password else {}), "LC_MESSAGES": "C"}
