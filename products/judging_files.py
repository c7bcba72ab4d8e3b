"""What a file of products comes to, row by row: a constant number of statements, nothing written.

Products are known by their SKU, in any case. A column that is absent leaves its field alone.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from company.exporting import undefused
from company.import_outcome import Change, Outcome, RowFound
from company.reading_tables import is_filled
from company.tables import (
    Row,
    Table,
    WrongCell,
    cell_text,
    refuse_spoilt_code,
    tidied,
)

from .gtin import gtin14
from .import_fields import FIELDS, REMOVABLE, TITLES, Types, in_words, read, value_of
from .models import Product, ProductType
from .modes import closed_modes
from .saving import mode_stays_words
from .stock import all_waiting_for_serials, stocks_of

_TEXTS = frozenset({"sku", "name", "barcode"})


@dataclasses.dataclass(slots=True)
class _Wanted:
    """A row that can be read: its product, when there is one, and the values it has for it."""

    row: Row
    product: Product | None
    values: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class Judged:
    """What a file comes to, and the products to write: with their new values, not saved."""

    outcome: Outcome = dataclasses.field(default_factory=Outcome)
    new: list[Product] = dataclasses.field(default_factory=list)
    changed: list[Product] = dataclasses.field(default_factory=list)


def judge_products(table: Table, *, clears: bool, lock: bool = False) -> Judged:
    """Find out what each row means; `lock` keeps what it finds until the transaction ends."""
    return _Judging(table, clears, lock).judge()


class _Judging:
    def __init__(self, table: Table, clears: bool, lock: bool) -> None:
        self.table = table
        self.clears = clears
        self.found = Judged()
        kinds = list(ProductType.objects.all())
        self.types: Types = {kind.name.casefold(): kind for kind in kinds}
        self.types |= {tidied(kind.name): kind for kind in kinds}
        self.skus: dict[int, str] = {}
        for row in table.rows:
            self._read_sku(row)
        self.keys, self.products = _known(self.skus, self.types, lock=lock)
        self.rows_of_key: dict[str, int] = {}
        self.titles = {field.key: str(field.title) for field in FIELDS}
        # The same few types, modes, periods and prices come again and again.
        self.in_words = functools.lru_cache(maxsize=4096)(in_words)
        self.read = functools.lru_cache(maxsize=4096)(functools.partial(read, types=self.types))

    def _read_sku(self, row: Row) -> None:
        cell = self.table.cell(row, "sku")
        try:
            if not is_filled(cell):
                raise WrongCell("sku", _("The SKU is missing."))
            self.skus[row.number] = cell_text("sku", cell)
        except WrongCell as wrong:
            self._refuse(row, wrong)

    def judge(self) -> Judged:
        wanted = [
            one for row in self.table.rows
            if row.number in self.skus and (one := self._read(row))
        ]  # fmt: skip
        held = _barcodes([one.values.get("barcode", "") for one in wanted])
        moving = {
            one.product.pk
            for one in wanted
            if one.product and one.values.get("mode", "") in closed_modes(one.product.mode)
        }
        in_the_way = _InTheWay(stocks_of(moving), all_waiting_for_serials(moving))
        barcodes: dict[str, int] = {}
        for one in wanted:
            faults = [
                *_barcode_faults(one, held, barcodes),
                *(in_the_way.faults(one.product) if self._moves(one, moving) else ()),
            ]
            for fault in faults:
                self._refuse(one.row, fault)
            if not faults:
                self._take(one)
        self.found.outcome.refused.sort(key=lambda refused: refused.number)
        return self.found

    @staticmethod
    def _moves(one: _Wanted, moving: Collection[int]) -> bool:
        return one.product is not None and one.product.pk in moving

    def _read(self, row: Row) -> _Wanted | None:
        """The values of a row that differ from what its product has; None when it is refused."""
        key, product_id = self.keys[row.number]
        product = self.products.get(product_id) if product_id else None
        faults: list[WrongCell] = []
        if (first := self.rows_of_key.setdefault(key, row.number)) != row.number:
            faults.append(WrongCell("sku", _("Row %(row)s has this SKU too.") % {"row": first}))
        one = _Wanted(row, product)
        for field in FIELDS:
            if field.key not in self.table.columns:
                continue
            try:
                self._read_cell(one, field.key)
            except WrongCell as wrong:
                faults.append(wrong)
        if product is None:
            for needed in ("name", "type"):
                if needed not in one.values and not any(fault.key == needed for fault in faults):
                    words = _("A new product needs it, and no product has this SKU yet.")
                    faults.append(WrongCell(needed, words))
        for fault in faults:
            self._refuse(row, fault)
        return None if faults else one

    def _read_cell(self, one: _Wanted, key: str) -> None:
        cell = self.table.cell(one.row, key)
        now = value_of(one.product, key) if one.product else None
        if not is_filled(cell):
            if self.clears and one.product and key in REMOVABLE and now:
                one.values[key] = "" if key in _TEXTS else None
            return
        if key in _TEXTS and isinstance(cell, str):
            # What is there already stays, whatever it looks like.
            if one.product and tidied(cell) == tidied(str(now)):
                return
            cell = tidied(undefused(tidied(cell)))
        if key == "sku":
            if one.product and cell_text(key, cell) == tidied(str(now)):
                return
            if one.product is None:
                refuse_spoilt_code(key, cell_text(key, cell))
        value = self.read(key, cell) if isinstance(cell, str) else read(key, cell, self.types)
        if one.product is None or value != (tidied(str(now)) if key in _TEXTS else now):
            one.values[key] = value

    def _refuse(self, row: Row, wrong: WrongCell) -> None:
        self.found.outcome.refuse(self.table, row, wrong, titles=TITLES)

    def _take(self, one: _Wanted) -> None:
        outcome = self.found.outcome
        if one.product and not one.values:
            outcome.unchanged += 1
            return
        changes = [
            Change(
                title,
                self.in_words(key, value_of(one.product, key)) if one.product else "",
                self.in_words(key, one.values[key]),
            )
            for key, title in self.titles.items()
            if key in one.values
        ]
        row = RowFound(one.row.number, _name_of(one), changes)
        product = one.product or _new_product(one.values)
        _fill(product, one.values)
        (outcome.changed if one.product else outcome.new).append(row)
        (self.found.changed if one.product else self.found.new).append(product)


def _name_of(one: _Wanted) -> str:
    return str(one.product.name if one.product else one.values["name"])


def _new_product(values: Mapping[str, Any]) -> Product:
    """A product with what its type proposes."""
    kind: ProductType = values["type"]
    return Product(type=kind, mode=kind.default_mode)


def _fill(product: Product, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if key in {"period", "supplier_period"}:
            setattr(product, f"{key}_count", value.count if value else None)
            setattr(product, f"{key}_unit", value.unit if value else "")
        else:
            setattr(product, key, value)


@dataclasses.dataclass(frozen=True, slots=True)
class _InTheWay:
    """What keeps products as they are accounted."""

    stock: Mapping[int, Sequence[tuple[str, int]]]
    waiting: Mapping[int, Sequence[tuple[str, int]]]

    def faults(self, product: Product | None) -> list[WrongCell]:
        if product is None:
            return []
        pk = product.pk
        reasons = mode_stays_words(
            product, stock=self.stock.get(pk, ()), waiting=self.waiting.get(pk, ())
        )
        return [WrongCell("mode", reason) for reason in reasons]


def _barcode_faults(
    one: _Wanted, held: Mapping[str, tuple[int, str]], rows: dict[str, int]
) -> list[WrongCell]:
    """A barcode that another product or an earlier row has."""
    digits = gtin14(one.values.get("barcode", ""))
    if digits is None:
        return []
    pk, name = held.get(digits, (0, ""))
    if pk and not (one.product and one.product.pk == pk):
        words = _("“%(name)s” has this barcode already.")
        return [WrongCell("barcode", words % {"name": name})]
    if (first := rows.setdefault(digits, one.row.number)) != one.row.number:
        words = _("Row %(row)s has this barcode too.")
        return [WrongCell("barcode", words % {"row": first})]
    return []


def _known(
    skus: Mapping[int, str], types: Types, *, lock: bool
) -> tuple[dict[int, tuple[str, int | None]], dict[int, Product]]:
    """Each row's SKU as PostgreSQL compares it with its product's id, and the products by id."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.number,
                   upper(CASE WHEN exact.id IS NULL THEN wanted.plain ELSE wanted.sku END),
                   coalesce(exact.id, plain.id)
            FROM unnest(%s::int[], %s::text[], %s::text[]) AS wanted (number, sku, plain)
            LEFT JOIN products_product exact ON upper(exact.sku) = upper(wanted.sku)
            LEFT JOIN products_product plain
                ON upper(plain.sku) = upper(wanted.plain) AND wanted.plain <> wanted.sku
            """,
            [list(skus), list(skus.values()), [tidied(undefused(one)) for one in skus.values()]],
        )
        keys = {number: (key, pk) for number, key, pk in cursor.fetchall()}
    ids = sorted({pk for _key, pk in keys.values() if pk})
    if lock:
        # What a posting holds FOR SHARE: goods that move at this moment are in the stock then.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM products_product WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                [ids],
            )
    rows = Product.objects.raw("SELECT * FROM products_product WHERE id = ANY(%s)", [ids])
    kinds = {kind.pk: kind for kind in types.values()}
    products: dict[int, Product] = {}
    for product in rows:
        product.type = kinds[product.type_id]
        products[product.pk] = product
    return keys, products


def _barcodes(barcodes: Collection[str]) -> dict[str, tuple[int, str]]:
    """Who has these barcodes, by their fourteen digits: ids and names."""
    digits = sorted({found for barcode in barcodes if (found := gtin14(barcode or ""))})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT gtin14, id, name FROM products_product WHERE gtin14 = ANY(%s)", [digits]
        )
        return {gtin: (pk, name) for gtin, pk, name in cursor.fetchall()}
