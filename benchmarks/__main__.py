"""`script/bench`: how fast the product is, as ratios to limits measured in the same run.

    python -m benchmarks [--serials 1000000] [--rounds 5]

Makes a database of its own on the server of DATABASE_URL, fills it, measures, and drops it.
Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import os
import sys

import django
import psycopg
from psycopg import sql

NAME = "unitbook_bench"


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the product on this machine.")
    parser.add_argument("--serials", type=int, default=1_000_000, help="serials in the database")
    parser.add_argument("--rounds", type=int, default=5, help="how often each figure is taken")
    options = parser.parse_args()

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "for-benchmarks-only-" + "x" * 40)
    os.environ["ALLOWED_HOSTS"] = "*"
    django.setup()

    from django.core.management import call_command
    from django.db import connection

    from config.warm import warm_up

    warm_up()  # as in the server: config/wsgi.py

    home = connection.settings_dict["NAME"]
    _administer(connection.get_connection_params(), home, drop=True, create=True)
    connection.close()
    connection.settings_dict["NAME"] = NAME
    try:
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        from benchmarks.measuring import measure

        return measure(serials=options.serials, rounds=options.rounds)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        _administer(connection.get_connection_params(), home, drop=True, create=False)


def _administer(parameters: dict, home: str, *, drop: bool, create: bool) -> None:
    keep = {"host", "port", "user", "password"}
    chosen = {name: value for name, value in parameters.items() if name in keep and value}
    with psycopg.connect(**chosen, dbname=home, autocommit=True) as server:
        if drop:
            server.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME))
            )
        if create:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))


if __name__ == "__main__":
    sys.exit(main())
