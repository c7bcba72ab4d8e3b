"""What people do by a link, before they can sign in: choose a password, ask for a new one."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods
from django_ratelimit.core import is_ratelimited

from audit.asking import asked_by

from .inviting import LinkIsOver, choose_password, person_of
from .models import User
from .sign_in_forms import ChosenPasswordForm, ForgottenForm
from .tasks import mail_link

_GET_AND_POST = ["GET", "HEAD", "POST"]


@csrf_exempt  # the link itself is the secret; a refused token would put it into the log
@sensitive_variables("token")
@sensitive_post_parameters()
@login_not_required
@never_cache
@require_http_methods(_GET_AND_POST)
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password by a link that works once."""
    try:
        person = person_of(token, now=timezone.now())
        with translation.override(person.language):
            response = _choose(request, token, person)
    except LinkIsOver:
        response = render(request, "company/link_is_over.html", status=404)
    response.headers["Referrer-Policy"] = "strict-origin"  # the address of this page is a secret
    return response


def _choose(request: HttpRequest, token: str, person: User) -> HttpResponse:
    form = ChosenPasswordForm(request.POST if request.method == "POST" else None, person=person)
    if form.is_bound and form.is_valid():
        choose_password(token, form.cleaned_data["password"], now=timezone.now())
        logout(request)  # whoever showed the link in this browser is not who signs in next
        messages.success(request, _("Your password is chosen. Sign in with it."))
        query = urlencode({"username": person.username})
        return redirect(f"{reverse('company:sign_in')}?{query}")
    context = {"form": form, "person": person}
    return render(request, "company/welcome.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_http_methods(_GET_AND_POST)
def forgotten(request: HttpRequest) -> HttpResponse:
    """Mail a link to who forgot the password; the same answer whether there is such a person."""
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    done = form.is_bound and form.is_valid() and bool(settings.EMAIL_HOST)
    if done and not is_ratelimited(
        request, group="forgotten", key="ip", rate="10/h", increment=True
    ):
        who = form.cleaned_data["who"]
        by_mail = Q(email__iexact=who) if "@" in who else Q()
        people = User.objects.filter(Q(username=who) | by_mail if by_mail else Q(username=who))
        for person in people.filter(is_active=True, invited_at=None).exclude(email="")[:3]:
            origin = request.build_absolute_uri("/")
            mail_link.defer(user_id=person.pk, origin=origin, **asked_by())
    context = {"form": form, "by_mail": bool(settings.EMAIL_HOST), "done": done}
    status = 422 if form.is_bound and not done else 200
    return render(request, "company/forgotten.html", context, status=status)
