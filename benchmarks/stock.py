"""The stock by serial as a file."""

from __future__ import annotations

import statistics
import tempfile
import tracemalloc
from collections.abc import Callable
from typing import IO, TypeVar

from django.utils import timezone

from backoffice.stock_choice import Chosen
from backoffice.stock_sheets import columns, row_of, write
from backoffice.stock_units import chunks_of
from company.exporting import write_xlsx
from products.models import Product

from .limits import seconds
from .stage import Stage

T = TypeVar("T")
PAGE_LIMIT_MS = 100.0
DEEP_LIMIT = 1.5
"""How much page 1,000 may cost of the first page: the same, but for the noise of the machine."""
FILE_BAR = 2.0
HELD_MB = 10.0
"""Megabytes a job may hold at most, however long the file is."""
IN_FILE = 3
"""Products in the file: some 6,000 units of each."""
PAGES = 1_000
SOLD = 40
"""Percent of the units that were sold; the other figures are taken before."""


def file_figures(stage: Stage, rounds: int) -> tuple[int, float, float, float]:
    """A workbook of some products: its rows, its time as a ratio to that of the library alone
    with the same rows in memory, its seconds, and the megabytes it holds at most."""
    products = list(
        Product.objects.filter(pk__gt=1).order_by("pk").values_list("pk", flat=True)[:IN_FILE]
    )
    stores = [stage.store.pk]
    chosen = Chosen(stores=stores, own=stores, day=timezone.localdate(), products=products)
    ready = [row_of(unit) for units, _ in chunks_of(chosen, look=10_000) for unit in units]
    ratios, spent = [], []
    for _ in range(rounds):
        took = seconds(lambda: _written(lambda file: write(file, "xlsx", chosen)))
        alone = seconds(lambda: _written(lambda file: write_xlsx(file, columns(), ready)))
        ratios.append(took / alone)
        spent.append(took)
    tracemalloc.start()
    try:
        _written(lambda file: write(file, "xlsx", chosen))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    rows = _written(lambda file: write(file, "csv", chosen))
    return rows, statistics.median(ratios), statistics.median(spent), most / 1e6


def _written(work: Callable[[IO[bytes]], T]) -> T:
    with tempfile.TemporaryFile() as file:
        return work(file)
