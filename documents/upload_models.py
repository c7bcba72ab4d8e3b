"""Files of serials between their preview and the press that adds them to a draft."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Upload(models.Model):
    """A file that a person is about to add to a draft, or to one line of it.

    One for each person and draft: a new file takes the place of the last one. It goes when it
    is added, and in any case after a day: nothing of it is part of the books. `listed` is what was
    read of it (`FileList.packed`), for a spreadsheet takes a while to read.
    """

    document = models.ForeignKey("documents.Document", models.CASCADE, related_name="uploads")
    line = models.ForeignKey(
        "documents.Line", models.CASCADE, null=True, blank=True, related_name="+"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    listed = models.BinaryField()
    uploaded_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "author"], name="documents_one_upload_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.name}"
