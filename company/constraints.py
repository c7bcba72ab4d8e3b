"""Which rule of the database a write broke."""

from __future__ import annotations

from django.db import IntegrityError


def broken_constraint(error: IntegrityError) -> str:
    """The name of the constraint PostgreSQL refused by, or an empty string."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""
