"""Kinds of fields that the forms of repairs are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.db import models
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from company.models import User

from .models import Repair
from .pictures import ACCEPTED


class Cards(forms.RadioSelect):
    """Radio buttons as choice cards: `texts` has the sentence of each value."""

    texts: dict[str, object]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.texts = {}

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["text"] = self.texts.get(str(option["value"]), "")
        return option


class Money(forms.DecimalField):
    """An amount of the company's currency."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(
            attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"}
        )
        kwargs.setdefault(
            "error_messages",
            {"required": _("Enter the price."), "invalid": _("Write the price as a number.")},
        )
        super().__init__(max_digits=12, decimal_places=2, widget=widget, localize=True, **kwargs)


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Some files, or none: what each of them is, `photos.read_pictures` looks at."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", SeveralFiles(attrs={"multiple": True, "accept": ACCEPTED}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = [file for file in (data or []) if file]
        if not files and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return files


def text_of(field: str, *, rows: int, required: bool = False, **more: Any) -> forms.CharField:
    model = cast(models.TextField, Repair._meta.get_field(field))
    return forms.CharField(
        label=capfirst(model.verbose_name),
        max_length=model.max_length,
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
        **more,
    )


def offer(form: forms.BaseForm, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
    """The choices of a field that are not known before the form is made."""
    cast(forms.ChoiceField, form.fields[name]).choices = list(choices)


def look_among(form: forms.BaseForm, name: str, rows: QuerySet[Any]) -> None:
    """The rows that a field of a form chooses from."""
    cast(forms.ModelChoiceField, form.fields[name]).queryset = rows


def date_field(**more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(required=False, widget=widget, **more)


class TechnicianField(forms.ModelChoiceField):
    """Who works on it, or nobody yet."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            User.objects.none(),
            label=_("Technician"),
            required=False,
            empty_label=_("Nobody yet"),
            **kwargs,
        )
