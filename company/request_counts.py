"""How often strangers asked: counters that all web processes share, in PostgreSQL.

A cache backend for django-ratelimit, which needs `add` and `incr` to be atomic; those of Django's
own DatabaseCache read first and write after, so that requests at once count as one. Each is one
statement here. The table is UNLOGGED: what it holds is worth nothing after a crash.
"""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

_ADD = """
WITH gone AS (
    DELETE FROM company_requestcount WHERE key IN (
        SELECT key FROM company_requestcount WHERE expires_at < now()
        ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED
    )
)
INSERT INTO company_requestcount (key, count, expires_at)
VALUES (%s, %s, now() + make_interval(secs => %s))
ON CONFLICT (key) DO NOTHING
RETURNING count
"""

_INCREMENT = "UPDATE company_requestcount SET count = count + %s WHERE key = %s RETURNING count"

_GET = "SELECT count FROM company_requestcount WHERE key = %s"


class RequestCounts(BaseCache):
    """Whole numbers by key. Keys are not used again once they expired: the window is in them."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(
        self,
        key: str,
        value: int,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Begin to count: True unless the key is counted already. Old counts go meanwhile."""
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        key = self.make_and_validate_key(key, version=version)
        return _number(_ADD, [key, value, seconds]) is not None

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Count on; raises ValueError for what nobody began to count."""
        key = self.make_and_validate_key(key, version=version)
        count = _number(_INCREMENT, [delta, key])
        if count is None:
            raise ValueError(f"{key} is not counted")
        return count

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The count of a key."""
        key = self.make_and_validate_key(key, version=version)
        count = _number(_GET, [key])
        return default if count is None else count


def _number(statement: str, parameters: list[Any]) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return row[0] if row else None
