"""`manage.py check_ledger`: do ledger, balances, warranties, documents, counts, repairs agree?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

import documents.proving
import inventory.proving
import repairs.proving
import serials.proving
import warranty.proving


class Command(BaseCommand):
    help = "Recompute states and balances from the ledger and name what differs; changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        found = [
            *serials.proving.differences(),
            *warranty.proving.differences(),
            *documents.proving.differences(),
            *inventory.proving.differences(),
            *repairs.proving.differences(),
        ]
        for difference in found:
            self.stderr.write(difference)
        if found:
            raise CommandError(f"{len(found)} differences. Nothing was changed.")
        self.stdout.write(
            "Ledger, states, balances, warranties, documents, counts and repairs agree."
        )
