"""What is of no use any more goes, every night: nothing of the books is among it."""

from __future__ import annotations

import datetime as dt

from documents.models import Upload
from documents.uploading import KEPT

from .export_files import forget_old_exports

JOBS_KEPT_HOURS = 30 * 24
"""How long what a job came to can be looked up."""


def forget_leftovers(*, now: dt.datetime) -> None:
    """Delete files that nobody added to their draft, and exports."""
    Upload.objects.filter(uploaded_at__lte=now - KEPT).delete()
    forget_old_exports(now=now)
