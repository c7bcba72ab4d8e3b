"""`manage.py let_in NAME`: for an admin who lost password and phone, when there is no other."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from company.inviting import forgotten_token, invitation_token
from company.models import User
from company.second_factor import remove


class Command(BaseCommand):
    help = "Remove a person's second factor and print a link to choose a password, for an hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"], is_active=True).first()
        if person is None:
            raise CommandError(f"Nobody called {options['username']} may sign in.")
        remove(person)
        invited = person.invited_at is not None
        token = invitation_token(person) if invited else forgotten_token(person, now=timezone.now())
        self.stdout.write(
            f"Open this path of the program: {reverse('company:welcome', args=[token])}"
        )
