"""Jobs of this app, run by `manage.py procrastinate worker`."""

from __future__ import annotations

import uuid

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from . import stock_files


@app.task(name=stock_files.JOB)
def make_stock_file(file_id: str, request_id: str = "") -> None:
    """Make a large file of the stock by serial."""
    stock_files.make_file(uuid.UUID(file_id))


@app.periodic(cron="37 3 * * *")
@app.task(
    name="backoffice.forget_old_stock_files", queueing_lock="backoffice.forget_old_stock_files"
)
def forget_old_stock_files(timestamp: int) -> None:
    """Delete old files of the stock, every night."""
    stock_files.forget_old_files(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(
    name="backoffice.resume_cut_off", queueing_lock="backoffice.resume_cut_off", pass_context=True
)
async def resume_cut_off(context: JobContext, timestamp: int) -> None:
    """Queue files again whose worker died: they start over."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(task_name=stock_files.JOB):
        await jobs.retry_job(job)
