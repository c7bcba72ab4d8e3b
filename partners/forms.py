"""Forms of suppliers and customers, and the search above their lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Customer, Supplier


class SearchForm(forms.Form):
    """One box above a list."""

    q = forms.CharField(
        label=_("Search"),
        max_length=100,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def text(self) -> str:
        """What to look for: nothing when it won't do, which the form says."""
        return str(self.cleaned_data.get("q", "")) if self.is_valid() else ""


def _phone() -> forms.TextInput:
    return forms.TextInput(
        attrs={"type": "tel", "autocomplete": "off", "class": "input--medium"}
    )  # fmt: skip


class SupplierForm(forms.ModelForm):
    class Meta:
        model = Supplier
        fields = ("name", "phone", "email", "is_active")
        widgets = {"phone": _phone()}
        labels = {"is_active": _("In use: goods can be received from it")}
        error_messages = {"name": {"unique": _("Another supplier has this name.")}}


class CustomerForm(forms.ModelForm):
    """Also on the sale page, for a customer met at the till."""

    class Meta:
        model = Customer
        fields = ("name", "phone", "email")
        widgets = {"phone": _phone(), "email": forms.EmailInput(attrs={"autocomplete": "off"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "off"
