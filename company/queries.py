"""What the pages of stores and people read."""

from __future__ import annotations

import dataclasses
from itertools import groupby

from .models import Membership, Store, User
from .rights import Role


@dataclasses.dataclass(frozen=True, slots=True)
class PersonRow:
    """A person, and in words what they are in which store."""

    person: User
    roles: list[str]


def people() -> list[PersonRow]:
    """Everybody, those who may sign in first: two statements, however many people and roles."""
    held: dict[int, list[str]] = {}
    rows = Membership.objects.select_related("store").order_by("user_id", "store__name", "id")
    for (user_id, store_name), roles in groupby(rows, lambda row: (row.user_id, row.store.name)):
        words = ", ".join(str(Role(row.role).label) for row in roles)
        held.setdefault(user_id, []).append(f"{store_name}: {words}")
    everybody = User.objects.order_by("-is_active", "username")
    return [PersonRow(person, held.get(person.pk, [])) for person in everybody]


def stores() -> list[Store]:
    """Every store, those in use first."""
    return list(Store.objects.order_by("-is_active", "name"))


def roles_of(person: User) -> set[tuple[int, str]]:
    """The roles a person has: (store id, role)."""
    return set(Membership.objects.filter(user=person).values_list("store_id", "role"))
