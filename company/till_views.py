"""The till's lock screen: one person leaves, another takes over by a key and a PIN."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from .held import held_in
from .middleware import LANDING
from .next_page import next_url
from .sign_in_page import ask_password, go_on
from .signing_in import begin
from .till import people_here, take_over, till_of


@login_not_required
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """End the session and show who may take over; the page stays for the next person."""
    target = next_url(request)
    logout(request)
    return redirect(f"{reverse('company:till')}?{urlencode({'next': target})}")


@sensitive_post_parameters()
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def till(request: HttpRequest) -> HttpResponse:
    """Who may take over this till; a PIN does it."""
    if request.user.is_authenticated:
        return go_on(request)
    here, now = till_of(request), timezone.now()
    chosen, said = request.POST.get("person", ""), ""
    if chosen.isascii() and chosen.isdecimal() and len(chosen) < 10:
        try:
            person = take_over(here, int(chosen), request.POST.get("pin", ""), now=now)
        except ValidationError as refused:
            said = refused.messages[0]
        else:
            begin(request, person, till=here, now=now, by_pin=True)
            request.session[LANDING] = next_url(request)
            return go_on(request)
    people = people_here(here, now=now)
    if not people:
        return ask_password(request)
    context = {
        "people": people,
        "chosen": chosen,
        "said": said,
        "next": next_url(request),
        "held": held_in(request),
    }
    return render(request, "company/till.html", context, status=422 if said else 200)
