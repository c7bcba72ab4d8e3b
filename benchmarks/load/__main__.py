"""`script/load`: sixty people at once on the real server, and whether the books are right after."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from .telling import Outcome
    from .watching import Watch

PROJECT = Path(__file__).resolve().parents[2]
FILLED, NAME = "unitbook_load_filled", "unitbook_load"
CAST = PROJECT / "var/load-cast.json"
"""Who works in the filled database; it is there only while that is whole."""
MOST_REQUESTS = 200_000
JOBS_SECONDS = 120


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """One shift: with the time people take between two requests, or without."""

    title: str
    is_thinking: bool
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 when a request was answered wrongly or the books are wrong."""
    parser = argparse.ArgumentParser(prog="script/load", description=__doc__)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=3, help="of each of the two runs")
    parser.add_argument("--serials", type=int, default=30_000, help="that the shop begins with")
    parser.add_argument("--only", choices=["counter", "limit"], help="one of the two runs")
    parser.add_argument("--keep", action="store_true", help="the filled database, for next time")
    given = parser.parse_args(arguments)
    runs = [
        Run("At the counter: people take their time", True, given.minutes * 60),
        Run("The limit: nobody waits", False, given.minutes * 60),
    ]
    if given.only:
        runs = [runs[given.only == "limit"]]

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    with tempfile.TemporaryDirectory(prefix="unitbook-load-") as name:
        folder = Path(name)
        fill(given)
        outcomes = [shift(run, given.people, folder / str(nth)) for nth, run in enumerate(runs)]
    database(NAME)
    if not given.keep:
        CAST.unlink()
        database(FILLED)
    from .telling import tell

    print("\n\n".join(tell(outcome) for outcome in outcomes))
    return 0 if all(outcome.is_clean for outcome in outcomes) else 1


def database(name: str, *, create: bool = False, like: str = "template1") -> None:
    """Drop a database; create it anew where asked."""
    called = sql.Identifier(name)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(called))
        if create:
            template = sql.Identifier(like)
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(called, template))


def url_of(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def use(name: str) -> None:
    """Let the ORM of this process work on a database."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


def fill(given: argparse.Namespace) -> None:
    """Fill the shop that each run gets a copy of, unless the one that was kept will do."""
    from django.core.management import call_command

    from .filling import fill as fill_shop

    if given.keep and CAST.exists():
        kept = json.loads(CAST.read_text())
        if (len(kept["people"]), kept.get("serials")) == (given.people, given.serials):
            return
    CAST.unlink(missing_ok=True)
    began = time.monotonic()
    database(FILLED, create=True)
    use(FILLED)
    call_command("migrate", verbosity=0)
    fill_shop(given.serials, given.people).write(CAST)
    use("postgres")
    print(f"Filled in {time.monotonic() - began:.0f} s.", file=sys.stderr, flush=True)


def shift(run: Run, people: int, folder: Path) -> Outcome:
    """Serve a fresh copy of the shop, let everybody work, and look into the books."""
    from backoffice.proving import differences as ledger_differences

    from .books import read_books
    from .comparing import differences
    from .diary import read
    from .telling import Outcome

    folder.mkdir()
    use("postgres")
    database(NAME, create=True, like=FILLED)
    use(NAME)
    before = read_books()
    use("postgres")
    diary = folder / "diary"
    with Serving(folder) as serving:
        watch = work(run, serving, folder, diary)
        use(NAME)
        await_jobs()
    told = list(read(diary))
    wrong = differences(before, read_books(since=before.last_posting), told)
    wrong += ledger_differences()
    use("postgres")
    return Outcome(
        run.title,
        people,
        json.loads((folder / "figures").read_text()),
        watch,
        dict(Counter(did.what for did in told)),
        wrong,
        serving.faults(),
    )


class Serving:
    """The server, as script/server starts it, on the database of the run."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.host = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"

    def __enter__(self) -> Serving:
        environment = {
            **os.environ, "DATABASE_URL": url_of(NAME), "DEMO": "0", "PUBLIC_URL": self.host,
            "LOG_FORMAT": "json",
        }  # fmt: skip
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.load.serving", str(self.port)],
                cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        until = time.monotonic() + 120
        while not self.is_up():
            if self.process.poll() is not None or time.monotonic() > until:
                sys.exit(f"The server did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.2)
        return self

    def is_up(self) -> bool:
        try:
            with urlopen(f"{self.host}/health/live", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def __exit__(self, *_error: object) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def faults(self) -> list[str]:
        """What the log says went wrong, one line each."""
        lines = self.log.read_text(errors="replace").splitlines()
        words = ("Traceback", '"level": "error"', '"level": "critical"', "CRITICAL")
        return [line[:300] for line in lines if any(word in line for word in words)]


def work(run: Run, serving: Serving, folder: Path, diary: Path) -> Watch:
    """Everybody's shift; what was seen meanwhile."""
    from .watching import Watch

    environment = {
        **os.environ,
        "LOAD_CAST": str(CAST), "LOAD_DIARY": str(diary),
        "LOAD_FIGURES": str(folder / "figures"), "LOAD_THINK": str(int(run.is_thinking)),
        "LOAD_SECONDS": str(run.seconds), "LOAD_REQUESTS": str(MOST_REQUESTS),
    }  # fmt: skip
    watch = Watch(os.environ["DATABASE_URL"], NAME)
    people = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load.people", serving.host],
        cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert people.stdout
    for line in people.stdout:
        if line == "BEGIN\n":
            watch.start()
        elif line == "END\n":
            watch.stop()
    if people.wait() != 0:
        sys.exit("The people did not come to work: see above.")
    return watch


def await_jobs() -> None:
    """Until the worker has done what was asked for last."""
    from benchmarks.loading import rows_of

    until = time.monotonic() + JOBS_SECONDS
    while time.monotonic() < until:
        ((left,),) = rows_of(
            "SELECT count(*) FROM procrastinate_jobs"
            " WHERE status IN ('todo', 'doing') AND scheduled_at IS NULL"
        )
        if not left:
            return
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
