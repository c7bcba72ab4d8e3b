"""Telling PostgreSQL who acts: the triggers that write the history read it.

A setting of the transaction carries it. It is put in front of the statements that write to a
tracked table, in the same round trip, and of no other: a posting of 10,000 serials sends not one
byte more. It can't be said once for a transaction instead: a rollback to a savepoint takes a
setting back, and of a connection kept for the next request nothing may be left.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection
from psycopg.sql import Literal

from .tracking import TRACKED

SETTING = "unitbook.acting"
_TABLES = "|".join(tracked.table for tracked in TRACKED)
_TO_TRACKED = (
    rf'(?:insert\s+into|update|delete\s+from|merge\s+into)\s+(?:only\s+)?"?(?:{_TABLES})\b'
)
_WRITES = re.compile(rf"\s*(?:{_TO_TRACKED}|with\b.*?\b{_TO_TRACKED})", re.IGNORECASE | re.DOTALL)

Facts = Mapping[str, object]


@contextmanager
def acting(facts: Callable[[], Facts]) -> Iterator[None]:
    """What is changed inside is told to be done so: `person` (an id), `store`, `route`, `job`…

    `facts` is asked at each write, not before: who signs in is known only then. One inside of
    another adds to what that tells, and knows better: a person within a job.
    """
    around = next((one for one in connection.execute_wrappers if isinstance(one, _Labelled)), None)
    if around is None:
        with connection.execute_wrapper(_Labelled(facts)):
            yield
        return
    before = around.facts
    around.facts = lambda: {**before(), **facts()}
    try:
        yield
    finally:
        around.facts = before


class _Labelled:
    """A wrapper of `connection.execute_wrapper`: facts before what writes to a tracked table."""

    def __init__(self, facts: Callable[[], Facts]) -> None:
        self.facts = facts

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: Mapping[str, Any],
    ) -> Any:
        if not _WRITES.match(sql):
            return execute(sql, params, many, context)
        told = {name: value for name, value in self.facts().items() if value is not None}
        text = Literal(json.dumps(told)).as_string(context["connection"].connection)
        label = f"SELECT set_config('{SETTING}', {text}, true)"
        if many:  # each row would carry it
            with context["connection"].cursor() as own:
                own.execute(label)
            return execute(sql, params, many, context)
        if params is not None:
            label = label.replace("%", "%%")
        result = execute(f"{label}; {sql}", params, many, context)
        while context["cursor"].nextset():  # past the answer of set_config
            pass
        return result
