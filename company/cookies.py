"""Cookies besides Django's own; over TLS each has a name that browsers take from this host only."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest

THEMES = frozenset({"dark", "light"})


class _Cookie(CookieStorage):
    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.cookie_name = settings.MESSAGES_COOKIE_NAME


class Messages(FallbackStorage):
    """Messages in a cookie of this host, in the session when they are many.

    Not in the session first: who has just signed out has none, and two pages answered at once
    would each write theirs over the other's.
    """

    storage_classes = (_Cookie, SessionStorage)


def theme_of(request: HttpRequest) -> str:
    """The theme this browser was told to show; static/js/theme.js keeps it. "" as the system."""
    cookies = request.COOKIES
    theme = cookies.get("__Host-theme") or cookies.get("theme", "")
    return theme if theme in THEMES else ""


def theme(request: HttpRequest) -> dict[str, str]:
    """For every template."""
    return {"theme": theme_of(request)}
