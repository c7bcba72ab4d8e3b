"""What the rows of an uploaded list mean: units, pieces, or nothing that can be counted.

The rules are those of a single scan (`meaning`), for many texts in a constant number of
statements. Where a scan would ask, a row is bad: nobody is there to answer.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _

from documents.models import MOST_PIECES
from products.finding import no_product_words, products_with_codes
from products.models import Product
from products.modes import Mode
from serials.checking import check_barcode
from serials.reading_files import BadRow, FileList, FileRow
from serials.reading_scans import Reading, shown_gtin
from serials.scanned import read_scans
from serials.stock import fetched
from serials.text import LONGEST, SerialText, read_serial

from .models import Count
from .standing import in_scope


@dataclasses.dataclass(frozen=True, slots=True)
class SortedUnit:
    """A unit that a row lists; `serial_id` where the ledger knows it."""

    number: int
    text: str
    key: str
    product_id: int | None
    serial_id: int | None
    was_here: bool


@dataclasses.dataclass(frozen=True, slots=True)
class SortedPieces:
    """So many pieces of a product, and the first row that lists any."""

    number: int
    product_id: int
    quantity: int


@dataclasses.dataclass(slots=True)
class Sorted:
    """What a list comes to; `repeated` units are in it more than once."""

    units: list[SortedUnit]
    pieces: list[SortedPieces]
    bad: list[BadRow]
    repeated: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class _Known:
    """A serial of the ledger, and whether the records of the count's store have it."""

    pk: int
    own: SerialText
    product: Product
    is_here: bool


class _Bad(Exception):
    """A row that can't be counted; the message says why."""


def sort_rows(count: Count, listed: FileList) -> Sorted:
    """Find out what each row means: six statements at most."""
    return _Sorting(count, listed).sort()


class _Sorting:
    def __init__(self, count: Count, listed: FileList) -> None:
        self.count = count
        self.listed = listed
        read = read_scans([row.serial for row in listed.rows])
        self.read = {row.number: found for row, found in zip(listed.rows, read, strict=True)}
        keys = {found.serial.key for found in read if found.serial.key}
        codes = {key for row in listed.rows if (key := read_serial(row.product).key)}
        codes |= {found.gtin for found in read if found.gtin}
        self.coded = products_with_codes(keys | codes)
        self.known = _units_with(keys, count)
        products = [product for found in self.coded.values() for product in found]
        products += [unit.product for units in self.known.values() for unit in units]
        self.covered = in_scope(count, {product.pk: product for product in products}.values())
        self.context: Product | None = None
        self.found = Sorted([], [], [])
        self.seen: set[tuple[str, int | None]] = set()
        self.new: set[str] = set()
        self.tallies: dict[int, SortedPieces] = {}

    def sort(self) -> Sorted:
        for row in self.listed.rows:
            try:
                self._take(row)
            except _Bad as bad:
                shown = " ".join(part for part in (row.serial, row.product) if part)
                self.found.bad.append(BadRow(row.number, shown[:LONGEST], str(bad)))
        self.found.pieces.extend(self.tallies.values())
        return self.found

    def _take(self, row: FileRow) -> None:
        reading = self.read[row.number]
        if reading.wrong:
            raise _Bad(reading.wrong)
        text = reading.serial
        if len(text.key) > LONGEST or len(text.text) > LONGEST:
            raise _Bad(_("A serial number has at most %(most)d characters.") % {"most": LONGEST})
        product = self._product_of(row)
        if reading.gtin:
            product = self._product_of_code(reading, product)
            if not (reading.is_unit and product.asks_serials):
                self._take_code(row, product)
                return
        if product is not None:
            self._take_of(row, text, product)
        elif not text.key:
            raise _Bad(_("Nothing readable stands here."))
        elif row.quantity not in (None, 1):
            raise _Bad(_("A serial number stands for one unit, not for several pieces."))
        else:
            self._take_text(row, text)

    def _product_of(self, row: FileRow) -> Product | None:
        """The product that a row's own column names."""
        key = read_serial(row.product).key
        if not key:
            return None
        products = self.coded.get(key, [])
        if not products:
            raise _Bad(_("No product has the code %(code)s.") % {"code": row.product})
        return self._in_scope(self._only(products))

    def _product_of_code(self, reading: Reading, named: Product | None) -> Product:
        """The product of a GS1 code."""
        products = [one for one in self.coded.get(reading.gtin, []) if one.gtin14 == reading.gtin]
        if not products:
            raise _Bad(no_product_words(shown_gtin(reading.gtin)))
        if named is not None and named != products[0]:
            words = _("Its code is of %(other)s, not of %(name)s.")
            raise _Bad(words % {"other": products[0].name, "name": named.name})
        return self._in_scope(products[0])

    def _only(self, products: Sequence[Product]) -> Product:
        if len(products) > 1:
            raise _Bad(_("It fits several products."))
        return products[0]

    def _in_scope(self, product: Product) -> Product:
        if product.pk not in self.covered:
            raise _Bad(_("%(name)s is not part of this count.") % {"name": product.name})
        return product

    def _take_of(self, row: FileRow, text: SerialText, product: Product) -> None:
        """A row that says its product: a unit of it, or pieces."""
        if not product.asks_serials:
            if text.key:
                raise _Bad(
                    _("%(name)s is accounted without serial numbers.") % {"name": product.name}
                )
            self._add_pieces(row, product, 1 if row.quantity is None else row.quantity)
            return
        if not text.key:
            raise _Bad(_("The serial number is missing."))
        if row.quantity not in (None, 1):
            raise _Bad(_("A serial number stands for one unit, not for several pieces."))
        units = [unit for unit in self.known.get(text.key, []) if unit.product == product]
        if not units and (wrong := check_barcode(text, product)):
            raise _Bad(wrong.message)
        self._add_unit(row, text, product, units[0] if units else None)

    def _take_text(self, row: FileRow, text: SerialText) -> None:
        """A text alone: a code of a product, a unit the ledger knows, or a new serial number."""
        products = [one for one in self.coded.get(text.key, []) if one.pk in self.covered]
        units = [one for one in self.known.get(text.key, []) if one.product.pk in self.covered]
        if products:
            if len(products) + len(units) > 1:
                raise _Bad(_("It fits several things: scan it, and choose which it is."))
            self._take_code(row, products[0])
        elif units:
            unit = self._meant(units)
            self._add_unit(row, text, unit.product, unit)
        elif elsewhere := self._elsewhere(text.key):
            self._in_scope(elsewhere)
        else:
            self._add_unit(row, text, self.context, None)

    def _elsewhere(self, key: str) -> Product | None:
        """A product out of scope that the text is a code or a serial number of."""
        coded = self.coded.get(key, [])
        return next(iter([*coded, *(unit.product for unit in self.known.get(key, []))]), None)

    def _take_code(self, row: FileRow, product: Product) -> None:
        if self.listed.is_table:
            words = _("This is the code of %(name)s, not a serial number.")
            raise _Bad(words % {"name": product.name})
        if product.asks_serials:
            self.context = product
        else:
            self._add_pieces(row, product, 1)

    def _meant(self, units: Sequence[_Known]) -> _Known:
        """Which of several units with the same text; the one that is here, if one is."""
        here = [unit for unit in units if unit.is_here]
        if len(units) == 1:
            return units[0]
        if len(here) == 1:
            return here[0]
        raise _Bad(_("It fits several products: name the product in a column of its own."))

    def _add_unit(
        self, row: FileRow, text: SerialText, product: Product | None, known: _Known | None
    ) -> None:
        own = known.own if known else text  # it may be listed by its second number
        unit = own.key, product.pk if product else None
        names_product = bool(row.product) or self.read[row.number].is_unit
        is_unnamed_again = known is None and not names_product and text.key in self.new
        if unit in self.seen or is_unnamed_again:
            self.found.repeated += 1
            return
        self.seen.add(unit)
        if known is None:
            self.new.add(text.key)
        self.found.units.append(
            SortedUnit(
                number=row.number,
                text=own.text,
                key=own.key,
                product_id=unit[1],
                serial_id=known.pk if known else None,
                was_here=known is not None and known.is_here,
            )
        )

    def _add_pieces(self, row: FileRow, product: Product, quantity: int) -> None:
        before = self.tallies.get(product.pk)
        total = quantity + (before.quantity if before else 0)
        if total > MOST_PIECES:
            raise _Bad(
                _("At most %(most)s pieces of a product are counted.") % {"most": MOST_PIECES}
            )
        first = before.number if before else row.number
        self.tallies[product.pk] = SortedPieces(first, product.pk, total)


def _units_with(keys: Collection[str], count: Count) -> Mapping[str, list[_Known]]:
    """The units of products with serials that these numbers name: two statements."""
    rows = fetched(
        """
        SELECT called.key, serial.id, serial.text, serial.key, serial.product_id,
               serial.is_verified, place.store_id
        FROM unnest(%s::text[]) AS wanted (key)
        JOIN serials_called called ON called.key = wanted.key
        JOIN serials_serial serial ON serial.id = called.serial_id
        JOIN serials_place place ON place.id = serial.place_id
        JOIN products_product product ON product.id = serial.product_id
        WHERE product.mode IN ('strict', 'recorded')
        ORDER BY serial.product_id
        """,
        [list(keys)],
    )
    products = Product.objects.in_bulk({row[4] for row in rows})
    found: defaultdict[str, list[_Known]] = defaultdict(list)
    for key, pk, text, own_key, product_id, is_verified, store_id in rows:
        product = products[product_id]
        is_here = store_id == count.store_id and (is_verified or product.mode == Mode.RECORDED)
        found[key].append(_Known(pk, SerialText(text, own_key), product, is_here))
    return found
