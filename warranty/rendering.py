"""Making PDFs: whether it can be done on this machine, and laying out what fetches nothing."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Mapping
from email.message import Message
from typing import Any

try:
    import weasyprint
    from weasyprint.urls import URLFetcher, URLFetcherResponse
except (ImportError, OSError) as error:  # its libraries (Pango) are not on this machine
    weasyprint = None
    _why_not = str(error)


class NotRendered(Exception):
    """No PDF could be made; the message says why, for the log."""


def require_rendering() -> None:
    """Raise NotRendered where no PDF can be made: without Pango, or without any font."""
    if weasyprint is None:
        raise NotRendered(_why_not)
    if not _has_fonts():
        raise NotRendered("no font is installed")


def lay_out(html: str, css: str, *, pictures: Mapping[str, bytes] | None = None) -> Any:
    """A WeasyPrint document of this markup and style, which can fetch nothing from anywhere.

    `pictures` are PNGs by the address they have in the markup, `asset:` and a name.
    """
    fetcher = _fetcher(pictures or {})
    style = weasyprint.CSS(string=css, url_fetcher=fetcher)
    return weasyprint.HTML(string=html, url_fetcher=fetcher).render(stylesheets=[style])


def _fetcher(pictures: Mapping[str, bytes]) -> Any:
    """What hands out these pictures and `data:` URLs, and nothing else."""

    class Fetcher(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url in pictures:
                kind = Message()
                kind["Content-Type"] = "image/png"
                return URLFetcherResponse(url, pictures[url], kind)
            return super().fetch(url, headers)

    return Fetcher(allowed_protocols={"data"}, allow_redirects=False)


def _has_fonts() -> bool:
    """Whether there is any font; without one Pango would take the whole process down."""
    for name in ("libfontconfig.so.1", "libfontconfig.1.dylib", "libfontconfig-1.dll"):
        with contextlib.suppress(OSError):
            fontconfig = ctypes.CDLL(name)
            break
    else:
        return True  # WeasyPrint found it elsewhere
    fontconfig.FcConfigGetFonts.argtypes = (ctypes.c_void_p, ctypes.c_int)
    fontconfig.FcConfigGetFonts.restype = ctypes.POINTER(ctypes.c_int)
    fontconfig.FcInit()
    installed = fontconfig.FcConfigGetFonts(None, 0)  # a struct that begins with their number
    return bool(installed) and installed[0] > 0
