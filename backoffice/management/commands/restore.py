"""`manage.py restore`: a backup into an empty database. `script/restore` runs it."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backoffice.backup import BackupRefused
from backoffice.backup.restoring import restore_backup


class Command(BaseCommand):
    help = "Restores a backup into an empty database, photos included, and checks the ledger."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what script/backup made")
        parser.add_argument(
            "--media", type=Path, default=Path(settings.MEDIA_ROOT), metavar="FOLDER",
            help="where the photos go, if not where the program looks for them: for a trial",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            restored = restore_backup(options["file"], media=options["media"], say=self._say)
        except BackupRefused as refused:
            raise CommandError(str(refused)) from refused
        for difference in restored.differences:
            self.stderr.write(difference)
        if restored.differences:
            raise CommandError(
                f"Restored, but the ledger check found {len(restored.differences)} differences."
            )
        manifest = restored.manifest
        self._say(
            f"Restored in {time.monotonic() - began:.1f} s: {sum(manifest.rows.values())} rows in "
            f"{len(manifest.rows)} tables, {len(manifest.media)} photos. Ledger, states, "
            "balances, warranties, documents, counts and repairs agree. Everybody signs in anew."
        )

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
