"""The Python environment of the scripts: ``.venv`` with the packages of a lock file.

    python3 config/environment.py server|dev|tools

Run by ``script/lib.sh``, with any Python 3.11 and nothing installed. Makes ``.venv`` if it is
missing or broken, installs the lock file, and remembers in ``.venv`` what it installed, so that
the next start finds everything in place. Each kind contains the one before it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK_FILES = {
    "server": PROJECT / "requirements.txt",
    "dev": PROJECT / "requirements-dev.txt",
    "tools": PROJECT / "requirements-tools.txt",
}
PROBE = """
import importlib.util, sys
sys.exit(sys.version_info < (3, 11) or importlib.util.find_spec("pip") is None)
"""


def main(kind: str) -> int:
    """Exit status 0 when ``.venv`` holds the packages of this kind."""
    var = PROJECT / "var"
    var.mkdir(exist_ok=True)
    with (var / "environment.lock").open("w") as lock:  # two scripts may start at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_healthy():
            make()
        if is_installed(kind):
            return 0
        print("Installing the Python packages (a minute or so, once)", file=sys.stderr, flush=True)
        command = [str(PYTHON), "-m", "pip", "install", "-qq", "--require-hashes"]
        command += ["--no-input", "--disable-pip-version-check", "-r", str(LOCK_FILES[kind])]
        # A user's habit of installing into the home folder must not reach in here.
        environment = {name: value for name, value in os.environ.items() if name != "PIP_USER"}
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, cwd=PROJECT, check=False
        )
        if done.returncode != 0:
            print("The packages could not be installed: see above.", file=sys.stderr)
            return 1
        for each in LOCK_FILES:
            stamp(each).write_text(fingerprint(each))
            if each == kind:
                break
        return 0


def is_healthy() -> bool:
    """Whether ``.venv`` has a Python that starts and is new enough, with pip."""
    try:
        probe = subprocess.run([PYTHON, "-c", PROBE], capture_output=True, check=False)
    except OSError:
        return False
    return probe.returncode == 0


def make() -> None:
    """Make ``.venv`` with the Python that runs this."""
    if VENV.exists():
        print("Making .venv anew: the one here does not work", file=sys.stderr, flush=True)
        shutil.rmtree(VENV)
    # What runs this may be the broken .venv's own Python, which is gone now.
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", str(VENV)], check=True)


def stamp(kind: str) -> Path:
    """The file that remembers what was installed."""
    return VENV / f"installed-{kind}"


def fingerprint(kind: str) -> str:
    """What an installation depends on: the lock file, and the Python version."""
    version = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.version)"], capture_output=True, check=True
    ).stdout
    return hashlib.sha256(LOCK_FILES[kind].read_bytes() + version).hexdigest() + "\n"


def is_installed(kind: str) -> bool:
    """Whether the remembered installation is of this lock file and this Python."""
    try:
        return stamp(kind).read_text() == fingerprint(kind)
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except PermissionError as reason:
        print(f"{reason.filename} is another user's: start as that one.", file=sys.stderr)
        sys.exit(1)
