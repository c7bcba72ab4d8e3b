"""Reading lists of serial numbers: rows of text out of TXT, CSV and XLSX files. No SQL.

Handheld readers write them, suppliers and spreadsheets do. A file is a list of serial numbers and
barcodes, one in a line, or a table with a header. Nothing is guessed: a table without a header, or
a serial that a spreadsheet has turned into a number, is refused in words.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
"""Bytes an XLSX may unpack to: more is no list of serial numbers."""
MOST_ROWS = 50_000
LONG_TEXT, LONG_SHEET = 5_000, 2_000
"""Rows of a text file, and of a spreadsheet, that are read and judged within a second or so."""
TOLD_EVERY = 500
"""Rows between two words of how far the reading is."""
EXACT_DIGITS = 15
"""Digits that a spreadsheet keeps of a number; it turns those behind them into zeros."""

_NAMES = {
    "serial": {
        "serial", "serial number", "serial numbers", "serial no", "serial no.", "serial №",
        "serialnumber", "serial_number", "s/n", "sn", "imei", "imei 1", "imei1",
        "серійний номер", "серійний №", "серійник", "серійні номери", "номер",
    },
    "second": {
        "second number", "second serial number", "second imei", "imei 2", "imei2", "imei №2",
        "другий номер", "другий серійний номер", "другий imei",
    },
    "product": {
        "product", "sku", "barcode", "bar code", "ean", "gtin", "code", "article", "item",
        "товар", "артикул", "штрихкод", "штрих-код", "код",
    },
    "quantity": {"quantity", "qty", "count", "pieces", "pcs", "кількість", "к-сть", "шт", "шт."},
    "name": {
        "name", "product name", "model", "назва", "назва товару", "найменування", "модель",
    },
    "price": {"price", "unit price", "cost", "ціна", "ціна за одиницю", "вартість"},
}  # fmt: skip
"""What the columns of a table may be called, in small letters."""
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_IN_POWERS = re.compile(r"[+-]?\d+([.,]\d+)?e\+?\d+", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True)
class FileRow:
    """One row: its number in the file, from 1, and its cells as text.

    Of a plain list everything is in `serial`, whatever it means. `was_number` says that the
    serial number came as a number: it may have had leading zeros once. `second` is another number
    of the same unit.
    """

    number: int
    serial: str
    product: str = ""
    quantity: int | None = None
    name: str = ""
    price: str = ""
    was_number: bool = False
    second: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken: its number in the file, what stands in it, and why.

    `cell` is the one to mend, as a spreadsheet names it, where it is one.
    """

    number: int
    text: str
    reason: str
    cell: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class FileList:
    """What a file says: rows that can be read, and those that can't."""

    rows: Sequence[FileRow]
    bad: Sequence[BadRow]
    is_table: bool
    columns: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def packed(self) -> bytes:
        """All of it in bytes, so that it needs no second reading of a spreadsheet."""
        return json.dumps(dataclasses.astuple(self), ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> FileList:
        """What `packed` gave."""
        rows, bad, is_table, columns = json.loads(packed)
        return cls(
            [FileRow(*row) for row in rows], [BadRow(*row) for row in bad], is_table, columns
        )

    def cell(self, number: int, *meanings: str) -> str:
        """The cell of a row that holds the first of these meanings, as a spreadsheet names it."""
        return _cell(self.columns, number, *meanings)


_Cells = Sequence[object]


def _cell(columns: Mapping[str, int], number: int, *meanings: str) -> str:
    places = [columns[meaning] for meaning in meanings if meaning in columns]
    return f"{get_column_letter(places[0] + 1)}{number}" if places else ""


def too_large() -> str:
    """What is said of a file past MOST_BYTES."""
    return _("The file is larger than 5 MB: split it.")


Progress = Callable[[int], None]
"""Told now and then how many rows were read."""


def read_file(name: str, content: bytes, *, progress: Progress | None = None) -> FileList:
    """The rows of a file by its name's ending.

    Raises ValidationError for a file that is no such list as a whole.
    """
    _require_readable(name, content)
    cells = _sheet(content) if _is_sheet(name, content) else _text(content)
    return _read_rows(cells, progress or (lambda rows: None))


def _is_sheet(name: str, content: bytes) -> bool:
    return name.lower().endswith(".xlsx") or content.startswith(b"PK\x03\x04")


def takes_long(name: str, content: bytes) -> bool:
    """Whether reading the file takes longer than somebody should wait without being told."""
    rows = rows_about(name, content)
    return rows > (LONG_SHEET if _is_sheet(name, content) else LONG_TEXT)


def rows_about(name: str, content: bytes) -> int:
    """About how many rows a file has, at a glance; none of one that can't be read."""
    if not _is_sheet(name, content):
        return content.count(b"\n") + 1
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            sheets = [one for one in packed.infolist() if _SHEET.fullmatch(one.filename)]
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
                return 0
            return max((packed.read(one).count(b"<row") for one in sheets), default=0)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, zlib.error):
        return 0


def _require_readable(name: str, content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise ValidationError(too_large())
    if not content.strip(b"\x00 \t\r\n"):
        raise ValidationError(_("The file is empty."))
    if not _is_sheet(name, content) and not name.lower().endswith((".txt", ".csv")):
        raise ValidationError(_("Choose a TXT, CSV or XLSX file."))


def _sheet(content: bytes) -> Iterator[_Cells]:
    """The rows of the first sheet."""
    try:
        packed = zipfile.ZipFile(io.BytesIO(content))
        if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
            raise ValidationError(_("The file is larger than it looks: split it."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its size may be wrong
            yield from sheet.iter_rows(values_only=True)
        finally:
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, EOFError,
            OSError, SyntaxError) as error:  # fmt: skip
        raise ValidationError(_("This is no XLSX file that can be read.")) from error


def _text(content: bytes) -> Iterator[_Cells]:
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


def _read_rows(rows: Iterable[_Cells], progress: Progress) -> FileList:
    columns: dict[str, int] | None = None
    good: list[FileRow] = []
    bad: list[BadRow] = []
    is_first = True
    for number, cells in enumerate(rows, start=1):
        if number % TOLD_EVERY == 0:
            progress(number)
        if not any(_filled(cell) for cell in cells):
            continue
        if len(good) + len(bad) >= MOST_ROWS:
            words = _("The file has more than %(most)s rows: split it.")
            raise ValidationError(words % {"most": MOST_ROWS})
        if is_first:
            is_first = False
            columns = _header(cells)
            if columns:
                continue
        if columns is None and sum(1 for cell in cells if _filled(cell)) > 1:
            raise ValidationError(
                _(
                    "The file has several columns and no header that says what they are. "
                    "Name them Serial number, Product and Quantity."
                )
            )
        row = _row(number, cells, columns)
        (good if isinstance(row, FileRow) else bad).append(row)  # type: ignore[arg-type]
    if not good and not bad:
        raise ValidationError(_("There are no serial numbers in the file."))
    return FileList(good, bad, columns is not None, columns or {})


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _header(cells: _Cells) -> dict[str, int] | None:
    """Which column holds what, when this row names any; the first of two with one meaning."""
    columns: dict[str, int] = {}
    for place, cell in enumerate(cells):
        called = str(cell or "").strip().strip('"').lower()
        for meaning, names in _NAMES.items():
            if called in names:
                columns.setdefault(meaning, place)
    return columns or None


def _row(number: int, cells: _Cells, columns: dict[str, int] | None) -> FileRow | BadRow:
    shown = " ".join(str(cell) for cell in cells if _filled(cell))[:80]
    if columns is None:
        place, only = next((nth, cell) for nth, cell in enumerate(cells) if _filled(cell))
        text = _serial(only)
        if text is None:
            return BadRow(number, shown, _turned(), _cell({"serial": place}, number, "serial"))
        return FileRow(number, text, was_number=isinstance(only, int))
    found = {
        meaning: cells[place] if place < len(cells) else None for meaning, place in columns.items()
    }
    texts = {meaning: _serial(found.get(meaning)) for meaning in ("serial", "second", "product")}
    for meaning, text in texts.items():
        if text is None:
            cell = _cell(columns, number, meaning)
            return BadRow(number, str(found[meaning])[:80], _turned(), cell)
    serial, product = texts["serial"] or "", texts["product"] or ""
    quantity = _quantity(found.get("quantity"))
    if isinstance(quantity, str):
        return BadRow(number, shown, quantity, _cell(columns, number, "quantity"))
    name = _shown(found.get("name"))
    if not serial and not product and not name:
        words = _("There is neither a serial number nor a product.")
        return BadRow(number, shown, words, _cell(columns, number, "serial", "product"))
    was_number = isinstance(found.get("serial"), int)
    price, second = _shown(found.get("price")), texts["second"] or ""
    return FileRow(number, serial, product, quantity, name, price, was_number, second)


def _shown(cell: object) -> str:
    """What a cell holds, as text."""
    return str(cell).strip() if _filled(cell) else ""


def _turned() -> str:
    return _(
        "A spreadsheet turned it into a number, and digits are lost. Format the column as text "
        "and enter it again."
    )


def _serial(cell: object) -> str | None:
    """A serial number or a code as text; None when a spreadsheet has spoilt it."""
    if cell is None:
        return ""
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        return None
    text = str(cell).strip()
    if isinstance(cell, int):
        return text if len(text) <= EXACT_DIGITS else None
    return None if _IN_POWERS.fullmatch(text) else text


def _quantity(cell: object) -> int | str | None:
    """Pieces; None when it is not said, words when it is no number of pieces."""
    if not _filled(cell):
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell).strip()
    if text.isascii() and text.isdigit() and len(text) <= 7:
        return int(text)
    return _("“%(text)s” is no number of pieces.") % {"text": text[:20]}
