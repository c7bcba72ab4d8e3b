"""What a person may see and do, worked out once per request."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from django.core.exceptions import PermissionDenied

from .models import Membership, Store, User
from .rights import ROLE_RIGHTS, Right


@dataclasses.dataclass(frozen=True, slots=True)
class Access:
    """A person's rights: `rights[store id]` for the stores the person belongs to."""

    user: User
    rights: Mapping[int, frozenset[Right]]

    @property
    def store_ids(self) -> tuple[int, ...]:
        """The stores whose documents and units the person sees."""
        return tuple(self.rights)

    def sees(self, store_id: int | None) -> bool:
        """Whether the store is one of the person's own."""
        return store_id in self.rights

    def can(self, right: Right, store_id: int) -> bool:
        """Whether the person may do this in that store."""
        return right in self.rights.get(store_id, frozenset())

    def can_somewhere(self, right: Right) -> bool:
        """Whether the person may do this in any store at all."""
        return any(right in rights for rights in self.rights.values())

    def require_admin(self) -> None:
        """Raise PermissionDenied unless the person is an admin."""
        if not self.user.is_admin:
            raise PermissionDenied


def access_of(user: User) -> Access:
    """Read a person's rights: one query, whatever the number of stores."""
    if not user.is_active:
        return Access(user, {})
    if user.is_admin:
        every = frozenset(Right)
        ids = Store.objects.order_by("id").values_list("id", flat=True)
        return Access(user, dict.fromkeys(ids, every))
    rights: dict[int, frozenset[Right]] = {}
    roles = Membership.objects.filter(user=user).order_by("store_id", "role")
    for store_id, role in roles.values_list("store_id", "role"):
        rights[store_id] = rights.get(store_id, frozenset()) | ROLE_RIGHTS[role]
    return Access(user, rights)
