"""What this app keeps: files of everything, on their way to the admin who asked. No books."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ExportFile(models.Model):
    """One file of everything: who asked for it, how far it is. It is deleted after some days.

    `done` of `total` kinds of things are written, `rows` in all.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_index=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("file of everything")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "running", "done", "failed"]),
                name="backoffice_export_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.done}/{self.total}: {self.status}"


class ExportPart(models.Model):
    """A piece of a file: it is sent piece by piece, so none is ever whole in memory."""

    file = models.ForeignKey(ExportFile, models.CASCADE, related_name="parts", db_index=False)
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "position"], name="backoffice_export_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.file_id}, {self.position}"
