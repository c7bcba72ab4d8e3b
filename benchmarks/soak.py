"""`script/soak`: the tests that take a budget, with a large one, and what came of it as a table.

State machines take examples (SOAK_EXAMPLES: other ones at each run), faults take rounds
(FAULT_ROUNDS, FAULT_SEED), races are repeated. A row a test prints (`SOAK | what | outcome`) goes
into the table; every other test is a row by its file.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

PROJECT = Path(__file__).resolve().parents[1]
STATE_MACHINES = (
    "tests/serials/test_state_machine.py",
    "tests/serials/test_counts_and_corrections.py",
    "tests/serials/test_counts_amid_everything.py",
    "tests/repairs/test_state_machine.py",
)
RACES = "*race*.py"
FAULTS = ("tests/faults",)
FUZZ = ("tests/fuzz/test_hostile_input.py",)
MARK = "SOAK | "


@dataclasses.dataclass
class Row:
    """A line of the table."""

    what: str
    budget: str
    outcome: str
    seconds: float


@dataclasses.dataclass
class Part:
    """One run of pytest: its files, how often, with what in the environment."""

    name: str
    files: Sequence[str]
    budget: str
    environment: dict[str, str]
    repeats: int = 1


def parts(given: argparse.Namespace) -> list[Part]:
    """What is to be run."""
    races = sorted(str(path.relative_to(PROJECT)) for path in (PROJECT / "tests").rglob(RACES))
    found = [
        Part(
            "machines", STATE_MACHINES, f"{given.examples} examples of 50 steps",
            {"SOAK_EXAMPLES": str(given.examples)},
        ),
        Part("races", races, f"{given.repeats} times", {}, given.repeats),
        Part(
            "faults", FAULTS, f"{given.rounds} rounds, seed {given.seed}",
            {"FAULT_ROUNDS": str(given.rounds), "FAULT_SEED": str(given.seed)},
        ),
        Part(
            "fuzz", FUZZ, f"{given.requests} requests for each route, seed {given.seed}",
            {"FUZZ_REQUESTS": str(given.requests), "FUZZ_SEED": str(given.seed)},
        ),
    ]  # fmt: skip
    return [part for part in found if given.only in {None, part.name}]


def run(part: Part) -> tuple[list[Row], bool]:
    """The rows of a part, and whether every test of it passed."""
    rows: dict[str, Row] = {}
    passed = True
    for nth in range(part.repeats):
        # What a run that was cut off left in the database would be in the way of the first.
        database = ["--reuse-db"] if nth else ["--reuse-db", "--create-db"]
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-n0", "-o", "timeout=0", *database,
                 "-o", "junit_logging=system-out", f"--junitxml={report}", *part.files],
                cwd=PROJECT, env={**os.environ, **part.environment}, check=False,
                stdout=sys.stderr,
            )  # fmt: skip
            passed = passed and done.returncode == 0
            if not report.exists():
                return [Row(part.name, part.budget, "**did not run**", 0.0)], False
            for row in read(report, part):
                add(rows, row)
    return list(rows.values()), passed


def read(report: Path, part: Part) -> Iterator[Row]:
    """A row for each line a test printed for us, one for each file of the other tests."""
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it just now
        seconds = float(case.get("time", "0"))
        failed = any(case.find(kind) is not None for kind in ("failure", "error"))
        skipped = case.find("skipped") is not None
        said = [
            line.removeprefix(MARK).split(" | ")
            for line in (case.findtext("system-out") or "").splitlines()
            if line.startswith(MARK)
        ]
        outcome = "**failed**" if failed else "not possible here" if skipped else "passed"
        for what, told in said:
            yield Row(what, part.budget, f"{told}; {outcome}", seconds)
        if not said:
            name = case.get("classname", "").removeprefix("tests.").replace(".", "/")
            yield Row(name, part.budget, outcome, seconds)


def add(rows: dict[str, Row], row: Row) -> None:
    """Put a row to those of the same name: what went wrong stays in sight."""
    known = rows.setdefault(row.what, Row(row.what, row.budget, row.outcome, 0.0))
    known.seconds += row.seconds
    if row.outcome not in known.outcome:
        known.outcome = f"{known.outcome}; {row.outcome}"


def main(arguments: Sequence[str]) -> int:
    """Exit status 1 when something was found."""
    parser = argparse.ArgumentParser(prog="script/soak")
    parser.add_argument("--examples", type=int, default=200, help="of each state machine")
    parser.add_argument("--rounds", type=int, default=50, help="of each fault")
    parser.add_argument("--repeats", type=int, default=20, help="of each race")
    parser.add_argument("--requests", type=int, default=200, help="hostile ones for each route")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000))
    parser.add_argument("--only", choices=["machines", "races", "faults", "fuzz"])
    given = parser.parse_args(arguments)
    began, all_passed, rows = time.monotonic(), True, []
    for part in parts(given):
        found, passed = run(part)
        rows += found
        all_passed = all_passed and passed
    print("| what | budget | outcome | seconds |\n|---|---|---|---:|")
    for row in rows:
        print(f"| {row.what} | {row.budget} | {row.outcome} | {row.seconds:.0f} |")
    print(f"\nIn all {(time.monotonic() - began) / 60:.0f} minutes.")
    return 0 if all_passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
