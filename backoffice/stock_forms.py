"""What the stock by serial can be narrowed by; the choices stay in the URL."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from company.access import Access
from company.models import Store
from products.filters import LinkedProductField
from products.finding import product_ids
from products.models import Product, ProductType
from serials.models import PlaceKind
from serials.text import LONGEST, serial_key

from .report_forms import day_field, text_field
from .stock_choice import KINDS, Chosen, Showing, Warranty

OLDEST = 36_500
"""Days: a hundred years."""
_SOLD = frozenset({Warranty.COVERED, Warranty.OVER})


class StockForm(forms.Form):
    """Serial, product, type, store, state, age, warranty, and the day it is all of."""

    q = text_field(_("Serial number"), _("Or last 4"))
    state = forms.ChoiceField(label=_("State"), choices=Showing.choices, required=False)
    store = forms.ModelChoiceField(
        label=_("Store"), queryset=Store.objects.none(), empty_label=_("All"), required=False
    )
    product = text_field(_("Product"), _("SKU, barcode or name"))
    product_id = LinkedProductField(label=_("Product"), required=False)
    type = forms.ModelChoiceField(
        label=_("Type"), queryset=ProductType.objects.all(), empty_label=_("All"), required=False
    )
    older_than = forms.IntegerField(
        label=_("Age over, days"),
        required=False,
        min_value=0,
        max_value=OLDEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num", "size": 4}),
    )
    warranty = forms.ChoiceField(
        label=_("Warranty"), choices=[("", _("All")), *Warranty.choices], required=False
    )
    on = day_field(_("As of the end of"))

    def __init__(
        self, data: QueryDict, *, stores: QuerySet[Store], today: dt.date, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self._today = today
        self.fields["store"].queryset = stores  # type: ignore[attr-defined]
        self.fields["on"].widget.attrs["max"] = today.isoformat()
        if len(stores) < 2:
            del self.fields["store"]

    def clean_on(self) -> dt.date | None:
        """The day, which has begun; today is as good as none."""
        day: dt.date | None = self.cleaned_data["on"]
        if day is not None and day > self._today:
            raise forms.ValidationError(_("This day has not come yet."), code="future")
        return None if day == self._today else day

    @property
    def set_count(self) -> int:
        """How many filters are set."""
        return sum(bool(self.data.get(name)) for name in self.fields)

    def chosen(self, access: Access) -> Chosen:
        """The units to show of the person's stores; none when a filter makes no sense."""
        if not self.is_valid():
            return Chosen(stores=[], day=self._today, kinds=frozenset())
        data = self.cleaned_data
        store = data.get("store")
        stores = [store.pk] if store else list(access.store_ids)
        text = serial_key(data["q"])
        if len(text) > LONGEST:
            return Chosen(stores=[], day=self._today, kinds=frozenset())
        return Chosen(
            stores=stores,
            own=access.store_ids,
            day=data["on"] or self._today,
            is_past=data["on"] is not None,
            everywhere=set(stores) == set(Store.objects.values_list("pk", flat=True)),
            kinds=self._kinds(),
            products=self._products(),
            text=text,
            older_than=data["older_than"],
            warranty=data["warranty"],
        )

    def _kinds(self) -> frozenset[PlaceKind]:
        """The places of the state; where only a warranty of what is sold is asked for, those."""
        state = self.cleaned_data["state"]
        if not state and self.cleaned_data["warranty"] in _SOLD:
            return KINDS[Showing.SOLD]
        return KINDS[state]

    def _products(self) -> list[int] | None:
        """The products that text, type and link leave; None for all."""
        text, kind = self.cleaned_data["product"], self.cleaned_data["type"]
        linked = self.cleaned_data["product_id"]
        if kind is None and not text:
            return [linked] if linked else None
        found = Product.objects.all()
        if kind is not None:
            found = found.filter(type=kind)
        if text:
            found = found.filter(pk__in=product_ids(text))
        if linked:
            found = found.filter(pk=linked)
        return sorted(found.values_list("pk", flat=True))

    def linked_product(self) -> Product | None:
        """The product whose page led here."""
        pk = self.cleaned_data.get("product_id") if self.is_valid() else None
        return Product.objects.filter(pk=pk).first() if pk else None
