"""The process that owns the server: starts it, and stops it when its holder ends, however.

Run by ``running()`` in a session of its own, so that no signal of a terminal reaches it. It
answers one line of JSON on standard output, then reads standard input: ``follow PID`` and
``forget PID`` lines, and at its end (closed by the holder, or by the holder's death) it stops.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import select
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .cluster import Cluster, is_alive, say
from .places import (
    POINTER,
    PostgresUnavailable,
    reachable_program,
    server_account,
    settle,
)

LOCK_SECONDS = 90  # longer than stopping a server takes
FOLLOWED_SECONDS = 15


def main(order: dict[str, Any]) -> int:
    """Serve one ``running()``. Exit status 0 if the server ran and stopped as asked."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # only the holder's end is an order to stop
    try:
        with _locked(Path(order["wanted"]), order["holder"]) as wanted:
            return _serve(wanted, order)
    except PostgresUnavailable as reason:
        _answer({"error": str(reason)})
    except OSError as reason:
        _answer({"error": f"PostgreSQL cannot run: {reason}"})
    except Exception:
        _answer({"error": f"PostgreSQL's keeper failed:\n{traceback.format_exc()}"})
    return 1


def _serve(wanted: Path, order: dict[str, Any]) -> int:
    account = server_account()
    home = settle(wanted, account)
    holder = pwd.getpwuid(os.geteuid()).pw_name
    program = reachable_program(home, account)
    cluster = Cluster(
        home, program, account, holder, durable=order["durable"], is_wanted=_has_holder
    )
    is_outside = home != wanted
    note = wanted / "url"
    try:
        if is_outside and cluster.durable:
            say(f"The database lies in {home}: {account.name} cannot reach {wanted}")
        url = cluster.open(order["options"])
        note.write_text(f"{url}\n")
        _answer({"url": url, "home": str(home)})
        return _wait_for_holder(cluster)
    finally:
        note.unlink(missing_ok=True)
        cluster.stop()
        if is_outside and cluster.remove_if_fast():  # they would pile up
            (wanted / POINTER).unlink(missing_ok=True)


def _answer(answer: dict[str, str]) -> None:
    with suppress(OSError):  # the holder is gone already: the end of its pipe tells us so
        os.write(sys.stdout.fileno(), json.dumps(answer).encode() + b"\n")


def _wait_for_holder(cluster: Cluster) -> int:
    """Read the holder's orders until it ends, or until the server does."""
    assert cluster.server is not None
    orders = sys.stdin.fileno()
    followed: set[int] = set()
    unread = b""
    while cluster.server.poll() is None:
        if not select.select([orders], [], [], 1.0)[0]:
            continue
        read = os.read(orders, 4096)
        if not read:
            _end(followed)
            return 0
        *lines, unread = (unread + read).split(b"\n")
        for line in lines:
            word, pid = line.split()
            (followed.add if word == b"follow" else followed.discard)(int(pid))
    say(f"PostgreSQL ended by itself; see {cluster.log}")
    return 1


def _has_holder() -> bool:
    """Whether somebody still waits for the server: there are no orders before it runs."""
    return not select.select([sys.stdin.fileno()], [], [], 0)[0]


def _end(followed: set[int]) -> None:
    """End the programs that a killed holder left behind, before the server goes."""
    for pid in followed:
        with suppress(OSError):
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGTERM)
            else:
                os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + FOLLOWED_SECONDS
    while followed and time.monotonic() < deadline:
        followed = {pid for pid in followed if is_alive(pid)}
        time.sleep(0.05)


@contextmanager
def _locked(wanted: Path, holder: int) -> Iterator[Path]:
    """Make the data folder and hold its lock, so that one keeper at a time works on it."""
    is_new = not wanted.exists()
    wanted.mkdir(parents=True, exist_ok=True)
    wanted = wanted.resolve()
    if is_new and os.geteuid() == 0:
        wanted.chmod(0o755)  # whatever the umask: another account runs the server
    _refuse_anothers(wanted)
    with (wanted / "lock").open("a+") as lock:
        _take(lock, wanted)
        lock.truncate(0)
        lock.write(f"{holder}\n")
        lock.flush()
        yield wanted


def _refuse_anothers(wanted: Path) -> None:
    uid = wanted.stat().st_uid
    if uid == os.geteuid():
        return
    try:
        owner = pwd.getpwuid(uid).pw_name
    except KeyError:
        owner = f"user number {uid}"
    raise PostgresUnavailable(
        f"The database folder {wanted} belongs to {owner}. Start as {owner}, or set "
        "DATABASE_URL to another PostgreSQL."
    )


def _take(lock: Any, wanted: Path) -> None:
    """Lock, or say who holds it. A holder that died is still having its server stopped: wait."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip()
            if (pid.isdigit() and is_alive(int(pid))) or time.monotonic() > deadline:
                raise PostgresUnavailable(
                    f"The database in {wanted} is already running, started by process {pid}. "
                    "Stop that one first (Ctrl-C where it runs)."
                ) from None
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
