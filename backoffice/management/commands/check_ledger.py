"""`manage.py check_ledger`: do ledger, balances, warranties, documents, counts, repairs agree?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.proving import differences


class Command(BaseCommand):
    help = "Recompute states and balances from the ledger and name what differs; changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences()
        for difference in found:
            self.stderr.write(difference)
        if found:
            raise CommandError(f"{len(found)} differences. Nothing was changed.")
        self.stdout.write(
            "Ledger, states, balances, warranties, documents, counts and repairs agree."
        )
