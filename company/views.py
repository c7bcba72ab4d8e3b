"""What every person does: sign in and out, choose a store and a language, change the password."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from .forms import OwnPasswordForm, SignInForm
from .language_cookie import remember_language
from .middleware import CURRENT_STORE, PersonRequest
from .models import Store
from .people import speak


class SignIn(LoginView):
    """Django's own sign-in, which keeps `next` when it is an address of this site."""

    template_name = "company/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, even one that has ended already."""
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


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
    return redirect(_next(request))


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language: to a person for good, to this browser before the sign-in."""
    response = redirect(_next(request))
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            speak(request.user, code)
        remember_language(request, response, code)
    return response


def _next(request: HttpRequest) -> str:
    """Where to go on: the page that asked, if it is one of ours; home otherwise."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return resolve_url(settings.LOGIN_REDIRECT_URL)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: PersonRequest) -> HttpResponse:
    """Change one's own password; other browsers are signed out, this one stays."""
    data = request.POST if request.method == "POST" else None
    form = OwnPasswordForm(request.access.user, data)
    if form.is_bound and form.is_valid():
        person = form.save()
        update_session_auth_hash(request, person)
        messages.success(request, _("Your password is changed."))
        return redirect("company:password")
    status = 422 if form.is_bound else 200
    return render(request, "company/password.html", {"form": form}, status=status)
