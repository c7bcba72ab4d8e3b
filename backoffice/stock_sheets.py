"""What is in a file of the stock by serial: the units, and the totals beside them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from django.utils.translation import gettext as _

from company.exporting import CHUNK, FORMATS, Cell, Column, Rows, Sheet, write_sheets

from .stock_choice import Chosen
from .stock_search import Unit
from .stock_totals import all_products
from .stock_units import chunks_of

MOST_ROWS = 1_000_000
"""Rows of one sheet; spreadsheet programs end at 1,048,576."""


def write(
    file: IO[bytes],
    file_format: str,
    chosen: Chosen,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Write the units that fit to a file, and in a workbook the totals beside; how many rows.

    `progress` is told through how many units it went.
    """
    written = 0

    def rows() -> Iterator[Sequence[object]]:
        nonlocal written
        done = 0
        for units, looked in chunks_of(chosen, look=CHUNK):
            for unit in units:
                written += 1
                yield row_of(unit)
            done += looked
            progress(done)

    if file_format == "xlsx":
        write_sheets(file, _sheets(chosen, rows()))
    else:
        FORMATS[file_format].write(file, columns(), rows())
    return written


def _sheets(chosen: Chosen, rows: Iterator[Sequence[object]]) -> Iterator[Sheet]:
    """As many sheets of units as it takes, then the totals where there are any."""
    title = _("Units")
    for nth in itertools.count(1):
        first = next(rows, None)
        if first is None and nth > 1:
            break
        start: Rows = [] if first is None else [first]
        part = itertools.chain(start, itertools.islice(rows, MOST_ROWS - 1))
        yield Sheet(title if nth == 1 else f"{title} {nth}", columns(), part)
    if chosen.is_of_pieces:
        yield Sheet(_("Totals"), _total_columns(), _total_rows(chosen))


def columns() -> list[Column]:
    """The columns of the units."""
    return [
        Column(_("Serial number"), width=24),
        Column(_("Second number"), width=20),
        Column(_("Product"), width=34),
        Column(_("SKU"), width=18),
        Column(_("State"), width=16),
        Column(_("Store"), width=20),
        Column(_("To store"), width=20),
        Column(_("Since"), Cell.DAY, width=12),
        Column(_("Document"), width=20),
        Column(_("Received on"), Cell.DAY, width=12),
        Column(_("Days"), Cell.WHOLE, width=8),
        Column(_("Supplier's warranty until"), Cell.DAY, width=14),
        Column(_("Card"), width=20),
        Column(_("Warranty until"), Cell.DAY, width=14),
    ]


def row_of(unit: Unit) -> Sequence[object]:
    """A unit in these columns."""
    return (
        unit.text,
        unit.second,
        unit.product,
        unit.sku,
        str(unit.state.label),
        unit.store,
        unit.to_store,
        unit.since,
        unit.reference,
        unit.received_on,
        unit.age,
        unit.supplier_ends_on,
        unit.card,
        unit.ends_on,
    )


def _total_columns() -> list[Column]:
    return [
        Column(_("Product"), width=34),
        Column(_("SKU"), width=18),
        *(
            Column(title, Cell.WHOLE, width=14)
            for title in (
                _("In stock"), _("Defective"), _("Set aside"), _("In transit"), _("Pieces"),
                _("By serial"), _("Without serial numbers"),
            )
        ),
    ]  # fmt: skip


def _total_rows(chosen: Chosen) -> Iterator[Sequence[object]]:
    for total in all_products(chosen):
        yield (
            total.name,
            total.sku,
            total.in_stock,
            total.defective,
            total.set_aside,
            total.in_transit,
            total.pieces,
            total.units,
            total.without,
        )
