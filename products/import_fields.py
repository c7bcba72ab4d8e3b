"""The columns of a file of products: how each is written, and read back.

The rules of a value are those of its model field or its form field; here are only the words that
files have for them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from company.exporting import Cell, Column, undefused
from company.tables import (
    Field,
    WrongCell,
    cell_text,
    folded,
    in_every_language,
    number_text,
    refuse_spoilt_code,
    tidied,
    truth,
    yes_or_no,
)

from .forms import ProductForm
from .models import Period, PeriodUnit, Product, ProductType
from .modes import Mode

FIELDS = (
    Field(
        "sku", gettext_lazy("SKU"),
        gettext_lazy("Needed. A product is known by it; an SKU that no product has makes one."),
        "PH-100", frozenset({"артикул", "код", "code", "item code", "article"}), width=18,
    ),
    Field(
        "name", pgettext_lazy("product", "Name"), gettext_lazy("A new product needs one."),
        gettext_lazy("Phone 100"),
        frozenset({"product", "product name", "товар", "назва товару", "найменування"}),
        width=34,
    ),
    Field(
        "type", gettext_lazy("Type"),
        gettext_lazy("The name of a product type there is. A new product needs one."),
        names=frozenset({"product type", "тип товару", "категорія", "category"}),
    ),
    Field(
        "barcode", gettext_lazy("Barcode"),
        gettext_lazy("The GTIN under the bars: 8, 12, 13 or 14 digits."), "4006381333931",
        frozenset({"gtin", "ean", "upc", "bar code", "штрих-код", "штрихкод"}),
    ),
    Field(
        "price", gettext_lazy("Price"), gettext_lazy("With a comma or a point before the cents."),
        Decimal("8999.00"), frozenset({"ціна", "unit price"}), Cell.MONEY, 14,
    ),
    Field(
        "mode", gettext_lazy("Accounting"),
        format_lazy(
            "{} “{}”, “{}”, “{}”, “{}”.",
            gettext_lazy("A new product without it has its type's. One of:"),
            *(mode.label for mode in Mode),
        ),
        Mode.STRICT.label,
        frozenset({"mode", "warranty mode", "режим", "режим обліку"}), width=30,
    ),
    Field(
        "period", gettext_lazy("Warranty"),
        gettext_lazy("As “12 months”, “2 years”, “14 days”. Empty: as the product type says."),
        Period(12, PeriodUnit.MONTHS),
        frozenset({"warranty period", "гарантійний строк", "строк гарантії", "термін гарантії"}),
    ),
    Field(
        "supplier_period", gettext_lazy("Supplier's warranty"),
        gettext_lazy("The same, of the supplier to us."), Period(12, PeriodUnit.MONTHS),
        frozenset({"suppliers warranty", "гарантія постачальника"}),
    ),
    Field(
        "is_active", gettext_lazy("In use"),
        gettext_lazy("Yes or no. A new product is in use."), gettext_lazy("yes"),
        frozenset({"active", "використовується"}), width=10,
    ),
)  # fmt: skip
TITLES = {field.key: field.title for field in FIELDS}
KEY = "sku"
REMOVABLE = frozenset({"barcode", "period", "supplier_period"})
"""What a product may be without: an empty cell can remove these."""


def columns() -> list[Column]:
    """The columns as the writer of files has them."""
    return [Column(str(field.title), field.cell, field.width) for field in FIELDS]


def value_of(product: Product, key: str) -> Any:
    """What a product has in a column; its type had better be loaded."""
    return getattr(product, key) if key not in _PERIODS else _own_period(product, key)


_PERIODS = frozenset({"period", "supplier_period"})


def _own_period(product: Product, key: str) -> Period | None:
    """The product's own period, not its type's."""
    count = getattr(product, f"{key}_count")
    return Period(count, getattr(product, f"{key}_unit")) if count else None


def cells_of(product: Product) -> Sequence[object]:
    """A product as a row of these columns."""
    return [written(field.key, value_of(product, field.key)) for field in FIELDS]


def written(key: str, value: Any) -> object:
    """A value as a cell has it."""
    if key == "price":
        return value
    if key == "mode":
        return str(Mode(value).label)
    if key == "is_active":
        return yes_or_no(value)
    return "" if value is None else str(value)


def in_words(key: str, value: Any) -> str:
    """A value as people read it."""
    return str(number_format(value, 2)) if key == "price" else str(written(key, value))


Types = dict[str, ProductType]
"""Every product type, by its name, and by its name in small letters."""


def read(key: str, cell: Any, types: Types) -> Any:
    """The value that a filled cell of a column stands for; WrongCell when it won't do."""
    try:
        return _READERS[key](key, cell, types)
    except ValidationError as refused:
        raise WrongCell(key, " ".join(refused.messages)) from refused


def _read_text(key: str, cell: Any, types: Types) -> str:
    text = cell_text(key, cell)
    if key == "barcode":
        refuse_spoilt_code(key, text)
    field: Any = Product._meta.get_field(key)
    return str(field.clean(text, None))


def _read_type(key: str, cell: Any, types: Types) -> ProductType:
    name = cell_text(key, cell)
    for called in (name, tidied(undefused(name))):
        if found := types.get(called) or types.get(called.casefold()):
            return found
    raise WrongCell(key, _("There is no product type “%(name)s”.") % {"name": name[:40]})


_PRICE = ProductForm.base_fields["price"]


def _read_price(key: str, cell: Any, types: Types) -> Decimal:
    price: Decimal = _PRICE.clean(number_text(cell))
    return price.quantize(Decimal("0.01"))


@functools.cache
def _modes() -> Mapping[str, Mode]:
    names = {folded(word): mode for mode in Mode for word in in_every_language(mode.label)}
    return names | {folded(mode): mode for mode in Mode}


def _read_mode(key: str, cell: Any, types: Types) -> str:
    found = _modes().get(folded(str(cell)))
    if found is None:
        choices = ", ".join(f"“{mode.label}”" for mode in Mode)
        raise WrongCell(key, _("Write one of %(choices)s.") % {"choices": choices})
    return found.value


_UNITS = (
    (PeriodUnit.DAYS, ("d", "day", "дн", "день", "доб", "діб")),
    (PeriodUnit.WEEKS, ("w", "week", "тиж")),
    (PeriodUnit.MONTHS, ("mo", "міс", "мес")),
    (PeriodUnit.YEARS, ("y", "yr", "year", "рік", "рок", "р.", "год")),
)
"""How the words for a unit begin, in English and Ukrainian, shortened or not."""


def _read_period(key: str, cell: Any, types: Types) -> Period:
    match = re.fullmatch(r"(\d{1,5})\s*([^\W\d_]+\.?)", tidied(str(cell)).lower())
    units = [unit for unit, words in _UNITS if match and _is_of(match[2], words)]
    if match is None or not units:
        raise WrongCell(key, _("Write a number and its unit, as “12 months”."))
    period = Period(int(match[1]), units[0].value)
    if period.fault:
        raise WrongCell(key, period.fault)
    return period


def _is_of(word: str, beginnings: Sequence[str]) -> bool:
    """Whether a word is one of a unit's: a single letter stands for itself only."""
    return (word == "р" and "р." in beginnings) or any(
        word == one or (len(one) > 1 and word.startswith(one)) for one in beginnings
    )


def _read_truth(key: str, cell: Any, types: Types) -> bool:
    return truth(key, cell)


_READERS: Mapping[str, Callable[[str, Any, Types], Any]] = {
    "sku": _read_text,
    "name": _read_text,
    "type": _read_type,
    "barcode": _read_text,
    "price": _read_price,
    "mode": _read_mode,
    "period": _read_period,
    "supplier_period": _read_period,
    "is_active": _read_truth,
}
