"""The limits: what the machine can do at best, measured in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction


def run(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class CopyLimit:
    """The limit: the rows of a posting written by plain COPY into twins of the tables.

    A twin has the same columns and the same indexes, and as many rows before; it has no foreign
    keys, no triggers, and nobody checks anything.
    """

    def __init__(self, *tables: str) -> None:
        self.tables = tables
        for table in tables:
            run(f"DROP TABLE IF EXISTS twin_{table}")
            run(f"CREATE TABLE twin_{table} (LIKE {table} INCLUDING ALL)")
            run(f"INSERT INTO twin_{table} OVERRIDING SYSTEM VALUE SELECT * FROM {table}")
        run("VACUUM ANALYZE")

    def seconds(self, conditions: dict[str, str]) -> float:
        """Copy the rows that fit each table's condition into its twin; read and parse apart."""
        blocks = []
        for table, condition in conditions.items():
            query = f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT"
            with connection.cursor() as cursor, cursor.copy(query) as out:
                blocks.append((table, b"".join(bytes(part) for part in out)))
            # What was there before is written anew: its twins go first.
            run(f"DELETE FROM twin_{table} WHERE id IN (SELECT id FROM {table} WHERE {condition})")

        def write() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                for table, block in blocks:
                    with cursor.copy(f"COPY twin_{table} FROM STDIN") as into:
                        into.write(block)

        return seconds(write)
