"""What every answer tells browsers to leave alone, and what no request may bring along."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

ALWAYS = {
    # Browsers' own viewers of PDFs break under the policy of our pages: a PDF gets this one.
    "Content-Security-Policy": "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(self), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
    ),
    # A till is shared: who goes back after a sign-out sees nothing. Static files say otherwise.
    "Cache-Control": "private, no-store",
}


class SafetyMiddleware:
    """Outermost: what it adds is on redirects, refusals and files too, unless they say better."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        without_nul(request)
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        return response


def without_nul(request: HttpRequest) -> None:
    """Leave out cookies that hold a NUL: no cookie of ours has one, and PostgreSQL takes none."""
    if any("\0" in value for value in request.COOKIES.values()):
        request.COOKIES = {
            name: value for name, value in request.COOKIES.items() if "\0" not in value
        }
