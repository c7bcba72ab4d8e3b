"""A worker is killed while it makes a file: another one makes it, whole and once."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys

import pypdf
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from company.access import access_of
from config.embedded_postgres import PROJECT
from documents.models import DocumentPrint
from documents.printing import pdf_of_print, request_print
from tests.faults.conftest import Shop
from tests.faults.stage import Database, eventually, surroundings

UNITS = 400
"""As many as take a worker a while."""


def worker(database: Database, *options: str) -> subprocess.Popen[bytes]:
    log = (database.folder / "worker.log").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, "manage.py", "procrastinate", "worker", *options],
            cwd=PROJECT, env=surroundings(database), stdout=log, stderr=log,
        )  # fmt: skip


def jobs() -> dict[str, list[tuple[str, int]]]:
    """State and tries of the jobs, by task."""
    found: dict[str, list[tuple[str, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status::text, attempts FROM procrastinate_jobs")
        for name, status, attempts in cursor.fetchall():
            found.setdefault(name, []).append((status, attempts))
    return found


def test_a_print_that_was_cut_off_is_made_by_the_next_worker(database: Database, shop: Shop):
    document = shop.receive([f"JOB-{n:05}" for n in range(UNITS)])
    made = request_print(document.pk, by=access_of(shop.manager), now=timezone.now())
    first = worker(database)
    try:
        eventually(
            lambda: DocumentPrint.objects.filter(pk=made.pk, status="running").exists(),
            "a print under way",
        )
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert pdf_of_print(made) is None
    assert [status for status, _tries in jobs()["documents.make_pdf"]] == ["doing"]
    with connection.cursor() as cursor:  # half a minute goes by, and the next minute begins
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 min'")
    with contextlib.suppress(AlreadyEnqueued):  # the first worker may have queued it
        app.configure_task("documents.resume_cut_off").defer(timestamp=0)
    second = worker(database, "--one-shot", "--concurrency", "1")
    assert second.wait(120) == 0
    third = None
    if jobs()["documents.make_pdf"][0][0] == "todo":  # queued again by the last job of that one
        third = worker(database, "--one-shot", "--concurrency", "1")
        assert third.wait(120) == 0
    assert jobs()["documents.make_pdf"][0][0] == "succeeded"
    made.refresh_from_db()
    assert made.status == "done"
    pdf = pdf_of_print(made)
    assert pdf is not None
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert text.count("JOB-") == UNITS
    assert DocumentPrint.objects.filter(document=document).count() == 1
    print("SOAK | Job worker killed while it makes a PDF | 1 kills, 1 made once")
