"""Which role may do what in a store: plain data, no Django models.

The list of section 1 of the domain: a manager may do all that the other roles of the store may.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is in one store."""

    CASHIER = "cashier", _("Cashier")
    STOREKEEPER = "storekeeper", _("Storekeeper")
    TECHNICIAN = "technician", _("Technician")
    MANAGER = "manager", _("Manager")


class Right(models.TextChoices):
    """Something that may be done in a store."""

    LOOK_UP = "look_up", _("look up serials and documents")
    SELL = "sell", _("sell")
    PRINT_CARDS = "print_cards", _("print warranty cards")
    RECEIVE = "receive", _("receive goods")
    BACK_DATE = "back_date", _("date a document in the past")


_EVERYONE = frozenset({Right.LOOK_UP})

ROLE_RIGHTS: dict[str, frozenset[Right]] = {
    Role.CASHIER: _EVERYONE | {Right.SELL, Right.PRINT_CARDS},
    Role.STOREKEEPER: _EVERYONE | {Right.RECEIVE},
    Role.TECHNICIAN: _EVERYONE,
    Role.MANAGER: frozenset(Right),
}
