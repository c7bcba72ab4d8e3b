"""`manage.py backup`: the whole shop in one file. `script/backup` runs it."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backoffice.backup import BackupRefused
from backoffice.backup.files import Manifest, verify
from backoffice.backup.making import make_backup


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text} is not a number of backups to keep: 1 or more")
    return int(text)


class Command(BaseCommand):
    help = "Writes database and photos into one file, while the shop goes on selling."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", nargs="?", type=Path, default=settings.VAR_DIR / "backups",
            help="where the file goes (var/backups)",
        )  # fmt: skip
        parser.add_argument(
            "--keep", type=_at_least_one, metavar="N",
            help="delete all but the N newest backups of the folder when this one is made",
        )  # fmt: skip
        parser.add_argument(
            "--verify", type=Path, metavar="FILE", help="make none: check that FILE is whole"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            if options["verify"]:
                manifest = verify(options["verify"])
                self.stdout.write(f"{options['verify']} is whole: {_told(manifest)}.")
                return
            made = make_backup(options["folder"], now=timezone.now(), keep=options["keep"])
        except BackupRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{made.path}: {made.size / 1e6:.1f} MB, {_told(made.manifest)}.")
        for name in made.manifest.missing:
            self.stderr.write(f"A photo was lost before this backup: {name}")
        for old in made.forgotten:
            self.stdout.write(f"Deleted {old}")
        self.stdout.write(f"Written and read back in {time.monotonic() - began:.1f} s.")


def _told(manifest: Manifest) -> str:
    rows = sum(manifest.rows.values())
    return (
        f"{manifest.company or 'a shop without a name'} as of {manifest.made_at}, {rows} rows in "
        f"{len(manifest.rows)} tables, {len(manifest.media)} photos"
    )
