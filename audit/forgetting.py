"""Forgetting a customer also in the history of changes."""

from __future__ import annotations

from django.db import connection


def forget_customer(pk: int) -> int:
    """Scrub every value from the history of a customer; how many entries there were.

    That something was changed, when and by whom stays. Call it last in the transaction that
    erases the customer: the erasure is a change as well, and its old values are scrubbed too.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_forget_customer(%s)", [pk])
        (scrubbed,) = cursor.fetchone()
    return int(scrubbed)
