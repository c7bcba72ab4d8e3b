"""Any list as a file: columns and rows become an XLSX or a CSV that spreadsheet programs open.

XLSX is for people: real dates and numbers, texts that stay texts (a serial does not turn into
3.5E+14), a head that stays in sight and filters on it.

CSV is as spreadsheet programs of most of Europe, Ukraine among them, read it: UTF-8 with a byte
order mark, semicolons between cells, a comma in decimals, dates as 2026-11-23. With a comma
between cells they put a whole row into one, and with a point they take 1.05 for the first of May.

A text that begins like a formula is no formula in either. The file is written whole before its
first byte is sent: what fails on the way is an error page, never half a list that looks complete.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import enum
import io
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import IO, Any

from django.http import FileResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Rows = Iterable[Sequence[object]]
CHUNK = 2_000
"""Rows read from the database at a time."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What spreadsheet programs may take a text for a formula by (OWASP, CSV injection)."""
LONGEST_TITLE = 31
"""Characters of a sheet's title, as spreadsheet programs have it; these may not be among them:"""
_NOT_IN_TITLE = re.compile(r"[\[\]:*?/\\]")


class Cell(enum.Enum):
    """What a column holds, with the number format of its cells."""

    TEXT = "@"
    WHOLE = "#,##0"
    MONEY = "#,##0.00"
    DAY = "yyyy-mm-dd"
    MOMENT = "yyyy-mm-dd hh:mm"


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, what it holds, its width in characters."""

    title: str
    cell: Cell = Cell.TEXT
    width: int = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    title: str
    columns: Sequence[Column]
    rows: Rows


@dataclasses.dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: what writes it, and its media type."""

    write: Callable[[IO[bytes], Sequence[Column], Rows], None]
    media_type: str


def export_response(
    file_format: str, *, name: str, columns: Sequence[Column], rows: Rows
) -> FileResponse:
    """The rows as a download `name.xlsx` or `name.csv`; KeyError for another format.

    A row has a value, or None, for each column: str for TEXT, int, Decimal, date, aware datetime.
    """
    chosen = FORMATS[file_format]
    file = io.BytesIO()  # 20,000 rows are some two megabytes
    chosen.write(file, columns, rows)
    return _download(file, f"{name}.{file_format}", chosen.media_type)


def workbook_response(*, name: str, sheets: Iterable[Sheet]) -> FileResponse:
    """Several sheets as a download `name.xlsx`."""
    file = io.BytesIO()
    write_sheets(file, sheets)
    return _download(file, f"{name}.xlsx", FORMATS["xlsx"].media_type)


def _download(file: IO[bytes], name: str, media_type: str) -> FileResponse:
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=media_type)


def write_xlsx(
    file: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[object]]
) -> None:
    """Write a workbook with one sheet; rows are not kept in memory."""
    write_sheets(file, [Sheet("Sheet", columns, rows)])


def write_sheets(file: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Write a workbook of several sheets, one after the other; rows are not kept in memory."""
    book = Workbook(write_only=True)
    book.properties.creator = "Unitbook"
    for sheet in sheets:
        _write_sheet(book, sheet)
    book.save(file)


def _write_sheet(book: Workbook, content: Sheet) -> None:
    columns = content.columns
    sheet = book.create_sheet(_NOT_IN_TITLE.sub(" ", content.title)[:LONGEST_TITLE])
    sheet.freeze_panes = "A2"
    for nth, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(nth)].width = column.width
    sheet.append([_head(sheet, column) for column in columns])
    cells = [_formatted(sheet, column.cell) for column in columns]
    last = 1
    for row in content.rows:
        parts = zip(cells, columns, row, strict=True)
        sheet.append([_filled(cell, column, value) for cell, column, value in parts])
        last += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{last}"


def _head(sheet: WriteOnlyWorksheet, column: Column) -> Any:
    cell = _filled(_formatted(sheet, Cell.TEXT), column, column.title)
    cell.font = Font(bold=True)
    return cell


def _formatted(sheet: WriteOnlyWorksheet, kind: Cell) -> Any:
    """A cell of the library's. One serves all rows: a row is written as soon as it is appended."""
    cell: Any = WriteOnlyCell(sheet)
    cell.number_format = kind.value
    return cell


def _filled(cell: Any, column: Column, value: Any) -> Any:
    """The cell with a value in it, or None for an empty one."""
    if value is None or value == "":
        return None
    if column.cell is Cell.TEXT:
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", str(value))
        cell.data_type = "s"  # also what begins with "=" or reads "#N/A"
    elif isinstance(value, dt.datetime):
        cell.value = timezone.localtime(value).replace(tzinfo=None)
    else:
        cell.value = value
    return cell


def write_csv(file: IO[bytes], columns: Sequence[Column], rows: Rows) -> None:
    """Write the rows as text, one line each."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow([column.title for column in columns])
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
    text.detach()


def _csv_cell(value: object) -> str:
    match value:
        case None:
            return ""
        case dt.datetime():
            return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
        case dt.date():
            return value.isoformat()
        case Decimal():
            return format(value, "f").replace(".", ",")
        case int():
            return str(value)
    return defused(str(value))


def defused(text: str) -> str:
    """A text as a cell that no spreadsheet program takes for a formula: an apostrophe leads it.

    So does one more that of a text with apostrophes before such a sign: see `undefused`.
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def undefused(text: str) -> str:
    """The text that `defused` made a cell of."""
    is_defused = text.startswith("'") and text.lstrip("'").startswith(_FORMULA)
    return text[1:] if is_defused else text


FORMATS = {
    "xlsx": Format(write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": Format(write_csv, "text/csv; charset=utf-8"),
}
