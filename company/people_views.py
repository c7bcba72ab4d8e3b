"""The people of the company, for its admins: who may sign in, as what, and by which link."""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.asking import asked_by

from . import second_factor
from .decorators import admin_only, confirmed
from .forms import PersonForm
from .inviting import invitation_ends, invitation_token, reset_access
from .middleware import PersonRequest
from .models import User
from .people import close_account, reopen_account, save_person
from .people_queries import State, people, state_of
from .sessions import end_session, end_sessions, sessions_of
from .tasks import mail_link
from .throttling import unlock as forget_failures
from .throttling import wrong_passwords

_GET_AND_POST = ["GET", "HEAD", "POST"]


@admin_only
@require_safe
def person_list(request: PersonRequest) -> HttpResponse:
    """Everybody, and what they are where."""
    wanted = request.GET.get("state", "")
    state = State(wanted) if wanted in State.values else None
    page = people(
        state,
        now=timezone.now(),
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    context = {"page": page, "state": state, "states": State.choices}
    return render(request, "company/people.html", context)


@admin_only
@confirmed
@require_http_methods(_GET_AND_POST)
def edit_person(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """A new person, who is invited, or a change of one; roles as a grid of stores."""
    found = get_object_or_404(User, pk=pk) if pk is not None else None
    about = _about(request, found) if found else {}
    form = PersonForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_bound and form.is_valid():
        data, now = form.cleaned_data, timezone.now()
        try:
            person = save_person(data, roles=data["roles"], by=request.access, now=now, pk=pk)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            if pk is None:
                return redirect("company:invitation", person.pk)
            messages.success(request, _("%(name)s is saved.") % {"name": person})
            return redirect("company:people")
    context = {"form": form, "pk": pk} | about
    status = 422 if form.is_bound else 200
    return render(request, "company/edit_person.html", context, status=status)


def _about(request: PersonRequest, person: User) -> dict[str, Any]:
    now = timezone.now()
    return {
        "name": str(person),
        "person": person,
        "is_me": person.pk == request.access.user.pk,
        "state": state_of(person),
        "invitation_ends": invitation_ends(person),
        "has_factor": second_factor.has_factor(person),
        "wrong_passwords": wrong_passwords(person.username, now=now),
        "sessions": sessions_of(person, now=now, this=request.session.session_key),
    }


@admin_only
@confirmed
@never_cache
@require_http_methods(_GET_AND_POST)
def invitation(request: PersonRequest, pk: int) -> HttpResponse:
    """The link by which an invited person chooses a password; POST mails it."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    ends, now = invitation_ends(person), timezone.now()
    if ends is None or ends <= now:
        return redirect("company:edit_person", pk)
    if request.method == "POST":
        if settings.EMAIL_HOST and person.email:
            origin = request.build_absolute_uri("/")
            mail_link.defer(user_id=person.pk, origin=origin, **asked_by())
            messages.success(request, _("The link is on its way to %(to)s.") % {"to": person.email})
        return redirect("company:invitation", pk)
    link = _link(request, person)
    qr = segno.make_qr(link, error="m").svg_data_uri(scale=4, light="#fff")
    context = {"person": person, "link": link, "qr": qr, "ends": ends}
    context["by_mail"] = bool(settings.EMAIL_HOST and person.email)
    return render(request, "company/invitation.html", context)


def _link(request: HttpRequest, person: User) -> str:
    path = reverse("company:welcome", args=[invitation_token(person)])
    return request.build_absolute_uri(path)


@admin_only
@confirmed
@require_POST
def reset_person(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a person's password away and make a new link to choose one."""
    get_object_or_404(User, pk=pk)
    reset_access(pk, by=request.access, now=timezone.now())
    return redirect("company:invitation", pk)


@admin_only
@confirmed
@require_POST
def close_person(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a person sign in no longer."""
    get_object_or_404(User, pk=pk)
    try:
        person = close_account(pk, by=request.access)
    except ValidationError as refused:
        messages.error(request, refused.messages[0])
    else:
        said = _("%(name)s may sign in no longer and is signed out.") % {"name": person}
        messages.success(request, said)
    return redirect("company:edit_person", pk)


@admin_only
@confirmed
@require_POST
def reopen_person(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a person sign in again."""
    get_object_or_404(User, pk=pk)
    person = reopen_account(pk, by=request.access)
    messages.success(request, _("%(name)s may sign in again.") % {"name": person})
    return redirect("company:edit_person", pk)


@admin_only
@confirmed
@require_POST
def unlock_person(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a person try passwords again at once."""
    person = get_object_or_404(User, pk=pk)
    forget_failures(person.username, by=request.access)
    messages.success(request, _("%(name)s can try again at once.") % {"name": person})
    return redirect("company:edit_person", pk)


@admin_only
@confirmed
@require_POST
def reset_factor(request: PersonRequest, pk: int) -> HttpResponse:
    """Help a person who lost the phone: no code is asked until they set one up again."""
    person = get_object_or_404(User, pk=pk)
    second_factor.reset(person, by=request.access)
    messages.success(request, _("%(name)s signs in without a code now.") % {"name": person})
    return redirect("company:edit_person", pk)


@admin_only
@confirmed
@require_POST
def end_person(request: PersonRequest, pk: int) -> HttpResponse:
    """Sign a person out on one browser, or on all of them."""
    person = get_object_or_404(User, pk=pk)
    if reference := request.POST.get("session", ""):
        end_session(person, reference)
    else:
        end_sessions(person, but=request.session.session_key)
    messages.success(request, _("%(name)s is signed out there.") % {"name": person})
    return redirect("company:edit_person", pk)
