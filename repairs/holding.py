"""What every verb of a repair begins and ends with: the lock, the rights, the step, the version."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Model

from company.access import Access
from company.constraints import broken_constraint
from company.retrying import retried
from company.rights import Right
from documents.posting import refusal_of

from .models import Repair, Step
from .refusals import RepairChanged, refuse

Result = TypeVar("Result")

DESK = (Right.TAKE_IN_REPAIR, Right.REPAIR)
"""Either of these is enough for what the desk does."""

_RACED = frozenset(
    {
        "repairs_ended_frozen",
        "repairs_of_an_ended_repair",
        "repairs_no_loaner_out",
    }
)
"""Rules of PostgreSQL that only somebody else's press at the same moment can break."""


def done(work: Callable[[], Result]) -> Result:
    """Run a verb's transaction, again after a deadlock; what PostgreSQL refuses, in words."""
    try:
        return retried(work)
    except IntegrityError as error:
        if broken_constraint(error) in _RACED:
            raise RepairChanged from error
        raise refusal_of(error) from error


def lock_repair(pk: int, *, by: Access, rights: tuple[Right, ...] = (Right.REPAIR,)) -> Repair:
    """The repair, locked until the transaction ends, ended or not.

    Raises Repair.DoesNotExist for another store's, PermissionDenied without any of the rights.
    """
    repair = (
        Repair.objects.visible_to(by)
        .select_related("store", "claim", "customer", "product", "serial", "sold_on__document")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=pk)
    )
    if not any(by.can(right, repair.store_id) for right in rights):
        raise PermissionDenied
    return repair


def require_open(repair: Repair) -> None:
    """Refuse to change what was handed back or cancelled."""
    if repair.has_ended:
        raise refuse("ended", number=repair.number, status=repair.get_status_display().lower())


def require_version(repair: Repair, version: int) -> None:
    """Refuse what was decided by an older page."""
    if repair.version != version:
        raise RepairChanged


def step(repair: Repair, status: str, *, by: Access, now: dt.datetime, note: str = "") -> None:
    """Move a repair to a status, to be saved by the caller, and keep the step."""
    repair.status = status
    Step.objects.create(
        repair=repair, status=status, note=note.strip()[:400], made_by=by.user, made_at=now
    )


def save(repair: Repair) -> None:
    """Save a repair as its next version."""
    repair.version += 1
    repair.save()


def also(by: Access, right: Right, store_id: int) -> Access:
    """The same person with one more right in a store.

    For what a verb does as part of something that the person may do: whoever may use a part may
    put it back, though cancelling documents in general is for a manager.
    """
    if by.can(right, store_id):
        return by
    return dataclasses.replace(
        by, rights={**by.rights, store_id: by.rights.get(store_id, frozenset()) | {right}}
    )


def locked_row(model: type[Model], pk: int) -> None:
    """Lock a row that the verb's decision hangs on; nothing when it is not there."""
    rows = model._default_manager.select_for_update(no_key=True).filter(pk=pk)
    list(rows.values_list("pk"))
