"""What a server process does once, before its first request."""

from __future__ import annotations

import gc
from importlib import import_module

from django.conf import settings


def warm_up() -> None:
    """Load every view, and take what is loaded out of the garbage collector's rounds.

    The first card of the day must not wait for the PDF library to be imported; and a collection
    that walks all of Django costs a posting of 10,000 serials a tenth of its time. After that it
    looks seldom: a page makes and drops ten thousand objects, and hardly any in circles.
    """
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
