"""`manage.py load_demo`: fill an empty database with a shop to look around in."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone

from backoffice.demo.loading import NotEmpty, load
from backoffice.demo.people import COMPANY, sign_ins
from company.retrying import LOCK_TIMEOUT, sqlstate


class Command(BaseCommand):
    help = "Fills an empty database with a demo shop: two stores and two years of trade."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="do nothing, and say so, when the database has a store already",
        )

    def handle(self, *args: Any, if_empty: bool = False, **options: Any) -> None:
        began = time.monotonic()
        try:
            loaded = load(now=timezone.now(), say=self._say)
        except NotEmpty as found:
            self._leave_alone(found, if_empty=if_empty)
            return
        except OperationalError as error:
            if sqlstate(error) != LOCK_TIMEOUT:
                raise
            raise CommandError(
                "Somebody else is setting up this database right now: try again in a minute."
            ) from error
        except ValidationError as refused:
            raise CommandError(
                "The demo shop could not be made, and nothing of it was kept: "
                + " ".join(refused.messages)
            ) from refused
        self._say(
            f"Done in {time.monotonic() - began:.1f} s: {loaded.posted} documents posted, "
            f"{loaded.drafts} drafts, {loaded.serials} serial numbers."
        )
        self._show_sign_ins(f"Sign in to {COMPANY} as one of these:")

    def _leave_alone(self, found: NotEmpty, *, if_empty: bool) -> None:
        if not if_empty:
            raise CommandError(
                f"The database already holds a company, {found.name}. The demo shop is for an "
                "empty database only; nothing was changed."
            )
        self._say(f"The database holds {found.name} already: no demo shop is loaded.")
        if found.is_demo:
            self._show_sign_ins("Unless somebody changed them, these sign in:")

    def _show_sign_ins(self, heading: str) -> None:
        self._say("\n".join(["", heading, *(f"  {line}" for line in sign_ins()), ""]))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
