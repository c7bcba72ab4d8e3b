"""Reading what stands in an address or a form without a form of its own."""

from __future__ import annotations

MOST_DIGITS = 18
"""More digits than this don't fit a key of the database."""


def whole_number(text: str | None) -> int | None:
    """The number a text is, or None: a forged or missing one is no number, never an error."""
    if text and text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
        return int(text)
    return None
