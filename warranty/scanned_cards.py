"""A warranty card by the address in its QR code: whatever box it is scanned into, it is that card.

Whoever holds the card holds its number too, printed beside the code: from the number on, each box
shows of the card what it shows of any number, and nothing of another store's.
"""

from __future__ import annotations

import re
import uuid

from serials.keyboard import by_keys

from .models import Card
from .public import TokenConverter

# With the symbology identifier of a QR code or without; the path is that of config.urls. Whose
# address it is does not matter: a token that we never made is no card's.
_ADDRESS = re.compile(
    rf"(?:\][A-Za-z][0-9A-Za-z])?(?i:https?)://\S+/w/({TokenConverter.regex})/?(?:\?\S*)?"
)


def number_of_card(scanned: str) -> str:
    """The number of the card whose public address was scanned; empty when it is none of ours.

    One statement for what looks like such an address, none for anything else. A scanner types the
    address by its keys, under a Cyrillic layout too.
    """
    token = _token(scanned)
    if token is None:
        return ""
    return Card.objects.filter(token=token).values_list("number", flat=True).first() or ""


def _token(scanned: str) -> uuid.UUID | None:
    text = scanned.strip()
    found = _ADDRESS.fullmatch(text) or _ADDRESS.fullmatch(by_keys(text) or "")
    if found is None:
        return None
    try:
        return TokenConverter().to_python(found[1])
    except ValueError:
        return None
