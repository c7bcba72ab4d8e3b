"""Forms of products and product types: what the fields ask, and the words when an answer won't do.

The forms only read and check; `saving` writes, under lock, and PostgreSQL has the last word.
"""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from company.models import Company, Extension, Replacement
from company.policy_fields import (
    extension_field,
    extension_months_field,
    replacement_days_field,
    replacement_field,
)

from .models import Period, PeriodUnit, Product, ProductType, SerialFormat
from .modes import WHAT_IT_ASKS, Mode, closed_modes
from .queries import names_taken
from .saving import PRODUCT_FIELDS, TYPE_FIELDS, differences


class ModeCards(forms.RadioSelect):
    """The four modes as choice cards, each with its sentence; `closed` ones can't be chosen."""

    closed: frozenset[str] = frozenset()

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["text"] = WHAT_IT_ASKS[Mode(option["value"])]
        if option["value"] in self.closed:
            option["attrs"]["disabled"] = True
        return option


class MoneyField(forms.DecimalField):
    """An amount, with a comma or a point before the cents and blanks between the thousands."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"\s", "", value).replace(",", ".")
        return super().to_python(value)


def _unit_field(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=PeriodUnit.choices,
        required=False,
        widget=forms.Select(attrs={"aria-label": label}),
    )


class PeriodForm(forms.ModelForm):
    """The warranty to the customer, and the supplier's to us.

    A period is a number and its unit; without the number there is no period.
    """

    period_unit = _unit_field(_("Unit of the period"))
    supplier_period_unit = _unit_field(_("Unit of the supplier's warranty"))

    periods = ("period", "supplier_period")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for period in self.periods:
            if not self.initial.get(f"{period}_unit"):
                self.initial[f"{period}_unit"] = PeriodUnit.MONTHS
            self.fields[f"{period}_count"].widget = forms.TextInput(
                attrs={"inputmode": "numeric", "class": "num", "autocomplete": "off"}
            )

    def clean(self) -> dict[str, Any]:
        super().clean()
        for period in self.periods:
            count, unit = f"{period}_count", f"{period}_unit"
            if not self.has_error(count) and not self.has_error(unit):
                self._clean_period(count, unit)
        return self.cleaned_data

    def _clean_period(self, count_field: str, unit_field: str) -> None:
        count = self.cleaned_data.get(count_field)
        if count is None:
            self.cleaned_data[unit_field] = ""
            return
        unit = self.cleaned_data[unit_field] = (
            self.cleaned_data.get(unit_field) or PeriodUnit.MONTHS
        )
        if fault := Period(count, unit).fault:
            self.add_error(count_field, fault)

    def validate_constraints(self) -> None:
        """Left to `clean`, which names the field, and to PostgreSQL."""


class ProductForm(PeriodForm):
    """A product. `version` is the one the person saw: see `saving.save_product`."""

    price = MoneyField(
        label=_("Price"),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        initial=0,
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"}
        ),
    )
    version = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput
    )

    class Meta:
        model = Product
        fields = PRODUCT_FIELDS
        widgets = {
            "mode": ModeCards,
            "sku": forms.TextInput(
                attrs={"class": "serial", "autocomplete": "off", "spellcheck": "false"}
            ),
            "barcode": forms.TextInput(
                attrs={
                    "class": "serial input--medium",
                    "inputmode": "numeric",
                    "autocomplete": "off",
                }
            ),
        }
        labels = {"mode": _("Accounting"), "is_active": _("In use: can be received and sold")}

    def __init__(self, *args: Any, mode_stays: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meanwhile: list[str] = []
        self.initial["version"] = self.instance.version
        if self.instance.pk is None:
            self._bring_defaults_of_type()
        elif mode_stays:
            cards = self.fields["mode"].widget
            cards.closed = closed_modes(self.instance.mode)

    def _bring_defaults_of_type(self) -> None:
        """Another type chosen: fetch what it proposes, in place of the accounting on the page."""
        kind = self.fields["type"]
        kind.empty_label = None  # type: ignore[attr-defined]
        kind.widget.attrs |= {
            "hx-get": reverse("products:new"),
            "hx-target": "#accounting",
            "hx-select": "#accounting",
            "hx-swap": "outerHTML",
        }

    def clean(self) -> dict[str, Any]:
        super().clean()
        taken = names_taken(
            sku=self.cleaned_data.get("sku", ""),
            barcode=self.cleaned_data.get("barcode", ""),
            but=self.instance.pk,
        )
        if name := taken.get("sku"):
            self.add_error("sku", _("“%(name)s” has this SKU already.") % {"name": name})
        if name := taken.get("barcode"):
            self.add_error("barcode", _("“%(name)s” has this barcode already.") % {"name": name})
        return self.cleaned_data

    def show_meanwhile(self, current: Product) -> None:
        """Say what somebody else saved; the form keeps its values and takes the new version."""
        self.meanwhile = [
            str(
                _(
                    "Somebody saved this product while you were editing it. Look at the "
                    "differences; saving again keeps what you have in the form."
                )
            )
        ]
        for field in differences(current, self.cleaned_data):
            self.meanwhile.append(
                _("%(field)s: in your form %(yours)s → now in the database %(now)s")
                % {
                    "field": self.fields[field].label,
                    "yours": _in_words(field, self.cleaned_data[field]),
                    "now": _in_words(field, getattr(current, field)),
                }
            )
        self.data = {**self.data.dict(), "version": str(current.version)}  # type: ignore[attr-defined]


def _in_words(field: str, value: Any) -> str:
    """A field's value in a sentence."""
    if field == "mode":
        return f"“{Mode(value).label}”"
    if field.endswith("period_unit"):
        return str(PeriodUnit(value).label) if value else str(_("none"))
    if field == "is_active":
        return str(_("yes") if value else _("no"))
    if field in {"price", "period_count", "supplier_period_count"}:
        return str(_("none")) if value is None else number_format(value)
    return f"“{value}”" if value else str(_("none"))


class ProductTypeForm(PeriodForm):
    """A product type: the defaults of its products, its policies, the card, its serials' look."""

    extension = extension_field(
        choices=[("", _("As the company does")), *Extension.choices], required=False
    )
    extension_months = extension_months_field()
    replacement = replacement_field(
        choices=[("", _("As the company does")), *Replacement.choices], required=False
    )
    replacement_days = replacement_days_field()

    class Meta:
        model = ProductType
        fields = TYPE_FIELDS
        widgets = {
            "default_mode": ModeCards,
            "serial_mask": forms.TextInput(
                attrs={"class": "serial input--medium", "autocomplete": "off"}
            ),
        }
        labels = {"default_mode": _("Accounting of new products")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company = Company.current()
        for field, policy in (
            ("extension", company.get_extension_display()),
            ("replacement", company.get_replacement_display()),
        ):
            cards = self.fields[field].widget
            cards.company_does = _("Today: %(policy)s.") % {"policy": policy}

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._clean_policy("extension", Extension.MONTHS, "extension_months")
        self._clean_policy("replacement", Replacement.AT_LEAST, "replacement_days")
        data = self.cleaned_data
        if data.get("serial_format") != SerialFormat.MASK:
            return data
        if not data.get("serial_mask") and not self.has_error("serial_mask"):
            self.add_error("serial_mask", _("Write the mask, or choose another format."))
        return data

    def _clean_policy(self, choice: str, policy: str, number: str) -> None:
        """A number that one policy needs; the others have none."""
        if self.has_error(choice) or self.has_error(number):
            return
        if self.cleaned_data.get(choice) != policy:
            self.cleaned_data[number] = None
        elif self.cleaned_data.get(number) is None:
            self.add_error(number, self.fields[number].error_messages["required"])
