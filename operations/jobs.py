"""What every job does beside its work: a line in the log, with the request that asked for it."""

from __future__ import annotations

import time
from typing import Any

import structlog
from django.db import connection
from procrastinate import App, JobContext
from procrastinate.middleware import AsyncCallNext, SyncCallNext
from procrastinate.worker import Worker
from structlog.contextvars import bound_contextvars

from audit.acting import acting
from audit.asking import ASKED_BY

from .statements import Statements

log = structlog.get_logger("operations.job")


def prepare(app: App) -> None:
    """Give the worker its surroundings: PROCRASTINATE_ON_APP_READY."""
    app.worker_defaults["worker_middleware"] = [logged]
    app.worker_defaults["task_middleware"] = [measured]


async def logged(call_next: AsyncCallNext, context: JobContext, worker: Worker) -> Any:
    """One line for each job; everything a job logs has its number and its request."""
    job = context.job
    facts = {"job": job.id, "task": job.task_name}
    if asked := job.task_kwargs.get(ASKED_BY):
        facts[ASKED_BY] = str(asked)
    started = time.perf_counter()
    with bound_contextvars(**facts):
        try:
            result = await call_next()
        except Exception as error:
            log.error("job failed", ms=_since(started), error=type(error).__name__)
            raise
        log.info("job", ms=_since(started), attempt=job.attempts + 1)
        return result


def measured(call_next: SyncCallNext, context: JobContext, worker: Worker) -> Any:
    """Note the slow statements of a job, as those of a request, and tell what it changes as its.

    Whose doing that is, a job adds itself where it works for a person.
    """
    job = context.job
    facts = {"job": job.task_name, "request": job.task_kwargs.get(ASKED_BY)}
    with acting(lambda: facts), connection.execute_wrapper(Statements(lambda: job.task_name)):
        return call_next()


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
