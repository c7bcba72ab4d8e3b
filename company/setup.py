"""What an admin sets up: the company's policies and its stores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from .access import Access
from .constraints import broken_constraint
from .models import Company, NumberSequence, Session, Store
from .second_factor import ask_where_due

POLICY_FIELDS = (
    "name",
    "currency",
    "lock_date",
    "customer_required",
    "return_window_days",
    "extension",
    "extension_months",
    "replacement",
    "replacement_days",
    "public_address",
)
SIGN_IN_FIELDS = ("idle_minutes", "second_factor", "pins_allowed")
STORE_FIELDS = ("name", "prefix", "address", "phone", "time_zone", "language", "is_active")


@transaction.atomic
def save_policies(data: Mapping[str, Any], *, by: Access) -> Company:
    """Set the company's name, currency, lock date and policies. Raises PermissionDenied."""
    by.require_admin()
    Company.current()
    company = Company.objects.select_for_update().get()
    for field in POLICY_FIELDS:
        setattr(company, field, data[field])
    company.save()
    return company


@transaction.atomic
def save_sign_in_policies(data: Mapping[str, Any], *, by: Access) -> None:
    """Set what is asked of every sign-in, those that are under way too. Raises PermissionDenied."""
    by.require_admin()
    Company.current()
    company = Company.objects.select_for_update().get()
    for field in SIGN_IN_FIELDS:
        setattr(company, field, data[field])
    company.save(update_fields=SIGN_IN_FIELDS)
    Session.objects.filter(idle_minutes__gt=company.idle_minutes).update(
        idle_minutes=company.idle_minutes
    )
    ask_where_due()


def save_store(data: Mapping[str, Any], *, by: Access, pk: int | None = None) -> Store:
    """Make a store, or change the one `pk` names.

    The prefix stays once a number was given with it: another store that took it over would print
    the same numbers again. Raises ValidationError by field, Store.DoesNotExist, PermissionDenied.
    """
    by.require_admin()
    try:
        with transaction.atomic():
            store = Store() if pk is None else Store.objects.select_for_update().get(pk=pk)
            if store.prefix != data["prefix"] and has_numbers(pk):
                raise ValidationError({"prefix": _("Documents carry this prefix: it stays.")})
            for field in STORE_FIELDS:
                setattr(store, field, data[field])
            store.save()
            return store
    except IntegrityError as error:
        rule = broken_constraint(error)
        if rule == "company_store_name_key":
            raise ValidationError({"name": _("Another store has this name.")}) from error
        if rule == "company_store_prefix_key":
            raise ValidationError({"prefix": _("Another store has this prefix.")}) from error
        raise


def has_numbers(pk: int | None) -> bool:
    """Whether a store's prefix stands on documents or cards already."""
    return pk is not None and NumberSequence.objects.filter(store_id=pk).exists()
