"""Writing a scan once, however often it is sent and however many people send it."""

from __future__ import annotations

import uuid

from django.db import connection

from .models import Count, Scan


def taken_scan(count: Count, nonce: uuid.UUID) -> Scan | None:
    """The scan of this name, when the count has it already."""
    rows = Scan.objects.filter(count=count, nonce=nonce)
    return rows.select_related("product", "serial__place__store", "scanned_by").first()


def insert_scan(row: Scan) -> Scan | None:
    """Write a row unless one of its unit, or of its nonce, is there; None when one is."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inventory_scan (nonce, count_id, product_id, serial_id, text, key,
                was_here, quantity, is_defective, balance, source, scanned_at, scanned_by_id)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT DO NOTHING RETURNING id
            """,
            [
                row.nonce, row.count_id, row.product_id, row.serial_id, row.text, row.key,
                row.was_here, row.quantity, row.is_defective, row.balance, row.source,
                row.scanned_at, row.scanned_by_id,
            ],
        )  # fmt: skip
        found = cursor.fetchone()
    if found is None:
        return None
    (row.pk,) = found
    return row


def lock_thing(count: Count, thing: str) -> None:
    """Wait for whoever counts the very same thing now; others wait for this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"inventory count {count.pk}: {thing}"],
        )
