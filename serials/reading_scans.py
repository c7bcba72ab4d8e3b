"""What the text of a scan carries: a product's GTIN, a serial number, or both. Pure.

GS1 element strings come with a symbology identifier (`]C1`), with group separators (FNC1 arrives
as 0x1D), with neither, or as people read them, with brackets; GS1 Digital Link puts the same into
a web address (GS1 General Specifications, sections 3, 5.4.3 and 7.8; GS1 Digital Link: URI Syntax).
Read the text as it came: `text.tidy` drops the separators.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

from biip import ParseConfig, ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString
from biip.symbology import GS1Symbology, SymbologyIdentifier
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from stdnum import imei

from products.gtin import is_gtin
from products.serial_format import is_imei

from .keyboard import by_keys, layout_of
from .text import SerialText, read_serial

SEPARATOR = "\x1d"
"""The group separator, which scanners send for FNC1."""
LONGEST_CODE = 2000
"""Characters of the longest code that is looked into; a QR code has up to 4,296."""

# Dates and measures are of no use here, and no reason to refuse a unit.
_CONFIG = ParseConfig(gs1_element_strings_verify_date=False)
_BRACKETS = re.compile(r"(?:\(\d{2,4}\)[^()]+)+")
_ELEMENT = re.compile(r"\((\d{2,4})\)([^()]+)")
_NAMES_A_UNIT = re.compile(r"\((?:01|21)\)")
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_LINK_TO_GTIN = re.compile(r"/01/\d")
# Without any mark only (01) in front, whose check digit fits, tells a code from a serial.
_BARE = re.compile(r"01(\d{14})\d{2}")


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a scan.

    `serial` is what is looked up: the serial number of a GS1 code, its GTIN when it has no more,
    or else the text itself. `gtin` are the fourteen digits of the GTIN that the code names.
    `wrong` says why nothing can be taken from it. `layout` names the keyboard layout under which
    it was typed, when it was read by the keys. `is_code` says that its form alone proves what it
    is; `other` is the reading by the keys of a text of which nobody can tell which one is meant.
    """

    serial: SerialText
    gtin: str = ""
    wrong: str = ""
    layout: str | Promise = ""
    is_code: bool = False
    other: Reading | None = None

    @property
    def is_unit(self) -> bool:
        """Whether it gives product and serial at once."""
        return bool(self.gtin) and self.serial.key.zfill(14) != self.gtin

    @property
    def note(self) -> str:
        """What a person is told of how it was read; empty when it was taken as it came."""
        if not self.layout:
            return ""
        words = _("Read as %(text)s: the keyboard is set to %(layout)s.")
        return words % {"text": self.serial.text, "layout": self.layout}


def readings(entered: str) -> tuple[Reading, ...]:
    """The ways to read a scan; never empty. The text as it came is first, that by the keys last."""
    if len(entered) > LONGEST_CODE:
        return (Reading(read_serial(entered)),)
    ways = list(_ways(entered))
    if (joined := _joined_imei(ways[0])) is not None:
        ways.append(joined)
    if (latin := by_keys(entered)) is not None:
        layout = layout_of(entered)
        *_as_text, best = _ways(latin)
        ways.append(dataclasses.replace(best, layout=layout))
    return tuple(ways)


def _joined_imei(reading: Reading) -> Reading | None:
    """An IMEI that is written in groups: it may be known without the gaps."""
    digits = imei.compact(reading.serial.key)
    if digits == reading.serial.key or not is_imei(digits):
        return None
    return Reading(read_serial(digits))


def looks_misread(key: str) -> bool:
    """Whether a key is thirteen digits that would be a barcode but for their check digit."""
    return len(key) == 13 and key.isascii() and key.isdigit() and not is_gtin(key)


def misread_words(digits: str) -> str:
    """What is said of a barcode whose check digit is wrong."""
    words = _("The check digit of the barcode %(digits)s is wrong: it was misread. Scan it again.")
    return words % {"digits": digits}


def shown_gtin(gtin: str) -> str:
    """A GTIN as it stands on the box: without the zeros that make it fourteen digits."""
    digits = gtin.lstrip("0")
    return digits.zfill(next(length for length in (8, 12, 13, 14) if len(digits) <= length))


def _ways(entered: str) -> Iterator[Reading]:
    marked = _marked(entered)
    yield marked
    if not marked.is_code and (bare := _bare(entered.strip())):
        yield bare


def _marked(entered: str) -> Reading:
    """The text by its marks: symbology identifier, separators, brackets, the form of a link."""
    text = entered.strip()  # a separator at either end says no more than those within
    symbology, text = _without_identifier(text)
    # Between two signs that are no code a separator is one more control character.
    has_separator = SEPARATOR in entered and re.match(r"\d\d", text) is not None
    if _LINK.fullmatch(text):
        return _link(text)
    if symbology in GS1Symbology.with_gs1_messages() or has_separator:
        return _elements(text)
    if symbology in GS1Symbology.with_gtin():
        return _barcode(text)
    if text.startswith("("):
        return _bracketed(text)
    return Reading(read_serial(text))


def _without_identifier(text: str) -> tuple[GS1Symbology | None, str]:
    """The AIM symbology identifier in front of a code, and what comes after it."""
    if not re.match(r"\][A-Za-z][0-9A-Za-z]", text):
        return None, text
    try:
        identifier = SymbologyIdentifier.extract(text)
    except (ParseError, ValueError, IndexError):
        return None, text
    return identifier.gs1_symbology, text[len(identifier) :].strip()


def _barcode(text: str) -> Reading:
    """A barcode of a product, as its symbology says."""
    serial = read_serial(text)
    if is_gtin(serial.key):
        return Reading(serial, gtin=serial.key.zfill(14), is_code=True)
    return Reading(serial, wrong=misread_words(serial.text), is_code=True)


def _elements(text: str) -> Reading:
    """An element string: application identifiers, each with what it says."""
    try:
        return _carried(text, _split(text))
    except (ParseError, ValueError):
        return _malformed(text)


def _split(text: str) -> Iterator[GS1ElementString]:
    if not text.isascii():
        raise ParseError("GS1 codes are ASCII")
    rest = text.lstrip(SEPARATOR)
    while rest:
        element = GS1ElementString.extract(rest, config=_CONFIG)
        rest = rest[len(element) :]
        # An element of any length ends with the code or with a separator: no serial is cut off.
        if rest and element.ai.separator_required and not rest.startswith(SEPARATOR):
            raise ParseError(f"({element.ai.ai}) is too long")
        yield element
        rest = rest.lstrip(SEPARATOR)


def _bracketed(text: str) -> Reading:
    """The same as people read it. What only begins with a bracket is a text like any other."""
    joined = "".join(text.split())
    try:
        if not _BRACKETS.fullmatch(joined) or not joined.isascii():
            raise ParseError("no element strings")
        elements = [_named(name, value) for name, value in _ELEMENT.findall(joined)]
    except (ParseError, ValueError):
        return _malformed(text) if _NAMES_A_UNIT.search(joined) else Reading(read_serial(text))
    return _carried(text, elements)


def _named(name: str, value: str) -> GS1ElementString:
    element = GS1ElementString.parse(name + value, config=_CONFIG)
    if element.ai.ai != name:
        raise ParseError(f"({name}) is no application identifier")
    return element


def _link(text: str) -> Reading:
    """A GS1 Digital Link; any other address is a text like any other."""
    try:
        elements = GS1DigitalLinkURI.parse(text, config=_CONFIG).element_strings
    except (ParseError, ValueError):
        return _malformed(text) if _LINK_TO_GTIN.search(text) else Reading(read_serial(text))
    if not any(element.ai.ai == "01" for element in elements):
        return Reading(read_serial(text))
    return _carried(text, elements)


def _bare(text: str) -> Reading | None:
    """An element string without any mark: only one that begins with a right GTIN, and has more."""
    begin = _BARE.match(text)
    if not begin or not begin[0].isascii() or not is_gtin(begin[1]):
        return None
    found = _elements(text)
    return found if not found.wrong and found.is_unit else None


def _carried(text: str, elements: Iterable[GS1ElementString]) -> Reading:
    """GTIN and serial number out of the elements; everything else is of no use here."""
    values: dict[str, str] = {}
    for element in elements:
        values.setdefault(element.ai.ai, element.value)
    gtin, serial = values.get("01", ""), read_serial(values.get("21", ""))
    if gtin and not is_gtin(gtin):
        return Reading(read_serial(text), wrong=misread_words(gtin), is_code=True)
    if serial.key:
        return Reading(serial, gtin=gtin, is_code=True)
    if gtin:
        return Reading(read_serial(shown_gtin(gtin)), gtin=gtin, is_code=True)
    wrong = _(
        "This GS1 code names neither a product nor a serial number. Scan another code of the unit."
    )
    return Reading(read_serial(text), wrong=wrong, is_code=True)


def _malformed(text: str) -> Reading:
    wrong = _(
        "This GS1 code can't be read: it is not written as GS1 prescribes. Scan it again, or type "
        "the serial number alone."
    )
    return Reading(read_serial(text), wrong=wrong, is_code=True)
