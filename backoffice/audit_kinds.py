"""What the history of changes is about: kinds of things, their pages, the words of fields."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.tracking import TRACKED
from company.models import Membership, Store, User
from products.models import ProductType
from warranty.design_models import CardLogo

GENERAL_CARDS = 0
"""The thing of the designs that belong to no product type."""


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: what it is called, the address of one, where its name is found now."""

    label: Any
    url: Callable[[int], str]
    named_by: type[models.Model] | None = None


KINDS: Mapping[str, Kind] = {
    "products.product": Kind(
        gettext_lazy("Product"), lambda pk: reverse("products:product", args=[pk])
    ),
    "products.producttype": Kind(
        gettext_lazy("Product type"), lambda pk: reverse("products:edit_type", args=[pk])
    ),
    "warranty.carddesign": Kind(
        gettext_lazy("Warranty card"),
        lambda pk: reverse("designs:design", args=[None if pk == GENERAL_CARDS else pk]),
        ProductType,
    ),
    "company.company": Kind(gettext_lazy("Company"), lambda pk: reverse("company:settings")),
    "company.store": Kind(
        gettext_lazy("Store"), lambda pk: reverse("company:edit_store", args=[pk])
    ),
    "company.user": Kind(
        gettext_lazy("Person"), lambda pk: reverse("company:edit_person", args=[pk]), User
    ),
    "partners.supplier": Kind(
        gettext_lazy("Supplier"), lambda pk: reverse("partners:edit_supplier", args=[pk])
    ),
    "partners.customer": Kind(
        gettext_lazy("Customer"), lambda pk: reverse("partners:edit_customer", args=[pk])
    ),
}

_MODELS = {"role": Membership}
"""The models of the parts of things."""

_WORDS = {
    ("company.user", "first_name"): gettext_lazy("full name"),
    ("company.user", "username"): gettext_lazy("user name"),
    ("company.user", "password"): gettext_lazy("password"),
    ("company.user", "store_id"): gettext_lazy("store"),
    ("warranty.carddesign", "withdrawn"): gettext_lazy("withdrawn"),
    ("warranty.carddesign", "shows"): gettext_lazy("what the card shows"),
    ("warranty.carddesign", "logo_id"): gettext_lazy("logo"),
    ("warranty.carddesign", "language"): gettext_lazy("language"),
}
"""Words of fields whose models have none, or that mean something else to Django."""

_NAMING = (Store, User, ProductType, CardLogo)
"""What a value may refer to, and be shown by its name."""

Names = Mapping[tuple[type[models.Model], int], str]


@cache
def _field(kind: str, part: str, column: str) -> models.Field | None:
    model = _MODELS.get(part) or apps.get_model(kind)
    found = (field for field in model._meta.concrete_fields if field.column == column)
    return next(found, None)


def field_label(kind: str, part: str, column: str) -> str:
    """What a field is called, beginning with a capital."""
    words: Any = _WORDS.get((kind, column))
    if words is None:
        field = _field(kind, part, column)
        words = field.verbose_name if field else column
    return str(capfirst(words))


_ORDER = {
    (tracked.kind, column.rstrip("!")): nth
    for tracked in TRACKED
    for nth, column in enumerate(tracked.columns)
}


def in_order(kind: str, column: str) -> int:
    """Where a field stands among those of its kind."""
    return _ORDER.get((kind, column), len(_ORDER))


def tracked_fields() -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields one can look for, by kind: `(label, [("kind:column", label)…])`."""
    groups: dict[str, list[tuple[str, str]]] = {kind: [] for kind in KINDS}
    for tracked in TRACKED:
        for column in (each.rstrip("!") for each in tracked.columns):
            if _field(tracked.kind, tracked.part, column):
                label = field_label(tracked.kind, tracked.part, column)
                groups[tracked.kind].append((f"{tracked.kind}:{column}", label))
    return [(str(KINDS[kind].label), fields) for kind, fields in groups.items()]


def referred_to(kind: str, part: str, column: str) -> type[models.Model] | None:
    """The model whose rows the values of a field are the ids of, if it is one with names."""
    field = _field(kind, part, column)
    model = field.related_model if field else None
    return model if model in _NAMING else None


def shown(kind: str, part: str, column: str, value: Any, names: Names) -> str:
    """A value as people read it, in their language; empty for none."""
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    model = referred_to(kind, part, column)
    if model is not None:
        return names.get((model, value), f"№ {value}")
    field = _field(kind, part, column)
    if field is None:
        return str(value)
    if isinstance(value, list):
        choices = dict(field.base_field.choices or ()) if isinstance(field, ArrayField) else {}
        return ", ".join(str(choices.get(each, each)) for each in value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DecimalField):
        places = field.decimal_places
        return number_format(Decimal(str(value)), decimal_pos=places, force_grouping=True)
    if isinstance(field, models.DateTimeField):
        moment = timezone.localtime(dt.datetime.fromisoformat(value))
        return date_format(moment, "SHORT_DATETIME_FORMAT")
    if isinstance(field, models.DateField):
        return date_format(dt.date.fromisoformat(value), "SHORT_DATE_FORMAT")
    return str(value)
