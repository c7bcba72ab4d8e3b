"""What the machine and the database do meanwhile: whose processor time, and what is waited for."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg

EVERY = 0.25
"""Seconds from one look at the database to the next."""
PROGRAMS = {
    "gunicorn": "web server",
    "procrastinate": "job worker",
    "benchmarks.load.people": "the people themselves",
}
TICKS = os.sysconf("SC_CLK_TCK")


class Watch:
    """Looks until it is stopped; `cpu` in seconds by program, `waits` in looks by event."""

    def __init__(self, url: str, database: str) -> None:
        self.url, self.database = url, database
        self.cpu: Counter[str] = Counter()
        self.waits: Counter[str] = Counter()
        self.statements: Counter[str] = Counter()
        self.looks = 0
        self.deadlocks = 0
        self.seconds = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(10)

    def _look(self) -> None:
        began, used = time.monotonic(), processor_time(self.database)
        first = dict(used)
        with psycopg.connect(self.url, dbname=self.database, autocommit=True) as database:
            before = self._deadlocks(database)
            while not self._over.wait(EVERY):
                self._sample(database)
                used |= processor_time(
                    self.database
                )  # of those that ended, what they had used by then
            self.deadlocks = self._deadlocks(database) - before
        self.seconds = time.monotonic() - began
        for (pid, program), ticks in used.items():
            self.cpu[program] += (ticks - first.get((pid, program), 0)) / TICKS

    def _sample(self, database: psycopg.Connection[Any]) -> None:
        rows = database.execute(
            "SELECT state, coalesce(wait_event_type, ''), coalesce(wait_event, ''),"
            " left(query, 160) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'"
        ).fetchall()
        self.looks += 1
        for state, kind, event, query in rows:
            seen = (f"{kind}: {event}" if kind else "runs") if state == "active" else state
            self.waits[seen] += 1
            self.statements[f"{seen} | {' '.join(query.split())}"] += 1

    @staticmethod
    def _deadlocks(database: psycopg.Connection[Any]) -> int:
        row = database.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
        return int(row[0]) if row else 0


def processor_time(database: str) -> dict[tuple[int, str], int]:
    """Ticks used by each process of ours, by its id and what it is; a backend by its database."""
    found: dict[tuple[int, str], int] = {}
    parents: dict[int, int] = {}
    said: dict[int, tuple[str, int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):  # nothing on a machine without it
        with contextlib.suppress(OSError, ValueError):
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
            said[int(entry.name)] = words, int(fields[11]) + int(fields[12])
    for pid, (words, ticks) in said.items():
        if words.startswith("postgres:") and f" {database} " in words:
            found[pid, "database"] = ticks
            continue
        program = next((name for word, name in PROGRAMS.items() if word in words), "")
        if program and _descends(pid, os.getpid(), parents):
            found[pid, program] = ticks
    return found


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid in parents and pid != ancestor:
        pid = parents[pid]
    return pid == ancestor
