"""The language a browser tells by itself: before the sign-in, and when the database can't say."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


def remember_language(request: HttpRequest, response: HttpResponseBase, language: str) -> None:
    """Have the browser tell the language by itself, where nobody is signed in or known."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
