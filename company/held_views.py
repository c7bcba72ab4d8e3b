"""A form whose page is older than the sign-in: another tab signed in, or another person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.shortcuts import redirect, render

from .held import held_in, hold
from .next_page import came_from, next_url
from .sign_in_page import ask_password

_OTHER_SITE = REASON_BAD_ORIGIN.partition("%")[0]


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's answer to a form without a good token: what was typed is not lost by it.

    It is shown again, to be sent with one press, only when the browser says that a page of ours
    sent it, which another site can't make it say.
    """
    ours = "HTTP_ORIGIN" in request.META and not reason.startswith(_OTHER_SITE)
    if not ours or "HTTP_HX_REQUEST" in request.META:
        response = render(request, "company/stale.html", status=403)
        if ours:
            response.headers["X-Form"] = "stale"  # static/js/resend.js sends it as a plain form
        return response
    held = held_in(request) or hold(request)
    if not request.user.is_authenticated:
        return ask_password(request, going_to=came_from(request), held=held, status=422)
    if held is None:
        return redirect(next_url(request) if "next" in request.POST else came_from(request))
    return render(request, "company/held.html", {"held": held}, status=422)
