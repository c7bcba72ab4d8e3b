"""One's own sign-in: password, second factor, PIN, browsers one is signed in on."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import second_factor as factors
from . import till as tills
from .decorators import confirmed, without_factor
from .middleware import PersonRequest
from .models import Company, Pin
from .sessions import end_session, end_sessions, sessions_of
from .sign_in_forms import CodeForm, OwnPasswordForm, PinForm, TillForm
from .sign_in_views import too_many_codes

_GET_AND_POST = ["GET", "HEAD", "POST"]


@require_safe
def account(request: PersonRequest) -> HttpResponse:
    """How one signs in, and where one is signed in now."""
    person, here = request.access.user, tills.till_of(request)
    context = {
        "has_factor": factors.has_factor(person),
        "codes_left": factors.codes_left(person),
        "pin": Pin.objects.filter(user=person).first(),
        "pins_allowed": Company.current().pins_allowed,
        "sessions": sessions_of(person, now=timezone.now(), this=request.session.session_key),
        "till_form": TillForm(initial={"minutes": here.idle_minutes}) if here else None,
    }
    return render(request, "company/account.html", context)


@sensitive_post_parameters()
@require_http_methods(_GET_AND_POST)
def password(request: PersonRequest) -> HttpResponse:
    """Change one's own password; other browsers are signed out, this one stays."""
    data = request.POST if request.method == "POST" else None
    form = OwnPasswordForm(request, request.access.user, data)
    if form.is_bound and form.is_valid():
        person = form.save()
        update_session_auth_hash(request, person)
        end_sessions(person, but=request.session.session_key)
        tills.forget(person)
        messages.success(request, _("Your password is changed. Other browsers are signed out."))
        return redirect("company:account")
    status = 422 if form.is_bound else 200
    return render(request, "company/password.html", {"form": form}, status=status)


@sensitive_post_parameters()
@without_factor
@confirmed
@never_cache
@require_http_methods(_GET_AND_POST)
def enrol(request: PersonRequest) -> HttpResponse:
    """Set the second factor up: a QR code for the app, then its first code."""
    person = request.access.user
    if factors.has_factor(person):
        return redirect("company:account")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            codes = factors.confirm(person, form.cleaned_data["code"])
        except factors.TryAgainAt as later:
            form.add_error("code", too_many_codes(later))
        else:
            if codes is not None:
                return render(request, "company/recovery_codes.html", {"codes": codes})
            form.add_error("code", _("That is not the code. Take the one your app shows now."))
    context = {"form": form, "enrolment": factors.enrolment(person)}
    context["must"] = factors.must_have_factor(person)
    return render(request, "company/enrol.html", context, status=422 if form.is_bound else 200)


@confirmed
@never_cache
@require_POST
def recovery_codes(request: PersonRequest) -> HttpResponse:
    """Ten new recovery codes, shown this once; the old ones work no longer."""
    if not factors.has_factor(request.access.user):
        return redirect("company:account")
    codes = factors.new_recovery_codes(request.access.user)
    return render(request, "company/recovery_codes.html", {"codes": codes})


@confirmed
@require_POST
def remove_factor(request: PersonRequest) -> HttpResponse:
    """Sign in without a code from now on; where the company asks for one, set it up anew."""
    factors.remove(request.access.user)
    messages.success(request, _("The second factor is removed."))
    return redirect("company:account")


@sensitive_post_parameters()
@confirmed
@require_http_methods(_GET_AND_POST)
def pin(request: PersonRequest) -> HttpResponse:
    """Set or change the PIN for taking over a till."""
    form = PinForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        tills.set_pin(request.access.user, form.cleaned_data["new_pin"], now=timezone.now())
        messages.success(request, _("Your PIN is set."))
        return redirect("company:account")
    return render(request, "company/pin.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
def remove_pin(request: PersonRequest) -> HttpResponse:
    """Have no PIN any more."""
    tills.remove_pin(request.access.user)
    messages.success(request, _("Your PIN is removed."))
    return redirect("company:account")


@require_POST
def end_sign_ins(request: PersonRequest) -> HttpResponse:
    """Sign one other browser of one's own out, or all others."""
    person, this = request.access.user, request.session.session_key
    if reference := request.POST.get("session", ""):
        end_session(person, reference)
    else:
        end_sessions(person, but=this)
    messages.success(request, _("Signed out there."))
    return redirect("company:account")


@require_POST
def set_till(request: PersonRequest) -> HttpResponse:
    """How long sign-ins may rest on this browser: from the next one on."""
    here, form = tills.till_of(request), TillForm(request.POST)
    if here is not None and form.is_valid():
        tills.rest_at_most(here, form.cleaned_data["minutes"])
        messages.success(request, _("Saved. It counts from the next sign-in here."))
    return redirect("company:account")


@require_POST
def forget_here(request: PersonRequest) -> HttpResponse:
    """Take one's name off this browser's lock screen."""
    if here := tills.till_of(request):
        tills.forget(request.access.user, till=here)
    messages.success(request, _("This browser asks for your password next time."))
    return redirect("company:account")
