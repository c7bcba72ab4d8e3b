"""What the rows of an uploaded file mean for a draft: units, pieces, or nothing it can take.

The rules are those of scanning, for many texts in a constant number of statements. Where a scan
would ask, a row is bad: nobody is there to answer.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from products.finding import no_product_words, products_with_codes
from products.models import Product
from serials.reading_files import BadRow, FileList, FileRow
from serials.reading_scans import Reading, shown_gtin
from serials.scanned import read_scans
from serials.stock import Unit, fetched, own_numbers
from serials.text import LONGEST, SerialText, read_serial

from .foreseeing import Foreseen, foresee
from .kinds import spec_of
from .models import MOST_PIECES, Document, Line
from .seconds_of_file import SecondsOfFile

HIGHEST_PRICE = Decimal("9999999999.99")


@dataclasses.dataclass(slots=True)
class ListedLine:
    """What a file has for one line of a draft: of a product there is no line of yet, a new one.

    `seconds` are the second numbers of its serials, by their keys.
    """

    product: Product
    line: Line | None
    serials: list[SerialText] = dataclasses.field(default_factory=list)
    seconds: dict[str, SerialText] = dataclasses.field(default_factory=dict)
    pieces: int = 0
    price: Decimal | None = None


@dataclasses.dataclass(slots=True)
class Listed:
    """What a file comes to: its lines, the rows that were not taken, and what to look at.

    `repeated` are the cells of units that are in it more than once or on the draft already;
    `numbers` those of serial numbers that came as numbers.
    """

    lines: list[ListedLine]
    bad: list[BadRow]
    repeated: list[str] = dataclasses.field(default_factory=list)
    numbers: list[str] = dataclasses.field(default_factory=list)

    @property
    def serials(self) -> int:
        return sum(len(one.serials) for one in self.lines)

    @property
    def pieces(self) -> int:
        return sum(one.pieces for one in self.lines)

    @property
    def things(self) -> int:
        """Units and pieces that would be added."""
        return self.serials + self.pieces


class _Bad(Exception):
    """A row that can't be taken: why, and what its wrong cell holds."""

    def __init__(self, message: str, *meanings: str) -> None:
        self.meanings = meanings or ("serial", "product", "name")
        super().__init__(message)


def sort_rows(
    document: Document, listed: FileList, *, line: Line | None, now: dt.datetime
) -> Listed:
    """Find out what each row means, all of them for `line` when there is one.

    A constant number of statements.
    """
    return _Sorting(document, listed, line, now).sort()


class _Sorting:
    def __init__(
        self, document: Document, listed: FileList, line: Line | None, now: dt.datetime
    ) -> None:
        self.document = document
        self.spec = spec_of(document.kind)
        self.listed = listed
        self.line = line
        self.now = now
        read = read_scans([row.serial for row in listed.rows])
        self.read = {row.number: found for row, found in zip(listed.rows, read, strict=True)}
        self.texts = {number: found.serial for number, found in self.read.items()}
        self._look_up(listed.rows)
        self.on_draft = _lines_of(document, settles=bool(self.spec.settles))
        self.context: Product | None = None
        self.found = Listed([], list(listed.bad))
        self.into: dict[int, ListedLine] = {}
        self.seen: set[Unit] = set()

    def _look_up(self, rows: Sequence[FileRow]) -> None:
        """Read the products and the units that the rows may be about."""
        codes = {key for row in rows if (key := _code(row.product))}
        codes |= {found.gtin for found in self.read.values() if found.gtin}
        # A line that was chosen says what its serials are of: they may look like any code.
        alone = set()
        if self.line is None:
            alone = {self.texts[row.number].key for row in rows if not _names(row)} - {""}
        self.coded = products_with_codes(codes | alone)
        names = {name for row in rows if (name := _name(row))}
        self.named = _products_named(names)
        self.units = _products_of_units(alone)

    def sort(self) -> Listed:
        wanted: list[tuple[FileRow, Product, SerialText]] = []
        for row in self.listed.rows:
            try:
                if (product := self._product(row)) is not None:
                    wanted += self._take(row, product)
            except _Bad as bad:
                self._refuse(row, str(bad), *bad.meanings)
        wanted = self._by_own_numbers(wanted)
        self.seconds = SecondsOfFile(
            self.document, [(product, serial, row.second) for row, product, serial in wanted]
        )
        foreseen = foresee(
            self.document,
            [(product, serial) for _row, product, serial in wanted],
            now=self.now,
            comes_back=bool(self.spec.settles) or bool(self.line and self.line.origin_id),
        )
        for row, product, serial in wanted:
            self._add_unit(row, product, serial, foreseen)
        self.found.lines = [one for one in self.into.values() if one.serials or one.pieces]
        self.found.bad.sort(key=lambda row: row.number)
        return self.found

    def _by_own_numbers(
        self, wanted: Sequence[tuple[FileRow, Product, SerialText]]
    ) -> list[tuple[FileRow, Product, SerialText]]:
        """The same rows; a unit that is listed by its second number by its own one."""
        own = own_numbers([(product.pk, serial.key) for _row, product, serial in wanted])
        return [
            (row, product, own.get((product.pk, serial.key), serial))
            for row, product, serial in wanted
        ]

    def _refuse(self, row: FileRow, why: str, *meanings: str) -> None:
        held: dict[str, str] = {
            "serial": row.serial,
            "product": row.product,
            "name": row.name,
            "price": row.price,
        }
        held["second"] = row.second
        held["quantity"] = "" if row.quantity is None else str(row.quantity)
        shown = next((held[one] for one in meanings if one in self.listed.columns), row.serial)
        cell = self.listed.cell(row.number, *meanings)
        self.found.bad.append(BadRow(row.number, shown[:LONGEST], why, cell))

    def _product(self, row: FileRow) -> Product | None:
        """What a row is of; None for a row that only says what the next ones are of."""
        reading = self.read[row.number]
        if reading.wrong:
            raise _Bad(reading.wrong, "serial")
        named = self._named(row)
        if reading.is_unit:
            named = self._of_code(reading, named)
        if self.line is not None:
            product = self.line.product
            if named is not None and named != product:
                words = _("This is %(other)s, and the line is of %(name)s.")
                names = {"other": named.name, "name": product.name}
                raise _Bad(words % names, "product", "name")
            return product
        return named or self._unnamed(row)

    def _named(self, row: FileRow) -> Product | None:
        """The product that a row's own columns name, by its code rather than by its name."""
        key = _code(row.product)
        products = list(self.coded.get(key, []))
        for name in (row.product, row.name):
            products = products or self.named.get(_folded(name), [])
        if len(products) > 1:
            raise _Bad(_("It fits several products."), "product", "name")
        if not products and _names(row):
            words = _("There is no product %(name)s: give its SKU, barcode or exact name.")
            raise _Bad(words % {"name": row.product or row.name}, "product", "name")
        return products[0] if products else None

    def _of_code(self, reading: Reading, named: Product | None) -> Product:
        """The product of a GS1 code that gives product and serial at once."""
        products = [one for one in self.coded.get(reading.gtin, []) if one.gtin14 == reading.gtin]
        if not products:
            raise _Bad(no_product_words(shown_gtin(reading.gtin)), "serial")
        if named is not None and named != products[0]:
            words = _("Its code is of %(other)s, not of %(name)s.")
            raise _Bad(words % {"other": products[0].name, "name": named.name}, "serial")
        return products[0]

    def _unnamed(self, row: FileRow) -> Product | None:
        """What a serial alone is of: a product's own code, a known unit, or the last product."""
        key = self.texts[row.number].key
        coded, units = self.coded.get(key, []), self.units.get(key, [])
        if len(coded) + len(units) > 1 and not (self.context in units and not coded):
            raise _Bad(_("It fits several products: name the product in a column of its own."))
        if coded and self.listed.is_table:
            words = _("This is the code of %(name)s, not a serial number.")
            raise _Bad(words % {"name": coded[0].name})
        if coded:
            self.context = coded[0]
            return None if coded[0].asks_serials else coded[0]
        product = self.context or (units[0] if units else None)
        if product is None:
            raise _Bad(_("Nothing says of which product it is: name the product beside it."))
        return product

    def _take(self, row: FileRow, product: Product) -> list[tuple[FileRow, Product, SerialText]]:
        text = self.texts[row.number]
        line = self._line(row, product)
        price = self._price(row, line)
        if not product.asks_serials:
            is_code = self.line is None and not _names(row)
            if text.key and not is_code:
                words = _("%(name)s is accounted without serial numbers.")
                raise _Bad(words % {"name": product.name}, "serial")
            self._add_pieces(row, line, 1 if row.quantity is None else row.quantity)
            line.price = price
            return []
        if not text.key:
            raise _Bad(_("The serial number is missing."), "serial")
        if len(text.key) > LONGEST or len(text.text) > LONGEST:
            words = _("A serial number has at most %(most)d characters.")
            raise _Bad(words % {"most": LONGEST}, "serial")
        if row.quantity not in (None, 1):
            words = _("A serial number stands for one unit, not for several pieces.")
            raise _Bad(words, "quantity")
        line.price = price
        return [(row, product, text)]

    def _line(self, row: FileRow, product: Product) -> ListedLine:
        if product.pk in self.into:
            return self.into[product.pk]
        line = self.line or self.on_draft.get(product.pk)
        if line is None and self.spec.settles:
            words = _("%(name)s is not on this document yet: scan one of them first.")
            raise _Bad(words % {"name": product.name}, "product", "name", "serial")
        if line is None and self.spec.brings_in and not product.is_active:
            words = _("%(name)s is no longer in use.") % {"name": product.name}
            raise _Bad(words, "product", "name", "serial")
        return self.into.setdefault(product.pk, ListedLine(product, line))

    def _price(self, row: FileRow, line: ListedLine) -> Decimal | None:
        """The price of a line, which all of its rows have to agree on."""
        if not row.price or not self.spec.has_prices:
            return line.price
        try:
            price = Decimal("".join(row.price.split()).replace(",", "."))
            if not 0 <= price <= HIGHEST_PRICE or price != round(price, 2):
                raise InvalidOperation
        except InvalidOperation as error:
            words = _("“%(text)s” is no price.") % {"text": row.price[:20]}
            raise _Bad(words, "price") from error
        if line.price is not None and line.price != price:
            words = _("An earlier row of %(name)s has another price, %(price)s.")
            raise _Bad(words % {"name": line.product.name, "price": line.price}, "price")
        return round(price, 2)

    def _add_pieces(self, row: FileRow, line: ListedLine, pieces: int) -> None:
        if pieces < 1:
            raise _Bad(_("A line has at least one piece."), "quantity")
        before = line.line.quantity if line.line else 0
        if before + line.pieces + pieces > MOST_PIECES:
            words = _("At most %(limit_value)s pieces fit on a line.")
            raise _Bad(words % {"limit_value": MOST_PIECES}, "quantity")
        line.pieces += pieces

    def _add_unit(
        self, row: FileRow, product: Product, serial: SerialText, foreseen: Foreseen
    ) -> None:
        unit = product.pk, serial.key
        if unit in self.seen or unit in foreseen.entered:
            self.found.repeated.append(self._cell(row))
        elif refused := foreseen.refused.get(unit):
            self._refuse(row, refused.message, "serial")
        elif wrong := self.seconds.why_not(product, serial, row.second):
            self._refuse(row, wrong, "second")
        else:
            self.into[product.pk].serials.append(serial)
            if second := self.seconds.of(product, row.second):
                self.into[product.pk].seconds[serial.key] = second
            if row.was_number:
                self.found.numbers.append(self._cell(row))
        self.seen.add(unit)

    def _cell(self, row: FileRow) -> str:
        """Where the serial of a row stands; of a plain list the number of its row."""
        return self.listed.cell(row.number, "serial") or str(row.number)


def _names(row: FileRow) -> bool:
    """Whether a row says itself what product it is of."""
    return bool(_code(row.product) or _folded(row.name))


@functools.lru_cache(maxsize=1024)  # the same few products on thousands of rows
def _code(product: str) -> str:
    """The text of a product's column as codes are compared."""
    return read_serial(product).key


def _name(row: FileRow) -> str:
    return _folded(row.product) or _folded(row.name)


def _folded(name: str) -> str:
    """A product's name as it is looked for."""
    return " ".join(name.replace("\x00", "").split()).lower()


def _lines_of(document: Document, *, settles: bool) -> Mapping[int, Line]:
    """The line of each product that more of it is added to: as for a scan, never a defective one.

    Of a document that settles earlier lines, the first that names one.
    """
    lines = document.lines.filter(origin__isnull=not settles)
    if not settles:
        lines = lines.filter(is_defective=False)
    return {line.product_id: line for line in lines.order_by("-position")}


def _products_named(names: Collection[str]) -> Mapping[str, list[Product]]:
    """The products in use with these names, however they are capitalised: two statements."""
    if not names:
        return {}
    rows = fetched(
        "SELECT id FROM products_product WHERE is_active AND lower(name) = ANY(%s)", [list(names)]
    )
    found: defaultdict[str, list[Product]] = defaultdict(list)
    products = Product.objects.select_related("type").in_bulk([pk for (pk,) in rows])
    for product in products.values():
        found[_folded(product.name)].append(product)
    return found


def _products_of_units(keys: Collection[str]) -> Mapping[str, list[Product]]:
    """The products of the known units with these serials: two statements."""
    if not keys:
        return {}
    rows = fetched(
        """
        SELECT called.key, called.product_id
        FROM unnest(%s::text[]) AS wanted (key)
        JOIN serials_called called ON called.key = wanted.key
        JOIN products_product product ON product.id = called.product_id
        WHERE product.mode IN ('strict', 'recorded')
        ORDER BY called.product_id
        """,
        [list(keys)],
    )
    products = Product.objects.select_related("type").in_bulk({pk for _key, pk in rows})
    found: defaultdict[str, list[Product]] = defaultdict(list)
    for key, product_id in rows:
        found[key].append(products[product_id])
    return found
