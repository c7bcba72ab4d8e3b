"""PDFs of large documents: what was asked, how far it is, and what was made."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DocumentPrint(models.Model):
    """One PDF of a document that takes too long to make while somebody waits.

    `of_status` is the status of the document that it shows: a document cancelled since needs
    another. Nothing of it is part of the books; it is deleted after some days.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey("documents.Document", models.CASCADE, related_name="prints")
    of_status = models.CharField(max_length=9)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_index=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    pdf = models.BinaryField(null=True, blank=True)

    class Meta:
        verbose_name = _("print of a document")
        constraints = [
            models.UniqueConstraint(
                fields=["document", "of_status"],
                condition=Q(status__in=["waiting", "running"]),
                name="documents_one_print_under_way",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "running", "done", "failed"]),
                name="documents_print_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="done", pdf__isnull=False)
                | (~Q(status="done") & Q(pdf__isnull=True)),
                name="documents_print_done_has_pdf",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.status}"
