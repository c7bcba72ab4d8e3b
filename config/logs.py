"""How every process of the program writes its log: web server, job worker, commands.

One event is one line on standard error: JSON for machines, or words for a person at a terminal.
Nothing here needs Django, so that gunicorn's own process logs the same way.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any

import structlog
from structlog.types import EventDict, ExcInfo, Processor

FORMATS = ("json", "lines")
_FROM_JOBS = ("action", "job", "duration")
"""What of a library's extra facts is kept: procrastinate's. Others carry whole requests."""
_DATA_EXCEPTION = "22"
"""The class of PostgreSQL's errors whose message quotes what somebody typed."""


def settings(log_format: str, level: str) -> dict[str, Any]:
    """The `logging.config` of a process, in one of FORMATS."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=_FROM_JOBS),
        short_job,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if log_format == "json":
        drawn: list[Processor] = [
            structlog.processors.ExceptionRenderer(told),
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    else:
        drawn = [
            structlog.processors.ExceptionRenderer(told),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False),
        ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "event": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *drawn],
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "event"},
            "nowhere": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "operations": {"level": level},
            # Their lines name addresses as they were asked for, and such an address can be a
            # secret (a warranty card's); what they tell is on the line of the request.
            "django.request": {"handlers": ["nowhere"], "propagate": False},
            "django.security": {"handlers": ["nowhere"], "propagate": False},
            "fontTools": {"level": "ERROR"},
            "weasyprint": {"level": "ERROR"},
            # gunicorn gives these handlers of its own unless they are named here.
            "gunicorn.error": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
            "gunicorn.access": {"handlers": ["nowhere"], "propagate": False},
        },
    }


def configure() -> None:
    """Let structlog hand its events to `logging`, with the facts bound to the request or job."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def short_job(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Of procrastinate's job only its number and task: arguments are nobody's business."""
    job = event.get("job")
    if isinstance(job, dict):
        event["job"] = job.get("id")
        event["task"] = job.get("task_name")
    return event


def told(exc_info: ExcInfo) -> str:
    """A traceback without rows: PostgreSQL's DETAIL quotes them, customers' names and all."""
    parts: list[str] = []
    error: BaseException | None = exc_info[1]
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}: {_said(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nfrom:\n".join(parts)


def _said(error: BaseException) -> str:
    """An error's message; of a database's error only what quotes no row and no parameter."""
    of_database = error if hasattr(error, "diag") else error.__cause__
    diagnosis = getattr(of_database, "diag", None)
    if diagnosis is None:
        return str(error)
    state = diagnosis.sqlstate or "no answer"
    if not diagnosis.message_primary:
        return f"{state} {str(error).splitlines()[0]}" if str(error) else state
    words = "" if state.startswith(_DATA_EXCEPTION) else diagnosis.message_primary
    return f"{state} {words} {diagnosis.constraint_name or ''}".strip()


def default_format(*, debug: bool) -> str:
    """Words for who develops or sits at the terminal, JSON for everything else."""
    return "lines" if debug or sys.stderr.isatty() else "json"
