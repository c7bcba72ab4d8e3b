"""How gunicorn runs the web server: ``gunicorn -c python:config.gunicorn``, whoever starts it.

``bind`` and the number of workers are the caller's. Read in gunicorn's main process, before any
worker, so what is set in the environment here holds in all of them.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from typing import Any

from . import logs

wsgi_app = "config.wsgi"
worker_class = "gthread"
threads = 4
control_socket_disable = True

# A page that takes longer than this has lost its reader; jobs have a limit of their own.
os.environ.setdefault("STATEMENT_TIMEOUT", "30s")

_debug = os.environ.get("DEBUG", "0").lower() in {"1", "true", "yes", "on"}
os.environ.setdefault("LOG_FORMAT", logs.default_format(debug=_debug))
logs.configure()
logconfig_dict = logs.settings(os.environ["LOG_FORMAT"], os.environ.get("LOG_LEVEL", "INFO"))

# Where the workers add up their figures for /metrics: memory where there is such a folder.
_shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - mkdtemp below
_figures = tempfile.mkdtemp(prefix="unitbook-metrics-", dir=_shared)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _figures


def child_exit(_server: Any, worker: Any) -> None:
    """A worker ended: what it measured as of now is no more, what it counted stays."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """The main process ends."""
    shutil.rmtree(_figures, ignore_errors=True)


if "prometheus_client" in sys.modules:
    raise RuntimeError("prometheus_client was imported before it knew where to keep its figures")
