"""Around everything: the code of a request, its line in the log, its figures."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import cast

import structlog
from django.conf import settings
from django.db import connection
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponsePermanentRedirect,
)
from django.middleware.common import CommonMiddleware
from django.urls import reverse
from structlog.contextvars import bind_contextvars, clear_contextvars

from company.retrying import sqlstate

from . import metrics
from .fault_pages import fault_answer, is_once, not_allowed_answer
from .faults import RETRIED, fault_of
from .references import new_reference, upstream_id
from .statements import Statements

log = structlog.get_logger("operations.request")

QUIET = frozenset({"operations:live", "operations:ready", "operations:metrics"})
"""Asked for every few seconds by machines: told only when something is wrong."""
SIGN_IN_ROUTES = frozenset({"company:sign_in"})


def route_of(request: HttpRequest) -> str:
    """The name of the route: an address itself can be a secret (a warranty card's)."""
    match = request.resolver_match
    return (match.view_name if match else "") or metrics.UNKNOWN_ROUTE


class RequestLog:
    """Gives each request its code, and writes one line when it is answered. The outermost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reference = new_reference()
        request_id = upstream_id(request) or reference
        request.reference = reference  # type: ignore[attr-defined]
        clear_contextvars()
        bind_contextvars(request_id=request_id, reference=reference)
        statements = Statements(lambda: route_of(request))
        started = time.perf_counter()
        try:
            with connection.execute_wrapper(statements):
                response = self.get_response(request)
            response.headers["X-Request-ID"] = request_id
            _told(request, response, time.perf_counter() - started, statements)
        finally:
            clear_contextvars()
        return response


def _told(
    request: HttpRequest, response: HttpResponse, seconds: float, statements: Statements
) -> None:
    status, route = response.status_code, route_of(request)
    if request.resolver_match is None and request.path.startswith(settings.STATIC_URL):
        return  # style sheets and scripts
    access, store = getattr(request, "access", None), getattr(request, "store", None)
    log.log(
        _level(route, status),
        "request",
        method=request.method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        sql=statements.count,
        sql_ms=round(statements.seconds * 1000, 1),
        user=access.user.pk if access else None,
        store=store.pk if store else None,
    )
    statements.note_many()
    metrics.request_answered(
        route=route,
        method=request.method or "",
        status=status,
        seconds=seconds,
        sql_seconds=statements.seconds,
        statements=statements.count,
    )
    if route in SIGN_IN_ROUTES and request.method == "POST" and status >= 400:
        metrics.sign_in_failed()


def _level(route: str, status: int) -> int:
    if status >= 500:
        return logging.WARNING  # what went wrong has a line of its own
    return logging.DEBUG if route in QUIET else logging.INFO


class Hosts(CommonMiddleware):
    """Only ALLOWED_HOSTS reach a page; what is for machines answers under any name.

    A monitor asks each web process by its address, which nobody knows beforehand. Nothing of that
    kind reads the name; everywhere else a wrong one would get into links that are mailed.
    """

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path_info in _for_machines():
            return None
        return super().process_request(request)


@functools.cache
def _for_machines() -> frozenset[str]:
    return frozenset(reverse(route) for route in QUIET)


class Faults:
    """A view that a fault of the database ended is answered in words. The innermost.

    So is one that was asked by a method that it does not take.

    What gives way to another transaction is done once more first, where it may be done twice.
    Faults outside of views (a session, a person's rights) come to handler500: backoffice.errors.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            return not_allowed_answer(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if fault_of(error) is None:
            return None
        match = request.resolver_match
        if match and sqlstate(error) in RETRIED and _may_repeat(request):
            try:
                return cast(HttpResponseBase, match.func(request, *match.args, **match.kwargs))
            except Exception as again:
                if fault_of(again) is None:
                    raise
                error = again
        return fault_answer(request, error)


def _may_repeat(request: HttpRequest) -> bool:
    return is_once(request) and not connection.in_atomic_block
