"""What the product list can be narrowed by; the choices stay in the URL."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from company.parameters import whole_number

from .models import Product, ProductQuerySet, ProductType
from .modes import Mode


class ProductFilter(django_filters.FilterSet):
    """Text, type, accounting, and whether the product is in use (it is, unless asked)."""

    q = django_filters.CharFilter(
        method="search",
        label=_("Search"),
        max_length=100,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": _("Name, SKU or barcode"),
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    type = django_filters.ModelChoiceFilter(
        queryset=ProductType.objects.all(), label=_("Type"), empty_label=_("All types")
    )
    mode = django_filters.ChoiceFilter(
        choices=Mode.choices, label=_("Accounting"), empty_label=_("All")
    )
    active = django_filters.ChoiceFilter(
        choices=[("no", _("Not in use")), ("all", _("All"))],
        label=_("State"),
        empty_label=_("In use"),
        method="in_use",
    )

    class Meta:
        model = Product
        fields = ["q", "type", "mode", "active"]

    def search(self, queryset: ProductQuerySet, name: str, value: str) -> ProductQuerySet:
        """Products that have every word of the text in their name, SKU or barcode."""
        return queryset.having_words(value)

    def in_use(self, queryset: ProductQuerySet, name: str, value: str) -> ProductQuerySet:
        """Only called for an answer other than “in use”; see `filter_queryset`."""
        return queryset.filter(is_active=False) if value == "no" else queryset

    def filter_queryset(self, queryset: ProductQuerySet) -> ProductQuerySet:
        found: ProductQuerySet = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("active") else found.filter(is_active=True)


class LinkedProductField(forms.CharField):
    """The product whose page led to a list, by key; a forged one is refused in words."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int | None:
        """The key as a number; None for nothing."""
        text = super().clean(value)
        number = whole_number(text)
        if text and number is None:
            raise forms.ValidationError(_("There is no such product."), code="invalid")
        return number
