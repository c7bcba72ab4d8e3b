"""The log as a machine reads it: what is written while a block runs, one dict for each line."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from config import logs


class Lines:
    """What was written so far."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def of(self, logger: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in found if line["logger"] == logger]


@contextlib.contextmanager
def logged_as_json() -> Iterator[Lines]:
    """Log as in production, into memory."""
    lines = Lines()
    chosen = logs.settings("json", "INFO")
    chosen["handlers"]["stderr"]["stream"] = lines.stream
    chosen["root"]["level"] = "INFO"
    logging.config.dictConfig(chosen)
    try:
        yield lines
    finally:
        logging.config.dictConfig(settings.LOGGING)
