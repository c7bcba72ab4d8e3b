"""Where to go on: addresses that came with a request, if they are ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


def next_url(request: HttpRequest) -> str:
    """The page that was asked for, if it is one of ours; home otherwise."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return target if _is_ours(request, target) else resolve_url(settings.LOGIN_REDIRECT_URL)


def came_from(request: HttpRequest) -> str:
    """The page a form was on, as far as the browser tells; the address it was sent to otherwise."""
    page = request.META.get("HTTP_REFERER", "")
    if not _is_ours(request, page):
        return request.get_full_path()
    parts = urlsplit(page)
    return f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}"


def _is_ours(request: HttpRequest, target: str) -> bool:
    return url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
