"""`script/bench`: how fast the product is, as ratios to limits measured in the same run.

    python -m benchmarks [--serials 1000000] [--rounds 5] [--only pages,files] [--keep]

Makes a database of its own on the server of DATABASE_URL, fills it, measures, and drops it.
Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from pathlib import Path

import django
import psycopg
from psycopg import sql

NAME = "unitbook_bench"


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the product on this machine.")
    parser.add_argument("--serials", type=int, default=1_000_000, help="serials in the database")
    parser.add_argument("--rounds", type=int, default=5, help="how often each figure is taken")
    parser.add_argument("--only", default="", help="of pages, posting, files, counting, cards")
    parser.add_argument(
        "--keep", action="store_true", help="keep the filled database, and use the one kept"
    )
    parser.add_argument(
        "--prove", action="store_true", help="check first that what was filled agrees with itself"
    )
    options = parser.parse_args()

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "for-benchmarks-only-" + "x" * 40)
    os.environ["ALLOWED_HOSTS"] = "*"
    os.environ.setdefault("LOG_LEVEL", "WARNING")  # a line for each request is not what is measured
    django.setup()

    from django.core.management import call_command
    from django.db import connection

    from benchmarks.measuring import measure, summary
    from benchmarks.stage import stage
    from config.warm import warm_up

    warm_up()  # as in the server: config/wsgi.py
    call_command("collectstatic", interactive=False, verbosity=0)

    home = connection.settings_dict["NAME"]
    server = connection.get_connection_params()
    filled = f"{NAME}_{options.serials}" if options.keep else NAME
    if not (options.keep and _is_filled(server, home, filled)):
        _administer(server, home, filled, create=True)
        _fill(filled, options.serials)
        _administer(server, home, filled, says=_life())
    if options.keep:
        _administer(server, home, NAME, create=True, like=filled)
    connection.settings_dict["NAME"] = NAME
    try:
        if options.prove:
            call_command("check_ledger")
        report = measure(stage(), rounds=options.rounds, only=options.only)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        _administer(server, home, NAME)
    print(report.markdown())
    print(f"\n{summary(report)}")
    return 1 if report.missed else 0


def _fill(name: str, serials: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.stage import build

    print(f"Filling a database with {serials:,} serials …", flush=True)
    start = time.perf_counter()
    home = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    call_command("migrate", verbosity=0)
    build(serials)
    connection.close()
    connection.settings_dict["NAME"] = home
    print(f"Filled in {time.perf_counter() - start:.0f} s.", flush=True)


def _life() -> str:
    """What a filled database is kept for: another schema, or another life, is filled anew."""
    root = Path(__file__).resolve().parent
    made_by = [root / f"{name}.py" for name in ("stage", "life", "aftermath", "loading")]
    made_by += root.parent.glob("*/migrations/*.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(made_by))).hexdigest()


def _server(parameters: dict, home: str) -> psycopg.Connection:
    keep = {"host", "port", "user", "password"}
    chosen = {name: value for name, value in parameters.items() if name in keep and value}
    return psycopg.connect(**chosen, dbname=home, autocommit=True)


def _is_filled(parameters: dict, home: str, name: str) -> bool:
    with _server(parameters, home) as server:
        found = server.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        ).fetchone()
    return found is not None and found[0] == _life()


def _administer(
    parameters: dict, home: str, name: str, *, create: bool = False, like: str = "", says: str = ""
) -> None:
    """Drop a database, and create it anew where asked; or only say what it is."""
    database = sql.Identifier(name)
    with _server(parameters, home) as server:
        if says:
            server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(database, says))
            return
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
        if create and like:
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    database, sql.Identifier(like)
                )
            )
        elif create:
            server.execute(sql.SQL("CREATE DATABASE {}").format(database))


if __name__ == "__main__":
    sys.exit(main())
