"""Files of serials between their preview and the press that adds them to a draft."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Upload(models.Model):
    """A file that a person is about to add to a draft, or to one line of it.

    One for each person and draft: a new file takes the place of the last one. It goes when it
    is added, and in any case after a day: nothing of it is part of the books. `listed` is what was
    read of it (`FileList.packed`), for a spreadsheet takes a while to read.

    A long one is read, judged and added by a job (`uploading_long`): it waits as the `content` it
    came in, `done` of `total` rows are read, `told` is what its page says of it, `problem` why it
    could not be read or added.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READING = "reading", _("being read")
        READ = "read", _("read")
        ADDING = "adding", _("being added")
        ADDED = "added", _("added")
        FAILED = "failed", _("failed")

    document = models.ForeignKey("documents.Document", models.CASCADE, related_name="uploads")
    line = models.ForeignKey(
        "documents.Line", models.CASCADE, null=True, blank=True, related_name="+"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    listed = models.BinaryField()
    uploaded_at = models.DateTimeField(db_index=True)
    status = models.CharField(
        max_length=7, choices=Status.choices, default=Status.READ, db_default=Status.READ
    )
    is_long = models.BooleanField(default=False, db_default=False)
    content = models.BinaryField(default=b"", db_default=b"")
    total = models.PositiveIntegerField(default=0, db_default=0)
    done = models.PositiveIntegerField(default=0, db_default=0)
    told = models.JSONField(null=True, blank=True)
    problem = models.CharField(max_length=400, blank=True, default="", db_default="")
    language = models.CharField(max_length=5, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=["waiting", "reading", "read", "adding", "added", "failed"]
                ),
                name="documents_upload_status_known",
            ),
            models.UniqueConstraint(
                fields=["document", "author"], name="documents_one_upload_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.name}"

    @property
    def is_under_way(self) -> bool:
        """Whether a job is at it, or will be."""
        return self.status in {self.Status.WAITING, self.Status.READING, self.Status.ADDING}
