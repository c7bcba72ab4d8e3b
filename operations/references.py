"""The code of a request: short enough to be read out, and found in the log by `grep`."""

from __future__ import annotations

import re
import secrets

from django.conf import settings
from django.http import HttpRequest

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0 and O, no 1, I and L: nobody has to ask which one is meant."""
_GROUP = 4
_UPSTREAM = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")


def new_reference() -> str:
    """A code such as K7QM-3XPA: one of 850,000,000,000."""
    one, other = ("".join(secrets.choice(ALPHABET) for _ in range(_GROUP)) for _ in range(2))
    return f"{one}-{other}"


def upstream_id(request: HttpRequest) -> str | None:
    """The X-Request-ID that a proxy of ours gave; without such a proxy anybody can make one up."""
    if not settings.TRUSTED_PROXIES:
        return None
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if _UPSTREAM.match(given) else None


def reference_of(request: HttpRequest) -> str:
    """The code of this request; empty when it did not come through the request log."""
    return getattr(request, "reference", "")
