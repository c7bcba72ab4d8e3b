"""What the reports of warranties can be narrowed by; the choices stay in the URL."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dateutil.relativedelta import relativedelta
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from company.access import Access
from company.models import Store
from company.rights import Right
from partners.models import Supplier
from partners.queries import find_customers
from products.finding import product_ids
from products.models import Product, ProductType

from . import claims_report, under_warranty
from .report_forms import day_field, text_field

MOST_CUSTOMERS = 200
LONGEST_WITHIN = 36_500


class _OfGoods(forms.Form):
    """Store, product and type; the store only where there is a choice."""

    store = forms.ModelChoiceField(
        label=_("Store"), queryset=Store.objects.none(), empty_label=_("All"), required=False
    )
    product = text_field(_("Product"), _("SKU, barcode or name"))
    type = forms.ModelChoiceField(
        label=_("Type"), queryset=ProductType.objects.all(), empty_label=_("All"), required=False
    )

    def __init__(self, *args: Any, stores: QuerySet[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].queryset = stores  # type: ignore[attr-defined]
        if len(stores) < 2:
            del self.fields["store"]

    @property
    def set_count(self) -> int:
        """How many filters are set."""
        return sum(bool(self.data.get(name)) for name in self.fields)

    def stores(self, access: Access) -> list[int]:
        """The stores whose reports the person reads, or the chosen one of them."""
        own = [pk for pk in access.store_ids if access.can(Right.REPORTS, pk)]
        store = self.cleaned_data.get("store")
        return [pk for pk in own if store is None or pk == store.pk]

    def products(self) -> list[int] | None:
        """The products that the text and the type leave; None for all."""
        text, kind = self.cleaned_data["product"], self.cleaned_data["type"]
        if kind is None:
            return product_ids(text) if text else None
        found = Product.objects.filter(type=kind)
        if text:
            found = found.filter(pk__in=product_ids(text))
        return list(found.values_list("pk", flat=True))


class UnderWarrantyForm(_OfGoods):
    """Also the customer, the state, and in how many days the warranty ends."""

    customer = text_field(_("Customer"), _("Name or phone"))
    show = forms.ChoiceField(
        label=_("State"), choices=under_warranty.Showing.choices, required=False
    )
    within = forms.IntegerField(
        label=_("Ends within days"),
        required=False,
        min_value=0,
        max_value=LONGEST_WITHIN,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num", "size": 4}),
    )
    field_order = ("show", "within", "store", "product", "type", "customer")

    @property
    def set_count(self) -> int:
        return super().set_count - (self.data.get("show") == under_warranty.Showing.COVERED)

    def chosen(self, access: Access, *, today: dt.date) -> under_warranty.Chosen:
        """What to show; nothing when a filter makes no sense."""
        if not self.is_valid():
            return under_warranty.Chosen(stores=[], today=today)
        data = self.cleaned_data
        customers = None
        if data["customer"]:
            found = find_customers(data["customer"], limit=MOST_CUSTOMERS)
            customers = [customer.pk for customer in found]
        return under_warranty.Chosen(
            stores=self.stores(access),
            today=today,
            products=self.products(),
            customers=customers,
            showing=data["show"] or under_warranty.Showing.COVERED,
            within=data["within"],
        )


DEFAULT_MONTHS = 12


class ClaimsForm(_OfGoods):
    """Also the days, and the supplier; a year up to today unless other days are chosen."""

    since = day_field(_("From"))
    until = day_field(_("Until"))
    supplier = forms.ModelChoiceField(
        label=_("Supplier"), queryset=Supplier.objects.all(), empty_label=_("All"), required=False
    )
    field_order = ("since", "until", "store", "product", "type", "supplier")

    def clean(self) -> dict[str, Any]:
        """Days in their order."""
        data: dict[str, Any] = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first one."))
        return data

    def chosen(self, access: Access, *, today: dt.date) -> claims_report.Chosen:
        """What to count; nothing when a filter makes no sense."""
        if not self.is_valid():
            return claims_report.Chosen(stores=[], own=[], since=today, until=today, today=today)
        data = self.cleaned_data
        until = data["until"] or max(today, data["since"] or today)
        supplier = data["supplier"]
        return claims_report.Chosen(
            stores=self.stores(access),
            own=access.store_ids,
            since=data["since"] or _a_year_before(until),
            until=until,
            today=today,
            products=self.products(),
            supplier=supplier.pk if supplier else None,
        )


def _a_year_before(day: dt.date) -> dt.date:
    """The day after that of a year before, so that both together are twelve months."""
    if day.year <= dt.MINYEAR + 1:
        return dt.date.min
    return day - relativedelta(months=DEFAULT_MONTHS) + dt.timedelta(days=1)
