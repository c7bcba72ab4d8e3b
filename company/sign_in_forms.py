"""Forms of signing in, and of what a person sets for their own sign-in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .models import LONGEST_IDLE, SHORTEST_IDLE, Company, FactorPolicy, User
from .setup import SIGN_IN_FIELDS
from .throttling import is_shut, shut_message
from .till import check_pin

_PASSWORD_RULE = _("At least 12 characters, such as a few words; nothing others guess easily.")
_MOST_CHARACTERS = 128
_RESTS = (5, 15, 30, 60)
_WRONG = _("This name and password don't fit together. Try again.")


class SecretField(forms.CharField):
    """A password: as it is typed, up to 128 characters, shown on a press of its button."""

    def __init__(self, *, autocomplete: str, **kwargs: Any) -> None:
        attrs = {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}
        widget = forms.PasswordInput(attrs=attrs)
        super().__init__(strip=False, max_length=_MOST_CHARACTERS, widget=widget, **kwargs)


class SignInForm(AuthenticationForm):
    """Name and password; one answer for every mistake, so that names can't be found out."""

    error_messages = {"invalid_login": _WRONG, "inactive": _WRONG}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["username"].widget.attrs |= {"spellcheck": "false"}
        if self.initial.get("username"):
            self.fields["username"].widget.attrs.pop("autofocus", None)
            self.fields["password"].widget.attrs["autofocus"] = True

    def get_invalid_login_error(self) -> ValidationError:
        if self.request is not None and is_shut(self.request):
            return shut_message(self.request, now=timezone.now())
        return super().get_invalid_login_error()


class ConfirmForm(forms.Form):
    """One's own password again. Wrong ones are counted as those of a sign-in are."""

    password = SecretField(label=_("Your password"), autocomplete="current-password")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        return _own_password(self.request, self.cleaned_data["password"])


class CodeForm(forms.Form):
    """A code of the app on the phone, or one of the recovery codes."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
                "class": "serial input--medium",
                "autofocus": True,
            }
        ),
    )


class OwnPasswordForm(PasswordChangeForm):
    """One's own password, which asks for the old one first."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        for name in ("old_password", "new_password1", "new_password2"):
            self.fields[name].validators.append(MaxLengthValidator(_MOST_CHARACTERS))
        self.fields["new_password1"].help_text = _PASSWORD_RULE
        self.fields["new_password2"].label = _("New password again")
        self.fields["new_password2"].help_text = ""

    def clean_old_password(self) -> str:
        return _own_password(self.request, self.cleaned_data["old_password"])


class ChosenPasswordForm(forms.Form):
    """The password a person chooses by their link: once, since it can be shown."""

    password = SecretField(
        label=_("New password"), help_text=_PASSWORD_RULE, autocomplete="new-password"
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, self.person)
        return password


class ForgottenForm(forms.Form):
    """Who forgot a password: by user name or e-mail."""

    who = forms.CharField(
        label=_("User name or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
    )


class PinForm(forms.Form):
    """A short code of digits for the till."""

    new_pin = forms.CharField(
        label=_("PIN"),
        help_text=_("4 to 8 digits, not easy to guess."),
        max_length=8,
        strip=True,
        widget=forms.PasswordInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "input--short"}
        ),
    )

    def clean_new_pin(self) -> str:
        pin = str(self.cleaned_data["new_pin"])
        check_pin(pin)
        return pin


class TillForm(forms.Form):
    """How long a sign-in may rest on this browser."""

    minutes = forms.TypedChoiceField(
        label=_("On this browser a sign-in ends after"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", _("as long as the company says")),
            *((rest, format_lazy(_("{minutes} minutes"), minutes=rest)) for rest in _RESTS),
        ],
    )


class SignInPoliciesForm(forms.ModelForm):
    """What the company asks of every sign-in."""

    idle_minutes = forms.IntegerField(
        label=_("A sign-in that rests ends after"),
        help_text=_("720 minutes are 12 hours. A till may have less: see its menu, Your sign-in."),
        min_value=SHORTEST_IDLE,
        max_value=LONGEST_IDLE,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num input--short"}),
    )
    second_factor = forms.ChoiceField(
        label=_("Who must sign in with a second factor"),
        help_text=_("A code of an app on the phone, after the password."),
        choices=FactorPolicy.choices,
        widget=forms.RadioSelect,
    )
    pins_allowed = forms.BooleanField(
        label=_("People may take over a till with a PIN"),
        help_text=_("Where they signed in with their password in the last 30 days."),
        required=False,
    )

    class Meta:
        model = Company
        fields = SIGN_IN_FIELDS


def _own_password(request: HttpRequest, password: str) -> str:
    """Whether it is the password of who is signed in, tried as at the sign-in: throttled."""
    name = request.user.get_username()
    if authenticate(request, username=name, password=password) is None:
        if is_shut(request):
            raise shut_message(request, now=timezone.now())
        raise ValidationError(_("That is not your password."))
    return password
