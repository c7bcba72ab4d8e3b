"""Switching people at a till: a browser that knows who signed in on it, and their short PINs.

A PIN works only on a browser where its person signed in by password, and by second factor where
they have one, in the last thirty days; five wrong ones there ask for the password again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import itertools
import secrets

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import MOST_WRONG_PINS, Company, Pin, Till, TillPerson, User

COOKIE_LASTS = dt.timedelta(days=365)
KNOWN_FOR = dt.timedelta(days=30)
MOST_PEOPLE = 9
"""As many as there are keys, 1 to 9."""


@dataclasses.dataclass(frozen=True, slots=True)
class PersonHere:
    """Somebody known on a till; without `digits` the password is asked."""

    pk: int
    key: int
    name: str
    username: str
    digits: int


def till_of(request: HttpRequest) -> Till | None:
    """The till this browser is, if anybody signed in on it."""
    secret = request.COOKIES.get(settings.TILL_COOKIE_NAME, "")
    return Till.objects.filter(secret_hash=_hashed(secret)).first() if secret else None


def make_till(*, now: dt.datetime) -> tuple[Till, str]:
    """A till, and the secret its browser has to keep."""
    secret = secrets.token_urlsafe(32)
    return Till.objects.create(secret_hash=_hashed(secret), made_at=now), secret


def know(till: Till, person: User, *, now: dt.datetime) -> None:
    """The person gave their password here: for thirty days their PIN is enough."""
    TillPerson.objects.update_or_create(
        till=till, user=person, defaults={"password_at": now, "wrong_pins": 0}
    )


def forget(person: User, *, till: Till | None = None) -> None:
    """Let a till, or all of them, ask for the password again."""
    known = TillPerson.objects.filter(user=person)
    (known.filter(till=till) if till else known).delete()


def people_here(till: Till | None, *, now: dt.datetime) -> list[PersonHere]:
    """Who may take over this till, in the order in which they came: their keys stay."""
    if till is None:
        return []
    pins_allowed = Company.current().pins_allowed
    known = TillPerson.objects.filter(
        till=till, user__is_active=True, user__invited_at=None, password_at__gt=now - KNOWN_FOR
    )
    rows = known.select_related("user__pin").order_by("pk")[:MOST_PEOPLE]
    people = []
    for key, row in enumerate(rows, start=1):
        pin = getattr(row.user, "pin", None)
        works = pins_allowed and pin is not None and row.wrong_pins < MOST_WRONG_PINS
        digits = pin.digits if pin is not None and works else 0
        people.append(PersonHere(row.user_id, key, str(row.user), row.user.username, digits))
    return people


def take_over(till: Till | None, user_id: int, pin: str, *, now: dt.datetime) -> User:
    """The person whose PIN was typed here. Raises ValidationError in words.

    A try is counted before it is judged: many at once are no more than five.
    """
    known = TillPerson.objects.select_related("user__pin").filter(
        till=till, user_id=user_id, user__is_active=True, password_at__gt=now - KNOWN_FOR
    )
    found = known.first() if till and Company.current().pins_allowed else None
    if found is None or not hasattr(found.user, "pin"):
        raise ValidationError(_("Sign in with your password."))
    mine = TillPerson.objects.filter(pk=found.pk)
    if not mine.filter(wrong_pins__lt=MOST_WRONG_PINS).update(wrong_pins=F("wrong_pins") + 1):
        raise ValidationError(_("Too many wrong PINs. Sign in with your password."))
    if not check_password(pin, found.user.pin.code):
        left = MOST_WRONG_PINS - mine.values_list("wrong_pins", flat=True).get()
        if left <= 0:
            raise ValidationError(_("Too many wrong PINs. Sign in with your password."))
        text = ngettext(
            "That is not the PIN. %(left)s try is left.",
            "That is not the PIN. %(left)s tries are left.",
            left,
        )
        raise ValidationError(text % {"left": left})
    mine.update(wrong_pins=0)
    return found.user


def set_pin(person: User, pin: str, *, now: dt.datetime) -> None:
    """Give a person a PIN that `check_pin` let pass."""
    values = {"code": make_password(pin), "digits": len(pin), "set_at": now}
    Pin.objects.update_or_create(user=person, defaults=values)


def remove_pin(person: User) -> None:
    """Let every till ask this person for the password."""
    Pin.objects.filter(user=person).delete()


def check_pin(pin: str) -> None:
    """Refuse what is no PIN, or the first one to be tried. Raises ValidationError."""
    if not (pin.isascii() and pin.isdecimal() and 4 <= len(pin) <= 8):
        raise ValidationError(_("4 to 8 digits."))
    steps = {int(after) - int(before) for before, after in itertools.pairwise(pin)}
    if steps in ({0}, {1}, {-1}) or pin[: len(pin) // 2] * 2 == pin:
        raise ValidationError(_("Too easy to guess: not all the same, in a row or twice the same."))


def rest_at_most(till: Till, minutes: int | None) -> None:
    """Let sign-ins on a till end sooner than the company's: from the next one on."""
    Till.objects.filter(pk=till.pk).update(idle_minutes=minutes)


def forget_old_tills(*, now: dt.datetime) -> None:
    """Delete who was known too long ago, and browsers that know nobody."""
    TillPerson.objects.filter(password_at__lte=now - KNOWN_FOR).delete()
    Till.objects.filter(people=None, made_at__lte=now - KNOWN_FOR).delete()


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
