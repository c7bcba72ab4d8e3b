"""Counts in one line each, through the product's own verbs."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.utils import timezone

from company.access import access_of
from company.models import Membership, Store, User
from inventory.answers import Chosen, ScanAnswer, Verdict
from inventory.counting import scan
from inventory.models import Count, Scope
from inventory.starting import start_count
from tests.lasting import for_lasting


def begin(store: Store, by: User, **scope: Any) -> Count:
    """A count of the whole store, or of a scope."""
    scope.setdefault("scope", Scope.ALL)
    return start_count(store, by=access_of(by), now=timezone.now(), **scope)


def take(
    count: Count,
    by: User,
    text: str,
    *,
    nonce: uuid.UUID | None = None,
    context: int | None = None,
    now: dt.datetime | None = None,
    quantity: int = 1,
    **chosen: Any,
) -> ScanAnswer:
    """Scan a text into a count; `product_id` and `as_serial` answer a question about it."""
    return scan(
        count.pk,
        text,
        by=access_of(by),
        now=now or timezone.now(),
        nonce=nonce,
        product_id=context,
        answer=Chosen(**chosen) if chosen else None,
        quantity=quantity,
    )


def verdict(count: Count, by: User, text: str, **more: Any) -> Verdict:
    return take(count, by, text, **more).verdict


@for_lasting
def chief(store: Store, other_store: Store) -> User:
    """A manager of both stores."""
    chief = User.objects.create_user("chief")
    Membership.objects.bulk_create(
        Membership(user=chief, store=at, role="manager") for at in (store, other_store)
    )
    return chief
