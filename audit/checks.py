"""`manage.py check --deploy` says when the web could switch off what PostgreSQL keeps."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import Error

from .web_role import faults


def web_role_owns_nothing(**_options: Any) -> list[CheckMessage]:
    """Warn about the role of DATABASE_URL; say nothing when the database can't be asked."""
    try:
        found = faults()
    except Error:
        return []
    if not found:
        return []
    return [
        Warning(
            f"The database role of the web can do too much: {'; '.join(found)}.",
            hint="Connect with a role of its own: docs/database-roles.md.",
            id="audit.W001",
        )
    ]
