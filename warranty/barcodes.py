"""Code 128 and QR codes as vector images, sized in millimetres."""

from __future__ import annotations

import base64
import dataclasses
import functools
import itertools
import re
from collections.abc import Iterable

import segno
from barcode.codex import Code128

QUIET_MODULES = 10
"""Blank modules on each side of the bars (ISO/IEC 15417, 4.4.2)."""

NARROWEST_MM = 0.19
"""Modules below this are not read by the scanners of a shop's counter."""
WIDEST_MM = 0.375
"""Wider modules gain nothing and look coarse."""

QR_QUIET_MODULES = 4
"""Blank modules on each side of a QR code (ISO/IEC 18004, 5.3.8)."""
QR_NARROWEST_MM = 0.3
"""A telephone held in the hand may not read finer modules."""

_PRINTABLE = re.compile(r"[ -~]+")


@dataclasses.dataclass(frozen=True, slots=True)
class Bars:
    """A bar code with its quiet zones: `uri` goes into the `src` of an image."""

    text: str
    uri: str
    width_mm: float
    height_mm: float
    module_mm: float

    @property
    def quiet_mm(self) -> float:
        """The width of the blank on each side."""
        return QUIET_MODULES * self.module_mm


@functools.lru_cache(maxsize=512)
def code128(
    text: str, *, width_mm: float, height_mm: float, dot_mm: float | None = None
) -> Bars | None:
    """The bars of a text, as wide as they may be and at most `width_mm` with quiet zones.

    None when the text can't be a Code 128 (letters beyond printable ASCII) or would come out
    too fine to be read. `dot_mm` is the dot of a thermal printer: its modules are then whole
    dots where that fits, for a printer that rounds each bar by itself makes them unequal.
    """
    if not _PRINTABLE.fullmatch(text):
        return None
    (modules,) = Code128(text).build()
    total = len(modules) + 2 * QUIET_MODULES
    module = min(width_mm / total, WIDEST_MM)
    if dot_mm is not None and module // dot_mm * dot_mm >= NARROWEST_MM:
        module = module // dot_mm * dot_mm
    if module < NARROWEST_MM:
        return None
    row = (colour == "1" for colour in modules)
    path = _path(row, left=QUIET_MODULES, top=0, height=10)
    uri = _uri(path, box=f"0 0 {total} 10", width_mm=total * module, height_mm=height_mm)
    return Bars(text, uri, total * module, height_mm, module)


@dataclasses.dataclass(frozen=True, slots=True)
class Square:
    """A QR code with its quiet zone: `uri` goes into the `src` of an image."""

    text: str
    uri: str
    size_mm: float
    module_mm: float

    @property
    def quiet_mm(self) -> float:
        """The width of the blank on each side."""
        return QR_QUIET_MODULES * self.module_mm


@functools.lru_cache(maxsize=512)
def qr_code(text: str, *, size_mm: float, dot_mm: float | None = None) -> Square | None:
    """The QR code of a text, at most `size_mm` wide and high with its quiet zone.

    Error correction is M, a seventh of it may be lost, or better where that costs no room. None
    when there is no text, or so much that it would come out too fine to be read. `dot_mm` is the
    dot of a thermal printer: modules are then whole dots where that fits.
    """
    if not text:
        return None
    try:
        code = segno.make_qr(text, error="m")
    except segno.DataOverflowError:
        return None
    total, _ = code.symbol_size(border=QR_QUIET_MODULES)
    module = size_mm / total
    if dot_mm is not None and module // dot_mm * dot_mm >= QR_NARROWEST_MM:
        module = module // dot_mm * dot_mm
    if module < QR_NARROWEST_MM:
        return None
    path = "".join(
        _path(map(bool, row), left=QR_QUIET_MODULES, top=QR_QUIET_MODULES + number, height=1)
        for number, row in enumerate(code.matrix)
    )
    size = total * module
    uri = _uri(path, box=f"0 0 {total} {total}", width_mm=size, height_mm=size)
    return Square(text, uri, size, module)


def _path(row: Iterable[bool], *, left: int, top: int, height: int) -> str:
    """The dark runs of a row of modules as one filled path, in modules: printers widen lines."""
    path, at = [], left
    for is_dark, run in itertools.groupby(row):
        width = len(list(run))
        if is_dark:
            path.append(f"M{at} {top}h{width}v{height}h-{width}z")
        at += width
    return "".join(path)


def _uri(path: str, *, box: str, width_mm: float, height_mm: float) -> str:
    """The path as an image that needs no fetching."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm:.3f}mm"'
        f' height="{height_mm:.3f}mm" viewBox="{box}" preserveAspectRatio="none">'
        f'<path d="{path}"/></svg>'
    )
    data = base64.b64encode(svg.encode("ascii")).decode("ascii")
    return f"data:image/svg+xml;base64,{data}"
