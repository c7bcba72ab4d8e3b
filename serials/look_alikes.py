"""Serial numbers that differ only by letters that look alike: А and A, О and 0, І and 1."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _

from .stock import Unit, fetched, integers

# Of a key, which is in capitals: each sign is compared as the one below it. Migration 0006 has
# an index of the same signs; whoever changes them writes a migration.
SIGNS = "АВBСЕНКМОOРТХУІIЇLЗЅSЈ"
COMPARED_AS = "A88CEHKM00PTXY1111355J"

_TABLE = str.maketrans(SIGNS, COMPARED_AS)


def skeleton(key: str) -> str:
    """What two keys have in common that a person can hardly tell apart."""
    return key.translate(_TABLE)


def alike_known(units: Collection[Unit]) -> Mapping[Unit, str]:
    """By (product id, key) the known serial of the same product that looks the same, if any.

    One statement by an index, however many units; none for no units.
    """
    if not units:
        return {}
    rows = fetched(
        f"""
        SELECT wanted.product_id, wanted.key, serial.text
        FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS wanted (product_id, key, looks)
        JOIN serials_serial serial
            ON serial.product_id = wanted.product_id
            AND translate(serial.key, '{SIGNS}', '{COMPARED_AS}') = wanted.looks
        WHERE serial.key <> wanted.key
        """,  # noqa: S608 - constants of this module
        [
            integers(product_id for product_id, _key in units),
            [key for _product_id, key in units],
            [skeleton(key) for _product_id, key in units],
        ],
    )
    return {(product_id, key): text for product_id, key, text in rows}


def alike_words(text: str, known: str) -> str:
    """What is said of a new serial that looks like a known one."""
    words = _(
        "%(text)s looks like %(known)s, which is known already: a letter may stand for another "
        "one or for a digit. Compare it with the label."
    )
    return words % {"text": text, "known": known}
