"""How a sign-in begins, whatever opened the door: a password, a code after it, a PIN."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from . import till as tills
from .models import Company, Till, User
from .second_factor import has_factor, must_have_factor
from .sessions import SessionStore

CODE_WITHIN = dt.timedelta(minutes=10)
CONFIRMED_FOR = dt.timedelta(hours=2)
_AWAITING = "awaiting code"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def begin(
    request: HttpRequest, person: User, *, till: Till | None, now: dt.datetime, by_pin: bool = False
) -> None:
    """Sign a person in, in a session with a new key and nothing of whoever was here before."""
    if request.user.is_authenticated and request.user.pk == person.pk:
        request.session.flush()  # Django would go on with the same session
    login(request, person, backend=_BACKEND)
    request.session.pop(_AWAITING, None)
    limits = [Company.current().idle_minutes, till.idle_minutes if till else None]
    session: SessionStore = request.session  # type: ignore[assignment]
    session.note(
        idle_minutes=min(limit for limit in limits if limit is not None),
        needs_factor=must_have_factor(person) and not has_factor(person),
        confirmed_at=None if by_pin else now,
    )


def begin_here(request: HttpRequest, person: User, *, now: dt.datetime) -> str:
    """Sign in who gave a password: the browser knows them from now on.

    The secret it has to keep, when nobody signed in on it before: see `keep_till`.
    """
    till, secret = tills.till_of(request), ""
    if till is None:
        till, secret = tills.make_till(now=now)
    tills.know(till, person, now=now)
    begin(request, person, till=till, now=now)
    return secret


def keep_till(request: HttpRequest, response: HttpResponse, secret: str) -> HttpResponse:
    """Let the browser keep the secret of its till, if there is a new one."""
    if secret:
        response.set_cookie(
            settings.TILL_COOKIE_NAME,
            secret,
            max_age=tills.COOKIE_LASTS,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=True,
        )
    return response


def await_code(request: HttpRequest, person: User, *, now: dt.datetime) -> None:
    """Remember, in a session of its own key, that the password was right."""
    request.session.flush()
    at = now.timestamp()
    request.session[_AWAITING] = [person.pk, person.get_session_auth_hash(), at]


def who_awaits(request: HttpRequest, *, now: dt.datetime) -> User | None:
    """Who gave the right password here in the last minutes and owes the code."""
    pk, said, at = request.session.get(_AWAITING) or (None, "", 0)
    if pk is None or now.timestamp() - at > CODE_WITHIN.total_seconds():
        return None
    person = User.objects.filter(pk=pk, is_active=True).first()
    if person is None or not constant_time_compare(person.get_session_auth_hash(), said):
        return None
    return person


def is_confirmed(request: HttpRequest, *, now: dt.datetime) -> bool:
    """Whether the password was asked in this session, and not too long ago."""
    row = request.session.row  # type: ignore[attr-defined]
    at = row.confirmed_at if row else None
    return at is not None and now - at < CONFIRMED_FOR
