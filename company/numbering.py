"""Document and card numbers: per store, series and year, without gaps."""

from __future__ import annotations

from django.db import connection

from .models import Store


def take_numbers(store: Store, series: str, *, year: int, count: int = 1) -> range:
    """Take the next `count` numbers of a series inside the caller's transaction.

    The sequence's row stays locked until the transaction ends, and a rollback gives the numbers
    back: that is what keeps the series without gaps, and why this is called as late as possible.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("take_numbers needs a transaction")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO company_numbersequence (store_id, series, year, last)
            VALUES (%s, %s, %s, %s)
            ON CONFLICT (store_id, series, year)
            DO UPDATE SET last = company_numbersequence.last + EXCLUDED.last
            RETURNING last
            """,
            [store.pk, series, year, count],
        )
        (last,) = cursor.fetchone()
    return range(last - count + 1, last + 1)


def printed_number(store: Store, series: str, *, year: int, number: int) -> str:
    """A number as people read and scanners print it: `KY1-S2026-000042`.

    The year has all its digits: a number must never meet its twin of another century.
    """
    return f"{store.prefix}-{series}{year:04d}-{number:06d}"
