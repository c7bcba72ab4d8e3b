"""Code 128 as a vector image, sized in millimetres."""

from __future__ import annotations

import base64
import dataclasses
import functools
import itertools
import re

from barcode.codex import Code128

QUIET_MODULES = 10
"""Blank modules on each side of the bars (ISO/IEC 15417, 4.4.2)."""

NARROWEST_MM = 0.19
"""Modules below this are not read by the scanners of a shop's counter."""
WIDEST_MM = 0.375
"""Wider modules gain nothing and look coarse."""

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
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total * module:.3f}mm"'
        f' height="{height_mm:.3f}mm" viewBox="0 0 {total} 10" preserveAspectRatio="none">'
        f'<path d="{_path(modules)}"/></svg>'
    )
    data = base64.b64encode(svg.encode("ascii")).decode("ascii")
    return Bars(
        text, f"data:image/svg+xml;base64,{data}", total * module, height_mm, module
    )  # fmt: skip


def _path(modules: str) -> str:
    """The dark runs of a row of 1s and 0s as one path, one unit a module, ten units high."""
    path, at = [], QUIET_MODULES
    for colour, run in itertools.groupby(modules):
        width = len(list(run))
        if colour == "1":
            path.append(f"M{at} 0h{width}v10h-{width}z")
        at += width
    return "".join(path)
