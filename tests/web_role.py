"""Working as the role that web server and worker connect with, which owns nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, connections

from config.embedded_postgres.cluster import WEB_ROLE


def grant() -> str:
    """Give the role its rights in the database of the tests, for good; its name."""
    granting = threading.Thread(target=_grant)  # a connection of its own: nothing is undone
    granting.start()
    granting.join()
    return WEB_ROLE


def _grant() -> None:
    try:
        call_command("grant_web_role", WEB_ROLE, verbosity=0)
    finally:
        connection.close()


@contextmanager
def connected_as(role: str) -> Iterator[None]:
    """The test and every thread it starts, a live server's for one, connect as the role."""
    settings = connections.settings["default"]
    before = settings["USER"]
    connection.close()
    settings["USER"] = role
    try:
        yield
    finally:
        connection.close()
        settings["USER"] = before
