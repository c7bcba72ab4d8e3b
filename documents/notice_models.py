"""Notices to people, shown on the home page until they are seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from .models import LineSerial


class Notice(models.Model):
    """Something a person should know of a document: shown on the home page until seen."""

    document = models.ForeignKey("documents.Document", models.CASCADE, related_name="notices")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "person"], name="documents_notice_once"),
        ]
        indexes = [
            models.Index(
                fields=["person", "-id"],
                condition=Q(seen_at__isnull=True),
                name="documents_notices_to_see",
            ),
        ]

    units: Sequence[LineSerial] = ()
    """What it is about, and how many `more` there are: put here by `notices.notices_for`."""
    more: int = 0

    def __str__(self) -> str:
        return f"{self.document} → {self.person}"
