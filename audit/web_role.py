"""The role that web server and worker connect with: it owns nothing.

The role that owns the tables migrates them. The web's role reads and writes rows, and can neither
change a table nor take a trigger away, so that what PostgreSQL keeps it keeps from a bug or an
injected statement in the web application, too. Ledger and history take new rows only, and the
history takes them from its triggers alone.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from psycopg.sql import SQL, Composable, Identifier, Literal

APPEND_ONLY = SQL("""
    SELECT tgrelid::regclass::text,
        bool_or(tgtype & 16 <> 0), -- refuses every UPDATE
        bool_or(tgtype & 8 <> 0)   -- and DELETE
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = current_schema()::regnamespace AND proname LIKE '%append\\_only'
        AND tgtype & 3 = 3 AND tgqual IS NULL AND tgattr = '' AND NOT tgisinternal
    GROUP BY 1 ORDER BY 1
""")
"""Tables with a trigger before each row that refuses, whatever the row."""

LOCKED = "serials_posting"
"""Append-only, and locked by two prints of one sale: a lock asks for the UPDATE of any column."""
WRITTEN_BY_TRIGGERS = "audit_change"
KEPT_BY_MIGRATIONS = "django_migrations"


class CannotGrant(Exception):
    """The role can't be the web's; the message is for people."""


@transaction.atomic
def grant_web_role(role: str, *, password: str = "") -> list[str]:
    """Make the role if it is missing, and give it just what the web needs; whatever it had before.

    Run it as the owner of the tables after each `migrate`. The append-only tables it found.
    Raises CannotGrant.
    """
    _make_sure_of(role, password)
    name = Identifier(role)
    schema, database = (
        Identifier(each) for each in _row("SELECT current_schema(), current_catalog")
    )
    rows = "SELECT, INSERT, UPDATE, DELETE ON"
    for order in (
        "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {name}",
        "REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {name}",
        "GRANT CONNECT ON DATABASE {database} TO {name}",
        "GRANT USAGE ON SCHEMA {schema} TO {name}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}",
        "REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {name}",
        f"GRANT {rows} ALL TABLES IN SCHEMA {{schema}} TO {{name}}",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {name}",
        # What the next migration makes, until this runs again.
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {{schema}} GRANT {rows} TABLES TO {{name}}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO {name}",
        "GRANT EXECUTE ON FUNCTION audit_forget_customer TO {name}",
    ):
        _run(SQL(order).format(schema=schema, database=database, name=name))
    with connection.cursor() as cursor:
        cursor.execute(APPEND_ONLY)
        append_only = cursor.fetchall()
    for table, no_update, no_delete in append_only:
        taken = [right for right, no in (("UPDATE", no_update), ("DELETE", no_delete)) if no]
        _run(SQL(f"REVOKE {', '.join(taken)} ON {{}} FROM {{}}").format(Identifier(table), name))
    _run(SQL("GRANT UPDATE (id) ON {} TO {}").format(Identifier(LOCKED), name))
    for table in (WRITTEN_BY_TRIGGERS, KEPT_BY_MIGRATIONS):
        _run(SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}").format(Identifier(table), name))
    return [table for table, *_rights in append_only]


def _make_sure_of(role: str, password: str) -> None:
    found = _row(
        """
        SELECT role.rolsuper, role.rolname = current_user,
            (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)
        FROM (SELECT) AS nothing LEFT JOIN pg_roles role ON role.rolname = %s
        """,
        role,
    )
    is_superuser, is_owner, may_create = found
    if is_superuser:
        raise CannotGrant(f"The role {role} is a superuser: no right can be kept from it.")
    if is_owner:
        raise CannotGrant(
            f"{role} is the role this connects with, the owner of the tables. "
            "Name another one for the web, and connect with the owner's OWNER_DATABASE_URL."
        )
    if is_superuser is None:
        if not may_create:
            raise CannotGrant(
                f"There is no role {role}, and this one may not make it. "
                f"Let a superuser run: CREATE ROLE {role} LOGIN PASSWORD '…'"
            )
        _run(SQL("CREATE ROLE {} LOGIN {}").format(Identifier(role), _password(role, password)))


def _password(role: str, password: str) -> Composable:
    """As a hash: the statement may be written to the server's log."""
    if not password:
        return SQL("")
    server = connection.connection.pgconn
    hashed = server.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return SQL("PASSWORD {}").format(Literal(hashed.decode()))


def faults() -> list[str]:
    """What the role that we connect with may do and should not; nothing when all is well."""
    is_superuser, owns, creates, disables = _row("""
        SELECT rolsuper,
            EXISTS (
                SELECT FROM pg_class WHERE relkind IN ('r', 'p')
                    AND relnamespace = current_schema()::regnamespace
                    AND pg_has_role(current_user, relowner, 'USAGE')
            ),
            has_schema_privilege(current_user, current_schema(), 'CREATE'),
            has_parameter_privilege(current_user, 'session_replication_role', 'SET')
        FROM pg_roles WHERE rolname = current_user
    """)
    told = (
        (is_superuser, "it is a superuser"),
        (owns, "it owns tables, and can drop their triggers"),
        (creates, "it may make tables and functions"),
        (disables, "it may set session_replication_role, which turns the triggers off"),
    )
    return [text for is_so, text in told if is_so]


def _run(order: Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(order)


def _row(question: str, *parameters: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters or None)
        return tuple(cursor.fetchone())
