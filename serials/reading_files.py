"""Reading lists of serial numbers: rows of text out of TXT, CSV and XLSX files. No SQL.

Handheld readers write them, suppliers and spreadsheets do. A file is a list of serial numbers and
barcodes, one in a line, or a table with a header. Nothing is guessed: a table without a header, or
a serial that a spreadsheet has turned into a number, is refused in words.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from company.reading_tables import (
    MOST_ROWS,
    Cells,
    cell_name,
    is_filled,
    is_sheet,
    rows_about,
    rows_of_file,
    shown_text,
    spoilt_words,
    text_of,
)

LONG_TEXT, LONG_SHEET = 5_000, 2_000
"""Rows of a text file, and of a spreadsheet, that are read and judged within a second or so."""
TOLD_EVERY = 500
"""Rows between two words of how far the reading is."""

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


def _cell(columns: Mapping[str, int], number: int, *meanings: str) -> str:
    places = [columns[meaning] for meaning in meanings if meaning in columns]
    return cell_name(places[0], number) if places else ""


Progress = Callable[[int], None]
"""Told now and then how many rows were read."""


def read_file(name: str, content: bytes, *, progress: Progress | None = None) -> FileList:
    """The rows of a file by its name's ending.

    Raises ValidationError for a file that is no such list as a whole.
    """
    return _read_rows(rows_of_file(name, content), progress or (lambda rows: None))


def takes_long(name: str, content: bytes) -> bool:
    """Whether reading the file takes longer than somebody should wait without being told."""
    return rows_about(name, content) > (LONG_SHEET if is_sheet(name, content) else LONG_TEXT)


def _read_rows(rows: Iterable[Cells], progress: Progress) -> FileList:
    columns: dict[str, int] | None = None
    good: list[FileRow] = []
    bad: list[BadRow] = []
    is_first = True
    for number, cells in enumerate(rows, start=1):
        if number % TOLD_EVERY == 0:
            progress(number)
        if not any(is_filled(cell) for cell in cells):
            continue
        if len(good) + len(bad) >= MOST_ROWS:
            words = _("The file has more than %(most)s rows: split it.")
            raise ValidationError(words % {"most": MOST_ROWS})
        if is_first:
            is_first = False
            columns = _header(cells)
            if columns:
                continue
        if columns is None and sum(1 for cell in cells if is_filled(cell)) > 1:
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


def _header(cells: Cells) -> dict[str, int] | None:
    """Which column holds what, when this row names any; the first of two with one meaning."""
    columns: dict[str, int] = {}
    for place, cell in enumerate(cells):
        called = str(cell or "").strip().strip('"').lower()
        for meaning, names in _NAMES.items():
            if called in names:
                columns.setdefault(meaning, place)
    return columns or None


def _row(number: int, cells: Cells, columns: dict[str, int] | None) -> FileRow | BadRow:
    shown = " ".join(str(cell) for cell in cells if is_filled(cell))[:80]
    if columns is None:
        place, only = next((nth, cell) for nth, cell in enumerate(cells) if is_filled(cell))
        text = text_of(only)
        if text is None:
            cell = _cell({"serial": place}, number, "serial")
            return BadRow(number, shown, spoilt_words(only), cell)
        return FileRow(number, text, was_number=isinstance(only, int))
    found = {
        meaning: cells[place] if place < len(cells) else None for meaning, place in columns.items()
    }
    texts = {meaning: text_of(found.get(meaning)) for meaning in ("serial", "second", "product")}
    for meaning, text in texts.items():
        if text is None:
            cell = _cell(columns, number, meaning)
            wrong = found[meaning]
            return BadRow(number, str(wrong)[:80], spoilt_words(wrong), cell)
    serial, product = texts["serial"] or "", texts["product"] or ""
    quantity = _quantity(found.get("quantity"))
    if isinstance(quantity, str):
        return BadRow(number, shown, quantity, _cell(columns, number, "quantity"))
    name = shown_text(found.get("name"))
    if not serial and not product and not name:
        words = _("There is neither a serial number nor a product.")
        return BadRow(number, shown, words, _cell(columns, number, "serial", "product"))
    was_number = isinstance(found.get("serial"), int)
    price, second = shown_text(found.get("price")), texts["second"] or ""
    return FileRow(number, serial, product, quantity, name, price, was_number, second)


def _quantity(cell: object) -> int | str | None:
    """Pieces; None when it is not said, words when it is no number of pieces."""
    if not is_filled(cell):
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell).strip()
    if text.isascii() and text.isdigit() and len(text) <= 7:
        return int(text)
    return _("“%(text)s” is no number of pieces.") % {"text": text[:20]}
