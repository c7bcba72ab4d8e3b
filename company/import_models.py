"""Files of rows between their upload and the press that writes them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportStatus(models.TextChoices):
    """How far a file is."""

    READING = "reading", _("being read")
    SEEN = "seen", _("to be looked at")
    WRITING = "writing", _("being written")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class ImportFile(models.Model):
    """A file that a person is about to import: nobody else's, and no part of the books.

    `content` is the file until it was read, `table` its rows (`Table.packed`) until they were
    written, `outcome` what they come to (`Outcome.packed`). `clears` says that an empty cell
    removes what is there. `is_stale` is set when the records moved on between preview and press.
    `written` are the rows that were, `refused` those that were not.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=5)
    clears = models.BooleanField(default=False)
    content = models.BinaryField(default=b"")
    table = models.BinaryField(default=b"")
    outcome = models.BinaryField(default=b"")
    status = models.CharField(
        max_length=8, choices=ImportStatus.choices, default=ImportStatus.READING
    )
    problem = models.TextField(blank=True)
    is_stale = models.BooleanField(default=False)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    uploaded_at = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name}: {self.status}"
