"""The filters of the list of documents; the URL keeps what was chosen."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from company.access import Access
from company.models import Store, User
from partners.models import Customer, Supplier
from products.filters import LinkedProductField
from products.finding import product_ids
from products.models import Product
from serials.models import Serial
from serials.text import LONGEST, serial_key

from .models import Document, DocumentQuerySet, Kind, Line, LineSerial, Status

LONGEST_TEXT = 100
"""Characters of a filter's text; more is a slip of the clipboard."""
MOST_CUSTOMERS = 1_000
"""Customers whose keys are looked up one by one; a text that fits more fits very many."""


def _typed(hint: object) -> forms.TextInput:
    return forms.TextInput(
        attrs={"placeholder": hint, "autocomplete": "off", "spellcheck": "false"}
    )


def _day(label: object, comparison: str) -> django_filters.DateFilter:
    return django_filters.DateFilter(
        label=label,
        field_name="effective_on",
        lookup_expr=comparison,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class LinkedProductFilter(django_filters.Filter):
    field_class = LinkedProductField


class DocumentFilter(django_filters.FilterSet):
    """By number, kind, state, store, days, partner, product, serial and author.

    Each filter narrows by keys that an index finds, so that the cost follows what fits and not
    what is kept; migration 0004 has the indexes that only this list needs. Texts are turned into
    the keys of products and partners first: of keys PostgreSQL knows how often each occurs, of a
    query for texts it can only guess, and guessed a second wrong for 200,000 documents.
    """

    q = django_filters.CharFilter(
        label=_("Number"),
        field_name="number",
        lookup_expr="icontains",
        max_length=LONGEST_TEXT,
        widget=_typed(_("Whole or part")),
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Kind.choices, empty_label=_("All"))
    status = django_filters.ChoiceFilter(
        label=_("State"), choices=Status.choices, empty_label=_("All")
    )
    store = django_filters.ModelChoiceFilter(
        label=_("Store"), queryset=Store.objects.none(), empty_label=_("All"), method="of_store"
    )
    since = _day(_("From"), "gte")
    until = _day(_("Until"), "lte")
    partner = django_filters.CharFilter(
        label=_("Partner"),
        method="of_partner",
        max_length=LONGEST_TEXT,
        widget=_typed(_("Name or phone")),
    )
    product = django_filters.CharFilter(
        label=_("Product"),
        method="of_product",
        max_length=LONGEST_TEXT,
        widget=_typed(_("SKU, barcode or name")),
    )
    product_id = LinkedProductFilter(label=_("Product"), method="of_product_id")
    serial = django_filters.CharFilter(
        label=_("Serial number"),
        method="with_serial",
        max_length=LONGEST_TEXT,
        widget=_typed(_("Whole number")),
    )
    author = django_filters.ModelChoiceFilter(
        label=_("Author"), queryset=User.objects.none(), empty_label=_("All")
    )

    class Meta:
        model = Document
        fields = (
            "q", "kind", "status", "store", "since", "until", "partner", "product", "product_id",
            "serial", "author",
        )  # fmt: skip

    def __init__(self, *args: Any, stores: QuerySet[Store], access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["store"].queryset = stores
        self.filters["author"].queryset = authors(access)
        if len(stores) < 2:
            del self.filters["store"]

    @property
    def found(self) -> DocumentQuerySet:
        """What fits; nothing when a filter makes no sense, which its field then says."""
        found: DocumentQuerySet = self.qs if self.is_valid() else self.queryset.none()
        return found

    @property
    def chosen(self) -> int:
        """How many filters are set, the kind apart: the pages of sales and receipts are that."""
        return sum(bool(self.data.get(name)) for name in self.filters if name != "kind")

    def linked_product(self) -> Product | None:
        """The product whose page led here."""
        pk = self.form.cleaned_data.get("product_id") if self.is_valid() else None
        return Product.objects.filter(pk=pk).first() if pk else None

    def of_store(self, queryset: DocumentQuerySet, name: str, value: Store) -> DocumentQuerySet:
        """Documents of the store, and transfers sent to it."""
        return queryset.filter(Q(store=value) | Q(~Q(status=Status.DRAFT), to_store=value))

    def of_partner(self, queryset: DocumentQuerySet, name: str, value: str) -> DocumentQuerySet:
        """Documents with a customer or supplier the text is about."""
        customers, suppliers = Customer.objects.fitting(value), Supplier.objects.fitting(value)
        few = _keys(customers, most=MOST_CUSTOMERS + 1)
        if len(few) <= MOST_CUSTOMERS:
            return queryset.filter(Q(customer__in=few) | Q(supplier__in=_keys(suppliers)))
        # So many that the newest documents have some: PostgreSQL looks at these one by one.
        return queryset.filter(
            Q(customer__in=customers.values("pk")) | Q(supplier__in=suppliers.values("pk"))
        )

    def of_product(self, queryset: DocumentQuerySet, name: str, value: str) -> DocumentQuerySet:
        """Documents with the product of this SKU or barcode; if none, with those named so."""
        return _with_products(queryset, product_ids(value))

    def of_product_id(self, queryset: DocumentQuerySet, name: str, value: int) -> DocumentQuerySet:
        """Documents with the product a page links from."""
        return _with_products(queryset, [value])

    def with_serial(self, queryset: DocumentQuerySet, name: str, value: str) -> DocumentQuerySet:
        """Documents with this serial, however it is spelled, or with the unit it is a number of."""
        key = serial_key(value)
        if not key or len(key) > LONGEST:
            return queryset.none()
        called = Serial.objects.called(key).values_list("key", flat=True)
        entered = LineSerial.objects.filter(key__in={key, *called})
        return queryset.filter(pk__in=entered.values("document"))


def _with_products(queryset: DocumentQuerySet, products: list[int]) -> DocumentQuerySet:
    lines = Line.objects.filter(product__in=products)
    return queryset.filter(pk__in=lines.values("document"))


def _keys(found: QuerySet[Any], *, most: int | None = None) -> list[int]:
    return list(found.order_by().values_list("pk", flat=True)[:most])


def authors(access: Access) -> QuerySet[User]:
    """The people who made a document in one of the person's stores, also those who have left."""
    own = Document.objects.filter(author=OuterRef("pk"), store_id__in=access.store_ids)
    return User.objects.filter(Exists(own))
