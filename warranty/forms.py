"""What is asked when cards are printed, and when their end is changed."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from products.models import Paper

from .models import Card


class PrintForm(forms.Form):
    """Which cards to print and on what; nothing means all of the sale, each on its own paper."""

    cards = forms.ModelMultipleChoiceField(Card.objects.all(), required=False)
    paper = forms.ChoiceField(choices=[("", ""), *Paper.choices], required=False)


class TakeBackForm(forms.Form):
    """Why an adjustment is taken back; `seen` is the card's end as the person saw it."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Everybody who sees the card sees it."),
        max_length=200,
        error_messages={"required": _("Say why: the card's page shows it.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    seen = forms.DateField(label=_("The end as it was shown"), widget=forms.HiddenInput)


class EndForm(TakeBackForm):
    """The last covered day as an admin sets it, and why."""

    ends_on = forms.DateField(
        label=_("Valid until"),
        help_text=_("The last day that is covered. Later repairs are added to it."),
        error_messages={"invalid": _("Write a date.")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    field_order = ("ends_on", "reason", "seen")
