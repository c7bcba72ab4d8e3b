"""Who may open a page: tiny checks for the top of a view."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase

from .middleware import PersonRequest
from .rights import Right

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
