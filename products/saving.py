"""Saving products and product types, as an admin does it.

The rules that PostgreSQL keeps arrive here as IntegrityError and leave as a ValidationError at
the field they are about, so that a race ends in the same words as an ordinary mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from company.constraints import broken_constraint

from .models import Product, ProductType
from .modes import Mode
from .stock import Held, stock_of, waiting_for_serials

PRODUCT_FIELDS = (
    "sku", "name", "type", "barcode", "price", "mode", "period_count", "period_unit",
    "supplier_period_count", "supplier_period_unit", "is_active",
)  # fmt: skip
TYPE_FIELDS = (
    "name", "default_mode", "period_count", "period_unit",
    "supplier_period_count", "supplier_period_unit",
    "extension", "extension_months", "replacement", "replacement_days", "card_paper",
    "serial_format", "serial_mask", "on_bad_format",
)  # fmt: skip


MODE_STAYS = frozenset({"serials_mode_changes_at_zero_stock", "documents_mode_waits_for_serials"})
"""Rules of the database that keep a product's accounting as it is."""


class ChangedMeanwhile(Exception):
    """Somebody saved the product after this person opened it; `current` is what they saved."""

    def __init__(self, current: Product) -> None:
        self.current = current
        super().__init__(f"product {current.pk} is at version {current.version}")


def save_product(
    data: Mapping[str, Any], *, by: Access, pk: int | None = None, version: int | None = None
) -> Product:
    """Make a product, or change the one `pk` names if it is still at `version`.

    Saving what is saved already changes nothing, whatever the version: a repeated request is done.
    Raises ValidationError by field, ChangedMeanwhile, Product.DoesNotExist, PermissionDenied.
    """
    _only_admin(by)
    try:
        with transaction.atomic():
            return _create(data) if pk is None else _change(pk, data, version)
    except IntegrityError as error:
        if refusal := _refusal(error, pk):
            raise refusal from error
        raise


def _create(data: Mapping[str, Any]) -> Product:
    return Product.objects.create(**{field: data[field] for field in PRODUCT_FIELDS})


def _change(pk: int, data: Mapping[str, Any], version: int | None) -> Product:
    # The lock a posting waits for (it takes the row FOR SHARE), and waits for in its turn.
    product = Product.objects.select_for_update(no_key=True).get(pk=pk)
    if not differences(product, data):
        return product
    if product.version != version:
        raise ChangedMeanwhile(product)
    for field in PRODUCT_FIELDS:
        setattr(product, field, data[field])
    product.version += 1
    product.save(update_fields=[*PRODUCT_FIELDS, "version", "updated_at"])
    return product


def differences(product: Product, data: Mapping[str, Any]) -> list[str]:
    """The fields in which the data is not what the product has."""
    return [field for field in PRODUCT_FIELDS if getattr(product, field) != data[field]]


def _refusal(error: IntegrityError, pk: int | None) -> ValidationError | None:
    """The words for a rule that PostgreSQL kept, at the field they belong to."""
    rule = broken_constraint(error)
    if rule == "products_sku_once":
        return ValidationError({"sku": _("Another product has this SKU.")})
    if rule == "products_barcode_once":
        return ValidationError({"barcode": _("Another product has this barcode.")})
    if rule in MODE_STAYS and pk is not None:
        return ValidationError({"mode": _why_mode_stays(pk)})
    return None


def _why_mode_stays(pk: int) -> list[str]:
    """Everything in the way of another accounting, and where it is."""
    product = Product.objects.get(pk=pk)
    reasons = mode_stays_words(product, stock=stock_of(pk), waiting=waiting_for_serials(pk))
    return reasons or [_("Its last goods moved at this very moment: save again.")]


def mode_stays_words(product: Product, *, stock: Held, waiting: Held) -> list[str]:
    """What is in the way of another accounting: goods and where, units without serials."""
    facts = {"product": product.name, "mode": Mode(product.mode).label}
    reasons = []
    if stock:
        words = _(
            "%(product)s still has stock (%(stock)s), so its accounting stays “%(mode)s”. "
            "Return or write off the goods first, or change it with the assistant."
        )
        reasons.append(words % (facts | {"stock": stock_in_words(stock)}))
    if waiting:
        words = _(
            "Units of %(product)s wait for their serial numbers (%(stock)s), so its accounting "
            "stays “%(mode)s”. Enter these first."
        )
        reasons.append(words % (facts | {"stock": stock_in_words(waiting)}))
    return reasons


def stock_in_words(stock: Held) -> str:
    """Stores and pieces in one line: `Kyiv, Podil: 3 pieces; Lviv: 1 piece`."""
    return "; ".join(
        f"{store}: " + ngettext("%(count)d piece", "%(count)d pieces", pieces) % {"count": pieces}
        for store, pieces in stock
    )


def save_type(data: Mapping[str, Any], *, by: Access, pk: int | None = None) -> ProductType:
    """Make a product type, or change the one `pk` names.

    Raises ValidationError by field, ProductType.DoesNotExist, PermissionDenied.
    """
    _only_admin(by)
    try:
        with transaction.atomic():
            found = (
                ProductType() if pk is None else ProductType.objects.select_for_update().get(pk=pk)
            )
            for field in TYPE_FIELDS:
                setattr(found, field, data[field])
            found.save()
            return found
    except IntegrityError as error:
        if broken_constraint(error) == "products_producttype_name_key":
            raise ValidationError({"name": _("Another product type has this name.")}) from error
        raise


def _only_admin(by: Access) -> None:
    if not by.user.is_admin:
        raise PermissionDenied
