"""Making a database cluster, starting its server and stopping it.

The folder a cluster lives in (``home``) belongs to the holder and contains::

    cluster/       PostgreSQL's data, owned by the account that runs the server
    hba, ident     who may connect as whom, written anew at each start
    server.log     what the server says
    sockets        names the folder of the server's socket while it runs
    fast           there if the cluster was made for speed: it may be thrown away
"""

from __future__ import annotations

import locale
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from .places import MAJOR_VERSION, PREFIX, Account, PostgresUnavailable

DATABASE = ROLE = "unitbook"
WEB_ROLE = "unitbook_web"
"""What web server and worker connect as: it owns nothing. What it may, `grant_web_role` says."""
SUPERUSER = "postgres"
PORT = 5432
# A Unix socket's path is limited to 107 bytes (103 on macOS), and dj-database-url makes a URL's
# host lower case: so the socket lies in a short folder with a lower-case name, never in the data.
SOCKETS = Path("/tmp")  # noqa: S108 - mkdtemp below makes a private folder with a random name
LOG_LIMIT = 10_000_000
# Fast (break off statements), then immediate (recover at the next start), then by force.
STOP_ORDERS = ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))

BASE_OPTIONS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%d ",
}
FAST_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Cluster:
    """One cluster: ``open()`` it, ``stop()`` it."""

    home: Path
    program: Path
    account: Account
    holder: str  # the account that connects: this process's
    durable: bool = True
    is_wanted: Callable[[], bool] = lambda: True  # asked while the server takes its time to start
    server: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def _sockets_note(self) -> Path:
        return self.home / "sockets"

    @property
    def _fast_mark(self) -> Path:
        return self.home / "fast"

    def open(self, options: Mapping[str, str]) -> str:
        """Make the cluster if there is none, start its server, return its URL.

        One made for speed that cannot be used (a power failure, another version) is made anew.
        """
        try:
            self._prepare()
            return self._start(options)
        except PostgresUnavailable:
            is_ours_to_remake = not self.durable and self._fast_mark.exists() and self.data.exists()
            if not is_ours_to_remake or not self.is_wanted():
                raise
        say(f"The test database in {self.home} is of no use: making it anew")
        self.stop()
        shutil.rmtree(self.data)
        self._prepare()
        return self._start(options)

    def _prepare(self) -> None:
        """Make the cluster if there is none; refuse one that this program cannot run."""
        for half_made in self.home.glob("cluster.new*"):
            shutil.rmtree(half_made)
        if not self.data.exists():
            self._refuse_strange_content()
            self._create()
            return
        try:
            version = (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            version = "an unknown version of PostgreSQL"
        if version != MAJOR_VERSION:
            raise PostgresUnavailable(
                f"The database in {self.home} was made by PostgreSQL {version}; the one here is "
                f"{MAJOR_VERSION}. Export it with the older release of this program (pg_dump), "
                "move the folder away, start again, and import it."
            )
        if not self.durable and not self._fast_mark.exists():
            raise PostgresUnavailable(
                f"The database in {self.home} was made to last, and a fast start could damage "
                "it at a power failure. Give another folder, or leave out --fast."
            )

    def _refuse_strange_content(self) -> None:
        if (self.home / "PG_VERSION").exists():
            raise PostgresUnavailable(
                f"{self.home} is itself a PostgreSQL data folder, made by another program. "
                "Give an empty folder."
            )

    def _create(self) -> None:
        """``initdb`` into a temporary folder, which gets its name only when it is complete."""
        say(f"Making a PostgreSQL {MAJOR_VERSION} database in {self.home}")
        if self.durable:
            self._fast_mark.unlink(missing_ok=True)
        else:
            self._fast_mark.touch()
        fresh = Path(tempfile.mkdtemp(prefix="cluster.new-", dir=self.home))
        self.account.own(fresh)
        command = [
            str(self.program / "bin" / "initdb"),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale=C",
            f"--lc-ctype={_unicode_ctype()}",  # what full-text search takes for a letter
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            "--auth-local=peer",
            "--auth-host=reject",
            "--no-instructions",
        ]
        self._run_tool(command if self.durable else [*command, "--no-sync"])
        single = [str(self.program / "bin" / "postgres"), "--single", "-D", str(fresh)]
        settings = ["-c", "exit_on_error=on", "-c", "log_checkpoints=off"]
        if not self.durable:
            settings += ["-c", "fsync=off"]
        orders = [f"CREATE ROLE {ROLE} LOGIN CREATEDB", f"CREATE DATABASE {DATABASE} OWNER {ROLE}"]
        if not self.durable:  # tests empty append-only tables between them: triggers off
            orders.append(f"GRANT SET ON PARAMETER session_replication_role TO {ROLE}")
        self._run_tool([*single, *settings, "postgres"], "\n".join(orders) + "\n")
        fresh.rename(self.data)

    def _run_tool(self, command: list[str], orders: str = "") -> None:
        done = subprocess.run(
            command,
            input=orders.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **self.account.popen(),
        )
        if done.returncode != 0:
            said = done.stdout.decode(errors="replace").strip()
            raise PostgresUnavailable(f"{Path(command[0]).name} failed in {self.home}:\n{said}")

    def _start(self, options: Mapping[str, str]) -> str:
        """Start the server, wait until it takes connections, return its URL."""
        self._end_leftover()
        self._remove_sockets()
        sockets = Path(tempfile.mkdtemp(prefix=PREFIX, dir=SOCKETS))
        self._sockets_note.write_text(str(sockets))
        self.account.own(sockets)
        hba, ident = self._write_access()
        settings = {
            **BASE_OPTIONS,
            **({} if self.durable else FAST_OPTIONS),
            **options,
            "unix_socket_directories": str(sockets),
            "hba_file": str(hba),
            "ident_file": str(ident),
        }
        command = [str(self.program / "bin" / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.log.touch(mode=0o600)  # failed statements are quoted in it
        if self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old.log"))
            self.log.touch(mode=0o600)
        for _attempt in range(20):
            said = self._launch(command)
            if said is None:
                self._make_web_role(sockets)
                return f"postgresql://{ROLE}@{quote(str(sockets), safe='')}:{PORT}/{DATABASE}"
            # The backends of a server that was killed end within a moment of it.
            if "shared memory block" not in said:
                break
            time.sleep(0.5)
        raise PostgresUnavailable(
            f"PostgreSQL did not start in {self.home}. Its last words (server.log):\n{said}"
        )

    def _make_web_role(self, sockets: Path) -> None:
        """Also in a cluster of an older release; its owner may not make roles."""
        reached = {"host": str(sockets), "port": PORT, "user": SUPERUSER, "dbname": "postgres"}
        with psycopg.connect(**reached, autocommit=True) as server:  # type: ignore[arg-type]
            known = "SELECT FROM pg_roles WHERE rolname = %s"
            if server.execute(known, [WEB_ROLE]).fetchone() is None:
                server.execute(f"CREATE ROLE {WEB_ROLE} LOGIN")

    def _launch(self, command: list[str]) -> str | None:
        """Start the server process. None when it is ready, or what it said before it ended."""
        with self.log.open("ab") as log:
            said_from = log.tell()
            self.server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **self.account.popen(),
            )
        patience = time.monotonic() + 5
        while not self._is_ready():
            if self.server.poll() is not None:
                with self.log.open("rb") as log:
                    log.seek(said_from)
                    return log.read().decode(errors="replace")[-2000:]
            if not self.is_wanted():
                raise PostgresUnavailable("Nobody waits for PostgreSQL to start any more.")
            if time.monotonic() > patience:
                say("PostgreSQL is recovering after it was cut off; this can take minutes.")
                patience = float("inf")
            time.sleep(0.02)
        return None

    def _is_ready(self) -> bool:
        """What ``pg_ctl -w`` looks at: the eighth line of the server's own note."""
        assert self.server is not None
        note = self._note()
        return len(note) > 7 and note[0] == str(self.server.pid) and note[7] == "ready"

    def _note(self) -> list[str]:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [line.strip() for line in lines]

    def _write_access(self) -> tuple[Path, Path]:
        """Let in the holder's account, and nobody else, as the application or the superuser."""
        hba, ident = self.home / "hba", self.home / "ident"
        roles = (ROLE, WEB_ROLE, SUPERUSER)
        hba.write_text("".join(f"local all {role} peer map=holder\n" for role in roles))
        ident.write_text("".join(f'holder "{self.holder}" {role}\n' for role in roles))
        for path in (hba, ident):
            path.chmod(0o644)  # whatever the umask: the server's account reads them
        return hba, ident

    def stop(self) -> None:
        """Stop the server: running statements are broken off, what was committed is kept."""
        if self.server is not None:
            for order, seconds in STOP_ORDERS:
                self.server.send_signal(order)
                with suppress(subprocess.TimeoutExpired):
                    self.server.wait(seconds)
                    break
            self.server = None
        self._remove_sockets()

    def remove_if_fast(self) -> bool:
        """Delete the whole folder, unless it was made to last, whatever this start asked for."""
        if self.durable or not self._fast_mark.exists():
            return False
        shutil.rmtree(self.home, ignore_errors=True)
        return True

    def _end_leftover(self) -> None:
        """Stop a server whose keeper was killed; forget the note of one that is no more.

        After a reboot the number in the note can be another program's, and PostgreSQL would then
        refuse to start, so look who it is. A dead number PostgreSQL checks and clears by itself.
        """
        note = self._note()
        pid = int(note[0]) if note and note[0].isdigit() else 0
        if not pid or not is_alive(pid):
            return
        if not _is_server_on(pid, self.data):
            (self.data / "postmaster.pid").unlink()
            return
        say("Stopping a PostgreSQL server that was left running")
        for order, seconds in STOP_ORDERS:
            os.kill(pid, order)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not is_alive(pid) or not _is_server_on(pid, self.data):
                    return
                time.sleep(0.05)

    def _remove_sockets(self) -> None:
        """Remove the socket's folder, also the one of a server whose keeper was killed."""
        with suppress(OSError):
            folder = Path(self._sockets_note.read_text())
            is_ours = folder.parent == SOCKETS and folder.name.startswith(PREFIX)
            if is_ours and folder.lstat().st_uid == self.account.uid:
                shutil.rmtree(folder)
        self._sockets_note.unlink(missing_ok=True)


def say(text: str) -> None:
    """Tell the person at the terminal; it may be gone by now."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def is_alive(pid: int) -> bool:
    """Whether a process of this number exists, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_server_on(pid: int, data: Path) -> bool:
    """Whether process ``pid`` is a PostgreSQL server on this data folder."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        asked = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        with suppress(OSError):
            said = subprocess.run(asked, capture_output=True, check=False).stdout
            return b"postgres" in said and os.fsencode(data) in said
        return False
    return b"postgres" in command[0] and os.fsencode(data) in command


def _unicode_ctype() -> str:
    """A character classification of this machine's that knows letters beyond ASCII, else C."""
    kept = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8", "UTF-8"):
            with suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
    finally:
        locale.setlocale(locale.LC_CTYPE, kept)
    return "C"
