"""Puts the signed-in person's rights, current store, language and time zone on the request."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from .access import Access, access_of
from .models import Store, User
from .retrying import Busy, is_about_locks

CURRENT_STORE = "store"


class PersonRequest(HttpRequest):
    """A request as the views see it, after PersonMiddleware."""

    user: User
    htmx: HtmxDetails
    access: Access
    store: Store | None


def _current_store(request: PersonRequest) -> Store | None:
    """The store chosen in the header, or the person's first one."""
    stores = Store.objects.filter(id__in=request.access.store_ids).active()
    chosen = request.session.get(CURRENT_STORE)
    if chosen is not None and (store := stores.filter(id=chosen).first()):
        return store
    return stores.first()


class PersonMiddleware:
    """`request.access` and `request.store`; nothing of them for a stranger."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: PersonRequest) -> HttpResponse:
        person: User | AnonymousUser = request.user
        if not person.is_authenticated:
            with translation.override(translation.get_language_from_request(request)):
                return self.get_response(request)
        request.access = access_of(request.user)
        store = _current_store(request)
        request.store = store
        zone = zoneinfo.ZoneInfo(store.time_zone) if store else zoneinfo.ZoneInfo("UTC")
        language = request.user.language  # asked now: a sign-out leaves nobody to ask
        with translation.override(language), timezone.override(zone):
            response = self.get_response(request)
            # Templates that render late must still speak the person's language.
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
        response.headers.setdefault("Content-Language", language)
        return response


class BusyMiddleware:
    """A lock that is not to be had in time is said in words, with 503: try again in a moment.

    A scan answered like that is sent again by its page, by itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        is_lock = isinstance(error, OperationalError) and is_about_locks(error)
        if not is_lock and not isinstance(error, Busy):
            return None
        response = render(request, "503.html", status=503)
        response.headers["Retry-After"] = "2"
        return response


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page needs a sign-in; a fragment asked for by a page sends that page there.

    The sign-in leads back to the page, where scans that were not answered are sent again.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: PersonRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if not request.htmx:
            return super().handle_no_permission(request, view_func)
        here = request.htmx.current_url_abs_path or "/"
        sign_in = redirect_to_login(here, self.get_login_url(view_func))
        return HttpResponseClientRedirect(sign_in.url)
