"""The pages that ask for a password, as several views and the middleware show them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from .held import Held, held_in
from .next_page import next_url
from .sign_in_forms import ConfirmForm, SignInForm
from .till import people_here, till_of


def ask_password(
    request: HttpRequest,
    *,
    form: forms.Form | None = None,
    going_to: str | None = None,
    held: Held | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page that asks for name and password; it keeps a form that was on its way."""
    known = people_here(till_of(request), now=timezone.now())
    context: dict[str, Any] = {
        "form": form or SignInForm(request, initial={"username": request.GET.get("username", "")}),
        "next": going_to or next_url(request),
        "held": held or held_in(request),
        "with_pin": any(each.digits for each in known),
    }
    return render(request, "company/sign_in.html", context, status=status)


def ask_again(
    request: HttpRequest,
    *,
    form: forms.Form | None = None,
    going_to: str | None = None,
    held: Held | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page that asks somebody who is signed in for the password, before what matters."""
    context = {
        "form": form or ConfirmForm(request),
        "next": going_to or next_url(request),
        "held": held or held_in(request),
    }
    return render(request, "company/confirm.html", context, status=status)


def go_on(request: HttpRequest) -> HttpResponse:
    """Where somebody wanted to go who is signed in now; first, what they had typed."""
    held = held_in(request)
    if held is not None:
        return render(request, "company/held.html", {"held": held})
    return redirect(next_url(request))
