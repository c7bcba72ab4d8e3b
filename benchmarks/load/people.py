"""Everybody who works in the shop, under locust: `python -m …people HOST`, told by environment."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections import Counter as Tally
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from locust import task
from locust.env import Environment

from .cashiers import Cashier
from .cast import CASHIER, COUNTER, MANAGER
from .counters import Counter
from .managers import Manager
from .shop import shop
from .worker import Worker

ONE_ROW = "a page of one row"
LIMIT_SECONDS = 8.0
AT_ONCE = 12
"""Clients that ask for the page of one row at once: more than the server has threads."""
PATIENCE = 120
"""Seconds until the last task has ended: each is done to its end, so that all is acknowledged."""


class OneRow(Worker):
    """Asks for the page of one row, again and again."""

    role = CASHIER

    def wait_time(self) -> float:
        return 0

    @task
    def look(self) -> None:
        self.get(ONE_ROW, f"/one-row/{shop.cast.one_row}/")

    def on_stop(self) -> None:
        shop.free[self.role].insert(0, self.person)


@dataclasses.dataclass(frozen=True, slots=True)
class Shift:
    """People at work: the environment with its figures, and requests a second once all are in."""

    environment: Environment
    rate: float


def work(
    host: str, people: dict[type[Worker], int], seconds: float, requests: int, *, say: bool = False
) -> Shift:
    """Let so many people of each kind work for so long, at most so many requests, to their end."""
    for kind, count in people.items():
        kind.fixed_count = count
    environment = Environment(user_classes=list(people), host=host, stop_timeout=PATIENCE)
    runner = environment.create_local_runner()
    many = sum(people.values())
    runner.start(many, spawn_rate=4)
    # Asked for anew each time: the runner begins new figures a little later.
    _wait(lambda: runner.stats.get("sign-in", "POST").num_requests >= many, PATIENCE)
    total = runner.stats.total
    if say:
        print("BEGIN", flush=True)
    began, first = time.monotonic(), total.num_requests
    _wait(lambda: total.num_requests >= requests, seconds)
    rate = (total.num_requests - first) / (time.monotonic() - began)
    if say:
        print("END", flush=True)
    runner.stop()
    runner.quit()
    return Shift(environment, rate)


def _wait(is_over: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not is_over():
        gevent.sleep(0.1)


def figures(shift: Shift) -> list[dict[str, Any]]:
    """What each kind of request took, in milliseconds."""
    return [
        {
            "name": entry.name, "count": entry.num_requests, "failed": entry.num_failures,
            "median": entry.get_response_time_percentile(0.5),
            "p95": entry.get_response_time_percentile(0.95),
            "p99": entry.get_response_time_percentile(0.99),
            "most": entry.max_response_time,
        }
        for entry in sorted(shift.environment.stats.entries.values(), key=lambda one: one.name)
    ]  # fmt: skip


def main(host: str) -> None:
    seconds, requests = float(os.environ["LOAD_SECONDS"]), int(os.environ["LOAD_REQUESTS"])
    many = Tally(person.role for person in shop.cast.people)
    alone = work(host, {OneRow: 1}, LIMIT_SECONDS, requests)
    crowd = work(host, {OneRow: min(AT_ONCE, many[CASHIER])}, LIMIT_SECONDS, requests)
    shift = work(
        host,
        {Cashier: many[CASHIER], Counter: many[COUNTER], Manager: many[MANAGER]},
        seconds,
        requests,
        say=True,
    )
    (limit,) = [row for row in figures(alone) if row["name"] == ONE_ROW]
    told = {
        "limit": limit["median"],
        "limit_rate": crowd.rate,
        "rate": shift.rate,
        "rows": figures(shift),
        "errors": [
            {"name": error.name, "error": str(error.error), "count": error.occurrences}
            for error in shift.environment.stats.errors.values()
        ],
    }
    Path(os.environ["LOAD_FIGURES"]).write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
