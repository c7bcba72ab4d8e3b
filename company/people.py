"""People: who may sign in, what they are in which store, and their language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from .access import Access
from .constraints import broken_constraint
from .models import Membership, TillPerson, User
from .second_factor import ask_where_due
from .sessions import end_sessions

RoleIn = tuple[int, str]
"""A role in a store: (store id, role)."""


def save_person(
    data: Mapping[str, Any],
    *,
    roles: Iterable[RoleIn],
    by: Access,
    now: dt.datetime | None = None,
    pk: int | None = None,
) -> User:
    """Make a person, or change the one `pk` names; set their roles.

    A new person is invited, at `now`, unless `data` has a password for them. Nobody takes their
    own admin right, so that there always is an admin. Raises ValidationError by field,
    User.DoesNotExist, PermissionDenied.
    """
    try:
        with transaction.atomic():
            person = locked_person(pk, by=by)
            if person.pk == by.user.pk and not data["is_admin"]:
                refused = _("You can't take away your own admin right; another admin can.")
                raise ValidationError({"is_admin": refused})
            person.username = data["username"]
            person.first_name, person.last_name = data["full_name"], ""
            person.email = data.get("email", "")
            person.language = data["language"]
            person.is_admin = data["is_admin"]
            if pk is None:
                person.password = make_password(data.get("password"))
                person.invited_at = None if data.get("password") else now
            person.save()
            _set_roles(person, set(roles))
            ask_where_due()
            return person
    except IntegrityError as error:
        if broken_constraint(error) == "company_user_username_key":
            raise ValidationError({"username": _("Another person has this name.")}) from error
        raise


@transaction.atomic
def close_account(pk: int, *, by: Access) -> User:
    """Let a person sign in no longer; who is signed in as them is out at once.

    What they did keeps their name. Raises User.DoesNotExist, PermissionDenied; ValidationError
    for one's own account.
    """
    person = locked_person(pk, by=by)
    if person.pk == by.user.pk:
        raise ValidationError(_("You can't close your own account; another admin can."))
    person.is_active = False
    person.save(update_fields=["is_active"])
    end_sessions(person)
    TillPerson.objects.filter(user=person).delete()
    return person


@transaction.atomic
def reopen_account(pk: int, *, by: Access) -> User:
    """Let a person sign in again, with the password they had.

    Raises User.DoesNotExist, PermissionDenied.
    """
    person = locked_person(pk, by=by)
    person.is_active = True
    person.save(update_fields=["is_active"])
    return person


def locked_person(pk: int | None, *, by: Access) -> User:
    """The person to change; with every admin locked, two can't take each other's right at once."""
    wanted = Q(is_admin=True) | Q(pk=pk)
    people = {
        each.pk: each
        for each in User.objects.select_for_update(no_key=True).filter(wanted).order_by("pk")
    }
    admin = people.get(by.user.pk)
    if admin is None or not (admin.is_admin and admin.is_active):
        raise PermissionDenied
    if pk is None:
        return User()
    if pk not in people:
        raise User.DoesNotExist
    return people[pk]


def _set_roles(person: User, roles: set[RoleIn]) -> None:
    held = {
        (row.store_id, row.role): row.pk for row in Membership.objects.filter(user_id=person.pk)
    }
    gone = [pk for role, pk in held.items() if role not in roles]
    Membership.objects.filter(pk__in=gone).delete()
    Membership.objects.bulk_create(
        Membership(user=person, store_id=store_id, role=role)
        for store_id, role in sorted(roles - held.keys())
    )


def speak(person: User, language: str) -> None:
    """Remember the language a person wants the pages in: one of settings.LANGUAGES."""
    User.objects.filter(pk=person.pk).update(language=language)
