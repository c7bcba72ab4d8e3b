"""Run the whole program on one machine: database, web server, job worker.

``python -m config.serve``, by ``script/server``. Ctrl-C or SIGTERM stops all of it in order
(web and jobs, then the database); if one part ends by itself the rest is stopped too.
"""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from .embedded_postgres import PROJECT, PostgresUnavailable, Server, running

ADDRESS = "127.0.0.1"
VAR = PROJECT / "var"
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 10  # for requests and jobs under way when we are told to stop


class CannotServe(Exception):
    """The program cannot run; the message is for people."""


@dataclass
class Programs:
    """The child processes, each in a session of its own: only we tell them to stop."""

    environment: dict[str, str]
    server: Server | None
    told_to_stop: bool = False
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *arguments: str) -> None:
        """Start ``python ARGUMENTS`` under a name that people understand."""
        child = subprocess.Popen(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=self.server.follow_me if self.server else None,
        )
        self.children[name] = child

    def finish(self, name: str) -> int | None:
        """Wait for one to end by itself. Its exit code, or None if we were told to stop."""
        while not self.told_to_stop:
            code = self.children[name].poll()
            if code is not None:
                self._drop(name)
                return code
            time.sleep(0.05)
        return None

    def watch(self) -> None:
        """Return when told to stop. Raises CannotServe when a part ends by itself."""
        while not self.told_to_stop:
            self.check()
            time.sleep(0.2)

    def check(self) -> None:
        """Raise CannotServe if a part has ended by itself."""
        for name, child in self.children.items():
            if child.poll() is not None:
                raise CannotServe(f"The {name} ended by itself (exit code {child.returncode}).")
        if self.server and not self.server.is_running():
            raise CannotServe("The database ended by itself.")

    def stop(self) -> None:
        """Stop them all; what does not end in time is killed."""
        for child in self.children.values():
            child.terminate()
        has_database = not self.server or self.server.is_running()  # without, nothing ends well
        deadline = time.monotonic() + (GRACE_SECONDS + 5 if has_database else 2)
        for name, child in list(self.children.items()):
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"The {name} did not stop in time: killing it", file=sys.stderr)
                child.kill()
                child.wait()
            self._drop(name)

    def _drop(self, name: str) -> None:
        child = self.children.pop(name)
        with suppress(OSError):  # what it may have left behind, in its session
            os.killpg(child.pid, signal.SIGKILL)
        if self.server:
            self.server.forget(child.pid)


def main() -> int:
    """Exit status 0 when stopped by Ctrl-C or SIGTERM, 1 when something is wrong."""
    _on_stopping(_interrupt)
    try:
        environment = {**os.environ, "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_key()}
        environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
        own = None if os.environ.get("DATABASE_URL") else running(VAR / "postgres")
        with own or nullcontext() as server:
            if server:
                environment["DATABASE_URL"] = server.url
                environment["DATABASE_DIR"] = server.home
            # Only now: after a crash the keeper has cleared away what was left on the port.
            port = free_port(os.environ.get("PORT", "8000"))
            environment.setdefault("PUBLIC_URL", f"http://{ADDRESS}:{port}")
            serve(Programs(environment, server), port)
    except (CannotServe, PostgresUnavailable) as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    print("Stopped.")
    return 0


def serve(programs: Programs, port: int) -> None:
    """Bring the database up to date, then run web server and worker until told to stop."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        programs.told_to_stop = True

    _on_stopping(stop)
    try:
        programs.start("preparation of the database", "-m", "config.serve", "prepare")
        code = programs.finish("preparation of the database")
        if code is None:
            return
        if code != 0:
            raise CannotServe("The database could not be prepared: see above.")
        grace = str(GRACE_SECONDS)
        programs.start(
            "web server",
            *("-m", "gunicorn", "-c", "python:config.gunicorn", "--bind", f"{ADDRESS}:{port}"),
            *("--workers", "2", "--graceful-timeout", grace),
        )
        programs.environment.setdefault("STATEMENT_TIMEOUT", "10min")
        programs.start(
            "job worker",
            # Two jobs at a time: a file that takes minutes does not keep a card waiting.
            *("manage.py", "procrastinate", "worker", "--concurrency", "2"),
            *("--shutdown-graceful-timeout", grace),
        )
        announce(programs, port)
        programs.watch()
    finally:
        if programs.children:
            print("Stopping…", flush=True)
        programs.stop()


def announce(programs: Programs, port: int) -> None:
    """Print the address once the web server really answers there."""
    while not programs.told_to_stop:
        programs.check()
        status = answer(port)
        if status is not None:
            if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
                print(f"The web server answers with an error ({status}): see above.")
            print(f"\nUnitbook is at http://{ADDRESS}:{port}/  (Ctrl-C stops it)\n", flush=True)
            return
        time.sleep(0.1)


def answer(port: int) -> int | None:
    """The status the start page answers with, None while nobody listens."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=20)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def free_port(wanted: str) -> int:
    """The port as a number, if it can be listened on."""
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        raise CannotServe(f"PORT={wanted} is not a port: give a number from 1024 to 65535.")
    port = int(wanted)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except PermissionError:
            raise CannotServe(f"Port {port} is for root only: PORT=8000 script/server") from None
        except OSError:
            raise CannotServe(
                f"Port {port} is taken by another program. Stop that one, or give another port: "
                f"PORT={port + 1} script/server"
            ) from None
    return port


def secret_key() -> str:
    """The installation's own secret key, made at the first start, readable by its owner only."""
    kept = VAR / "secret_key"
    with suppress(FileNotFoundError):
        return kept.read_text().strip()
    VAR.mkdir(exist_ok=True)
    key = secrets.token_urlsafe(64)
    handle, fresh = tempfile.mkstemp(prefix="secret_key.", dir=VAR)  # mode 0600
    with os.fdopen(handle, "w") as file:
        file.write(f"{key}\n")
    Path(fresh).rename(kept)
    return key


def prepare() -> int:
    """Migrations, static files, people to sign in as. In a process of its own: it ends clean."""
    import django
    from django.core.management import call_command
    from django.db import OperationalError, connection

    django.setup()
    try:
        connection.ensure_connection()
    except OperationalError as reason:
        print(f"The database of DATABASE_URL cannot be used: {reason}", file=sys.stderr)
        return 1
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if os.environ.get("DEMO", "1") != "0":
        call_command("load_demo", "--if-empty")
    return 0


def _on_stopping(handler: object) -> None:
    for number in STOPPING:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, handler)  # type: ignore[arg-type]


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(prepare() if sys.argv[1:] == ["prepare"] else main())
