"""What every person chooses on any page: a store and a language."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from .language_cookie import remember_language
from .middleware import CURRENT_STORE, PersonRequest
from .models import Store
from .next_page import next_url
from .people import speak


@require_http_methods(["GET", "HEAD", "POST"])
def switch_store(request: PersonRequest) -> HttpResponse:
    """Work in another of the person's stores from now on.

    GET goes home: that is where a sign-in lands that was asked for by this form.
    """
    if request.method == "POST":
        own = Store.objects.active().filter(id__in=request.access.store_ids)
        chosen = next((s for s in own if str(s.pk) == request.POST.get("store")), None)
        if chosen is None:
            raise Http404
        request.session[CURRENT_STORE] = chosen.pk
    return redirect(next_url(request))


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language: to a person for good, to this browser before the sign-in."""
    response = redirect(next_url(request))
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            speak(request.user, code)
        remember_language(request, response, code)
    return response
