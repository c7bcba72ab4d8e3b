"""Whom a row of a file is about.

Our own number decides where it is given. Otherwise a supplier is known by the name, and a customer
by the phone number, however it is written, and the e-mail; by the name only where the customer has
no other mark. What fits several is never guessed.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from company.exporting import undefused
from company.reading_tables import is_filled, shown_text
from company.tables import Row, Table, WrongCell, tidied

from .import_fields import Partner, read_number
from .models import SAME_NUMBER, Customer, Supplier, digits_of


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """What a row says of whom it is about; `names` as they may be meant, of a defused cell two."""

    number: int | None
    wrong: WrongCell | None
    names: Sequence[str]
    phone: str
    email: str

    @property
    def phone_end(self) -> str:
        """The digits a whole phone number is compared by; empty of any other text."""
        digits = digits_of(self.phone)
        return digits[-SAME_NUMBER:] if len(digits) >= SAME_NUMBER else ""


def said_in(table: Table, row: Row) -> Said:
    """What a row says of whom it is about."""
    number: int | None = None
    wrong: WrongCell | None = None
    cell = table.cell(row, "number")
    if is_filled(cell):
        try:
            number = read_number(cell)
        except WrongCell as error:
            wrong = error
    name, phone, email = (
        tidied(shown_text(table.cell(row, key))) for key in ("name", "phone", "email")
    )
    names = tuple(dict.fromkeys(each for each in (name, tidied(undefused(name))) if each))
    return Said(number, wrong, names, tidied(undefused(phone)), tidied(undefused(email)).lower())


class Known:
    """Everybody whom the rows of a file may be about."""

    def __init__(self, partners: Iterable[Partner]) -> None:
        self.by_id: dict[int, Partner] = {}
        self.by_name: dict[str, int] = {}
        self.by_folded: defaultdict[str, set[int]] = defaultdict(set)
        self.by_phone: defaultdict[str, set[int]] = defaultdict(set)
        self.by_email: defaultdict[str, set[int]] = defaultdict(set)
        for partner in partners:
            self.by_id[partner.pk] = partner
            self.by_name[tidied(partner.name)] = partner.pk
            self.by_folded[tidied(partner.name).casefold()].add(partner.pk)
            self.by_email[partner.email.lower()].add(partner.pk)
            digits = digits_of(partner.phone)
            if len(digits) >= SAME_NUMBER:
                self.by_phone[digits[-SAME_NUMBER:]].add(partner.pk)

    def partner_of(self, said: Said) -> Partner | None:
        """Whom a row is about, or None for somebody new; WrongCell when that can't be told."""
        raise NotImplementedError

    def marks_of(self, said: Said, partner: Partner | None) -> dict[object, str]:
        """What no other row may have, with the column it is told at."""
        raise NotImplementedError

    def has_name(self, name: str, *, but: Partner | None) -> bool:
        """Whether another one has this name."""
        found = self.by_name.get(name)
        return found is not None and not (but and but.pk == found)

    def _numbered(self, said: Said) -> Partner | None:
        if said.wrong:
            raise said.wrong
        if said.number is None:
            return None
        if found := self.by_id.get(said.number):
            return found
        words = _("Nobody has this number. Leave the cell empty for somebody new.")
        raise WrongCell("number", words)

    def _named(self, names: Sequence[str]) -> set[int]:
        """Those with one of these names, in any case; the one who has it exactly alone."""
        for name in names:
            if (exact := self.by_name.get(name)) is not None:
                return {exact}
        return set().union(*(self.by_folded.get(name.casefold(), set()) for name in names))


class KnownSuppliers(Known):
    """Suppliers, whose names are unique."""

    def partner_of(self, said: Said) -> Partner | None:
        if (numbered := self._numbered(said)) is not None:
            return numbered
        found = self._named(said.names)
        if len(found) > 1:
            raise WrongCell("name", _several())
        return self.by_id[found.pop()] if found else None

    def marks_of(self, said: Said, partner: Partner | None) -> dict[object, str]:
        return {partner.pk: "number" if said.number else "name"} if partner else {}


class KnownCustomers(Known):
    """Customers, of whom nothing is unique."""

    def partner_of(self, said: Said) -> Partner | None:
        if (numbered := self._numbered(said)) is not None:
            return numbered
        by_phone = self.by_phone.get(said.phone_end, set()) if said.phone_end else set()
        by_email = self.by_email.get(said.email, set()) if said.email else set()
        found = by_phone & by_email or by_phone or by_email
        if by_phone and by_email and not by_phone & by_email:
            words = _("The phone number is one customer's and the e-mail another's.")
            raise WrongCell("phone", words)
        if not found:
            found = self._without_other_marks(said)
        if len(found) > 1:
            found = {pk for pk in found if tidied(self.by_id[pk].name) in said.names}
        if len(found) > 1 or (not found and (by_phone or by_email)):
            raise WrongCell("phone" if by_phone else "email" if by_email else "name", _several())
        return self.by_id[found.pop()] if found else None

    def _without_other_marks(self, said: Said) -> set[int]:
        """Those of this name who have just what the row has, mostly neither phone nor e-mail."""
        named = set().union(*(self.by_folded.get(name.casefold(), set()) for name in said.names))
        return {
            pk
            for pk in named
            if (tidied(self.by_id[pk].phone), self.by_id[pk].email.lower())
            == (said.phone, said.email)
        }

    def marks_of(self, said: Said, partner: Partner | None) -> dict[object, str]:
        if partner:
            key = "phone" if said.phone_end else "email" if said.email else "name"
            return {partner.pk: "number" if said.number else key}
        marks: dict[object, str] = {}
        if said.phone_end:
            marks["phone", said.phone_end] = "phone"
        if said.email:
            marks["email", said.email] = "email"
        if not marks:
            marks["name", said.names, said.phone] = "name"
        return marks


def _several() -> str:
    return _("It fits several: give our number of the one, from an export.")


def known_partners(model: type[Partner], said: Collection[Said]) -> Known:
    """Everybody whom these rows may be about: one statement."""
    numbers = sorted({one.number for one in said if one.number})
    names = sorted({name for one in said for name in one.names})
    if model is Supplier:
        suppliers = Supplier.objects.raw(
            """
            SELECT * FROM partners_supplier
            WHERE id = ANY(%s)
               OR lower(name) IN (SELECT lower(name) FROM unnest(%s::text[]) AS name)
            """,
            [numbers, names],
        )
        return KnownSuppliers(suppliers)
    parameters: list[Any] = [
        numbers,
        sorted({one.phone_end for one in said if one.phone_end}),
        sorted({one.email for one in said if one.email}),
        names,
    ]
    customers = Customer.objects.raw(
        """
        SELECT * FROM partners_customer
        WHERE erased_at IS NULL
          AND (id = ANY(%s) OR right(phone_digits, 9) = ANY(%s) OR lower(email) = ANY(%s)
               OR lower(name) IN (SELECT lower(name) FROM unnest(%s::text[]) AS name))
        """,
        parameters,
    )
    return KnownCustomers(customers)
