"""What the history of changes can be narrowed by; the choices stay in the URL."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from company.models import User
from company.parameters import whole_number

from .audit_kinds import KINDS, tracked_fields
from .audit_reading import Chosen, Thing
from .report_forms import day_field


class ThingField(forms.CharField):
    """The thing whose page led here, `kind-id`; a forged one is refused in words."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Thing | None:
        """The kind and the id; None for nothing."""
        text = super().clean(value)
        if not text:
            return None
        kind, _dash, key = text.partition("-")
        number = whole_number(key)
        if kind not in KINDS or number is None:
            raise forms.ValidationError(_("There is no such thing."), code="invalid")
        return kind, number


class AuditForm(forms.Form):
    """Kind of thing, what of it, who, and days."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    field = forms.ChoiceField(label=_("What was changed"), required=False)
    person = forms.ModelChoiceField(
        label=_("Who"), queryset=User.objects.all(), empty_label=_("Everybody"), required=False
    )
    since = day_field(_("From"))
    until = day_field(_("Until"))
    thing = ThingField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind, each.label) for kind, each in KINDS.items()]
        self.fields["kind"].choices = [("", _("All")), *kinds]  # type: ignore[attr-defined]
        fields = [("", _("Anything")), *tracked_fields()]
        self.fields["field"].choices = fields  # type: ignore[attr-defined]

    @property
    def set_count(self) -> int:
        """How many filters are set."""
        return sum(bool(self.data.get(name)) for name in self.fields)

    @property
    def chosen(self) -> Chosen | None:
        """What to look for; None when a filter makes no sense, which its field then says."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        kind, _colon, column = data["field"].partition(":")
        until = data["until"]
        return Chosen(
            kind=data["kind"],
            thing=data["thing"],
            person=data["person"].pk if data["person"] else None,
            field=(kind, column) if column else None,
            since=_begin(data["since"]) if data["since"] else None,
            until=_begin(until + dt.timedelta(days=1)) if until and until < dt.date.max else None,
        )


def _begin(day: dt.date) -> dt.datetime:
    """The first moment of a day where the reader is."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
