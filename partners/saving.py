"""Saving suppliers and customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from company.access import Access
from company.constraints import broken_constraint
from company.rights import Right

from .models import Customer, Supplier

SUPPLIER_FIELDS = ("name", "phone", "email", "is_active")
CUSTOMER_FIELDS = ("name", "phone", "email")
CUSTOMER_ERASED = gettext_lazy("This customer was erased. Choose another, or enter them anew.")


def save_supplier(data: Mapping[str, Any], *, by: Access, pk: int | None = None) -> Supplier:
    """Make a supplier, or change the one `pk` names.

    Raises ValidationError by field, Supplier.DoesNotExist, PermissionDenied.
    """
    require_any(by, Right.RECEIVE)
    try:
        with transaction.atomic():
            found = Supplier() if pk is None else Supplier.objects.select_for_update().get(pk=pk)
            for field in SUPPLIER_FIELDS:
                setattr(found, field, data[field])
            found.save()
            return found
    except IntegrityError as error:
        if broken_constraint(error) == "partners_supplier_name_key":
            raise ValidationError({"name": _("Another supplier has this name.")}) from error
        raise


@transaction.atomic
def save_customer(data: Mapping[str, Any], *, by: Access, pk: int | None = None) -> Customer:
    """Make a customer, or change the one `pk` names: for who sells, or takes in for repair.

    Raises Customer.DoesNotExist, also for one who was erased, and PermissionDenied.
    """
    require_any(by, Right.SELL, Right.TAKE_IN_REPAIR)
    kept = Customer.objects.kept().select_for_update()
    found = Customer() if pk is None else kept.get(pk=pk)
    for field in CUSTOMER_FIELDS:
        setattr(found, field, data[field])
    found.save()
    return found


def hold_customer(pk: int | None) -> Customer | None:
    """The customer to name on something new, whom nobody erases until the transaction ends.

    None without one, and for one who was erased: nothing new is theirs.
    """
    if pk is None:
        return None
    rows = Customer.objects.raw(
        "SELECT * FROM partners_customer WHERE id = %s AND erased_at IS NULL FOR KEY SHARE", [pk]
    )
    return next(iter(rows), None)


def require_any(by: Access, *rights: Right) -> None:
    """PermissionDenied for somebody who has none of these rights in any store."""
    if not any(by.can_somewhere(right) for right in rights):
        raise PermissionDenied
