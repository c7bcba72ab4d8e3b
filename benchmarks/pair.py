"""Two PostgreSQL servers on this machine: a primary, and a replica that each commit waits for.

The programs are the embedded ones; the servers listen on Unix sockets in one folder, each on a
port of its own, so that a client names both and asks for the one that writes.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from config.embedded_postgres.places import Account, reachable_program, server_account

ROLE = DATABASE = "unitbook"
SUPERUSER = "postgres"
PATIENCE = 90.0
SETTINGS = {
    "listen_addresses": "", "unix_socket_permissions": "0700", "timezone": "UTC",
    "max_connections": "40", "shared_buffers": "64MB", "wal_keep_size": "256MB",
}  # fmt: skip


class NotInTime(Exception):
    """Something did not happen; the message says what."""


def wait_for(found: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """The first true thing that is found. Raises NotInTime."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if result := found():
            return result
        time.sleep(0.02)
    raise NotInTime(f"Not within {seconds:.0f} s: {what}")


@dataclass
class Node:
    """One server: start it, kill it, make it a copy of the other one."""

    name: str
    port: int
    folder: Path
    program: Path
    account: Account
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / self.name

    @property
    def sockets(self) -> Path:
        return self.folder / "s"

    def create(self) -> None:
        """An empty cluster with the shop's role and database."""
        self._tool(
            "initdb", f"--pgdata={self.data}", f"--username={SUPERUSER}", "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", "--no-instructions",
        )  # fmt: skip
        self.start()
        for order in (
            f"CREATE ROLE {ROLE} LOGIN CREATEDB",
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
        ):
            self.order(order)

    def copy(self, primary: Node) -> None:
        """Throw away what there is, and follow the primary from here on."""
        if self.data.exists():
            shutil.rmtree(self.data)
        self._tool(
            "pg_basebackup", f"--pgdata={self.data}", f"--host={self.sockets}",
            f"--port={primary.port}", f"--username={SUPERUSER}", "--checkpoint=fast",
            "--wal-method=stream", "--write-recovery-conf",
        )  # fmt: skip
        self.start()
        self.wait_for_replica(False)  # it has none of its own, should it be promoted

    def start(self) -> None:
        settings = {**SETTINGS, "port": str(self.port), "cluster_name": self.name,
                    "unix_socket_directories": str(self.sockets)}  # fmt: skip
        command = [str(self.program / "bin" / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.account.popen()
            )
        wait_for(self._answers, f"the server {self.name} answers: see its log")

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise NotInTime(f"The server {self.name} ended: see {self.folder}/{self.name}.log")
        with suppress(psycopg.OperationalError):
            return self.ask("SELECT true") is True
        return False

    def connect(self) -> psycopg.Connection:
        """As the superuser, to look and to give orders."""
        return psycopg.connect(
            host=str(self.sockets), port=self.port, user=SUPERUSER, dbname="postgres",
            autocommit=True, connect_timeout=10,
        )  # fmt: skip

    def ask(self, question: str) -> Any:
        """The first value of the first row, or None."""
        with self.connect() as server:
            row = server.execute(question).fetchone()
            return row[0] if row else None

    def order(self, order: str) -> None:
        with self.connect() as server:
            server.execute(order)

    def wait_for_replica(self, waits: bool, standby: str = "") -> None:
        """Whether a commit here is answered only when the standby has it on its disk, too."""
        self.order(f"ALTER SYSTEM SET synchronous_standby_names = '{standby if waits else ''}'")
        self.order("SELECT pg_reload_conf()")

    def is_in_step(self) -> bool:
        """Whether commits do wait for a replica that is there."""
        return self.ask("SELECT true FROM pg_stat_replication WHERE sync_state = 'sync'") is True

    def lose_the_other(self) -> None:
        """As if the network between the two were cut: the replica hears nothing any more."""
        self.order("ALTER SYSTEM SET primary_conninfo = ''")
        self.order("SELECT pg_reload_conf()")
        wait_for(
            lambda: self.ask("SELECT count(*) = 0 FROM pg_stat_wal_receiver"), "the cut is made"
        )

    def promote(self) -> None:
        """Make the replica the primary. The old one must be dead: nobody fences it here."""
        self.ask("SELECT pg_promote(wait => true, wait_seconds => 60)")

    def kill(self) -> None:
        """`kill -9` of the server and of all that works for it."""
        if self.process is None:
            return
        # The first is stopped so that it starts no other process while the others are killed.
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGSTOP)
            for pid in [*_children(self.process.pid), self.process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        (self.sockets / f".s.PGSQL.{self.port}").unlink(missing_ok=True)

    def _tool(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.program / "bin" / name), *arguments], check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **self.account.popen(),
        )  # fmt: skip
        if done.returncode != 0:
            raise NotInTime(f"{name}: {done.stdout.decode(errors='replace').strip()}")


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                found.append(int(entry.name))
    return found


@dataclass
class Pair:
    """The two, and which of them is the primary."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="unitbook-pair-")))
    primary: Node = field(init=False)
    replica: Node = field(init=False)

    def __post_init__(self) -> None:
        self.folder.chmod(0o755)  # another account runs the servers when this is root
        account = server_account()
        for name in ("s", "data"):
            (self.folder / name).mkdir()
            account.own(self.folder / name)
        program = reachable_program(self.folder, account)
        self.primary, self.replica = (
            Node(f"data/{name}", port, self.folder, program, account)
            for name, port in (("a", 5432), ("b", 5433))
        )

    @property
    def options(self) -> dict[str, str]:
        """What a client connects with: both servers, and the wish for the one that writes."""
        sockets = str(self.folder / "s")
        ports = sorted([self.primary.port, self.replica.port])
        return {
            "host": f"{sockets},{sockets}",
            "port": ",".join(str(port) for port in ports),
            "target_session_attrs": "read-write",
        }

    @property
    def url(self) -> str:
        """The same as a DATABASE_URL."""
        query = "&".join(f"{name}={value}" for name, value in self.options.items())
        return f"postgresql://{ROLE}@/{DATABASE}?{query}"

    def replica_url(self) -> str:
        return f"postgresql://{ROLE}@/{DATABASE}?host={self.folder / 's'}&port={self.replica.port}"

    def follow(self, *, waits: bool = True) -> None:
        """Make the replica anew, and let each commit wait for it."""
        self.replica.copy(self.primary)
        self.primary.wait_for_replica(waits, "*")
        if waits:
            wait_for(self.primary.is_in_step, "the replica is in step")
        else:
            streams = "SELECT true FROM pg_stat_replication WHERE state = 'streaming'"
            wait_for(lambda: self.primary.ask(streams), "the replica follows")

    def fail_over(self) -> None:
        """What Patroni does when the primary is gone: promote the other one."""
        self.primary, self.replica = self.replica, self.primary
        self.primary.promote()

    def remove(self) -> None:
        for node in (self.primary, self.replica):
            node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
