"""What is asked of who imports a file."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from company.reading_tables import MOST_BYTES, too_large


class ImportForm(forms.Form):
    """A file, and what an empty cell in it means."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX, up to 5 MB."),
        error_messages={
            "required": _("Choose the file first."),
            "empty": _("The file is empty."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt"}),
    )
    clears = forms.TypedChoiceField(
        label=_("An empty cell"),
        choices=[
            ("", _("leaves what is there")),
            ("yes", _("removes what is there, where a field may be empty")),
        ],
        coerce=bool,
        required=False,
        widget=forms.RadioSelect,
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size and file.size > MOST_BYTES:
            raise forms.ValidationError(too_large())
        return file
