"""How repairs look: the pill of each status, the tone and icon of each step."""

from __future__ import annotations

from collections.abc import Mapping

from .models import Status

_PILLS: Mapping[str, str] = {
    Status.RECEIVED: "open",
    Status.DIAGNOSED: "open",
    Status.ESTIMATE: "waiting",
    Status.AGREED: "open",
    Status.IN_WORK: "in_work",
    Status.WAITING_PARTS: "waiting",
    Status.AT_SERVICE: "at_supplier",
    Status.AT_SUPPLIER: "at_supplier",
    Status.READY: "ready",
    Status.HANDED_BACK: "closed",
    Status.CANCELLED: "cancelled",
}
_LOOKS: Mapping[str, tuple[str, str]] = {
    Status.RECEIVED: ("repair", "info"),
    Status.DIAGNOSED: ("search", "info"),
    Status.ESTIMATE: ("document", "warn"),
    Status.AGREED: ("check", "good"),
    Status.IN_WORK: ("repair", "info"),
    Status.WAITING_PARTS: ("clock", "warn"),
    Status.AT_SERVICE: ("arrow-right", "warn"),
    Status.AT_SUPPLIER: ("arrow-right", "warn"),
    Status.READY: ("flag", "good"),
    Status.HANDED_BACK: ("check", "good"),
    Status.CANCELLED: ("x", "neutral"),
}


def pill_of(status: str) -> str:
    """The state of a repair as pills know it."""
    return _PILLS[status]


def look_of(status: str) -> tuple[str, str]:
    """The icon and the tone of a step to a status."""
    return _LOOKS[status]
