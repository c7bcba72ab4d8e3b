"""People: who may sign in, what they are in which store, their passwords and language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from .access import Access
from .constraints import broken_constraint
from .models import Membership, User

RoleIn = tuple[int, str]
"""A role in a store: (store id, role)."""


def save_person(
    data: Mapping[str, Any], *, roles: Iterable[RoleIn], by: Access, pk: int | None = None
) -> User:
    """Make a person (with `data["password"]`), or change the one `pk` names; set their roles.

    Nobody takes their own admin right or signs themselves out for good, so that there always is
    an admin. Raises ValidationError by field, User.DoesNotExist, PermissionDenied.
    """
    try:
        with transaction.atomic():
            person = _locked(pk, by=by)
            _refuse_stepping_down(person, data, by=by)
            person.username = data["username"]
            person.first_name, person.last_name = data["full_name"], ""
            person.language = data["language"]
            person.is_admin = data["is_admin"]
            person.is_active = data["is_active"]
            if pk is None:
                person.set_password(data["password"])
            person.save()
            _set_roles(person, set(roles))
            return person
    except IntegrityError as error:
        if broken_constraint(error) == "company_user_username_key":
            raise ValidationError({"username": _("Another person has this name.")}) from error
        raise


def _locked(pk: int | None, *, by: Access) -> User:
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


def _refuse_stepping_down(person: User, data: Mapping[str, Any], *, by: Access) -> None:
    if person.pk != by.user.pk:
        return
    errors = {}
    if not data["is_admin"]:
        errors["is_admin"] = _("You can't take away your own admin right; another admin can.")
    if not data["is_active"]:
        errors["is_active"] = _("You can't close your own account; another admin can.")
    if errors:
        raise ValidationError(errors)


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


@transaction.atomic
def set_password(pk: int, password: str, *, by: Access) -> User:
    """Give a person a new password, which signs them out everywhere.

    Raises User.DoesNotExist, PermissionDenied.
    """
    person = _locked(pk, by=by)
    person.set_password(password)
    person.save(update_fields=["password"])
    return person


def speak(person: User, language: str) -> None:
    """Remember the language a person wants the pages in: one of settings.LANGUAGES."""
    User.objects.filter(pk=person.pk).update(language=language)
