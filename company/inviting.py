"""Links by which people choose a password: invitations, and mails to whoever forgot theirs.

A link holds no secret that is stored: it is signed over what the person's row says, and using it
changes that. So it works once, a newer one ends it, and a database that was read tells none.
"""

from __future__ import annotations

import datetime as dt
import enum

from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from .access import Access
from .models import TillPerson, User
from .people import locked_person
from .sessions import end_sessions

INVITATION_LASTS = dt.timedelta(hours=72)
MAILED_LINK_LASTS = dt.timedelta(hours=1)
_MOST_DIGITS = 15


class Kind(enum.Enum):
    """Why somebody gets a link: an admin invited them, or they forgot their password."""

    INVITATION = "i"
    FORGOTTEN = "f"


class LinkIsOver(Exception):
    """A link that was used, is too old, was followed by a newer one, or never was one."""


def invitation_ends(person: User) -> dt.datetime | None:
    """Until when a person's invitation can be used; None when there is none to use."""
    return person.invited_at + INVITATION_LASTS if person.invited_at else None


def invitation_token(person: User) -> str:
    """The secret part of the link of an invited person: the same as long as it is good."""
    if person.invited_at is None:
        raise LinkIsOver
    return _token(Kind.INVITATION, person, person.invited_at)


def forgotten_token(person: User, *, now: dt.datetime) -> str:
    """The secret part of the link that is mailed to somebody who forgot their password."""
    return _token(Kind.FORGOTTEN, person, now)


def person_of(token: str, *, now: dt.datetime) -> User:
    """Whose password a link is to choose. Raises LinkIsOver."""
    return _checked(token, now=now, lock=False)


@transaction.atomic
def choose_password(token: str, password: str, *, now: dt.datetime) -> User:
    """Give the person of a link their password, which uses the link up. Raises LinkIsOver.

    Whoever was signed in as them is so no longer, and no till knows them by PIN.
    """
    person = _checked(token, now=now, lock=True)
    person.set_password(password)
    person.invited_at = None
    person.save(update_fields=["password", "invited_at"])
    end_sessions(person)
    TillPerson.objects.filter(user=person).delete()
    return person


@transaction.atomic
def reset_access(pk: int, *, by: Access, now: dt.datetime) -> User:
    """Take a person's password away and invite them anew; they are signed out everywhere.

    Raises User.DoesNotExist, PermissionDenied; nobody does that to themselves.
    """
    person = locked_person(pk, by=by)
    if person.pk == by.user.pk:
        raise PermissionDenied
    person.password = make_password(None)  # random each time: links made before are over
    person.invited_at = now
    person.save(update_fields=["password", "invited_at"])
    end_sessions(person)
    TillPerson.objects.filter(user=person).delete()
    return person


def _token(kind: Kind, person: User, made_at: dt.datetime) -> str:
    seconds = int(made_at.timestamp())
    return f"{kind.value}{person.pk}-{seconds}-{_signature(kind, person, seconds)}"


def _signature(kind: Kind, person: User, seconds: int) -> str:
    said = f"{person.pk}|{seconds}|{person.password}|{person.last_login}|{person.email}"
    return salted_hmac(f"company.inviting.{kind.name}", said, algorithm="sha256").hexdigest()


def _checked(token: str, *, now: dt.datetime, lock: bool) -> User:
    try:
        kind, (pk, seconds, signature) = Kind(token[:1]), token[1:].split("-")
    except ValueError:
        raise LinkIsOver from None
    if not all(_is_number(text) for text in (pk, seconds)):
        raise LinkIsOver
    people = User.objects.select_for_update(no_key=True) if lock else User.objects.all()
    person = people.filter(pk=pk, is_active=True).first()
    if person is None:
        raise LinkIsOver
    if not constant_time_compare(_signature(kind, person, int(seconds)), signature):
        raise LinkIsOver
    lasts = INVITATION_LASTS if kind is Kind.INVITATION else MAILED_LINK_LASTS
    is_over = dt.datetime.fromtimestamp(int(seconds), dt.UTC) + lasts <= now
    is_invited = person.invited_at is not None
    if is_over or is_invited != (kind is Kind.INVITATION):
        raise LinkIsOver
    return person


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
