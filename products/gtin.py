"""Barcodes of products: GTIN-8, -12, -13 and -14 (GS1 General Specifications, section 3.3)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum import ean


def is_gtin(text: str) -> bool:
    """Whether the text is a GTIN with a right check digit."""
    return _has_its_form(text) and ean.is_valid(text)


def _has_its_form(text: str) -> bool:
    """Whether the text is a GTIN but perhaps for its check digit."""
    return len(text) in {8, 12, 13, 14} and text.isascii() and text.isdigit()


def gtin14(text: str) -> str | None:
    """A GTIN as the fourteen digits it is compared by, or None when the text is none."""
    return text.zfill(14) if is_gtin(text) else None


def mended(text: str) -> str | None:
    """The GTIN, as fourteen digits, that the text would be with another check digit, if any."""
    if not _has_its_form(text) or is_gtin(text):
        return None
    return (text[:-1] + ean.calc_check_digit(text[:-1])).zfill(14)


def validate_gtin(text: str) -> None:
    """Refuse a barcode that is no GTIN, saying whether its length or its check digit is wrong."""
    if not _has_its_form(text):
        raise ValidationError(_("A barcode has 8, 12, 13 or 14 digits."))
    if not is_gtin(text):
        raise ValidationError(
            _("The check digit is wrong: the last digit should be %(digit)s.")
            % {"digit": ean.calc_check_digit(text[:-1])}
        )
