"""Who changes something in a request is told to the history."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import get_contextvars

from .acting import Facts, acting


class ActingMiddleware:
    """What a request changes is done by its person; inside of the one that knows the person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(lambda: _facts(request)):
            return self.get_response(request)


def _facts(request: HttpRequest) -> Facts:
    match = request.resolver_match
    store = getattr(request, "store", None)
    return {
        "person": request.user.pk,
        "store": store.pk if store else None,
        "route": match.view_name if match else None,
        "request": get_contextvars().get("request_id"),
    }
