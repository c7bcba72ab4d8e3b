"""Saving designs of warranty cards: each change is a new version, and none is ever changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from company.access import Access
from company.constraints import broken_constraint

from .design_models import CardDesign

DESIGN_FIELDS = ("title", "text", "shows", "logo", "paper", "language")
_TAKEN = {"warranty_design_once", "warranty_design_version_follows"}


class DesignChanged(Exception):
    """Somebody saved another version after this person opened the designer."""

    def __init__(self, current: CardDesign) -> None:
        self.current = current
        super().__init__(f"the newest version is {current.version}")


def newest_design(type_id: int | None) -> CardDesign | None:
    """The newest version of a type, or of the general cards for None; withdrawn ones too."""
    of_type = CardDesign.objects.filter(type_id=type_id)
    return of_type.select_related("logo", "made_by").order_by("-version").first()


def save_design(
    type_id: int | None,
    data: Mapping[str, Any],
    *,
    by: Access,
    now: dt.datetime,
    version: int,
) -> CardDesign:
    """Make the next version of a type's cards, or of the general ones for a type of None.

    `version` is the newest one that the person saw, 0 for none. Saving what is saved already makes
    no version. What is sold from now on is printed by it, what was sold before is not. Raises
    DesignChanged when somebody else saved meanwhile, PermissionDenied.
    """
    wanted = {field: data[field] for field in DESIGN_FIELDS}
    wanted["shows"] = sorted(wanted["shows"])
    return _add(type_id, wanted | {"withdrawn": False}, by=by, now=now, version=version)


def withdraw_design(
    type_id: int | None, *, by: Access, now: dt.datetime, version: int
) -> CardDesign | None:
    """Go back to the general cards, or to the built-in ones for a type of None.

    It is a version as well, so that it is told who did it and when. None when there was nothing to
    withdraw. Raises DesignChanged, PermissionDenied.
    """
    if newest_design(type_id) is None:
        _only_admin(by)
        return None
    nothing: dict[str, Any] = {
        "title": "",
        "text": "",
        "shows": [],
        "logo": None,
        "paper": "",
        "language": "",
    }
    return _add(type_id, nothing | {"withdrawn": True}, by=by, now=now, version=version)


def _add(
    type_id: int | None,
    wanted: Mapping[str, Any],
    *,
    by: Access,
    now: dt.datetime,
    version: int,
) -> CardDesign:
    _only_admin(by)
    current = newest_design(type_id)
    if current is not None and all(getattr(current, name) == wanted[name] for name in wanted):
        return current
    if current is not None and current.version != version:
        raise DesignChanged(current)
    try:
        with transaction.atomic():
            return CardDesign.objects.create(
                type_id=type_id,
                version=version + 1 if current else 1,
                made_by=by.user,
                made_at=now,
                **wanted,
            )
    except IntegrityError as error:  # somebody saved at this very moment
        newest = newest_design(type_id)
        if broken_constraint(error) not in _TAKEN or newest is None:
            raise
        raise DesignChanged(newest) from error


def _only_admin(by: Access) -> None:
    if not by.user.is_admin:
        raise PermissionDenied
