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
    RETURN_CUSTOMER = "return_customer", _("take back and exchange what was sold")
    RECEIVE = "receive", _("receive goods")
    TRANSFER = "transfer", _("move goods between stores")
    IDENTIFY = "identify", _("enter serial numbers of what moved without them")
    BACK_DATE = "back_date", _("date a document in the past")
    RETURN_LATE = "return_late", _("take back after the return window")
    RETURN_SUPPLIER = "return_supplier", _("return goods to a supplier")
    WRITE_OFF = "write_off", _("write goods off")
    SET_ASIDE = "set_aside", _("set goods aside and put them back")
    TAKE_IN_REPAIR = "take_in_repair", _("take goods in for repair")
    REPAIR = "repair", _("work on repairs and hand them back")
    ACKNOWLEDGE = "acknowledge", _("receive again what went back to a supplier")
    POST_WITHOUT_SERIALS = "post_without_serials", _("move goods without serial numbers")
    CANCEL = "cancel", _("cancel documents")
    COUNT = "count", _("count stock")
    CLOSE_COUNT = "close_count", _("close a count")
    REPORTS = "reports", _("read the reports of warranties and repairs")
    ERASE_CUSTOMER = "erase_customer", _("erase a customer's personal data")
    CORRECT = "correct", _("correct which unit a document moved, put back what was found")


_EVERYONE = frozenset({Right.LOOK_UP})

ROLE_RIGHTS: dict[str, frozenset[Right]] = {
    Role.CASHIER: _EVERYONE
    | {
        Right.SELL,
        Right.PRINT_CARDS,
        Right.RETURN_CUSTOMER,
        Right.IDENTIFY,
        Right.TAKE_IN_REPAIR,
    },
    Role.STOREKEEPER: _EVERYONE
    | {Right.RECEIVE, Right.TRANSFER, Right.IDENTIFY, Right.COUNT, Right.SET_ASIDE},
    Role.TECHNICIAN: _EVERYONE | {Right.TAKE_IN_REPAIR, Right.REPAIR, Right.SET_ASIDE},
    Role.MANAGER: frozenset(Right),
}
