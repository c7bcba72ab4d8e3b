"""The embedded server in the situations a shop's back-room machine gets into."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.embedded_postgres import PROJECT, PostgresUnavailable, running

is_root = os.geteuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account can reach (pytest's own are closed to others)."""
    path = Path(tempfile.mkdtemp(prefix="unitbook-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A cluster made once, for tests that start it and leave it as it was."""
    path = Path(tempfile.mkdtemp(prefix="unitbook-test-"))
    path.chmod(0o755)
    with running(path / "pg", durable=False):
        pass
    yield path / "pg"
    shutil.rmtree(path)


def ask(url: str, question: str) -> Any:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def do(url: str, statement: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(statement)


def eventually(fact: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_reachable(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "cluster" / "postmaster.pid").read_text().split()[0])


Launcher = subprocess.Popen[str]
Start = Callable[[Path, str], tuple[Launcher, str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Run a shell script under the launcher; get the launcher and the database's URL."""
    launchers: list[Launcher] = []

    def launch(data_dir: Path, script: str) -> tuple[Launcher, str]:
        command = [sys.executable, "-m", "config.embedded_postgres", "--data", str(data_dir)]
        launcher = subprocess.Popen(
            [*command, "--fast", "--", "sh", "-c", f'echo "$DATABASE_URL"; {script}'],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        launchers.append(launcher)
        return launcher, next_line(launcher)

    yield launch
    for launcher in launchers:
        launcher.kill()
        launcher.communicate(timeout=20)


def next_line(launcher: Launcher) -> str:
    """What it says next; an empty text at its end, and a failure when it says nothing."""
    assert launcher.stdout is not None
    said: list[str] = []
    reader = threading.Thread(
        target=lambda: said.append(launcher.stdout.readline().strip()), daemon=True
    )
    reader.start()
    reader.join(timeout=100)  # longer than the keeper waits for another to stop
    assert said, "it said nothing, and did not end"
    return said[0]


def finish(launcher: Launcher) -> tuple[int, str]:
    said, _ = launcher.communicate(timeout=20)
    return launcher.returncode, said


def test_first_start_makes_a_unicode_database_for_an_ordinary_role(folder: Path) -> None:
    with running(folder / "var" / "pg") as server:
        assert ask(server.url, "SELECT current_database()") == "unitbook"
        assert ask(server.url, "SELECT lower('ЇЖАК') || upper('ґ')") == "їжакҐ"
        assert ask(server.url, "SHOW data_checksums") == "on"
        assert ask(server.url, "SHOW fsync") == "on"
        assert not ask(server.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert (folder / "var" / "pg" / "url").read_text().strip() == server.url
    assert not is_reachable(server.url)


def test_data_outlives_a_stop(made: Path) -> None:
    with running(made, durable=False) as server:
        do(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with running(made, durable=False) as server:
        assert ask(server.url, "SELECT answer FROM kept") == 42


def test_fast_start_gives_up_durability_and_takes_options(made: Path) -> None:
    with running(made, durable=False, options={"work_mem": "33MB"}) as server:
        assert ask(server.url, "SHOW fsync") == "off"
        assert ask(server.url, "SHOW work_mem") == "33MB"


def test_only_a_database_for_tests_lets_triggers_be_passed_by(made: Path, folder: Path) -> None:
    pass_by = "SET session_replication_role = replica"
    with running(made, durable=False) as server:
        do(server.url, pass_by)
    with running(folder) as server, pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(server.url, pass_by)


def test_fast_start_refuses_a_database_made_to_last(made: Path) -> None:
    (made / "fast").unlink()
    try:
        with pytest.raises(PostgresUnavailable, match="made to last"), running(made, durable=False):
            pass
    finally:
        (made / "fast").touch()


def test_only_the_holders_account_gets_in(made: Path) -> None:
    with running(made, durable=False) as server:
        assert ask(server.url, "SHOW listen_addresses") == ""
        as_stranger = server.url.replace("unitbook@", "somebody@")
        assert not is_reachable(as_stranger)


def test_second_holder_is_told_who_runs_it(made: Path) -> None:
    with running(made, durable=False) as server:
        with (
            pytest.raises(PostgresUnavailable, match=f"already running.*{os.getpid()}"),
            running(made, durable=False),
        ):
            pass
        assert ask(server.url, "SELECT 1") == 1


def test_command_gets_the_database_and_its_code_is_returned(made: Path, start: Start) -> None:
    launcher, url = start(made, "exit 7")
    assert finish(launcher)[0] == 7
    assert url.startswith("postgresql://unitbook@")
    assert not is_reachable(url)


def test_server_and_command_end_when_the_holder_is_killed(made: Path, start: Start) -> None:
    launcher, url = start(made, "echo $$; exec sleep 60")
    command = int(next_line(launcher))
    launcher.kill()
    launcher.wait(timeout=20)
    assert eventually(lambda: not is_reachable(url))
    assert eventually(lambda: not Path(made / "url").exists())
    with pytest.raises(ProcessLookupError):
        os.kill(command, 0)
    with running(made, durable=False) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_start_after_a_killed_holder_waits_for_its_server_to_stop(made: Path, start: Start) -> None:
    launcher, _url = start(made, "exec sleep 60")
    launcher.kill()
    assert launcher.wait(timeout=20) == -signal.SIGKILL
    with running(made, durable=False) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_termination_is_handed_on_and_stops_the_server(made: Path, start: Start) -> None:
    launcher, url = start(made, "trap 'echo told; exit 3' TERM; echo; while :; do sleep 0.1; done")
    next_line(launcher)
    launcher.terminate()
    code, said = finish(launcher)
    assert (code, said) == (3, "told\n")
    assert not is_reachable(url)


def test_interrupt_of_the_whole_group_reaches_the_command_once(made: Path, start: Start) -> None:
    still_there = (
        f"'{sys.executable}' -c 'import os, psycopg; psycopg.connect(os.environ[\"DATABASE_URL\"])'"
    )
    wait = 'while [ -z "$told" ]; do sleep 0.1; done; sleep 0.5; echo "told $told"'
    script = f"trap 'told=${{told}}once' INT; echo; {wait}; {still_there} && echo served"
    launcher, url = start(made, script)
    next_line(launcher)
    os.killpg(launcher.pid, signal.SIGINT)
    code, said = finish(launcher)
    assert (code, said) == (0, "told once\nserved\n")
    assert not is_reachable(url)


def test_server_whose_keeper_was_killed_too_is_replaced(made: Path, start: Start) -> None:
    launcher, url = start(made, "exec sleep 60")
    holder, left = launcher.pid, server_pid(made)
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=True
    ).stdout
    children = [line.split()[0] for line in listed.splitlines() if line.split()[1] == str(holder)]
    for pid in (*map(int, children), holder):
        os.kill(pid, signal.SIGKILL)
    launcher.wait(timeout=20)
    assert is_reachable(url), "nobody is left to stop it"
    with running(made, durable=False) as server:
        assert server_pid(made) != left
        assert ask(server.url, "SELECT 1") == 1
    assert not is_reachable(url)


def test_note_of_a_dead_server_is_no_hindrance(made: Path) -> None:
    """After a reboot the number in it may be anybody's: here it is this very process's."""
    note = made / "cluster" / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{made / 'cluster'}\n1\n5432\n/tmp\n\n  0 0\nready   \n")
    with running(made, durable=False) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_crashed_server_recovers_what_was_committed(made: Path) -> None:
    with running(made, durable=False, options={"synchronous_commit": "on"}) as server:
        do(server.url, "CREATE TABLE survivor AS SELECT 1 AS x")
        os.kill(server_pid(made), signal.SIGKILL)
        assert eventually(lambda: not server.is_running())
    with running(made, durable=False) as server:
        assert ask(server.url, "SELECT x FROM survivor") == 1


def test_half_made_cluster_is_made_anew(folder: Path) -> None:
    half = folder / "cluster.new-cut-off"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with running(folder, durable=False) as server:
        assert ask(server.url, "SELECT 1") == 1
    assert not half.exists()


def test_data_of_another_version_is_named(folder: Path) -> None:
    (folder / "cluster").mkdir()
    (folder / "cluster" / "PG_VERSION").write_text("17\n")
    with pytest.raises(PostgresUnavailable, match="made by PostgreSQL 17"), running(folder):
        pass


def test_folder_of_another_program_is_refused(folder: Path) -> None:
    (folder / "PG_VERSION").write_text("18\n")
    with pytest.raises(PostgresUnavailable, match="made by another program"), running(folder):
        pass


@pytest.mark.skipif(not is_root, reason="only root runs the server as somebody else")
class TestClosedFolder:
    """Root's clone in a folder that the server's account cannot reach."""

    @pytest.fixture
    def closed(self) -> Iterator[Path]:
        path = Path(tempfile.mkdtemp(prefix="unitbook-test-"))
        yield path
        shutil.rmtree(path)

    def test_data_lies_outside_and_no_folder_is_opened(self, closed: Path) -> None:
        data = closed / "pg"
        home = None
        try:
            with running(data) as server:
                home = Path((data / "location").read_text().strip())
                do(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
            with pytest.raises(PostgresUnavailable), running(data, durable=False):
                pass
            assert closed.stat().st_mode & 0o777 == 0o700
            assert home.parent in {Path("/var/lib"), Path("/var/tmp")}
            assert home.stat().st_uid == 0
            moved = closed.rename(closed.with_name(closed.name + "-moved"))
            try:
                with running(moved / "pg") as server:
                    assert ask(server.url, "SELECT answer FROM kept") == 42
            finally:
                moved.rename(closed)
        finally:
            if home:
                shutil.rmtree(home)

    def test_fast_data_outside_is_removed_at_the_end(self, closed: Path) -> None:
        with running(closed / "pg", durable=False) as server:
            home = Path((closed / "pg" / "location").read_text().strip())
            assert ask(server.url, "SELECT 1") == 1
        assert not home.exists()
        assert not (closed / "pg" / "location").exists()
