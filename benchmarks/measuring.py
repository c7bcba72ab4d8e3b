"""What is measured, against what, and how much is allowed: all of it, printed."""

from __future__ import annotations

import collections
from collections.abc import Callable

from .cards import (
    CARDS,
    CARDS_BAR,
    FIRST_CARD_LIMIT_MS,
    first_card_figures,
    hundred_cards_figures,
)
from .counting import (
    CLOSE_BAR,
    COUNT_LIMIT_MS,
    PEOPLE,
    SCANNED,
    closing_figures,
    counting_figures,
)
from .figures import SCAN_LIMIT_MS, UNITS, posting_figures, scan_figures
from .files import LIMIT as FILE_LIMIT
from .files import ROWS, csv_figures
from .limits import CopyLimit
from .lists import Figure, clients, every_part, one_row_ms
from .reporting import Report
from .stage import Stage
from .stock import FILE_BAR, HELD_MB, file_figures

TABLES = (
    "serials_serial",
    "serials_ledgerentry",
    "warranty_term",
    "warranty_card",
    "documents_lineserial",
)


def measure(stage: Stage, *, rounds: int, only: str = "") -> Report:
    """Measure everything, or the parts named so, and print it."""
    report = Report()
    # Pages first: what the other parts write is not a shop's life.
    parts: dict[str, Callable[[Report, Stage, int], None]] = {
        "pages": _pages,
        "posting": _posting,
        "files": _files,
        "counting": _counting,
        "cards": _cards,
    }
    for name, part in parts.items():
        if not only or name in only.split(","):
            part(report, stage, rounds)
    return report


def _milliseconds(report: Report, figures: dict[str, float], limit: float, what: str) -> None:
    """Each of these beside a limit; only the median has to keep it."""
    for name, took in figures.items():
        missed = name == "median" and took > limit
        report.add(f"{what}, {name}", f"{took:.1f} ms", f"{took / limit:.2f}", f"{limit:.0f} ms",
                   missed=missed)  # fmt: skip


def _pages(report: Report, stage: Stage, rounds: int) -> None:
    people = clients()
    times = max(1, 4 * rounds)
    with report.part(f"Pages and searches, {stage.serials:,} serial numbers"):
        limit = one_row_ms(people["bench"], 5 * times)
        report.add("a page of one row, the limit", f"{limit:.1f} ms", "1.0 ×", "–", missed=False)
    for title, figures in every_part(people, times):
        with report.part(title):
            for figure in figures:
                _page(report, figure, limit)


def _page(report: Report, figure: Figure, limit: float) -> None:
    took = f"{figure.median:.1f} ms, 99 % {figure.worst:.0f}"
    words = f"{figure.bar:.0f} ms {figure.wrong}".rstrip()
    ratio = f"{figure.median / limit:.1f} ×"
    report.add(figure.asked.name, took, ratio, words, missed=figure.is_missed)


def _posting(report: Report, stage: Stage, rounds: int) -> None:
    with report.part(f"{UNITS:,} strict serials in one document, × COPY of the same rows"):
        limit = CopyLimit(*TABLES)
        for step, ratio, took in posting_figures(stage, limit, rounds):
            report.add(step.name, f"{took:.2f} s", f"{ratio:.2f} ×", f"{step.bar:.0f} ×",
                       missed=ratio > step.bar)  # fmt: skip
    with report.part("A scan on a draft sale"):
        _milliseconds(report, scan_figures(stage, rounds), SCAN_LIMIT_MS, "scan")


def _files(report: Report, stage: Stage, rounds: int) -> None:
    with report.part(f"A CSV of {ROWS:,} serials"):
        for name, took in csv_figures(stage, rounds).items():
            report.add(name, f"{took:.2f} s", f"{took / FILE_LIMIT:.2f}", f"{FILE_LIMIT:.0f} s",
                       missed=took > FILE_LIMIT)  # fmt: skip
    with report.part("The stock by serial as a workbook, × the library alone"):
        rows, ratio, took, held = file_figures(stage, rounds)
        report.add(f"{rows:,} rows written", f"{took:.1f} s", f"{ratio:.2f} ×", f"{FILE_BAR:.0f} ×",
                   missed=ratio > FILE_BAR)  # fmt: skip
        report.add("memory", f"{held:.1f} MB", f"{held / HELD_MB:.2f}", f"{HELD_MB:.0f} MB",
                   missed=held > HELD_MB)  # fmt: skip


def _counting(report: Report, stage: Stage, rounds: int) -> None:
    with report.part(f"A scan into a count of {UNITS:,} units, {PEOPLE} people at once"):
        _milliseconds(report, counting_figures(stage), COUNT_LIMIT_MS, "scan")
    with report.part(f"Closing a count of {UNITS:,} units, {UNITS - SCANNED:,} of them missing"):
        limit = CopyLimit(*TABLES)
        ratio, took = closing_figures(stage, limit, rounds)
        report.add("closing, × COPY of the same rows", f"{took:.2f} s", f"{ratio:.2f} ×",
                   f"{CLOSE_BAR:.0f} ×", missed=ratio > CLOSE_BAR)  # fmt: skip


def _cards(report: Report, stage: Stage, rounds: int) -> None:
    with report.part("A card, from F8 on a sale of one unit to the last byte of its PDF"):
        for name, took in first_card_figures(stage, rounds).items():
            report.add(name, f"{took:.0f} ms", f"{took / FIRST_CARD_LIMIT_MS:.2f}",
                       f"{FIRST_CARD_LIMIT_MS:.0f} ms",
                       missed=took > FIRST_CARD_LIMIT_MS)  # fmt: skip
    with report.part(f"{CARDS} cards of one sale as one PDF, × WeasyPrint alone"):
        ratio, took = hundred_cards_figures(stage, rounds)
        report.add("cards", f"{took:.2f} s", f"{ratio:.2f} ×", f"{CARDS_BAR:.1f} ×",
                   missed=ratio > CARDS_BAR)  # fmt: skip


def summary(report: Report) -> str:
    """How many bars were kept."""
    counted = collections.Counter(row.missed for rows in report.parts.values() for row in rows)
    words = f"{counted[False]} kept, {counted[True]} missed"
    return f"{words}: {'; '.join(report.missed)}" if report.missed else words
