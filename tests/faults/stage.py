"""A database that is killed, a web server that is killed, and a client that gives up.

The database is a cluster of its own on a real disk, with fsync: what it says it has kept must be
there after `kill -9`. Its address stays the same over restarts, as a shop's would. The ORM of the
tests works on it too, between `on_stage` and its end.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX

from config.embedded_postgres import PROJECT, Server, find_program, running

PATIENCE = 150.0  # seconds: this machine may be busy
CSRF = "f" * 32


def eventually(found: Callable[[], Any], what: str) -> Any:
    """The first true thing that is found."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if result := found():
            return result
        time.sleep(0.01)
    raise AssertionError(f"not within {PATIENCE:.0f} s: {what}")


class Database:
    """The cluster: start it, stop it, kill it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="unitbook-faults-", dir="/tmp"))
        self.folder.chmod(0o755)  # another account runs the server when this is root
        self.sockets = self.folder / "s"
        self.kills = 0
        self._held: contextlib.AbstractContextManager[Server] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://unitbook@{quote(str(self.sockets), safe='')}:5432/unitbook"

    def start(self) -> None:
        """Start, with recovery when it was killed."""
        self._held = running(self.folder / "pg", options={"max_connections": "40"})
        server = self._held.__enter__()
        self.sockets.unlink(missing_ok=True)
        self.sockets.symlink_to(unquote(urlsplit(server.url).netloc.split("@")[1].split(":")[0]))

    def stop(self) -> None:
        if self._held is not None:
            self._held.__exit__(None, None, None)
            self._held = None

    def kill(self) -> None:
        """`kill -9` of the server and of all that works for it."""
        note = self.folder / "pg" / "cluster" / "postmaster.pid"
        postmaster = int(note.read_text().split()[0])
        for pid in [postmaster, *children(postmaster)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.kills += 1
        self.stop()

    def superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.url.replace("unitbook@", "postgres@"), autocommit=True)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def children(parent: int) -> list[int]:
    """The processes that a process started."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            # pid (name) state ppid …: a name may have blanks and brackets in it
            after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                found.append(int(entry.name))
    return found


class Answer:
    """What a request came back with."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()


class Web:
    """gunicorn as in production, with one worker, and a browser that is signed in."""

    def __init__(self, database: Database, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.cookie = ""
        self.log = database.folder / "web.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "--workers=1",
                 f"--bind=127.0.0.1:{self.port}"],
                cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**surroundings(database), "METRICS_FROM": "127.0.0.1", **environment},
            )  # fmt: skip
        try:
            eventually(self._is_up, "an answer of gunicorn: see web.log")
        except BaseException:
            self.stop()
            raise

    def _is_up(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/health/live").status == 200
        return False

    def sign_in(self, session: str) -> None:
        self.cookie = f"sessionid={session}; csrftoken={CSRF}"

    @property
    def worker(self) -> int:
        """The process that answers."""
        return eventually(lambda: children(self.process.pid), "a worker")[0]

    def is_another_than(self, worker: int) -> bool:
        """Whether a worker that died was replaced."""
        return self.worker != worker

    def get(self, path: str, *, cookie: str | None = None) -> Answer:
        asked = self._ask("GET", path, {}, cookie=cookie)
        try:
            return Answer(asked.getresponse())
        finally:
            asked.close()

    def post(self, path: str, fields: Mapping[str, str] | None = None) -> Answer:
        asked = self.send(path, fields)
        try:
            return Answer(asked.getresponse())
        finally:
            asked.close()

    def send(
        self, path: str, fields: Mapping[str, str] | None = None
    ) -> http.client.HTTPConnection:
        """Post a form and do not wait for the answer."""
        return self._ask("POST", path, {"csrfmiddlewaretoken": CSRF, **(fields or {})})

    def _ask(
        self, method: str, path: str, fields: Mapping[str, str], *, cookie: str | None = None
    ) -> http.client.HTTPConnection:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Cookie": self.cookie if cookie is None else cookie, "Accept-Language": "en"}
        if fields:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        asked.request(method, path, urlencode(fields) if fields else None, headers)
        return asked

    def stop(self) -> None:
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def surroundings(database: Database) -> dict[str, str]:
    """The environment of a program that works on the stage."""
    kept = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    return {
        **kept,
        "DATABASE_URL": database.url,
        "DATABASE_DIR": str(database.folder),
        "DJANGO_SETTINGS_MODULE": "tests.faults.web_settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_FORMAT": "json",
        "LOCK_TIMEOUT": "700ms",
        "DISK_FREE_MB": "4",
    }


@contextlib.contextmanager
def on_stage(database: Database) -> Iterator[None]:
    """Let the ORM of this process work on the stage."""
    connection.close()
    mine = connection.settings_dict
    kept = {name: mine[name] for name in ("HOST", "PORT", "NAME", "USER")}
    mine.update(HOST=str(database.sockets), PORT="5432", NAME="unitbook", USER="unitbook")
    try:
        yield
    finally:
        connection.close()
        mine.update(kept)


def prepare(database: Database) -> None:
    """Bring the stage up to date.

    Everything the migrations made is copied from the database of the other tests, which takes a
    second; where these tests run alone there is none, and the migrations take a quarter minute.
    """
    tested = connection.settings_dict
    if not tested["NAME"].startswith(TEST_DATABASE_PREFIX):
        with on_stage(database):
            call_command("migrate", interactive=False, verbosity=0)
        return
    tools = find_program() / "bin"
    where = [f"--host={tested['HOST']}", f"--username={tested['USER'] or 'unitbook'}"]
    if tested["PORT"]:
        where.append(f"--port={tested['PORT']}")
    parts = (
        ["--schema-only"],
        ["--data-only", "--table=django_migrations", "--table=django_content_type"],
    )
    for part in parts:
        dump = subprocess.run(
            [tools / "pg_dump", *where, "--no-owner", "--no-privileges", *part, tested["NAME"]],
            check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        subprocess.run(
            [tools / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", database.url],
            check=True, input=dump.stdout,
        )  # fmt: skip
