"""What the pages of people read."""

from __future__ import annotations

import dataclasses
import datetime as dt
from itertools import groupby

from django.db import models
from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from .inviting import invitation_ends
from .keyset import page_by_name
from .models import Membership, Session, User
from .rights import Role


class State(models.TextChoices):
    """Whether somebody may sign in."""

    ACTIVE = "active", _("Active")
    INVITED = "invited", _("Invited")
    CLOSED = "closed", _("Closed")


@dataclasses.dataclass(frozen=True, slots=True)
class PersonRow:
    """A person, and in words what they are in which store."""

    person: User
    state: State
    roles: list[str]
    seen_at: dt.datetime | None
    link_is_over: bool


@dataclasses.dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some people, and the cursors of the pages beside them."""

    rows: list[PersonRow]
    before: str | None
    after: str | None


def state_of(person: User) -> State:
    """Whether a person may sign in."""
    if not person.is_active:
        return State.CLOSED
    return State.INVITED if person.invited_at else State.ACTIVE


def people(
    state: State | None,
    *,
    now: dt.datetime,
    after: str | None = None,
    before: str | None = None,
) -> PeoplePage:
    """A page of people by user name: two statements, however many people and roles.

    Without a state: all who may sign in, or will.
    """
    seen = Session.objects.filter(user=OuterRef("pk")).values("user").annotate(at=Max("seen_at"))
    everybody = _in_state(state).annotate(
        name=F("username"), seen_at=Greatest(F("last_login"), Subquery(seen.values("at")))
    )
    page = page_by_name(everybody, after=after, before=before)
    roles = _roles([person.pk for person in page.rows])
    rows = []
    for person in page.rows:
        ends = invitation_ends(person)
        rows.append(
            PersonRow(
                person=person,
                state=state_of(person),
                roles=roles.get(person.pk, []),
                seen_at=person.seen_at,  # type: ignore[attr-defined]
                link_is_over=ends is not None and ends <= now,
            )
        )
    return PeoplePage(rows, page.before, page.after)


def _in_state(state: State | None) -> QuerySet[User]:
    if state == State.CLOSED:
        return User.objects.filter(is_active=False)
    people = User.objects.filter(is_active=True)
    if state is None:
        return people
    return people.filter(invited_at__isnull=state == State.ACTIVE)


def _roles(user_ids: list[int]) -> dict[int, list[str]]:
    held: dict[int, list[str]] = {}
    rows = (
        Membership.objects.filter(user__in=user_ids)
        .select_related("store")
        .order_by("user_id", "store__name", "id")
    )
    for (user_id, store_name), roles in groupby(rows, lambda row: (row.user_id, row.store.name)):
        words = ", ".join(str(Role(row.role).label) for row in roles)
        held.setdefault(user_id, []).append(f"{store_name}: {words}")
    return held
