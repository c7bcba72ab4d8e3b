"""Is the program able to work? Each check says in a few words what is wrong; no secrets."""

from __future__ import annotations

import datetime as dt
import functools
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from .faults import fault_of

log = structlog.get_logger("operations.health")

WORKER_SILENT = dt.timedelta(seconds=60)
"""A job worker tells every ten seconds that it lives."""
MEGABYTE = 1024 * 1024


def problems(leave_out: Collection[str] = ()) -> dict[str, str]:
    """What keeps the program from working: the name of each check that fails, and why."""
    found = {"disk": _disk(), **_of_database()}
    return {name: why for name, why in found.items() if why and name not in leave_out}


def _of_database() -> dict[str, str]:
    """The checks that ask the database; when it does not answer there is only one of them."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("database", _writable),
        ("migrations", _migrations),
        ("jobs", _jobs),
    )
    found = {}
    for name, check in checks:
        try:
            found[name] = check()
        except (DatabaseError, InterfaceError) as error:
            fault = fault_of(error)
            log.warning("health check failed", check=name, fault=fault.name if fault else None)
            found[name] = fault.name if fault else "fails"
            if fault and fault.name == "unreachable":
                connection.close()
                return {"database": fault.name}
    return found


def _writable() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_read_only') = 'on'")
        return "read_only" if cursor.fetchone()[0] else ""


@functools.cache
def _on_disk() -> frozenset[tuple[str, str]]:
    """The migrations that this release of the program has; read once."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    return frozenset(loader.disk_migrations)


def _migrations() -> str:
    missing = len(_on_disk() - set(MigrationRecorder(connection).applied_migrations()))
    return f"{missing} not applied" if missing else ""


def _jobs() -> str:
    age = worker_age()
    if age is None:
        return "no worker"
    return "" if age < WORKER_SILENT.total_seconds() else f"no worker for {age:.0f} s"


def worker_age() -> float | None:
    """Seconds since a job worker last told that it lives; None when there was none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers"
        )
        (age,) = cursor.fetchone()
    return None if age is None else float(age)


def _disk() -> str:
    full = [name for name, free in free_megabytes().items() if free < settings.DISK_FREE_MB]
    return f"less than {settings.DISK_FREE_MB} MB free: {', '.join(full)}" if full else ""


def free_megabytes() -> dict[str, int]:
    """Free room by what is kept there: photos and files, and the database where it is ours."""
    found = {}
    for name, folder in settings.DISKS.items():
        try:
            found[name] = shutil.disk_usage(_existing(Path(folder))).free // MEGABYTE
        except OSError:  # it can't be seen from here
            continue
    return found


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
