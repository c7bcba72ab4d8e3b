"""Jobs of this app, run by `manage.py procrastinate worker`."""

from __future__ import annotations

import uuid

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from . import export_files, importing, stock_files, tidying


@app.task(name=stock_files.JOB)
def make_stock_file(file_id: str, request_id: str = "") -> None:
    """Make a large file of the stock by serial."""
    stock_files.make_file(uuid.UUID(file_id))


@app.task(name=export_files.JOB)
def make_export(file_id: str, request_id: str = "") -> None:
    """Write everything into a file."""
    export_files.make_export(uuid.UUID(file_id))


@app.periodic(cron="37 3 * * *")
@app.task(
    name="backoffice.forget_old_stock_files", queueing_lock="backoffice.forget_old_stock_files"
)
def forget_old_stock_files(timestamp: int) -> None:
    """Delete old files of the stock, every night."""
    stock_files.forget_old_files(now=timezone.now())


@app.task(name=importing.JOB)
def import_file(what: str, import_id: str, request_id: str = "") -> None:
    """Read or write a large file of products, suppliers or customers."""
    importing.run_import(what, uuid.UUID(import_id))


@app.periodic(cron="47 3 * * *")
@app.task(name="backoffice.forget_old_imports", queueing_lock="backoffice.forget_old_imports")
def forget_old_imports(timestamp: int) -> None:
    """Delete files that were brought and are no longer kept, every night."""
    importing.forget_old_imports(now=timezone.now())


@app.periodic(cron="47 3 * * *")
@app.task(name="backoffice.forget_leftovers", queueing_lock="backoffice.forget_leftovers")
def forget_leftovers(timestamp: int) -> None:
    """Delete what is of no use any more, every night."""
    tidying.forget_leftovers(now=timezone.now())


@app.periodic(cron="57 3 * * *")
@app.task(
    name="backoffice.forget_old_jobs", queueing_lock="backoffice.forget_old_jobs", pass_context=True
)
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    """Delete jobs that ended long ago, whatever came of them."""
    await context.app.job_manager.delete_old_jobs(
        tidying.JOBS_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="* * * * *")
@app.task(
    name="backoffice.resume_cut_off", queueing_lock="backoffice.resume_cut_off", pass_context=True
)
async def resume_cut_off(context: JobContext, timestamp: int) -> None:
    """Queue files again whose worker died: they start over."""
    jobs = context.app.job_manager
    for name in (stock_files.JOB, importing.JOB, export_files.JOB):
        for job in await jobs.get_stalled_jobs(task_name=name):
            await jobs.retry_job(job)
