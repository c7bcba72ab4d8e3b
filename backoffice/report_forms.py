"""What the reports can be narrowed by; the choices stay in the URL."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from company.access import Access
from company.models import Store
from products.filters import LinkedProductField
from products.finding import product_ids
from products.models import Product

from .mismatches import Chosen, Mismatch

LONGEST_TEXT = 100
"""Characters of a filter's text; more is a slip of the clipboard."""


def day_field(label: Any) -> forms.DateField:
    """A day that may be left out."""
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


def text_field(label: Any, placeholder: Any) -> forms.CharField:
    """A text to look for, that may be left out."""
    return forms.CharField(
        label=label,
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.TextInput(
            attrs={"placeholder": placeholder, "autocomplete": "off", "spellcheck": "false"}
        ),
    )


class MismatchForm(forms.Form):
    """Store, kind of mismatch, product and days."""

    what = forms.ChoiceField(
        label=_("What is wrong"), choices=[("", _("All")), *Mismatch.choices], required=False
    )
    store = forms.ModelChoiceField(
        label=_("Store"), queryset=Store.objects.none(), empty_label=_("All"), required=False
    )
    product = text_field(_("Product"), _("SKU, barcode or name"))
    product_id = LinkedProductField(label=_("Product"), required=False)
    since = day_field(_("From"))
    until = day_field(_("Until"))

    def __init__(self, *args: Any, stores: QuerySet[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].queryset = stores  # type: ignore[attr-defined]
        if len(stores) < 2:
            del self.fields["store"]

    @property
    def set_count(self) -> int:
        """How many filters are set."""
        return sum(bool(self.data.get(name)) for name in self.fields)

    def chosen(self, access: Access) -> Chosen:
        """What to look for among the person's stores; in none when a filter makes no sense."""
        if not self.is_valid():
            return Chosen(stores=[])
        data = self.cleaned_data
        store = data.get("store")
        return Chosen(
            stores=[store.pk] if store else access.store_ids,
            own=access.store_ids,
            products=self._products(),
            what=data["what"] or None,
            since=data["since"],
            until=data["until"],
        )

    def _products(self) -> list[int] | None:
        """The products both filters leave; None for all."""
        text, linked = self.cleaned_data["product"], self.cleaned_data["product_id"]
        if not text:
            return [linked] if linked else None
        found = product_ids(text)
        return [pk for pk in found if pk == linked] if linked else found

    def linked_product(self) -> Product | None:
        """The product whose page led here."""
        pk = self.cleaned_data.get("product_id") if self.is_valid() else None
        return Product.objects.filter(pk=pk).first() if pk else None
