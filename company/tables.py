"""A table that somebody fills in elsewhere: its columns by name, its rows, and how cells are read.

What is imported has columns of its own; here is what is the same for all. A column is known by
its title in any language of the program and by other names people give it, in any case.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from .exporting import Cell, undefused
from .reading_tables import (
    MOST_ROWS,
    Uncalculated,
    cell_name,
    is_filled,
    rows_of_file,
    shown_text,
    spoilt_words,
    text_of,
)

TOLD_EVERY = 1_000
"""Rows between two reports of progress."""
SHOWN = 80
"""Characters of a cell that a message repeats."""


WHY = gettext_lazy("Why not taken")
"""The last column of a file of refused rows; it is no surprise when the file comes back."""


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """A column that is exported and imported: `names` are other names of it, in small letters.

    `example` is what a template has in it; `hint` explains it to who fills it in.
    """

    key: str
    title: Any
    hint: Any
    example: Any = ""
    names: frozenset[str] = frozenset()
    cell: Cell = Cell.TEXT
    width: int = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A row by its number in the file, with a cell for each column of the file."""

    number: int
    cells: Sequence[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """What a file says: where its known columns are, the names of the others, and its rows."""

    titles: Sequence[str]
    columns: Mapping[str, int]
    unknown: Sequence[str]
    rows: Sequence[Row]

    def cell(self, row: Row, key: str) -> Any:
        """What a row has in a column; None when there is no such column, or nothing in it."""
        place = self.columns.get(key)
        return row.cells[place] if place is not None and place < len(row.cells) else None

    def name_of(self, row: Row, key: str) -> str:
        """The cell as a spreadsheet names it, or an empty text when there is no such column."""
        return cell_name(self.columns[key], row.number) if key in self.columns else ""

    def packed(self) -> bytes:
        """All of it in bytes, so that it needs no second reading of a spreadsheet."""
        rows = [(row.number, row.cells) for row in self.rows]
        packed = (self.titles, self.columns, self.unknown, rows)
        return json.dumps(packed, ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> Table:
        """What `packed` gave."""
        titles, columns, unknown, rows = json.loads(packed)
        return cls(titles, columns, unknown, [Row(*row) for row in rows])


class WrongCell(Exception):
    """A cell that can't be taken: of which column, and why."""

    def __init__(self, key: str, message: object) -> None:
        self.key = key
        super().__init__(str(message))


def read_table(
    name: str,
    content: bytes,
    fields: Sequence[Field],
    *,
    needed: str,
    progress: Callable[[int], None] = lambda rows: None,
) -> Table:
    """The table that a file has; `needed` is the key of the column it can't be without.

    `progress` is told now and then how many rows it has read. Raises ValidationError for a file
    that is no such table as a whole.
    """
    head: Sequence[str] | None = None
    rows: list[Row] = []
    for number, cells in enumerate(rows_of_file(name, content), start=1):
        if not any(is_filled(cell) for cell in cells):
            continue
        if head is None:
            head = [shown_text(cell)[:SHOWN] for cell in cells]
            continue
        if len(rows) >= MOST_ROWS:
            words = _("The file has more than %(most)s rows: split it.")
            raise ValidationError(words % {"most": MOST_ROWS})
        rows.append(Row(number, [_plain(cell) for cell in cells]))
        if len(rows) % TOLD_EVERY == 0:
            progress(len(rows))
    columns, unknown = _columns(head or [], rows, fields)
    if needed not in columns:
        title = next(field.title for field in fields if field.key == needed)
        words = _("The first row has to name the columns, and none of them is called “%(title)s”.")
        raise ValidationError(words % {"title": title})
    if not rows:
        raise ValidationError(_("There is nothing below the names of the columns."))
    return Table(head or [], columns, unknown, rows)


def _plain(cell: object) -> object:
    """A cell as JSON can keep it: a date or a time, which is no text, in a list of its own."""
    return cell if cell is None or isinstance(cell, str | int | float) else [str(cell)]


def _columns(
    head: Sequence[str], rows: Iterable[Row], fields: Sequence[Field]
) -> tuple[dict[str, int], list[str]]:
    called = {name: field for field in fields for name in _names_of(field)}
    columns: dict[str, int] = {}
    unknown: list[str] = []
    why = {folded(word) for word in in_every_language(WHY)}
    for place, title in enumerate(head):
        letter = get_column_letter(place + 1)
        field = called.get(folded(undefused(title)))
        if field is None and folded(title) in why:
            continue
        if field is None:
            if title or any(is_filled(row.cells[place]) for row in rows if place < len(row.cells)):
                unknown.append(f"{letter} ({title})" if title else letter)
        elif field.key in columns:
            words = _("Columns %(first)s and %(second)s are both called “%(title)s”.")
            first = get_column_letter(columns[field.key] + 1)
            names = {"first": first, "second": letter, "title": field.title}
            raise ValidationError(words % names)
        else:
            columns[field.key] = place
    return columns, unknown


def _names_of(field: Field) -> set[str]:
    """What a column may be called, folded."""
    return {folded(name) for name in (field.key, *field.names, *in_every_language(field.title))}


def folded(text: str) -> str:
    """A name as names are compared: in small letters, without blanks and what stands for them."""
    return re.sub(r"[\s_\u200b\ufeff*:]+", "", text).casefold().replace("’", "'")


def in_every_language(text: Any) -> list[str]:
    """A lazy text in each language of the program."""
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.append(str(text))
    return found


def tidied(text: str) -> str:
    """A text as a form would take it: without what no file can hold, and blanks around it."""
    if text.isprintable():  # nearly all are
        return text.strip()
    return ILLEGAL_CHARACTERS_RE.sub("", re.sub(r"\r\n?", "\n", text)).replace("\0", "").strip()


def cell_text(key: str, cell: Any) -> str:
    """A cell of names or codes as text; WrongCell when a spreadsheet has turned it into a number.

    Texts that look like a number in powers pass here: see `spoilt_code`.
    """
    if isinstance(cell, str):
        return tidied(cell)
    text = text_of(cell)
    if text is None:
        is_formula = isinstance(cell, list) and str(cell[0]).startswith("=")
        raise WrongCell(key, spoilt_words(Uncalculated(cell[0]) if is_formula else cell))
    return text


def refuse_spoilt_code(key: str, text: str) -> None:
    """WrongCell for a code that a spreadsheet has written in powers, as 4.82E+12."""
    if text_of(text) is None:
        raise WrongCell(key, spoilt_words())


def shown_cell(cell: Any) -> str:
    """What a cell holds, for a message."""
    if isinstance(cell, list):
        cell = cell[0]
    return shown_text(cell)[:SHOWN]


def number_text(cell: Any) -> str:
    """A cell with an amount as text, without what a spreadsheet adds to it in binary."""
    return format(cell, ".12g") if isinstance(cell, float) else shown_cell(cell)


_YES, _NO = gettext_lazy("yes"), gettext_lazy("no")
_OTHER_WORDS = {
    "true": True, "1": True, "+": True, "y": True, "false": False, "0": False, "-": False,
    "n": False,
}  # fmt: skip


@functools.cache
def _truths() -> Mapping[str, bool]:
    words = dict(_OTHER_WORDS)
    words |= {folded(word): True for word in in_every_language(_YES)}
    return words | {folded(word): False for word in in_every_language(_NO)}


def truth(key: str, cell: Any) -> bool:
    """Yes or no, in any language of the program."""
    found = _truths().get(folded(str(cell)))
    if found is None:
        raise WrongCell(key, _("Write yes or no."))
    return found


def yes_or_no(value: bool) -> str:
    """The word that `truth` reads back."""
    return str(_YES if value else _NO)
