"""The pages on which an admin sets the end of a card, or takes an adjustment back."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from company.decorators import admin_only
from company.middleware import PersonRequest

from .adjusting import override_end, revoke
from .forms import EndForm, TakeBackForm
from .models import Adjustment, Card
from .queries import cards_visible_to, cover_of_card
from .reasons import end_of

_GET_AND_POST = ["GET", "HEAD", "POST"]


@admin_only
@require_http_methods(_GET_AND_POST)
def override(request: PersonRequest, number: str) -> HttpResponse:
    """Set the last covered day of a card, with a reason."""
    card = get_object_or_404(cards_visible_to(request.access), number=number)
    form = EndForm(_posted(request), initial={"ends_on": card.ends_on})

    def press() -> Adjustment:
        return override_end(
            card.pk, **form.cleaned_data, by=request.access, now=timezone.now()
        )  # fmt: skip

    return _answer(request, card, form, press, {"starts_on": card.term.starts_on})


@admin_only
@require_http_methods(_GET_AND_POST)
def take_back(request: PersonRequest, number: str, pk: int) -> HttpResponse:
    """Take an adjustment of a card back, with a reason."""
    card = get_object_or_404(cards_visible_to(request.access), number=number)
    today = card.term.posting.store.date_of(timezone.now())
    told = next((one for one in end_of(card, today=today).reasons if one.pk == pk), None)
    if told is None or told.revokes is not None:
        raise Http404
    form = TakeBackForm(_posted(request))

    def press() -> Adjustment:
        return revoke(pk, **form.cleaned_data, by=request.access, now=timezone.now())

    return _answer(request, card, form, press, {"one": told})


def _posted(request: PersonRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _answer(
    request: PersonRequest,
    card: Card,
    form: forms.Form,
    press: Callable[[], Adjustment],
    context: dict[str, object],
) -> HttpResponse:
    """Do it and go to the card, or show the form; after a refusal with the end as it is now."""
    if form.is_bound and form.is_valid():
        try:
            done = press()
        except ValidationError as refused:
            form.add_error(None, refused)
            card.refresh_from_db(fields=["ends_on", "void_on"])
        else:
            words = _("The warranty of card %(number)s ends on %(day)s.")
            told = {"number": card.number, "day": date_format(done.ends_on)}
            messages.success(request, words % told)
            return redirect("warranty:card", card.number)
    today = card.term.posting.store.date_of(timezone.now())
    cover = cover_of_card(card, today=today)
    page = {"card": card, "term": card.term, "cover": cover, "form": form} | context
    status = 422 if form.is_bound else 200
    return render(request, "warranty/adjust.html", page, status=status)
