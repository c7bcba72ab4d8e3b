"""What can be imported: its columns, who may, and the verbs that judge and write it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

import partners.import_fields
import products.import_fields
from company.access import Access
from company.import_models import ImportFile
from company.import_outcome import Outcome
from company.tables import Field, Table
from partners.importing import MAY_IMPORT, import_partners
from partners.judging_files import judge_partners
from partners.models import Customer, CustomerImport, Supplier, SupplierImport
from products.importing import import_products
from products.judging_files import judge_products
from products.models import ProductImport


@dataclasses.dataclass(frozen=True, slots=True)
class ImportKind:
    """One kind of records that files hold; `needed` is the column no file can be without."""

    what: str
    plural: Any
    title: Any
    list_url: str
    model: type[ImportFile]
    fields: Sequence[Field]
    needed: str
    may: Callable[[Access], bool]
    judge: Callable[[Table, bool], Outcome]
    write: Callable[[Table, bool, str, Access, dt.datetime], Outcome]


def _partner_kind(
    model: type[Supplier] | type[Customer], held: type[ImportFile], **words: Any
) -> ImportKind:
    def judge(table: Table, clears: bool) -> Outcome:
        return judge_partners(model, table, clears=clears).outcome

    def write(
        table: Table, clears: bool, seen: str, by: Access, now: dt.datetime
    ) -> Outcome:  # fmt: skip
        return import_partners(model, table, clears=clears, seen=seen, by=by)

    return ImportKind(
        model=held,
        fields=partners.import_fields.FIELDS[model],
        needed=partners.import_fields.KEY,
        may=lambda access: any(access.can_somewhere(right) for right in MAY_IMPORT[model]),
        judge=judge,
        write=write,
        **words,
    )


def _judge_products(table: Table, clears: bool) -> Outcome:
    return judge_products(table, clears=clears).outcome


def _write_products(
    table: Table, clears: bool, seen: str, by: Access, now: dt.datetime
) -> Outcome:  # fmt: skip
    return import_products(table, clears=clears, seen=seen, by=by, now=now)


KINDS: Mapping[str, ImportKind] = {
    kind.what: kind
    for kind in (
        ImportKind(
            what="products",
            plural=_("Products"),
            title=_("Import products"),
            list_url="products:list",
            model=ProductImport,
            fields=products.import_fields.FIELDS,
            needed=products.import_fields.KEY,
            may=lambda access: access.user.is_admin,
            judge=_judge_products,
            write=_write_products,
        ),
        _partner_kind(
            Supplier,
            SupplierImport,
            what="suppliers",
            plural=_("Suppliers"),
            title=_("Import suppliers"),
            list_url="partners:suppliers",
        ),
        _partner_kind(
            Customer,
            CustomerImport,
            what="customers",
            plural=_("Customers"),
            title=_("Import customers"),
            list_url="partners:customers",
        ),
    )
}
