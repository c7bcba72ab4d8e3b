"""Jobs of this app, run by `manage.py procrastinate worker`."""

from __future__ import annotations

import uuid

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from . import printing, uploading_long


@app.task(name=printing.JOB)
def make_pdf(print_id: str, request_id: str = "") -> None:
    """Make the PDF of a large document."""
    printing.make_pdf(uuid.UUID(print_id))


@app.task(name=uploading_long.JOB)
def take_upload(upload_id: int, request_id: str = "") -> None:
    """Read a long file, or add what it lists."""
    uploading_long.take_upload(upload_id)


@app.periodic(cron="27 3 * * *")
@app.task(name="documents.forget_old_prints", queueing_lock="documents.forget_old_prints")
def forget_old_prints(timestamp: int) -> None:
    """Delete the PDFs of old prints, every night."""
    printing.forget_old_prints(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(
    name="documents.resume_cut_off", queueing_lock="documents.resume_cut_off", pass_context=True
)
async def resume_cut_off(context: JobContext, timestamp: int) -> None:
    """Queue jobs again whose worker died: they start over."""
    jobs = context.app.job_manager
    for name in (printing.JOB, uploading_long.JOB):
        for job in await jobs.get_stalled_jobs(task_name=name):
            await jobs.retry_job(job)
