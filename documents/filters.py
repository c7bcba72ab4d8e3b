"""The filters of the list of documents."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from company.models import Store

from .models import Document, Kind, Status


class DocumentFilter(django_filters.FilterSet):
    """By number, kind, state, store and days; the URL keeps what was chosen."""

    q = django_filters.CharFilter(label=_("Number"), field_name="number", lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Kind.choices, empty_label=_("All"))
    status = django_filters.ChoiceFilter(
        label=_("State"), choices=Status.choices, empty_label=_("All")
    )
    store = django_filters.ModelChoiceFilter(
        label=_("Store"), queryset=Store.objects.none(), empty_label=_("All")
    )
    since = django_filters.DateFilter(
        label=_("From"),
        field_name="effective_on",
        lookup_expr="gte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = django_filters.DateFilter(
        label=_("Until"),
        field_name="effective_on",
        lookup_expr="lte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    class Meta:
        model = Document
        fields = ("q", "kind", "status", "store", "since", "until")

    def __init__(self, *args: Any, stores: QuerySet[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["store"].queryset = stores
        if len(stores) < 2:
            del self.filters["store"]
