"""Widgets are drawn as Django's own templates draw them."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.utils.safestring import mark_safe

from company.widgets import Renderer

NASTY = "<b> & \"quoted\" 'single'"


class Everything(forms.Form):
    text = forms.CharField(required=False, widget=forms.TextInput(attrs={"class": NASTY}))
    whole = forms.IntegerField(min_value=1, localize=True)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date", "readonly": True}))
    mail = forms.EmailField(max_length=9)
    secret = forms.CharField(widget=forms.PasswordInput)
    hidden = forms.CharField(widget=forms.HiddenInput)
    one = forms.ChoiceField(
        choices=[
            ("", "---"),
            (1234, NASTY),
            ("Group <1>", [("a", mark_safe("A &amp; B")), ("b", "B")]),
        ]
    )
    several = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")])
    maybe = forms.NullBooleanField(disabled=True)
    ticked = forms.BooleanField()
    long = forms.CharField(widget=forms.Textarea)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {
            "text": NASTY, "whole": "12345", "day": "2026-11-29", "mail": "x", "secret": "y",
            "hidden": NASTY, "one": "1234", "several": ["a", "b"], "maybe": "true", "ticked": "on",
        },
    ],
)  # fmt: skip
def test_every_widget_is_as_django_draws_it(data: dict[str, object] | None) -> None:
    initial = {"day": dt.date(2026, 11, 29), "whole": 1234567, "one": "a", "several": ["b"]}
    ours = Everything(data, initial=initial, renderer=Renderer())
    theirs = Everything(data, initial=initial, renderer=DjangoTemplates())
    for field in ours:
        without_empty_lines = re.sub(r"\n\s*\n", "\n", str(theirs[field.name]))
        assert str(field) == without_empty_lines, field.name


def test_it_is_the_one_that_forms_use() -> None:
    assert isinstance(get_default_renderer(), Renderer)
