"""Run a command with a PostgreSQL of its own.

    python -m config.embedded_postgres --data DIR [--fast] [--set NAME=VALUE] -- COMMAND ARGS…

Starts the server on DIR, sets DATABASE_URL, and WEB_DATABASE_URL for the role that owns nothing,
runs the command, hands on the signals it gets, stops the server, and exits with the command's code.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from . import PostgresUnavailable, Server, running


def main(arguments: list[str]) -> int:
    """The command's exit code; 1 if the server cannot run."""
    parser = argparse.ArgumentParser(
        prog="python -m config.embedded_postgres", usage="%(prog)s [options] -- COMMAND ..."
    )
    parser.add_argument("--data", type=Path, required=True, help="data folder, made if missing")
    parser.add_argument("--fast", action="store_true", help="no fsync: for tests only")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    split = arguments.index("--") if "--" in arguments else len(arguments)
    given = parser.parse_args(arguments[:split])
    command = arguments[split + 1 :]
    if not command:
        parser.error("no command: write it after --")
    options = dict(setting.split("=", 1) for setting in given.set)
    try:
        with running(given.data, durable=not given.fast, options=options) as server:
            return _run(command, server)
    except PostgresUnavailable as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _run(command: list[str], server: Server) -> int:
    """Run the command to its end.

    In the foreground of a terminal the command shares our process group: the terminal itself
    sends it Ctrl-C, once, and it may read the keyboard. Otherwise it gets a group of its own and
    every signal from us, so that a signal sent to our whole group reaches it once as well.
    """
    shares_group = _has_terminal()
    child: subprocess.Popen[bytes] | None = None
    too_early: list[int] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        if child is None:
            too_early.append(number)
        elif child.poll() is not None or (shares_group and number == signal.SIGINT):
            return
        elif shares_group:
            child.send_signal(number)
        else:
            os.killpg(child.pid, number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, hand_on)
    try:
        child = subprocess.Popen(
            command,
            env={**os.environ, "DATABASE_URL": server.url, "WEB_DATABASE_URL": server.web_url},
            process_group=None if shares_group else 0,
            preexec_fn=server.follow_me,
        )
    except OSError as reason:
        print(f"{command[0]}: {reason.strerror}", file=sys.stderr)
        return 127
    for early in too_early:
        hand_on(early, None)
    code = child.wait()
    server.forget(child.pid)
    return code if code >= 0 else 128 - code


def _has_terminal() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
