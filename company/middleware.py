"""Puts the signed-in person's rights, current store, language and time zone on the request."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone, translation
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from .access import Access, access_of
from .language_cookie import remember_language
from .models import Store, User

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
        if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != language:
            remember_language(request, response, language)  # for when the database can't say
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
