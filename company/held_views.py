"""A form whose page is older than the sign-in: another tab signed in, or another person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.shortcuts import redirect, render

from .held import held_in, hold
from .next_page import came_from, next_url
from .sign_in_page import ask_password

_OTHER_SITE = REASON_BAD_ORIGIN.partition("%")[0]


def is_ours(request: HttpRequest, reason: str) -> bool:
    """Whether the browser says that a page of ours sent this, which no other site makes it say."""
    return "HTTP_ORIGIN" in request.META and not reason.startswith(_OTHER_SITE)


def stale_form(request: HttpRequest, reason: str) -> HttpResponse | None:
    """A form without a good token, shown again to be sent with one press: nothing typed is lost.

    None for what another site may have sent, and for a fragment, which has no page to show it on.
    """
    if not is_ours(request, reason) or "HTTP_HX_REQUEST" in request.META:
        return None
    held = held_in(request) or hold(request)
    if not request.user.is_authenticated:
        return ask_password(request, going_to=came_from(request), held=held, status=422)
    if held is None:
        return redirect(next_url(request) if "next" in request.POST else came_from(request))
    return render(request, "company/held.html", {"held": held}, status=422)
