"""Jobs of this app, run by `manage.py procrastinate worker`."""

from __future__ import annotations

import uuid

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from . import logos, printing


@app.task(name=printing.JOB)
def make_pdf(run_id: str, request_id: str = "") -> None:
    """Make the PDF of a large print run."""
    printing.make_pdf(uuid.UUID(run_id))


@app.periodic(cron="17 3 * * *")
@app.task(name="warranty.forget_old_pdfs", queueing_lock="warranty.forget_old_pdfs")
def forget_old_pdfs(timestamp: int) -> None:
    """Clear the PDFs of old print runs, every night."""
    printing.forget_old_pdfs(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(
    name="warranty.resume_cut_off", queueing_lock="warranty.resume_cut_off", pass_context=True
)
async def resume_cut_off(context: JobContext, timestamp: int) -> None:
    """Queue print jobs again whose worker died: they start over."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(task_name=printing.JOB):
        await jobs.retry_job(job)


@app.periodic(cron="27 3 * * *")
@app.task(name="warranty.forget_unused_logos", queueing_lock="warranty.forget_unused_logos")
def forget_unused_logos(timestamp: int) -> None:
    """Delete logos that no design has, every night."""
    logos.forget_unused_logos(now=timezone.now())
