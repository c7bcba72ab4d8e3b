"""What is counted while the program runs. Labels have few values: routes, kinds, codes, states.

Each gunicorn process counts on its own; PROMETHEUS_MULTIPROC_DIR, set by config/gunicorn.py, is
where prometheus_client adds them up. What the database knows is read when it is asked for:
measuring.py.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Counter, Histogram

UNKNOWN_ROUTE = "unknown"
"""An address that leads nowhere: they must not become labels, there is no end to them."""
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
LATENCIES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_REQUESTS = Counter("unitbook_requests_total", "Requests answered.", ["route", "method", "status"])
_LATENCY = Histogram(
    "unitbook_request_seconds", "Time to answer a request.", ["route"], buckets=LATENCIES
)
_SQL_SECONDS = Histogram(
    "unitbook_request_sql_seconds", "Time of a request in SQL.", ["route"], buckets=LATENCIES
)
_STATEMENTS = Counter("unitbook_sql_statements_total", "SQL statements of requests.", ["route"])
_POSTED = Counter("unitbook_documents_posted_total", "Documents posted.", ["kind"])
_REFUSED = Counter("unitbook_refusals_total", "Reasons documents were refused for.", ["code"])
_FAULTS = Counter("unitbook_faults_total", "Requests that a fault ended.", ["fault"])
_SIGN_INS_FAILED = Counter("unitbook_sign_in_failures_total", "Sign-ins refused.")


def request_answered(
    *, route: str, method: str, status: int, seconds: float, sql_seconds: float, statements: int
) -> None:
    """Count a request."""
    _REQUESTS.labels(route, method if method in METHODS else "other", status).inc()
    _LATENCY.labels(route).observe(seconds)
    _SQL_SECONDS.labels(route).observe(sql_seconds)
    _STATEMENTS.labels(route).inc(statements)


def posted(kind: str) -> None:
    """Count a document that was posted: call it once the transaction is committed."""
    _POSTED.labels(kind).inc()


def refused(codes: Iterable[str]) -> None:
    """Count the reasons of a refusal, each reason once however many serials it is about."""
    for code in frozenset(codes):
        _REFUSED.labels(code).inc()


def fault(name: str) -> None:
    """Count a request that ended in a fault page."""
    _FAULTS.labels(name).inc()


def sign_in_failed() -> None:
    """Count a sign-in that was refused."""
    _SIGN_INS_FAILED.inc()
