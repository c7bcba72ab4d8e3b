"""What people type into counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.forms import AnyText
from documents.models import MOST_PIECES
from products.models import Product, ProductType

from .models import Scope

LARGEST_KEY = 2**63 - 1


class ScanForm(forms.Form):
    """One scan: its text, its name, the product chosen last, and the answer to a question."""

    scan = AnyText(required=False)
    nonce = forms.UUIDField(required=False)
    context = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_KEY)
    product = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_KEY)
    as_serial = forms.BooleanField(required=False)


def read_scan(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was scanned; a forged name or answer counts as none, the scan itself is kept."""
    form = ScanForm(data)
    form.full_clean()
    return {name: form.cleaned_data.get(name) for name in form.fields} | {
        "scan": str(data.get("scan", ""))
    }


class TotalForm(forms.Form):
    """How many pieces there are of a product without serials."""

    product = forms.IntegerField(min_value=1, max_value=LARGEST_KEY)
    is_defective = forms.BooleanField(required=False)
    nonce = forms.UUIDField(required=False)
    quantity = forms.IntegerField(
        label=_("Pieces"),
        min_value=0,
        max_value=MOST_PIECES,
        error_messages={
            "required": _("Write how many pieces there are, or 0."),
            "invalid": _("Write the number of pieces as a whole number."),
            "min_value": _("There are never fewer than no pieces."),
            "max_value": _("At most %(limit_value)s pieces of a product are counted."),
        },
    )


_WHAT_IT_COUNTS = {
    Scope.ALL: _("Every unit and every piece that lies in the store."),
    Scope.TYPE: _("All products of one type, for example all phones."),
    Scope.PRODUCTS: _("Only the products you choose."),
}


class ScopeCards(forms.RadioSelect):
    """What may be counted, as choice cards, each with its sentence."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["text"] = _WHAT_IT_COUNTS[Scope(option["value"])]
        return option


class StartForm(forms.Form):
    """What a new count is about. `search` is what products are looked for by."""

    scope = forms.ChoiceField(
        label=_("What is counted"),
        choices=[
            (Scope.ALL, _("Everything")),
            (Scope.TYPE, _("One product type")),
            (Scope.PRODUCTS, _("Chosen products")),
        ],
        initial=Scope.ALL,
        widget=ScopeCards,
    )
    product_type = forms.ModelChoiceField(
        ProductType.objects.all(),
        label=_("Product type"),
        required=False,
        empty_label=_("Choose…"),
    )
    products = forms.ModelMultipleChoiceField(
        Product.objects.all(), label=_("Products"), required=False
    )
    search = forms.CharField(
        label=_("Find products"),
        required=False,
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
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=400,
        help_text=_("Why it is counted, who ordered it. May stay empty."),
    )
