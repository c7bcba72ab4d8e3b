"""What people type and press to put an unknown unit right."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.correcting import Seen
from documents.forms import AnyText
from serials.scanned import read_scan
from serials.text import LONGEST, SerialText

MOST_MOVEMENTS = 2**31 - 1


class SeenForm(forms.Form):
    """How many movements the two units had when the page was shown."""

    lies = forms.IntegerField(min_value=0, max_value=MOST_MOVEMENTS)
    went = forms.IntegerField(min_value=0, max_value=MOST_MOVEMENTS)

    @property
    def seen(self) -> Seen:
        return Seen(self.cleaned_data["lies"], self.cleaned_data["went"])


class WentForm(forms.Form):
    """The serial number of the unit that went, typed or scanned."""

    went = AnyText(
        label=_("Serial number of the unit that went instead"),
        error_messages={"required": _("Type or scan its serial number.")},
        widget=forms.TextInput(
            attrs={
                "class": "serial",
                "autocomplete": "off",
                "autocapitalize": "off",
                "autocorrect": "off",
                "spellcheck": "false",
                "enterkeyhint": "go",
            }
        ),
    )

    def clean_went(self) -> SerialText:
        reading = read_scan(self.cleaned_data["went"])
        if reading.wrong:
            raise forms.ValidationError(reading.wrong)
        serial = reading.serial
        if not serial.key or len(serial.key) > LONGEST or len(serial.text) > LONGEST:
            raise forms.ValidationError(_("This is no serial number."))
        return serial

    @property
    def has_focus(self) -> bool:
        """Whether it is the first thing on its page to be typed into; see `take_focus`."""
        return "data-autofocus" in self.fields["went"].widget.attrs

    def take_focus(self) -> None:
        """Have the page opened with the cursor in it."""
        self.fields["went"].widget.attrs["data-autofocus"] = True

    def ask_what_was_received(self) -> None:
        """A unit nobody has seen took no other's place: another number was typed at its receipt."""
        self.fields["went"].label = _("Serial number that was entered when it was received")

    def refuse(self, words: str) -> None:
        """Say why what was typed is not taken."""
        self.add_error("went", words)
