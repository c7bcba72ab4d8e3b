"""Requests are read in UTF-8, as our pages write them, whatever charset they name.

Django reads the query by the charset of Content-Type before any middleware runs, and Python knows
codecs by name that are none of texts (rot13: an error of the server) or that make what no text is
(unicode_escape: lone surrogates).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_CHARSET = re.compile(r";\s*charset\b[^;]*", re.IGNORECASE)


def in_utf_8(application: Application) -> Application:
    """The same application, told nothing of charsets."""

    def told(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if said := environ.get("CONTENT_TYPE"):
            environ["CONTENT_TYPE"] = _CHARSET.sub("", said)
        return application(environ, start_response)

    return told
