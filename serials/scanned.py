"""Which of the ways to read a scan is meant: the one that fits something known."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence

from .reading_scans import Reading, readings
from .stock import fetched

Lookup = Callable[[Collection[str]], Collection[str]]
"""Of the given keys those that are known: numbers of cards, for example. One statement."""


def read_scan(entered: str, *, also: Sequence[Lookup] = ()) -> Reading:
    """How a scan is meant: nearly always what its text says, without any statement.

    Typed under a Cyrillic layout, or a GS1 code without any mark, it may be read in several ways.
    Then the first that fits a serial number, a product or a document is meant (or anything that
    `also` knows); of a text that nobody knows both readings are given, one as the `other`.
    """
    (found,) = read_scans([entered], also=also)
    return found


def read_scans(entered: Sequence[str], *, also: Sequence[Lookup] = ()) -> list[Reading]:
    """The same of many scans, in as many statements as of one: one, and one of each of `also`."""
    ways = [readings(text) for text in entered]
    several = [one for found in ways if len(found) > 1 for one in found if not one.wrong]
    if not several:
        return [found[0] for found in ways]
    keys = {one.serial.key for one in several if one.serial.key and not one.is_unit}
    known, gtins = _known(keys, {one.gtin for one in several if one.gtin})
    for lookup in also:
        known |= set(lookup(keys))
    return [_meant(found, known, gtins) for found in ways]


def _meant(ways: Sequence[Reading], known: Collection[str], gtins: Collection[str]) -> Reading:
    first = ways[0]
    if len(ways) == 1:
        return first
    for one in ways:
        if not one.wrong and (one.gtin in gtins if one.is_unit else one.serial.key in known):
            return one
    for one in ways:
        if one.is_code and not one.wrong:
            return one
    wrong = next((one for one in ways if one.is_code), None)
    return wrong or dataclasses.replace(first, other=ways[-1] if ways[-1].layout else None)


def _known(keys: Collection[str], gtins: Collection[str]) -> tuple[set[str], set[str]]:
    """Those of the keys and of the GTINs that the shop has: one statement."""
    barcodes = {key.zfill(14) for key in keys if key.isascii() and key.isdigit()}
    rows = fetched(
        """
        SELECT 'key', key FROM serials_called WHERE key = ANY(%(keys)s)
        UNION SELECT 'key', reference FROM serials_posting WHERE reference = ANY(%(keys)s)
        UNION SELECT 'key', upper(sku) FROM products_product WHERE upper(sku) = ANY(%(keys)s)
        UNION SELECT 'gtin', gtin14 FROM products_product WHERE gtin14 = ANY(%(gtins)s)
        """,
        {"keys": list(keys), "gtins": [*barcodes, *gtins]},
    )
    found_gtins = {value for kind, value in rows if kind == "gtin"}
    found = {value for kind, value in rows if kind == "key"}
    return found | {key for key in keys if key.zfill(14) in found_gtins}, found_gtins
