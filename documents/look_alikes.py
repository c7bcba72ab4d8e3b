"""Serial numbers that look like another one entered on the same draft: the ledger knows neither."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _

from serials.look_alikes import COMPARED_AS, SIGNS, alike_known, alike_words, skeleton
from serials.stock import Unit, fetched, integers

from .models import Document

_NOT_COMPARED = frozenset(SIGNS + COMPARED_AS + "%_\\")
"""Signs that may stand for others, and those that mean something to LIKE."""


def alike_entered(document: Document, units: Collection[Unit]) -> Mapping[Unit, str]:
    """By (product id, key) the first serial of the product on a document that looks the same.

    Of those that look alike the first entered has none. One statement, however many units; none
    for no units. It reads each serial of these products on the document once.
    """
    if not units:
        return {}
    rows = fetched(
        f"""
        SELECT product_id, key, text FROM documents_lineserial
        WHERE document_id = %s AND product_id = ANY(%s) AND key LIKE %s
          AND translate(key, '{SIGNS}', '{COMPARED_AS}') = ANY(%s)
        ORDER BY id
        """,  # noqa: S608 - constants of look_alikes
        [
            document.pk,
            integers({product_id for product_id, _key in units}),
            _pattern(units),
            list({skeleton(key) for _product_id, key in units}),
        ],
    )
    first: dict[Unit, tuple[str, str]] = {}
    for product_id, key, text in rows:
        first.setdefault((product_id, skeleton(key)), (key, text))
    found = {}
    for product_id, key in units:
        other, text = first.get((product_id, skeleton(key)), (key, ""))
        if other != key:
            found[product_id, key] = text
    return found


def _pattern(units: Collection[Unit]) -> str:
    """What the keys that look like the only unit are LIKE: most others need no translating."""
    if len(units) > 1:
        return "%"
    ((_product_id, key),) = units
    return "".join("_" if sign in _NOT_COMPARED else sign for sign in key)


def alike_notes(document: Document, texts: Mapping[Unit, str]) -> list[str]:
    """What is said of new serials just entered that look like others: two statements at most."""
    known = alike_known(texts)
    entered = alike_entered(document, [unit for unit in texts if unit not in known])
    notes = [alike_words(texts[unit], text) for unit, text in known.items()]
    return notes + [_entered_words(texts[unit], text) for unit, text in entered.items()]


def _entered_words(text: str, other: str) -> str:
    words = _(
        "%(text)s looks like %(other)s, which is on this document already: a letter may stand "
        "for another one or for a digit. Compare it with the label."
    )
    return words % {"text": text, "other": other}
