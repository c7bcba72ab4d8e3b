"""The counter's page: is it covered, until when, and why?"""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import replace_url

from company.decorators import needs
from company.middleware import PersonRequest
from company.rights import Right
from warranty.looking_up import look_up

from .verdicts import sound_of, verdicts_of


@needs(Right.LOOK_UP)
@require_http_methods(["GET", "POST"])
def check(request: PersonRequest) -> HttpResponse:
    """A scan comes by POST and gets its answer alone; an address with ?q= is a page."""
    asked = request.POST if request.method == "POST" else request.GET
    text = asked.get("q") or asked.get("scan", "")
    now = timezone.now()
    today = request.store.date_of(now) if request.store else now.date()
    found = look_up(text, access=request.access, today=today)
    verdicts = verdicts_of(found, access=request.access)
    context = {
        "found": found,
        "verdicts": verdicts,
        "covered": sum(verdict.piece.is_covered for verdict in verdicts),
        "sound": sound_of(verdicts),
    }
    if not request.htmx:
        return render(request, "backoffice/warranty.html", context)
    answer = render(request, "backoffice/warranty.html#answer", context)
    return replace_url(answer, f"{request.path}?{urlencode({'q': found.text})}")
