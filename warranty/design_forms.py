"""The form of the card designer: what it asks, and the words when an answer won't do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from products.models import Paper, ProductType

from .design_models import LONGEST_TEXT, CardDesign, CardLogo, Shown
from .designing import DESIGN_FIELDS
from .logos import KINDS, keep_logo
from .looks import BUILT_IN_TERMS, CardLook, logo_of
from .previewing import SAMPLES
from .terms_text import built_in_text, problems_of, unprintable_in


class TermsField(forms.CharField):
    """The terms, with the ends of lines as they are counted."""

    widget = forms.Textarea(attrs={"rows": 14, "spellcheck": "true"})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return str(text).replace("\r\n", "\n").replace("\r", "\n")


class DesignForm(forms.Form):
    """A design as it is being made. `version` is the newest one that the person saw.

    A logo that is handed in is kept at once, in `logo`, so that a refusal of something else does
    not lose it.
    """

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = TermsField(label=gettext_lazy("Terms"), max_length=LONGEST_TEXT, required=False)
    shows = forms.MultipleChoiceField(
        label=gettext_lazy("Shown on the card"),
        choices=Shown.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    logo = forms.ModelChoiceField(CardLogo.objects.all(), required=False, widget=forms.HiddenInput)
    logo_file = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("PNG, JPEG or WebP, up to 2 MB. It is made to fit its place."),
        widget=forms.FileInput(
            attrs={"accept": ",".join(sorted({kind for _ending, kind in KINDS.values()}))}
        ),
    )
    no_logo = forms.BooleanField(label=gettext_lazy("Without a logo"), required=False)
    paper = forms.ChoiceField(label=gettext_lazy("Paper"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[("", gettext_lazy("As the store that sells")), *settings.LANGUAGES],
        required=False,
    )
    sample = forms.ChoiceField(label=gettext_lazy("Sample"), choices=SAMPLES, required=False)
    version = forms.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, kind: ProductType | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meanwhile: list[str] = []
        as_type = (
            _("As the product type says: %(paper)s") % {"paper": Paper(kind.card_paper).label}
            if kind
            else _("As each product type says")
        )
        self.fields["paper"].choices = [("", as_type), *Paper.choices]  # type: ignore[attr-defined]
        with override(self._language()):
            self.fields["title"].widget.attrs["placeholder"] = _("Warranty card")

    def _language(self) -> str:
        """The language chosen, as far as it is one."""
        chosen = self.data.get("language") if self.is_bound else self.initial.get("language")
        return chosen if chosen in dict(settings.LANGUAGES) else "en"

    def clean_title(self) -> str:
        title = str(self.cleaned_data["title"])
        if problems := list(unprintable_in(title)):
            raise ValidationError(problems)
        return title

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        if problems := problems_of(text):
            raise ValidationError(problems)
        return kept_text(text)

    def clean_logo_file(self) -> CardLogo | None:
        file = self.cleaned_data["logo_file"]
        if not file:
            return None
        return keep_logo(file, name=file.name, size=file.size, now=timezone.now())

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("no_logo"):
            data["logo"] = None
        elif data.get("logo_file"):
            data["logo"] = data["logo_file"]
        return data

    @property
    def kept_logo(self) -> CardLogo | None:
        """The logo that the form has now, however the rest of it is."""
        if self.is_bound:
            return getattr(self, "cleaned_data", {}).get("logo")
        logo: CardLogo | None = self.initial.get("logo")
        return logo

    def look(self) -> CardLook:
        """The look of a valid form."""
        data = self.cleaned_data
        return CardLook(
            title=data["title"],
            text=None if data["text"] == BUILT_IN_TERMS else data["text"],
            shows=frozenset(data["shows"]),
            logo=logo_of(data["logo"]),
        )

    def show_meanwhile(self, current: CardDesign) -> None:
        """Say that somebody else saved; the form keeps its values and takes the new version."""
        self.meanwhile = [
            _(
                "%(who)s saved version %(version)d of this design while you were editing it. "
                "Look at it below; saving again puts yours after it."
            )
            % {
                "who": current.made_by.get_full_name() or current.made_by,
                "version": current.version,
            }
        ]
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["version"] = str(current.version)  # type: ignore[index]


def starting_values(design: CardDesign | None, *, language: str) -> dict[str, Any]:
    """What the designer begins with: a design, or all that is built in, in a language."""
    if design is not None:
        values = {field: getattr(design, field) for field in DESIGN_FIELDS}
        if design.text == BUILT_IN_TERMS:
            values["text"] = starting_text(design.language or language)
        return values
    return {
        "title": "",
        "text": starting_text(language),
        "shows": Shown.values,
        "logo": None,
        "paper": "",
        "language": "",
    }


def starting_text(language: str) -> str:
    """The built-in terms, for goods with and without serial numbers."""
    with override(language):
        return built_in_text()


def kept_text(text: str) -> str:
    """What a design keeps of the terms in the form: built-in ones, whatever the language, as such.

    Who leaves them as they began wants every store to print them in its own language.
    """
    is_built_in = any(text.strip() == starting_text(code) for code, _name in settings.LANGUAGES)
    return BUILT_IN_TERMS if is_built_in else text
