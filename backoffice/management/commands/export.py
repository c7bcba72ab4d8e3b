"""`manage.py export`: everything out, in open formats. `script/export` runs it."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backoffice.everything import export_everything


class Command(BaseCommand):
    help = "Writes everything into one ZIP: a CSV for each kind of thing, described, and pictures."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path,
            help="the ZIP to write (var/exports/unitbook-export-….zip)",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        began, now = time.monotonic(), timezone.now()
        usual = settings.VAR_DIR / "exports" / f"unitbook-export-{now:%Y%m%dT%H%M%SZ}.zip"
        path = options["file"] or usual
        if path.exists():
            raise CommandError(f"{path} is there already. Give another name.")
        try:
            made = export_everything(path, now=now, say=self._say)
        except OSError as reason:
            raise CommandError(f"{path} was not written: {reason.strerror}.") from reason
        self.stdout.write(
            f"{made.path}: {made.size / 1e6:.1f} MB, {sum(made.rows.values())} rows in "
            f"{len(made.rows)} files, in {time.monotonic() - began:.1f} s."
        )

    def _say(self, text: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"  {text}")
