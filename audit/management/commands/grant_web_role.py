"""`manage.py grant_web_role`: the role of web server and worker gets what they need, no more."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

import dj_database_url
from django.core.management.base import BaseCommand, CommandError

from audit.web_role import CannotGrant, grant_web_role


class Command(BaseCommand):
    help = (
        "Makes the role of web server and worker if it is missing, and grants it what they need. "
        "Connects with OWNER_DATABASE_URL; run it after each migrate."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", nargs="?", help="its name; that of DATABASE_URL unless given")

    def handle(self, *args: Any, role: str | None = None, **options: Any) -> None:
        web = dj_database_url.parse(os.environ.get("DATABASE_URL", ""))
        name = role or web.get("USER", "")
        if not name:
            raise CommandError("Name the role, or set DATABASE_URL to what the web connects with.")
        password = web.get("PASSWORD", "") if name == web.get("USER") else ""
        try:
            append_only = grant_web_role(name, password=password)
        except CannotGrant as refused:
            raise CommandError(str(refused)) from refused
        if options["verbosity"] > 0:
            self.stdout.write(f"{name} owns nothing. New rows only in: {', '.join(append_only)}.")
