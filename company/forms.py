"""Forms of what an admin sets up: the company, its stores, its people."""

from __future__ import annotations

import dataclasses
import functools
import zoneinfo
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Company, Extension, Replacement, Store, User
from .policy_fields import (
    DaysField,
    extension_field,
    extension_months_field,
    replacement_days_field,
    replacement_field,
)
from .queries import roles_of, stores
from .rights import Role
from .setup import POLICY_FIELDS, STORE_FIELDS, has_numbers


class PoliciesForm(forms.ModelForm):
    """The company's name, currency and policies."""

    return_window_days = DaysField(
        label=_("Days to bring goods back"),
        help_text=_("Counted from the day after the sale; 0: no limit. A manager may exceed it."),
    )
    extension = extension_field()
    extension_months = extension_months_field()
    replacement = replacement_field()
    replacement_days = replacement_days_field()
    public_address = forms.URLField(
        label=_("Public address"),
        help_text=_(
            "Where customers reach this program, such as https://warranty.example.com. "
            "QR codes on cards lead there."
        ),
        max_length=120,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": _("Write an address such as https://warranty.example.com.")},
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = Company
        fields = POLICY_FIELDS
        widgets = {
            "currency": forms.TextInput(attrs={"class": "input--short", "autocomplete": "off"}),
            "lock_date": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean_lock_date(self) -> Any:
        day = self.cleaned_data["lock_date"]
        if day is not None and day > timezone.localdate():
            raise ValidationError(_("Not after today: nothing could be posted until then."))
        return day

    def clean_public_address(self) -> str:
        """Only where it is: QR codes get the path of a card after it."""
        address = str(self.cleaned_data["public_address"]).rstrip("/")
        if urlsplit(address).query or urlsplit(address).fragment:
            raise ValidationError(_("Without anything after ? or #: the card's own path follows."))
        if address and urlsplit(address).scheme not in {"http", "https"}:
            raise ValidationError(self.fields["public_address"].error_messages["invalid"])
        return address

    def clean_extension_months(self) -> int:
        """The months, needed by one policy only; the others leave them as they were."""
        return self._needed_by("extension", Extension.MONTHS, "extension_months")

    def clean_replacement_days(self) -> int:
        """The days, needed by one policy only; the others leave them as they were."""
        return self._needed_by("replacement", Replacement.AT_LEAST, "replacement_days")

    def _needed_by(self, choice: str, policy: str, field: str) -> int:
        number: int | None = self.cleaned_data[field]
        if number is not None:
            return number
        if self.cleaned_data.get(choice) == policy:
            raise ValidationError(self.fields[field].error_messages["required"])
        return int(getattr(Company.current(), field))


@functools.cache
def _time_zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class StoreForm(forms.ModelForm):
    """A store. Its prefix is closed once documents carry it."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=_time_zones)

    class Meta:
        model = Store
        fields = STORE_FIELDS
        widgets = {
            "prefix": forms.TextInput(attrs={"class": "serial input--short"}),
            "phone": forms.TextInput(attrs={"type": "tel", "class": "input--medium"}),
        }
        error_messages = {
            "name": {"unique": _("Another store has this name.")},
            "prefix": {"unique": _("Another store has this prefix.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("time_zone", Store._meta.get_field("time_zone").default)
        if has_numbers(self.instance.pk):
            self.fields["prefix"].disabled = True
            self.fields["prefix"].help_text = _("Documents carry this prefix: it stays.")

    def clean_prefix(self) -> str:
        return str(self.cleaned_data["prefix"]).upper()


@dataclasses.dataclass(frozen=True, slots=True)
class RoleBox:
    """One checkbox of the grid: a role in a store."""

    id: str
    value: str
    label: str
    checked: bool


class PersonForm(forms.ModelForm):
    """A person and their roles, as a grid of store × role."""

    full_name = forms.CharField(
        label=_("Full name"), max_length=150, required=False,
        help_text=_("As documents and cards name the person."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    roles = forms.MultipleChoiceField(
        label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = User
        fields = ("username", "email", "language", "is_admin")
        field_classes = {"username": UsernameField}
        labels = {"username": _("User name"), "email": _("E-mail")}
        help_texts = {
            "username": _("For signing in: letters, digits and @ . + - _"),
            "email": _("For links to choose a password; may be left empty."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stores = stores()
        self.fields["username"].widget.attrs |= {"autocomplete": "off", "autofocus": False}
        self.fields["roles"].choices = [  # type: ignore[attr-defined]
            (f"{store.pk}:{role.value}", role.label) for store in self.stores for role in Role
        ]
        if self.instance.pk is not None:
            self.initial["full_name"] = self.instance.get_full_name()
            held = roles_of(self.instance)
            self.initial["roles"] = [f"{store_id}:{role}" for store_id, role in held]

    def grid(self) -> list[tuple[Store, list[RoleBox]]]:
        """The grid's rows: a store and its boxes, one for each role."""
        chosen = {str(value) for value in self["roles"].value() or []}
        boxes = [
            RoleBox(id=f"id_roles_{number}", value=value, label=label, checked=value in chosen)
            for number, (value, label) in enumerate(self.fields["roles"].choices)  # type: ignore[attr-defined]
        ]
        wide = len(Role)
        return [
            (store, boxes[row * wide : (row + 1) * wide]) for row, store in enumerate(self.stores)
        ]

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        alike = User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk)
        if alike.exists():
            raise ValidationError(_("Another person has this name."))
        return name

    def clean_roles(self) -> set[tuple[int, str]]:
        pairs = (value.split(":") for value in self.cleaned_data["roles"])
        return {(int(store_id), role) for store_id, role in pairs}
