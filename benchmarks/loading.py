"""Filling a database set by set, as a dump is restored: rows first, what hangs on them after.

Past the verbs and the rules: what is loaded has to be as they would have left it, which
`manage.py check_ledger` proves.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models

from .limits import run

MARK = "\N{REPLACEMENT CHARACTER}"
OWN = (
    "company",
    "partners",
    "products",
    "serials",
    "warranty",
    "documents",
    "inventory",
    "repairs",
)


def rows_of(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def fill(model: type[models.Model], source: str, **columns: str) -> None:
    """Insert a row of the model for each row of the source.

    `columns` are SQL expressions by field; the others get what a new instance would have. Where
    the ids are given the rows are written in their order, as they come in a shop's life.
    """
    blank = model()
    given: dict[str, str] = {}
    values: list[Any] = []
    for field in model._meta.concrete_fields:
        name = field.name if field.name in columns else field.attname
        if name in columns:
            given[field.column] = columns.pop(name)
        elif getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            given[field.column] = "now()"
        elif not (field.primary_key or field.generated or field.has_db_default()):
            given[field.column] = MARK
            values.append(field.get_db_prep_save(getattr(blank, field.attname), connection))
    if columns:
        raise ValueError(f"{model.__name__} has no {', '.join(columns)}")
    into = ", ".join(f'"{name}"' for name in given)
    order = f" ORDER BY {list(given).index('id') + 1}" if "id" in given else ""
    statement = (
        f"INSERT INTO {model._meta.db_table} ({into}) OVERRIDING SYSTEM VALUE "
        f"SELECT {', '.join(given.values())} FROM {source}{order}"
    )
    if values:  # only then are a statement's own % doubled
        statement = statement.replace("%", "%%").replace(MARK, "%s")
    run(statement, *values)


@contextlib.contextmanager
def bare_tables() -> Iterator[None]:
    """The product's tables without triggers, foreign keys and indexes; all are put back after.

    The foreign keys are checked as they come back, each for its whole table at once.
    """
    tables = [
        model._meta.db_table
        for app in OWN
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    ]
    keys = rows_of(
        """
        SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
        FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)
        """,
        tables,
    )
    indexes = rows_of(
        """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indrelid::regclass::text = ANY(%s) AND NOT indisunique
        """,
        tables,
    )
    for table, name, _ in keys:
        run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for table in tables:
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for name, _ in indexes:
        run(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        run(definition)
    for table in tables:
        run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for table, name, definition in keys:
        run(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    _go_on_counting(tables)


def _go_on_counting(tables: list[str]) -> None:
    """The ids that come next follow those that were given here."""
    for table in tables:
        counted = rows_of(
            "SELECT pg_get_serial_sequence(table_name, column_name), column_name"
            " FROM information_schema.columns WHERE table_name = %s AND is_identity = 'YES'",
            table,
        )
        for sequence, column in counted:
            run(
                f"SELECT setval('{sequence}', greatest((SELECT max({column}) FROM {table}), 1),"
                f" EXISTS (SELECT FROM {table}))"
            )
