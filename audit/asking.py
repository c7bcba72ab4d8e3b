"""Which request asked for a job: told to it as an argument, and by it in its lines of the log."""

from __future__ import annotations

from structlog.contextvars import get_contextvars

ASKED_BY = "request_id"
"""The argument of a job that names the request it was deferred in."""


def asked_by() -> dict[str, str]:
    """The arguments that tell a job which request asked for it; none outside of a request."""
    request_id = get_contextvars().get(ASKED_BY)
    return {ASKED_BY: request_id} if request_id else {}
