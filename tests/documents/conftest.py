"""A manager of both stores, for what goes from one to the other."""

from __future__ import annotations

from company.models import Membership, Store, User
from tests.lasting import for_lasting


@for_lasting
def chief(store: Store, other_store: Store) -> User:
    """A manager of both stores."""
    chief = User.objects.create_user("chief")
    Membership.objects.bulk_create(
        Membership(user=chief, store=at, role="manager") for at in (store, other_store)
    )
    return chief
