"""Reading PDFs back with other people's eyes: poppler for the text, zbar for the bars."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

SECONDS = 60  # a program that takes longer will never end


def text_of(pdf: bytes, *, page: int | None = None) -> str:
    """The words of a PDF, each run of blanks as one."""
    only = [] if page is None else ["-f", str(page), "-l", str(page)]
    done = subprocess.run(
        ["pdftotext", *only, "-", "-"], input=pdf, capture_output=True, check=True, timeout=SECONDS
    )
    return " ".join(done.stdout.decode().split())


def codes_of(pdf: bytes, *, dpi: int = 150) -> set[str]:
    """What a scanner reads from the pages printed at this resolution."""
    return set(_scanned(pdf, "--raw", dpi=dpi).split())


def kinds_of(pdf: bytes, *, dpi: int = 150) -> set[str]:
    """The kinds of the codes a scanner reads: CODE-128, QR-Code."""
    return {line.partition(":")[0] for line in _scanned(pdf, dpi=dpi).splitlines()}


def _scanned(pdf: bytes, *how: str, dpi: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        stem = Path(folder) / "page"
        command = ["pdftoppm", "-r", str(dpi), "-gray", "-", str(stem)]
        subprocess.run(command, input=pdf, check=True, timeout=SECONDS)
        pages = sorted(Path(folder).iterdir())
        done = subprocess.run(
            ["zbarimg", "-q", *how, "-Sdisable", "-Scode128.enable", "-Sqrcode.enable", *pages],
            capture_output=True,
            check=False,  # 4: nothing found
            timeout=SECONDS,
        )
    return done.stdout.decode()


def sizes_of(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each page in millimetres."""
    done = subprocess.run(
        ["pdfinfo", "-f", "1", "-l", "999", "-"],
        input=pdf,
        capture_output=True,
        check=True,
        timeout=SECONDS,
    )
    lines = [line.split() for line in done.stdout.decode().splitlines() if " size:" in line]
    points = [(float(line[3]), float(line[5])) for line in lines if line[0] == "Page"]
    return [(round(width * 25.4 / 72), round(height * 25.4 / 72)) for width, height in points]
