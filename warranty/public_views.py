"""The public page of a warranty card, for who has its address."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from .models import Card


@login_not_required
@require_safe
def card(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """What the warranty of a card is today; nothing about whose it is."""
    get_object_or_404(Card, token=token)
    return HttpResponse()
