"""What the pages of stores and people read."""

from __future__ import annotations

from .models import Membership, Store, User


def stores() -> list[Store]:
    """Every store, those in use first."""
    return list(Store.objects.order_by("-is_active", "name"))


def roles_of(person: User) -> set[tuple[int, str]]:
    """The roles a person has: (store id, role)."""
    return set(Membership.objects.filter(user=person).values_list("store_id", "role"))
