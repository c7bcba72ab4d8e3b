"""Serial numbers in columns of monospace text: as many in a row as the paper takes."""

from __future__ import annotations

from collections.abc import Sequence

ROW = 100
"""Letters of the serials' type across the paper, beside the column of line numbers."""
GAP = 2
"""Blanks between two serials: a blank inside one is never taken for the end of it."""
TYPICAL = 0.9
"""Columns are as wide as this part of the serials needs; the longer ones take several."""


def rows_of_serials(serials: Sequence[str]) -> list[str]:
    """Rows of at most ROW letters with the serials in columns, in their order.

    A serial longer than a row has one to itself, which the layout breaks.
    """
    if not serials:
        return []
    lengths = sorted(map(len, serials))
    column = lengths[int((len(lengths) - 1) * TYPICAL)] + GAP
    columns = max(1, (ROW + GAP) // column)
    rows: list[list[str]] = []
    free = 0
    for serial in serials:
        taken = -(-(len(serial) + GAP) // column)
        if taken > free:
            rows.append([])
            free = columns
        rows[-1].append(serial.ljust(taken * column))
        free -= taken
    return ["".join(row).rstrip() for row in rows]
