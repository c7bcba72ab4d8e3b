"""Reading files of rows: the cells of CSV, TXT and XLSX files, what a spreadsheet spoils.

A spreadsheet program that opens a list of codes takes them for numbers: 352099001761481 becomes
3.5E+14, 000123 becomes 123. What shows that digits are lost is refused; nothing is guessed.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
"""Bytes an XLSX may unpack to: more is no list."""
MOST_ROWS = 50_000
EXACT_DIGITS = 15
"""Digits that a spreadsheet keeps of a number; it turns those behind them into zeros."""
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_FORMULA = re.compile(rb"<(\w+:)?f[ />]")
_IN_POWERS = re.compile(r"[+-]?\d+([.,]\d+)?e\+?\d+", re.IGNORECASE)

Cells = Sequence[object]


@dataclasses.dataclass(frozen=True, slots=True)
class Uncalculated:
    """A formula that no program has calculated yet: nobody knows what stands in its cell."""

    formula: str

    def __str__(self) -> str:
        return self.formula


def too_large() -> str:
    """What is said of a file past MOST_BYTES."""
    return _("The file is larger than 5 MB: split it.")


def rows_of_file(name: str, content: bytes) -> Iterator[Cells]:
    """The rows of a file, by its name's ending: texts, of a workbook also numbers and dates.

    Raises ValidationError for a file that can't be read as a whole, of a workbook also on the way.
    """
    if len(content) > MOST_BYTES:
        raise ValidationError(too_large())
    if not content.strip(b"\x00 \t\r\n"):
        raise ValidationError(_("The file is empty."))
    if is_sheet(name, content):
        return _sheet(content)
    if name.lower().endswith((".txt", ".csv")):
        return _text(content)
    raise ValidationError(_("Choose a TXT, CSV or XLSX file."))


def is_sheet(name: str, content: bytes) -> bool:
    """Whether a file is a workbook, by its name or by what it begins with."""
    return name.lower().endswith(".xlsx") or content.startswith(b"PK\x03\x04")


def rows_about(name: str, content: bytes) -> int:
    """About how many rows a file has, at a glance; none of one that can't be read."""
    if not is_sheet(name, content):
        return content.count(b"\n") + 1
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            sheets = [one for one in packed.infolist() if _SHEET.fullmatch(one.filename)]
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
                return 0
            return max((packed.read(one).count(b"<row") for one in sheets), default=0)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, zlib.error):
        return 0


def _sheet(content: bytes) -> Iterator[Cells]:
    """The rows of the first sheet."""
    try:
        packed = zipfile.ZipFile(io.BytesIO(content))
        if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
            raise ValidationError(_("The file is larger than it looks: split it."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its size may be wrong
            if _has_formulas(packed):
                yield from _told_formulas(sheet, content)
            else:
                yield from sheet.iter_rows(values_only=True)
        finally:
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, EOFError,
            OSError, SyntaxError) as error:  # fmt: skip
        raise ValidationError(_("This is no XLSX file that can be read.")) from error


def _has_formulas(packed: zipfile.ZipFile) -> bool:
    sheets = [one for one in packed.namelist() if _SHEET.fullmatch(one)]
    return any(_FORMULA.search(packed.read(one)) for one in sheets)


def _told_formulas(sheet: Any, content: bytes) -> Iterator[Cells]:
    """The rows of a sheet, its formulas without a value as such: read beside what was written.

    One that came out as an empty text has a value, and is an empty cell.
    """
    book = load_workbook(io.BytesIO(content), read_only=True)
    try:
        written = book.worksheets[0]
        written.reset_dimensions()
        formulas = written.iter_rows(values_only=True)
        for cells, row in zip(sheet.iter_rows(), formulas, strict=True):
            yield [_told(cell, was) for cell, was in zip(cells, row, strict=True)]
    finally:
        book.close()


def _told(cell: Any, written: object) -> object:
    formula = getattr(written, "text", written)  # that of several cells at once is an object
    is_formula = isinstance(formula, str) and formula.startswith("=")
    if cell.value is None and cell.data_type == "n" and is_formula:
        return Uncalculated(str(formula))
    return cell.value


def _text(content: bytes) -> Iterator[Cells]:
    """The rows of a text file, cut at its separator."""
    text = _decoded(content).replace("\x00", "")
    lines = re.split(r"\r\n|\r|\n", text)
    separator = _separator(lines)
    if separator is None:
        yield from ([line] for line in lines)
    else:
        yield from csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)


def _decoded(content: bytes) -> str:
    """The text of bytes: by its byte order mark, else UTF-8, else what Windows writes here."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if content[1:2] == b"\x00":
        return content.decode("utf-16-le", errors="replace")
    if content[:1] == b"\x00":
        return content.decode("utf-16-be", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace")


def _separator(lines: Sequence[str]) -> str | None:
    """What separates cells: the sign the first line has most of; None for a plain list."""
    first = next((line for line in lines if line.strip()), "")
    most = max(";\t,", key=first.count)
    return most if most in first.strip() else None


def cell_name(place: int, row: int) -> str:
    """A cell as a spreadsheet names it: the one at place 1 of row 12 is B12."""
    return f"{get_column_letter(place + 1)}{row}"


def is_filled(cell: object) -> bool:
    """Whether there is anything in a cell but blanks."""
    return cell is not None and str(cell).strip() != ""


def shown_text(cell: object) -> str:
    """What a cell holds, as text."""
    return str(cell).strip() if is_filled(cell) else ""


def text_of(cell: object) -> str | None:
    """A code, a number or a name as text; None when a spreadsheet has spoilt it."""
    if cell is None:
        return ""
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        return None
    text = str(cell).strip()
    if isinstance(cell, int):
        return text if len(text) <= EXACT_DIGITS else None
    return None if _IN_POWERS.fullmatch(text) else text


def spoilt_words(cell: object = None) -> str:
    """What is said of a cell whose `text_of` is None."""
    if isinstance(cell, Uncalculated):
        return _(
            "It is a formula without a value. Open the file in the spreadsheet, save it there and "
            "choose it again, or enter the value itself."
        )
    return _(
        "A spreadsheet turned it into a number, and digits are lost. Format the column as text "
        "and enter it again."
    )
