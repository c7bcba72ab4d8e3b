"""Sign-ins of browsers: Django's sessions in a table of our own, listed and ended by person.

The engine of settings.SESSION_ENGINE, by Django's documented way: a subclass of its database
engine with an own model. A session ends when it rests for its `idle_minutes`, and after
SESSION_COOKIE_AGE at the latest; saving it does not put that off.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from .devices import device_of
from .models import USUAL_IDLE, Session, User

SEEN_EVERY = dt.timedelta(minutes=1)


class SessionStore(DatabaseStore):
    """A session whose row says whose it is, where from, and how long it may rest."""

    address = ""
    agent = ""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.row: Session | None = None
        self._noted: dict[str, Any] = {}

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def note(self, **columns: Any) -> None:
        """Write these columns of the row when the session is saved, which it will be."""
        self._noted |= columns
        self.modified = True

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        if row is not None and row.ends_at <= timezone.now():
            self._session_key = None
            row = None
        self.row = row
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast(Session, super().create_model_instance(data))
        row.created_at = row.seen_at = row.confirmed_at = timezone.now()
        row.address, row.agent = self.address, self.agent[:255].replace("\0", "")
        was = self.row  # with a new key it is the same sign-in
        row.idle_minutes = was.idle_minutes if was else USUAL_IDLE
        row.needs_factor = was.needs_factor if was else False
        row.user_id = data.get(SESSION_KEY)
        for column, value in self._noted.items():
            setattr(row, column, value)
        self.row = row
        return row

    def save(self, must_create: bool = False) -> None:
        """Write a new row whole, and of one that exists only what changed: an admin may be
        changing its other columns. Raises UpdateError when it was ended meanwhile."""
        if self.session_key is None or must_create:
            super().save(must_create=must_create)
            return
        data = self._get_session(no_load=False)  # type: ignore[attr-defined]
        columns = {"session_data": self.encode(data), "user_id": data.get(SESSION_KEY)}
        rows = Session.objects.filter(session_key=self.session_key)
        if not rows.update(**(columns | self._noted)):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        super().delete(session_key)
        if session_key is None:
            self.row = None

    def see(self, now: dt.datetime) -> None:
        """Remember that it is in use, once a minute."""
        row = self.row
        if row is None or row.user_id is None or now - row.seen_at < SEEN_EVERY:
            return
        Session.objects.filter(pk=row.pk).update(seen_at=now, address=self.address)


@dataclasses.dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser somebody is signed in on. `reference` names it on a page; the key is a secret."""

    reference: str
    device: str
    address: str
    begun: dt.datetime
    seen: dt.datetime
    is_this: bool


def sessions_of(person: User, *, now: dt.datetime, this: str | None = None) -> list[SignedIn]:
    """Where a person is signed in, this browser first, then the one seen last: one statement."""
    rows = Session.objects.filter(user=person, expire_date__gt=now).order_by("-seen_at")
    found = [
        SignedIn(
            reference=_reference(row.pk),
            device=device_of(row.agent),
            address=row.address,
            begun=row.created_at,
            seen=row.seen_at,
            is_this=row.pk == this,
        )
        for row in rows
        if row.ends_at > now
    ]
    return sorted(found, key=lambda each: not each.is_this)


def end_session(person: User, reference: str) -> bool:
    """Sign one browser of a person out, at once; whether there was such a one."""
    for key in Session.objects.filter(user=person).values_list("pk", flat=True):
        if constant_time_compare(_reference(key), reference):
            return Session.objects.filter(pk=key).delete()[0] > 0
    return False


def end_sessions(person: User, *, but: str | None = None) -> int:
    """Sign a person out everywhere, at once, but for one browser; how many there were."""
    return Session.objects.filter(user=person).exclude(pk=but).delete()[0]


def forget_ended_sessions(*, now: dt.datetime) -> None:
    """Delete what nobody can use any more."""
    Session.objects.filter(expire_date__lte=now).delete()


def _reference(key: str) -> str:
    return salted_hmac("company.sessions.reference", key, algorithm="sha256").hexdigest()[:24]
