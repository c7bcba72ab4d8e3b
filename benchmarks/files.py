"""A CSV of 10,000 serial numbers: from choosing it to seeing what it holds, then to the posting."""

from __future__ import annotations

import statistics
import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from company.models import User
from documents import drafting
from documents.models import Document, Kind, Status, Upload
from documents.uploading_long import take_upload

from .limits import seconds
from .stage import Stage

ROWS = 10_000
LIMIT = 5.0
"""Seconds for each of the two."""


def csv_figures(stage: Stage, rounds: int, rows: int = ROWS) -> dict[str, float]:
    """Seconds of each step by the whole server side, medians."""
    client = Client()
    client.force_login(User.objects.get(pk=stage.manager.pk))
    shown, posted = [], []
    for _round in range(rounds):
        document = Document.objects.create(
            kind=Kind.RECEIPT, store=stage.store, author=stage.manager, is_opening=True
        )
        line, _ = drafting.line_for(document, stage.product)
        tag = uuid.uuid4().hex[:8].upper()
        content = "\n".join(f"{tag}{nth:06d}" for nth in range(rows)).encode()
        held: list[str] = []
        shown.append(seconds(lambda: held.append(_shown(client, document, line.pk, content))))  # noqa: B023
        posted.append(seconds(lambda: _posted(client, document, held[0])))  # noqa: B023
    return {"preview": statistics.median(shown), "posted": statistics.median(posted)}


def _shown(client: Client, document: Document, line: int, content: bytes) -> str:
    """Choose the file and see what it holds; the address of that page.

    A file of that length is a job's: it is done here at once, as by a worker who waits for it.
    """
    file = SimpleUploadedFile("serials.csv", content, content_type="text/csv")
    answer = client.post(
        f"/documents/{document.pk}/upload/", {"line": line, "file": file}, follow=True
    )
    if answer.status_code != 200 or not answer.redirect_chain:
        raise RuntimeError(f"the file was answered by {answer.status_code}")
    address = str(answer.redirect_chain[-1][0])
    _work(document)
    if f'action="{address}add/"' not in client.get(address).content.decode():
        raise RuntimeError("what the file comes to is not shown")
    return address


def _posted(client: Client, document: Document, held: str) -> None:
    client.post(f"{held}add/")
    _work(document)
    client.post(f"/documents/{document.pk}/post/")
    document.refresh_from_db()
    if document.status != Status.POSTED:
        raise RuntimeError("the document was not posted")


def _work(document: Document) -> None:
    """What a worker does about the file of a document, if it is one for a worker."""
    for pk in Upload.objects.filter(document=document).values_list("pk", flat=True):
        take_upload(pk)
