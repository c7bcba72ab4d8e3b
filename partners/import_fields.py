"""The columns of files of suppliers and customers: how each is written, and read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from company.exporting import Column
from company.parameters import whole_number
from company.tables import (
    Field,
    WrongCell,
    cell_text,
    number_text,
    refuse_spoilt_code,
    truth,
    yes_or_no,
)

from .models import Customer, Supplier

Partner = Supplier | Customer

_PHONE = Field(
    "phone", gettext_lazy("Phone"), gettext_lazy("As you write it."), "+380 67 123 45 67",
    frozenset({"telephone", "tel", "tel.", "mobile", "тел", "тел.", "номер телефону", "мобільний"}),
)  # fmt: skip
_EMAIL = Field(
    "email", gettext_lazy("E-mail"), gettext_lazy("One address."), "name@example.com",
    frozenset({"email", "mail", "електронна пошта", "пошта", "ел. пошта"}), width=28,
)  # fmt: skip
_NAMES = frozenset(
    {"company", "full name", "піб", "ім'я", "назва", "найменування", "постачальник", "клієнт"}
)

SUPPLIER_FIELDS = (
    Field(
        "number", gettext_lazy("Number"),
        gettext_lazy(
            "Ours, as an export has it. Without it a supplier is known by the name, "
            "and a name that none has makes a new one."
        ),
        names=frozenset({"id", "№"}), width=10,
    ),
    Field(
        "name", gettext_lazy("Name"), gettext_lazy("A new supplier needs one."),
        gettext_lazy("Wholesale Ltd"), _NAMES | {"supplier"}, width=34,
    ),
    _PHONE,
    _EMAIL,
    Field(
        "is_active", gettext_lazy("In use"),
        gettext_lazy("Yes or no. A new supplier is in use."), gettext_lazy("yes"),
        frozenset({"active"}), width=10,
    ),
)  # fmt: skip
CUSTOMER_FIELDS = (
    Field(
        "number", gettext_lazy("Number"),
        gettext_lazy(
            "Ours, as an export has it. Without it a customer is known by the phone number, "
            "however it is written, or by the e-mail; somebody unknown becomes a new one."
        ),
        names=frozenset({"id", "№"}), width=10,
    ),
    Field(
        "name", gettext_lazy("Name"), gettext_lazy("A new customer needs one."),
        gettext_lazy("Olena Koval"), _NAMES | {"customer"}, width=34,
    ),
    _PHONE,
    _EMAIL,
)  # fmt: skip
TITLES = {field.key: field.title for field in (*SUPPLIER_FIELDS, *CUSTOMER_FIELDS)}
KEY = "name"
TEXTS = frozenset({"name", "phone", "email"})
REMOVABLE = frozenset({"phone", "email"})
"""What a partner may be without: an empty cell can remove these."""


def columns(fields: Sequence[Field]) -> list[Column]:
    """The columns as the writer of files has them."""
    return [Column(str(field.title), field.cell, field.width) for field in fields]


def cells_of(partner: Partner, fields: Sequence[Field]) -> Sequence[object]:
    """A supplier or customer as a row of these columns."""
    return [
        str(partner.pk) if field.key == "number" else in_words(getattr(partner, field.key))
        for field in fields
    ]


def in_words(value: str | bool) -> str:
    """A value as a cell has it, and as people read it."""
    return yes_or_no(value) if isinstance(value, bool) else value


def read_number(cell: Any) -> int:
    """Our number of a partner; WrongCell when it is none."""
    number = whole_number(number_text(cell))
    if number is None:
        raise WrongCell("number", _("“%(text)s” is no number.") % {"text": number_text(cell)[:20]})
    return number


def read(model: type[Partner], key: str, cell: Any) -> str | bool:
    """The value that a filled cell of a column stands for; WrongCell when it won't do."""
    if key == "is_active":
        return truth(key, cell)
    text = cell_text(key, cell)
    if key == "phone":
        refuse_spoilt_code(key, text)
    clean: Callable[[Any, Any], Any] = model._meta.get_field(key).clean  # type: ignore[union-attr]
    try:
        return str(clean(text, None))
    except ValidationError as refused:
        raise WrongCell(key, " ".join(refused.messages)) from refused


FIELDS: Mapping[type[Partner], Sequence[Field]] = {
    Supplier: SUPPLIER_FIELDS,
    Customer: CUSTOMER_FIELDS,
}
