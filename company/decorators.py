"""Who may open a page: tiny checks for the top of a view."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from .held import hold
from .middleware import PersonRequest
from .next_page import came_from
from .rights import Right
from .sign_in_page import ask_again
from .signing_in import is_confirmed

View = Callable[..., HttpResponseBase]


def admin_only(view: View) -> View:
    """403 for everybody but an admin."""

    @functools.wraps(view)
    def checked(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.access.user.is_admin:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


def needs(right: Right) -> Callable[[View], View]:
    """403 for people who have this right in no store at all."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def checked(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.access.can_somewhere(right):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def confirmed(view: View) -> View:
    """Ask for the password first, unless it was given in the last two hours; keep a form."""

    @functools.wraps(view)
    def checked(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_confirmed(request, now=timezone.now()):
            return view(request, *args, **kwargs)
        here = request.get_full_path() if request.method != "POST" else came_from(request)
        if request.method == "POST" and (held := hold(request)):
            return ask_again(request, going_to=here, held=held, status=422)
        return redirect_to_login(here, reverse("company:confirm"))

    return checked


def without_factor(view: View) -> View:
    """Open to who has to set up the second factor first: that page, and what it needs."""
    view.without_factor = True  # type: ignore[attr-defined]
    return view
