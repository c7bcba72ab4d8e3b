"""The pages for what can't be shown."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The person is known but may not do this here."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """There is no such page, or it is another store's, which is the same answer."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something failed here; the page must need neither the database nor the static files."""
    try:
        style = static("css/app.css")
    except ValueError:  # no manifest: collectstatic has not run
        style = ""
    return render(request, "500.html", {"style": style}, status=500)
