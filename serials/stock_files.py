"""Files of the stock by serial: who asked for what, how far it is, and what was made.

Nothing here is part of the books; a file is deleted after some days.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StockFile(models.Model):
    """One file of units, too long to be made while somebody waits.

    `filters` is the query of the page it was asked for on, `day` the day it is of, `stores` are
    those whose units are in it. `done` of `total` units have been looked at.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file_format = models.CharField(max_length=4)
    filters = models.CharField(max_length=2000, blank=True)
    language = models.CharField(max_length=5)
    day = models.DateField()
    stores = models.JSONField(default=list)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_index=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("file of the stock by serial")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "running", "done", "failed"]),
                name="serials_stock_file_status_known",
            ),
            models.CheckConstraint(
                condition=Q(file_format__in=["xlsx", "csv"]),
                name="serials_stock_file_format_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_format}, {self.done}/{self.total}: {self.status}"


class StockFilePart(models.Model):
    """A piece of a file: it is sent piece by piece, so none is ever whole in memory."""

    file = models.ForeignKey(StockFile, models.CASCADE, related_name="parts", db_index=False)
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["file", "position"], name="serials_stock_file_part_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_id}, {self.position}"
