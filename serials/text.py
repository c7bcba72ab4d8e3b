"""Serial text: what was entered is kept, a key is compared (section 5 of the domain). Pure."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

LONGEST = 80
"""Characters of the longest serial; GS1's AI (21) allows 20, makers' own codes are longer."""

_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_BLANKS = frozenset("\t\n\r\v\f")
# What no font draws though its category is another: Default_Ignorable_Code_Point of the Unicode
# Character Database (DerivedCoreProperties), and the empty Braille pattern.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


class SerialText(NamedTuple):
    """A serial as entered and as compared."""

    text: str
    key: str


def tidy(entered: str) -> str:
    """The text as kept: no control or zero-width characters, trimmed, single blanks.

    Tabs and line ends count as blanks, so that two serials never melt into one.
    """
    spaced = "".join(" " if sign in _BLANKS else sign for sign in entered)
    drawn = _INVISIBLE.sub("", spaced)
    visible = "".join(sign for sign in drawn if unicodedata.category(sign) not in _DROPPED)
    return " ".join(visible.split())


def serial_key(entered: str) -> str:
    """What two serials are compared by: NFKC, tidied, upper case; leading zeros stay.

    NFKC is applied again after upper-casing, so that the key of a key is the key itself.
    """
    folded = tidy(unicodedata.normalize("NFKC", entered)).upper()
    return tidy(unicodedata.normalize("NFKC", folded))


def read_serial(entered: str) -> SerialText:
    """A serial of entered text; both parts are empty when nothing visible was entered."""
    return SerialText(tidy(entered), serial_key(entered))


@dataclasses.dataclass(frozen=True, slots=True)
class PastedColumn:
    """A pasted column: the serials to add, those given twice, those that are too long."""

    serials: tuple[SerialText, ...]
    repeated: tuple[str, ...]
    too_long: tuple[str, ...]


def read_column(lines: Iterable[str]) -> PastedColumn:
    """Read serials, one a line; empty lines are skipped, a repeated serial counts once."""
    kept: dict[str, SerialText] = {}
    repeated: list[str] = []
    too_long: list[str] = []
    for line in lines:
        serial = read_serial(line)
        if not serial.key:
            continue
        if len(serial.key) > LONGEST or len(serial.text) > LONGEST:
            too_long.append(serial.text)
        elif serial.key in kept:
            repeated.append(serial.text)
        else:
            kept[serial.key] = serial
    return PastedColumn(tuple(kept.values()), tuple(repeated), tuple(too_long))
