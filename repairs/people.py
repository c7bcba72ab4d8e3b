"""Who works on repairs in a store."""

from __future__ import annotations

from django.db.models import QuerySet

from company.models import Store, User
from company.rights import ROLE_RIGHTS, Right

_ROLES = [role for role, rights in ROLE_RIGHTS.items() if Right.REPAIR in rights]


def technicians_of(store: Store) -> QuerySet[User]:
    """The people who may be given a repair of this store, by name; admins are not offered."""
    return User.objects.filter(
        pk__in=store.memberships.filter(role__in=_ROLES).values("user"), is_active=True
    ).order_by("first_name", "username")


def works_on_repairs(person: User, store: Store) -> bool:
    """Whether a repair of this store may be theirs."""
    return person.is_admin or technicians_of(store).filter(pk=person.pk).exists()
