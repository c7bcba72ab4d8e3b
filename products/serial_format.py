"""Whether a serial looks like its product type says it should. Pure functions."""

from __future__ import annotations

import itertools
import re

from stdnum import imei, luhn

from .models import SerialFormat

_MASK_CLASSES = {"#": "[0-9]", "@": "[A-Z]", "?": "[0-9A-Z]"}


def fits_mask(key: str, mask: str) -> bool:
    """Whether a serial's key fits a mask: # a digit, @ a letter, ? either, others themselves."""
    pattern = "".join(_MASK_CLASSES.get(sign, re.escape(sign)) for sign in mask.upper())
    return re.fullmatch(pattern, key) is not None


def example(mask: str) -> str:
    """A serial that fits a mask, for people: `@@-####` is like `AB-1234`."""
    digits, letters = itertools.cycle("1234567890"), itertools.cycle("ABCDEFGHIJ")
    signs = {"#": digits, "@": letters, "?": letters}
    return "".join(next(signs[sign]) if sign in signs else sign for sign in mask.upper())


def is_imei(key: str) -> bool:
    """Whether a key is an IMEI (3GPP TS 23.003, section 6.2).

    15 digits carry a Luhn check digit; 14 are an IMEI without it; 16 are an IMEISV, which has a
    software version in its place and is not checked.
    """
    digits = imei.compact(key)
    if not (digits.isascii() and digits.isdigit()):
        return False
    if len(digits) == 15:
        return bool(luhn.is_valid(digits))
    return len(digits) in {14, 16}


def fits(key: str, *, serial_format: str, mask: str) -> bool:
    """Whether a serial's key fits the format of its product's type."""
    if serial_format == SerialFormat.IMEI:
        return is_imei(key)
    if serial_format == SerialFormat.MASK:
        return fits_mask(key, mask)
    return True
