"""What is measured, against what, and how much is allowed: all of it, printed."""

from __future__ import annotations

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
from .limits import CopyLimit
from .stage import Stage, build
from .stock import (
    DEEP_LIMIT,
    FILE_BAR,
    HELD_MB,
    PAGE_LIMIT_MS,
    PAGES,
    file_figures,
    page_figures,
    spread,
)

TABLES = (
    "serials_serial",
    "serials_ledgerentry",
    "warranty_term",
    "warranty_card",
    "documents_lineserial",
)


def measure(*, serials: int, rounds: int) -> int:
    """Measure everything and print it; the exit status."""
    print(f"Filling a database with {serials:,} serials …", flush=True)
    stage = build(serials)
    limit = CopyLimit(*TABLES)
    missed = []
    print(f"\n{UNITS:,} strict serials in one document, {rounds} rounds, medians:")
    for step, ratio, took in posting_figures(stage, limit, rounds):
        print(f"  {step.name:28} {ratio:5.2f} {_bar(step.bar)}  {took:.2f} s")
        if ratio > step.bar:
            missed.append(step.name)
    scan = scan_figures(stage, rounds)
    print(f"\nA scan on a draft sale with {serials:,} serials in the database:")
    for name, took in scan.items():
        print(f"  {name:8} {took / SCAN_LIMIT_MS:5.2f} of the limit of 100 ms  {took:.1f} ms")
    if scan["median"] > SCAN_LIMIT_MS:
        missed.append("scan")
    missed += _stock(stage, rounds)  # it sells in the past: before anything is counted
    missed += _counting(stage, limit, rounds)
    missed += _cards(stage, rounds)
    if missed:
        print(f"\nMissed: {', '.join(missed)}")
    return 1 if missed else 0


def _bar(bar: float) -> str:
    return f"× COPY of the same rows (at most {bar:.0f})"


def _counting(stage: Stage, limit: CopyLimit, rounds: int) -> list[str]:
    """Figures of counting; which bars were missed."""
    missed = []
    scans = counting_figures(stage)
    print(f"\nA scan into a count of {UNITS:,} units, {PEOPLE} people at once:")
    for name, took in scans.items():
        print(f"  {name:8} {took / COUNT_LIMIT_MS:5.2f} of the limit of 50 ms  {took:.1f} ms")
    if scans["median"] > COUNT_LIMIT_MS:
        missed.append("scan into a count")
    ratio, took = closing_figures(stage, limit, rounds)
    print(f"\nClosing a count of {UNITS:,} units, {UNITS - SCANNED:,} of them missing:")
    print(f"  {'closing':28} {ratio:5.2f} {_bar(CLOSE_BAR)}  {took:.2f} s")
    if ratio > CLOSE_BAR:
        missed.append("closing a count")
    return missed


def _cards(stage: Stage, rounds: int) -> list[str]:
    """Figures of printing cards; which bars were missed."""
    missed = []
    print("\nA card, from F8 on a sale of one unit to the last byte of its PDF:")
    first = first_card_figures(stage, rounds)
    for name, took in first.items():
        print(f"  {name:8} {took / FIRST_CARD_LIMIT_MS:5.2f} of the limit of 1 s  {took:.0f} ms")
    if max(first.values()) > FIRST_CARD_LIMIT_MS:
        missed.append("the first card")
    ratio, took = hundred_cards_figures(stage, rounds)
    print(f"\n{CARDS} cards of one sale as one PDF, with their bars and QR codes:")
    bar = f"× WeasyPrint's own time for the same pages (at most {CARDS_BAR:.1f})"
    print(f"  {'cards':28} {ratio:5.2f} {bar}  {took:.2f} s")
    if ratio > CARDS_BAR:
        missed.append(f"{CARDS} cards")
    return missed


def _stock(stage: Stage, rounds: int) -> list[str]:
    """Figures of the stock by serial; which bars were missed."""
    spread(stage)
    missed = []
    print("\nA page of the stock by serial, medians:")
    pages = page_figures(stage, rounds)
    for name, took in pages.items():
        print(f"  {name:28} {took / PAGE_LIMIT_MS:5.2f} of the limit of 100 ms  {took:.1f} ms")
        if took > PAGE_LIMIT_MS:
            missed.append(f"stock: {name}")
    deep = pages[f"page {PAGES:,}"] / pages["first page"]
    print(f"  {f'page {PAGES:,}':28} {deep:5.2f} × the first page (at most {DEEP_LIMIT})")
    if deep > DEEP_LIMIT:
        missed.append("stock: the same cost on every page")
    rows, ratio, took, held = file_figures(stage, rounds)
    print(f"\nThe stock by serial as a workbook of {rows:,} rows:")
    bar = f"× the library alone with the same rows (at most {FILE_BAR:.0f})"
    print(f"  {'written':28} {ratio:5.2f} {bar}  {took:.1f} s")
    print(f"  {'memory':28} {held / HELD_MB:5.2f} of the limit of {HELD_MB:.0f} MB  {held:.1f} MB")
    if ratio > FILE_BAR or held > HELD_MB:
        missed.append("stock: the file")
    return missed
