"""Pages that only read may read from a replica of the database (REPLICA_URL).

A view says so by `@from_replica`; everything else, and every write, works on the primary. Even a
marked page reads from the primary when the replica is away, when it is more than REPLICA_LAG
seconds behind, and for so long after the person wrote something that they could miss it.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import structlog
from django.conf import settings
from django.db import Error, connection, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase

REPLICA = "replica"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REST_SECONDS = 10
"""A replica that did not answer is left alone for so long."""

log = structlog.get_logger("company.replicas")
_reads_replica: ContextVar[bool] = ContextVar("reads_replica", default=False)

View = Callable[..., HttpResponseBase]


class ReplicaRouter:
    """Reads inside of `from_replica` go to the replica, all else to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return REPLICA if _reads_replica.get() else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return "default"

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True  # the same rows

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == REPLICA else None


class Marks:
    """How far the primary had written, and when: tells the age of what a replica shows."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=200)
        self._lock = threading.Lock()

    def age(self, now: float, written: int, replayed: int) -> float | None:
        """Seconds that a replica is behind at most; None when that is not known.

        `written` is where the primary was just now, `replayed` where the replica is.
        """
        with self._lock:
            self._marks.append((now, written))
            reached = [at for at, position in self._marks if position <= replayed]
        return now - max(reached) if reached else None


class Replica:
    """Is it there, and fresh enough? Asked before each page that may read from it."""

    def __init__(self) -> None:
        self.marks = Marks()
        self.rests_until = 0.0

    def is_fresh(self) -> bool:
        if REPLICA not in settings.DATABASES or time.monotonic() < self.rests_until:
            return False
        try:
            written = _position(_ask(connection, "SELECT pg_current_wal_lsn()::text"))
            answer = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END"
            replayed = _ask(connections[REPLICA], answer)
        except Error:
            self.rest("does not answer")
            return False
        if replayed is None:  # promoted: it is the primary, or thinks so
            self.rest("is no replica")
            return False
        age = self.marks.age(time.monotonic(), written, _position(replayed))
        return age is not None and age <= settings.REPLICA_LAG

    def rest(self, why: str) -> None:
        """Ask it for nothing for a while."""
        log.warning("the replica is left alone", why=why)
        self.rests_until = time.monotonic() + REST_SECONDS
        connections[REPLICA].close()


replica = Replica()


def _ask(where: Any, question: str) -> Any:
    with where.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def _position(text: str) -> int:
    """A place in the write-ahead log, such as 16/B374D848, as a number."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def from_replica(view: View) -> View:
    """This page only reads, by the ORM, and may be some seconds old."""

    @functools.wraps(view)
    def read(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        has_just_written = settings.WROTE_COOKIE_NAME in request.COOKIES
        if request.method not in SAFE or has_just_written or not replica.is_fresh():
            return view(request, *args, **kwargs)
        before = _reads_replica.set(True)
        try:
            return view(request, *args, **kwargs)
        except Error as error:
            # It went away meanwhile, or had to forget rows that the page still read.
            log.warning("a page is read from the primary after all", error=type(error).__name__)
            replica.rest("failed")
        finally:
            _reads_replica.reset(before)
        return view(request, *args, **kwargs)

    return read


class WroteMiddleware:
    """Remembers in the browser that its person has just written something.

    For as long as a replica may be behind.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in SAFE and REPLICA in settings.DATABASES:
            response.set_cookie(
                settings.WROTE_COOKIE_NAME,
                "1",
                max_age=settings.REPLICA_LAG + 1,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response
