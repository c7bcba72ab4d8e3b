"""What the keys of a Cyrillic keyboard layout are on a US one. Pure.

A keyboard-wedge scanner presses keys, it does not send letters: with a Ukrainian or Russian layout
switched on, "SN123" arrives as "ІТ123" or "ЫТ123" (section 5 of the domain).
`static/js/scanner-layout.js` does the same from the keys themselves, while they are pressed.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The rows of keys from the left; both layouts have the same letter on most of them.
_CYRILLIC = "йцукенгшщзхъї" + "фыівапролджэє" + "ячсмитьбю" + "ёґ"
_US = "qwertyuiop[]]" + "assdfghjkl;''" + "zxcvbnm,." + "`\\"
_CYRILLIC_SHIFTED = _CYRILLIC.upper()
_US_SHIFTED = "QWERTYUIOP{}}" + 'ASSDFGHJKL:""' + "ZXCVBNM<>" + "~|"
# Signs that both layouts have on other keys than a US one; the digits and ! % * ( ) - _ = + stay.
_SIGNS = '.,"№;:?/'
_US_SIGNS = "/?@#$^&|"

_KEYS = str.maketrans(_CYRILLIC + _CYRILLIC_SHIFTED + _SIGNS, _US + _US_SHIFTED + _US_SIGNS)
_LETTERS = frozenset(_CYRILLIC + _CYRILLIC_SHIFTED)
_UKRAINIAN_ONLY = frozenset("іїєґІЇЄҐ")
_RUSSIAN_ONLY = frozenset("ыъэёЫЪЭЁ")


def by_keys(text: str) -> str | None:
    """What the keys that type this Cyrillic text give on a US layout; None when none was on.

    A Latin letter in it was typed without one, so such a text is taken as it is.
    """
    if not _LETTERS.intersection(text):
        return None
    if any(sign.isascii() and sign.isalpha() for sign in text):
        return None
    latin = text.translate(_KEYS)
    return latin if latin.isascii() else None


def layout_of(text: str) -> str | Promise:
    """The name of the layout that has these letters."""
    signs = set(text)
    if signs & _UKRAINIAN_ONLY and not signs & _RUSSIAN_ONLY:
        return _("Ukrainian")
    if signs & _RUSSIAN_ONLY and not signs & _UKRAINIAN_ONLY:
        return _("Russian")
    return _("Ukrainian or Russian")
