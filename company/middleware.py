"""Puts the signed-in person's rights, current store, language and time zone on the request."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from .access import Access, access_of
from .models import Store

CURRENT_STORE = "store"


class PersonRequest(HttpRequest):
    """A request as the views see it, after PersonMiddleware."""

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
        if not request.user.is_authenticated:
            with translation.override(translation.get_language_from_request(request)):
                return self.get_response(request)
        request.access = access_of(request.user)
        store = _current_store(request)
        request.store = store
        zone = zoneinfo.ZoneInfo(store.time_zone) if store else zoneinfo.ZoneInfo("UTC")
        with translation.override(request.user.language), timezone.override(zone):
            response = self.get_response(request)
            # Templates that render late must still speak the person's language.
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
        response.headers.setdefault("Content-Language", request.user.language)
        return response


