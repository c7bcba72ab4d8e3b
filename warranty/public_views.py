"""The public page of a warranty card, for who has its address.

Nobody signs in, no cookie is set or needed, and the pages work without scripts. They are counted
by address, kept out of search engines and caches, and tell other sites nothing of their address.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django_ratelimit.core import get_usage

from .public_page import public_card

HEADERS = {
    "Cache-Control": "private, no-store",  # a return or a repair must be seen at once
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def for_strangers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that anybody may read, in their language, so and so often."""

    @login_not_required
    @csrf_exempt  # nothing is taken: a POST is told 405, not that it lacks a token
    @require_safe
    @functools.wraps(view)
    def page(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        usage = get_usage(
            request, group="public", key="ip", rate=settings.PUBLIC_RATE, increment=True
        )
        if usage and usage["should_limit"]:
            response = _page(request, "public/too_many.html", {}, status=429)
            response.headers["Retry-After"] = str(max(usage["time_left"], 1))
        else:
            response = view(request, *args, **named)
        for name, value in HEADERS.items():
            response.headers[name] = value
        patch_vary_headers(response, ["Accept-Language"])
        return response

    return page


@for_strangers
def card(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """What the warranty of a card is today; nothing about whose it is."""
    found = public_card(token, now=timezone.now())
    if found is None:
        return _page(request, "public/unknown.html", {}, status=404)
    return _page(request, "public/card.html", {"card": found}, else_in=found.language)


@for_strangers
def unknown(request: HttpRequest) -> HttpResponse:
    """What spells no card's address: the same answer as for an unknown one."""
    return _page(request, "public/unknown.html", {}, status=404)


def language_of(request: HttpRequest) -> str:
    """The language chosen on the page, or the browser's first that we speak; empty: neither."""
    spoken = dict(settings.LANGUAGES)
    chosen = request.GET.get("lang", "")
    if chosen in spoken:
        return chosen
    for wanted, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        language = wanted.partition("-")[0]
        if language in spoken:
            return language
    return ""


def _page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    else_in: str = settings.LANGUAGE_CODE,
) -> HttpResponse:
    """A page that knows nothing of who is signed in on this browser."""
    language = language_of(request) or else_in
    everything = {**context, "language": language, "languages": settings.LANGUAGES}
    with translation.override(language):
        text = render_to_string(template, everything)
    return HttpResponse(text, status=status, headers={"Content-Language": language})
