"""Fields of the policies for warranties: each policy is a choice card with its sentence.

The company chooses one; a product type may choose another, or do as the company does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .models import Extension, Replacement

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

LONGEST_DAYS = 3_650
"""Ten years: a policy of more days than these is a typing error."""
MOST_MONTHS = 120
"""Ten years: more months for a repair are a typing error."""

_WHAT_A_POLICY_MEANS = {
    Replacement.RESTART: _("A new card with the whole period, from the day of the exchange."),
    Replacement.INHERIT: _("It is covered until the day the exchanged unit would have been."),
    Replacement.AT_LEAST: _(
        "The rest of the old term; when less is left than the days below, that many days."
    ),
    Extension.DAYS: _(
        "From the day it was brought to the day it was handed back; days of two repairs at once "
        "count once. Meanwhile the warranty is paused."
    ),
    Extension.MONTHS: _("The months below for its first repair; further repairs add nothing."),
    Extension.NONE: _("The warranty ends on the day it would have ended without the repair."),
}


class PolicyCards(forms.RadioSelect):
    """Policies as choice cards, each with its sentence; `company_does` is that of no choice."""

    company_does = ""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["text"] = _WHAT_A_POLICY_MEANS.get(option["value"], self.company_does)
        return option


class _WholeNumberField(forms.IntegerField):
    """A whole number within limits, which the words of every refusal name."""

    widget = forms.TextInput(
        attrs={"inputmode": "numeric", "class": "num input--short", "autocomplete": "off"}
    )
    words: StrOrPromise = ""
    most = 0

    def __init__(self, **kwargs: Any) -> None:
        least = kwargs.setdefault("min_value", 0)
        told = format_lazy(self.words, least=least, most=self.most)
        codes = ("invalid", "min_value", "max_value", "required")
        kwargs["error_messages"] = dict.fromkeys(codes, told)
        super().__init__(max_value=self.most, **kwargs)


class DaysField(_WholeNumberField):
    """A number of days, from `min_value`, 0 unless given, to ten years."""

    words = _("Write the days as a whole number from {least} to {most}.")
    most = LONGEST_DAYS


class MonthsField(_WholeNumberField):
    """A number of months, from `min_value` to ten years."""

    words = _("Write the months as a whole number from {least} to {most}.")
    most = MOST_MONTHS


def extension_field(**kwargs: Any) -> forms.ChoiceField:
    """By how much a repair extends a warranty."""
    return forms.ChoiceField(
        label=_("How a repair under warranty extends the warranty"),
        choices=kwargs.pop("choices", Extension.choices),
        widget=PolicyCards,
        **kwargs,
    )


def extension_months_field() -> MonthsField:
    """The months of a repair; the form asks for them only where they are used."""
    return MonthsField(
        label=_("So many months"),
        help_text=_("Used only when a repair adds a fixed number of months."),
        min_value=1,
        required=False,
    )


def replacement_field(**kwargs: Any) -> forms.ChoiceField:
    """How long the warranty of a replacement is."""
    return forms.ChoiceField(
        label=_("Warranty of what is handed over in an exchange"),
        choices=kwargs.pop("choices", Replacement.choices),
        widget=PolicyCards,
        **kwargs,
    )


def replacement_days_field() -> DaysField:
    """The least days of a replacement; the form asks for them only where they are used."""
    return DaysField(
        label=_("At least so many days"),
        help_text=_("Used only when a replacement has at least some days."),
        min_value=1,
        required=False,
    )
