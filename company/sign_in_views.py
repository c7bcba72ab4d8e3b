"""Signing in and out: the password, the code after it, the password again for what matters."""

from __future__ import annotations

import math
from typing import cast

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from .decorators import without_factor
from .held import held_in
from .middleware import PersonRequest
from .models import User
from .next_page import next_url
from .second_factor import TryAgainAt, has_factor, is_right
from .sessions import SessionStore
from .sign_in_forms import CodeForm, ConfirmForm, SignInForm
from .sign_in_page import ask_again, ask_password, go_on
from .signing_in import await_code, begin_here, keep_till, who_awaits
from .throttling import is_shut

_GET_AND_POST = ["GET", "HEAD", "POST"]


@sensitive_post_parameters()
@login_not_required
@never_cache
@require_http_methods(_GET_AND_POST)
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password, then for a code where the person has a second factor."""
    if request.user.is_authenticated:
        return go_on(request)
    if request.method != "POST":
        return ask_password(request)
    form = SignInForm(request, data=request.POST)
    if not form.is_valid():
        return ask_password(request, form=form, status=429 if is_shut(request) else 422)
    person = form.get_user()
    if has_factor(person):
        await_code(request, person, now=timezone.now())
        return _ask_code(request)
    return _begin(request, person)


@sensitive_post_parameters()
@login_not_required
@never_cache
@require_http_methods(_GET_AND_POST)
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Take the code of who gave the right password a moment ago."""
    now = timezone.now()
    person = who_awaits(request, now=now)
    if person is None or request.method != "POST":
        return ask_password(request)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            if is_right(person, form.cleaned_data["code"]):
                return _begin(request, person)
            form.add_error("code", _("That is not the code. Take the one your app shows now."))
        except TryAgainAt as later:
            form.add_error("code", too_many_codes(later))
    return _ask_code(request, form)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, even one that has ended already."""
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@sensitive_post_parameters()
@without_factor
@never_cache
@require_http_methods(_GET_AND_POST)
def confirm(request: PersonRequest) -> HttpResponse:
    """The password again: for two hours what matters is open."""
    if request.method != "POST":
        return ask_again(request)
    form = ConfirmForm(request, request.POST)
    if not form.is_valid():
        return ask_again(request, form=form, status=422)
    cast(SessionStore, request.session).note(confirmed_at=timezone.now())
    return go_on(request)


def too_many_codes(later: TryAgainAt) -> ValidationError:
    """When to try the next code, in words."""
    seconds = max(math.ceil((later.moment - timezone.now()).total_seconds()), 1)
    return ValidationError(
        _("Too many wrong codes. Try again in %(seconds)s s.") % {"seconds": seconds}
    )


def _ask_code(request: HttpRequest, form: CodeForm | None = None) -> HttpResponse:
    context = {"form": form or CodeForm(), "next": next_url(request), "held": held_in(request)}
    return render(request, "company/code.html", context, status=422 if form else 200)


def _begin(request: HttpRequest, person: User) -> HttpResponse:
    secret = begin_here(request, person, now=timezone.now())
    return keep_till(request, go_on(request), secret)
