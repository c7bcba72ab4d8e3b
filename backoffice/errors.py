"""The pages for what can't be shown."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from operations.fault_pages import bad_request_answer, csrf_answer, fault_answer


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The person is known but may not do this here."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """There is no such page, or it is another store's, which is the same answer."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something failed, in a view or around it: Django calls this while it handles the error."""
    return fault_answer(request, sys.exc_info()[1])


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What came makes no sense."""
    return bad_request_answer(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the secret of its page."""
    return csrf_answer(request, reason)
