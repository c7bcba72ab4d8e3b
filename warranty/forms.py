"""What is asked when cards are printed."""

from __future__ import annotations

from django import forms

from products.models import Paper

from .models import Card


class PrintForm(forms.Form):
    """Which cards to print and on what; nothing means all of the sale, each on its own paper."""

    cards = forms.ModelMultipleChoiceField(Card.objects.all(), required=False)
    paper = forms.ChoiceField(choices=[("", ""), *Paper.choices], required=False)
