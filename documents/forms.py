"""What people type into documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from company.models import Store
from company.reading_tables import MOST_BYTES, too_large
from partners.models import Supplier

from .kinds import asks_reason, may_be_defective, spec_of
from .models import Document, Kind, Line


def _remember_what_was_shown(form: forms.BaseForm) -> None:
    """Send along what the page showed, so that only what a person changed is saved."""
    for field in form.fields.values():
        field.show_hidden_initial = True


class HeaderForm(forms.ModelForm):
    """The header of a draft; what a kind does not ask for is left out."""

    class Meta:
        model = Document
        fields = ("effective_on", "supplier", "is_opening", "to_store", "note")
        widgets = {"effective_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effective_on"].help_text = _("Empty: the day it is posted.")
        spec = spec_of(self.instance.kind)
        if spec.partner != "supplier":
            del self.fields["supplier"]
        else:
            self.fields["supplier"] = forms.ModelChoiceField(
                Supplier.objects.filter(is_active=True),
                label=_("Supplier"),
                required=False,
                empty_label=_("Choose…"),
            )
            self.fields["supplier"].widget.attrs["data-shortcut"] = "F4"
        if not spec.brings_in:
            del self.fields["is_opening"]
        if spec.kind != Kind.TRANSFER:
            del self.fields["to_store"]
        else:
            others = Store.objects.active().exclude(pk=self.instance.store_id)
            self.fields["to_store"] = forms.ModelChoiceField(
                others, label=_("To store"), required=False, empty_label=_("Choose…")
            )
            self.fields["to_store"].widget.attrs["data-shortcut"] = "F4"
        if spec.kind == Kind.IDENTIFICATION:
            del self.fields["effective_on"]
        _remember_what_was_shown(self)


class LineForm(forms.ModelForm):
    """The numbers of one line."""

    class Meta:
        model = Line
        fields = ("quantity", "unit_price", "remark", "is_defective")
        error_messages = {
            "quantity": {
                "invalid": _("Write the quantity as a whole number."),
                "max_value": _("At most %(limit_value)s pieces fit on a line."),
                "min_value": _("A line has at least one piece."),
                "required": _("Write how many."),
            },
            "unit_price": {
                "invalid": _("Write the price as a number."),
                "min_value": _("A price is not negative."),
                "required": _("Write the price, or 0."),
            },
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", f"line-{kwargs['instance'].pk}")
        super().__init__(*args, **kwargs)
        for name, mode in (("quantity", "numeric"), ("unit_price", "decimal")):
            self.fields[name].widget = forms.TextInput(
                attrs={"inputmode": mode, "class": "num", "autocomplete": "off"}
            )
        spec = spec_of(self.instance.document.kind)
        if not spec.has_prices:
            del self.fields["unit_price"]
        if asks_reason(spec, self.instance.origin):
            self.fields["remark"].label = _("reason")
        if not may_be_defective(spec, self.instance):
            del self.fields["is_defective"]
        _remember_what_was_shown(self)


class AnyText(forms.CharField):
    """Text as a scanner or a spreadsheet gives it; control characters are dropped later on."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.validators = [
            one for one in self.validators if not isinstance(one, ProhibitNullCharactersValidator)
        ]


class ScanForm(forms.Form):
    """One scan: its text, its name, and the answer to a question about it."""

    scan = AnyText(required=False)
    nonce = forms.UUIDField(required=False)
    product = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    as_serial = forms.BooleanField(required=False)
    origin = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    acknowledge = forms.BooleanField(required=False)
    only_one = forms.BooleanField(required=False)


def read_scan(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was scanned; a forged name or answer counts as none, the scan itself is kept."""
    form = ScanForm(data)
    form.full_clean()
    return {name: form.cleaned_data.get(name) for name in form.fields} | {
        "scan": str(data.get("scan", ""))
    }


class PasteForm(forms.Form):
    """A column of serials."""

    serials = AnyText(
        label=_("Serials, one in a line"),
        widget=forms.Textarea(attrs={"rows": 6, "class": "serial", "spellcheck": "false"}),
    )


class RangeForm(forms.Form):
    """The two ends of a range of serials; what is wrong with them `documents.ranges` says."""

    first = AnyText(label=pgettext_lazy("first of a range", "From"), required=False)
    last = AnyText(label=pgettext_lazy("last of a range", "To"), required=False)

    def __init__(self, data: Mapping[str, Any], *, line_pk: int) -> None:
        super().__init__(data, auto_id=f"range-{line_pk}-%s")
        for field in self.fields.values():
            field.widget = forms.TextInput(
                attrs={
                    "class": "serial input--medium",
                    "autocomplete": "off",
                    "spellcheck": "false",
                }
            )


class FileForm(forms.Form):
    """A list of serials as a file."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("TXT, CSV or XLSX, up to 5 MB."),
        error_messages={
            "required": _("Choose the file first."),
            "empty": _("The file is empty."),
        },
        widget=forms.FileInput(attrs={"accept": ".txt,.csv,.xlsx"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size and file.size > MOST_BYTES:
            raise forms.ValidationError(too_large())
        return file


class ReasonForm(forms.Form):
    """Why something unusual is done."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        error_messages={"required": _("Give the reason.")},
    )
