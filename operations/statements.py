"""Counting the SQL statements of a request or job, and noting the slow ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings

log = structlog.get_logger("operations.sql")

LONGEST_TEXT = 2_000
"""Characters of a statement in the log."""


class Statements:
    """A wrapper for `connection.execute_wrapper`: how many statements, and how long they took.

    A slow one is logged with its text as the program wrote it: the parameters, which are
    people's data, are never in it.
    """

    def __init__(self, place: Callable[[], str]) -> None:
        self.place = place
        self.count = 0
        self.seconds = 0.0

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = time.perf_counter() - started
            self.count += 1
            self.seconds += took
            if took * 1000 >= settings.SLOW_QUERY_MS:
                self._note(sql, took)

    def _note(self, sql: Any, took: float) -> None:
        text = " ".join(str(sql).split())[:LONGEST_TEXT]
        log.warning("slow statement", place=self.place(), ms=round(took * 1000, 1), sql=text)

    def note_many(self) -> None:
        """Say so when there were more than a page should need."""
        if self.count > settings.MANY_QUERIES:
            log.warning("many statements", place=self.place(), count=self.count)
