"""Puts the signed-in person's rights, current store, language and time zone on the request."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from .access import Access, access_of
from .client_address import client_address
from .held import hold
from .language_cookie import remember_language
from .models import Store, User
from .next_page import came_from
from .sessions import SessionStore
from .sign_in_page import ask_password

CURRENT_STORE = "store"
LANDING = "landing"
"""The page a person took over with the till, who may not be allowed to see it."""


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


class SeenMiddleware:
    """Remembers where a sign-in is used from, and when it was used last.

    Pages that ask for news by themselves are no use: a till that nobody touches rests.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session: SessionStore = request.session  # type: ignore[assignment]
        session.address = client_address(request)
        session.agent = request.META.get("HTTP_USER_AGENT", "")
        response = self.get_response(request)
        if session.row is None:
            return response
        asked_by_itself = request.method == "GET" and "HTTP_HX_REQUEST" in request.META
        if asked_by_itself:
            return response
        session.see(timezone.now())
        if request.method == "GET" and LANDING in session:
            landing = session.pop(LANDING)
            if request.get_full_path() == landing and response.status_code in {403, 404}:
                return redirect(settings.LOGIN_REDIRECT_URL)
        return response


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
        cookie = settings.LANGUAGE_COOKIE_NAME
        if cookie not in response.cookies and request.COOKIES.get(cookie) != language:
            remember_language(request, response, language)  # for when the database can't say
        return response


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page needs a sign-in; a fragment asked for by a page sends that page there.

    The sign-in leads back to the page, where scans that were not answered are sent again. A form
    is kept until somebody has signed in. Who has to set up a second factor sees nothing else.
    """

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase],
        view_args: tuple[object, ...], view_kwargs: dict[str, object],
    ) -> HttpResponseBase | None:  # fmt: skip
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused is not None or not request.user.is_authenticated:
            return refused
        row = request.session.row  # type: ignore[attr-defined]
        if row is None or not row.needs_factor or getattr(view_func, "without_factor", False):
            return None
        if not getattr(view_func, "login_required", True):
            return None
        enrol = reverse("company:enrol")
        is_htmx = "HTTP_HX_REQUEST" in request.META
        return HttpResponseClientRedirect(enrol) if is_htmx else redirect(enrol)

    def handle_no_permission(  # type: ignore[override]
        self, request: PersonRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.htmx:
            here = request.htmx.current_url_abs_path or "/"
            sign_in = redirect_to_login(here, self.get_login_url(view_func))
            return HttpResponseClientRedirect(sign_in.url)
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        here = came_from(request)
        if held := hold(request):
            return ask_password(request, going_to=here, held=held, status=422)
        return redirect_to_login(here, self.get_login_url(view_func))
