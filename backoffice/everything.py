"""Everything out: all that the shop has entered, in formats that any program reads.

A ZIP with one CSV for each kind of thing, `datapackage.json`, which describes them as Frictionless
Table Schema does (types, keys, what refers to what), a README, the photos and the logos. All of
one moment. It is data for programs, not for a spreadsheet: a text is exactly what was entered,
also one that begins like a formula; the README says how to open it safely.

Rows go from PostgreSQL's COPY straight into the file: the memory it takes does not grow with the
shop.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

import company.models as company
import documents.models as documents
import inventory.models as inventory
import partners.models as partners
import products.models as products
import repairs.models as repairs
import serials.models as serials
import warranty.design_models as designs
import warranty.models as warranty

OWN_APPS = (
    "company", "partners", "products", "serials", "warranty", "documents", "inventory", "repairs",
)  # fmt: skip

FILES: Mapping[str, type[models.Model]] = {
    "company": company.Company,
    "stores": company.Store,
    "people": company.User,
    "roles": company.Membership,
    "document_numbers": company.NumberSequence,
    "suppliers": partners.Supplier,
    "customers": partners.Customer,
    "product_types": products.ProductType,
    "products": products.Product,
    "places": serials.Place,
    "serials": serials.Serial,
    "second_numbers": serials.SecondNumber,
    "postings": serials.Posting,
    "ledger_entries": serials.LedgerEntry,
    "stock": serials.Balance,
    "stock_taken": serials.StockTaken,
    "warranty_terms": warranty.Term,
    "warranty_cards": warranty.Card,
    "warranty_claims": warranty.Claim,
    "warranty_adjustments": warranty.Adjustment,
    "card_designs": designs.CardDesign,
    "card_logos": designs.CardLogo,
    "documents": documents.Document,
    "document_lines": documents.Line,
    "document_serials": documents.LineSerial,
    "returned_cards": documents.ReturnedCard,
    "outstanding": documents.Outstanding,
    "counts": inventory.Count,
    "count_products": inventory.Count.products.through,
    "count_expected": inventory.ExpectedUnit,
    "count_scans": inventory.Scan,
    "count_results": inventory.ProductResult,
    "repairs": repairs.Repair,
    "repair_steps": repairs.Step,
    "repair_charges": repairs.Charge,
    "repair_loans": repairs.Loan,
    "repair_photos": repairs.Photo,
}
"""The name of each file, and what is in it."""

LEFT_OUT: Mapping[type[models.Model], str] = {
    company.RequestCount: "counters of the last minutes",
    company.User.groups.through: "not used: roles are",
    company.User.user_permissions.through: "not used: roles are",
    company.Session: "sign-ins, which open the program",
    company.Till: "browsers that know people",
    company.TillPerson: "browsers that know people",
    company.Pin: "secrets",
    partners.SupplierImport: "files on their way in, kept a day",
    partners.CustomerImport: "files on their way in, kept a day",
    products.ProductImport: "files on their way in, kept a day",
    documents.TakenScan: "names of scans, against a press that comes twice",
    documents.Upload: "files on their way onto a draft",
    documents.DocumentPrint: "PDFs that can be made again",
    documents.Notice: "what a person has still to look at",
    warranty.PrintRun: "PDFs that can be made again",
    warranty.CardPrint: "which PDF a card was in",
    serials.StockFile: "files that can be made again",
    serials.StockFilePart: "files that can be made again",
}
"""What belongs to the program and not to the shop."""

SECRETS = {
    company.User: {"password", "is_superuser", "is_staff", "last_login", "first_name", "last_name"},
    warranty.Card: {"token"},
    partners.Customer: {"phone_digits"},
    designs.CardLogo: {"image"},
}
"""Fields that are not written: what opens something, and what is only there for the program."""

_TYPES = {
    "BigAutoField": "integer", "AutoField": "integer", "BigIntegerField": "integer",
    "IntegerField": "integer", "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "integer", "PositiveBigIntegerField": "integer",
    "BooleanField": "boolean", "DateField": "date", "DateTimeField": "datetime",
    "DecimalField": "number", "JSONField": "array", "ArrayField": "array",
}  # fmt: skip
_MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written: where, how large, and the rows of each kind."""

    path: Path
    size: int
    rows: Mapping[str, int]


def missing_models() -> set[type[models.Model]]:
    """Models that are neither in a file nor left out on purpose: there must be none."""
    known = {*FILES.values(), *LEFT_OUT}
    own = {
        model
        for app in OWN_APPS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    }
    return {model for model in own - known if not _of_permissions(model)}


def _of_permissions(model: type[models.Model]) -> bool:
    """The tables between people and Django's groups and permissions, which nobody uses."""
    return bool(model._meta.auto_created) and model._meta.app_label == "company"


def export_everything(path: Path, *, now: dt.datetime, say: Say) -> Exported:
    """Write everything into a new file; a file that can't be written whole is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        with _one_moment(), zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
            rows = {}
            for title, model in FILES.items():
                say(title)
                rows[title] = _write_rows(file, title, model)
            _write_pictures(file)
            file.writestr("datapackage.json", _package(rows, now))
            file.writestr("README.txt", README)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return Exported(path, path.stat().st_size, rows)


@contextmanager
def _one_moment() -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _fields(model: type[models.Model]) -> list[Any]:
    left_out = SECRETS.get(model, set())
    return [
        field
        for field in model._meta.concrete_fields
        if field.name not in left_out and not isinstance(field, models.BinaryField)
    ]


def _key(model: type[models.Model]) -> list[Any]:
    """The fields of the primary key: one, or several of a composite one."""
    return list(model._meta.pk_fields)


def _write_rows(file: zipfile.ZipFile, title: str, model: type[models.Model]) -> int:
    quote = connection.ops.quote_name
    columns = [_column(field, quote) for field in _fields(model)]
    if model is company.User:
        columns.append("trim(first_name || ' ' || last_name) AS full_name")
    table = quote(model._meta.db_table)
    key = ", ".join(quote(field.column) for field in _key(model))
    query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {key}"  # noqa: S608 - names of models
    with connection.cursor() as cursor, file.open(f"{title}.csv", "w", force_zip64=True) as member:
        with cursor.copy(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)") as copy:
            for data in copy:
                member.write(data)
        return int(cursor.rowcount)


def _column(field: Any, quote: Callable[[str], str]) -> str:
    name = quote(field.column)
    match _type(field):
        case "boolean":
            written = f"{name}::text"
        case "datetime":
            written = f"to_char({name} AT TIME ZONE 'UTC', '{_MOMENT}')"
        case "array":
            written = f"to_json({name})"
        case _:
            written = name
    return f"{written} AS {quote(field.attname)}"


def _type(field: Any) -> str:
    target = field.target_field if field.is_relation else field
    return _TYPES.get(target.get_internal_type(), "string")


def _write_pictures(file: zipfile.ZipFile) -> None:
    """Photos under the names that repair_photos gives them, logos by their numbers."""
    media = Path(settings.MEDIA_ROOT)
    for name in repairs.Photo.objects.order_by("pk").values_list("file", flat=True).iterator():
        if (media / name).is_file():
            file.write(media / name, f"photos/{name}", zipfile.ZIP_STORED)
    for logo in designs.CardLogo.objects.order_by("pk").iterator(chunk_size=10):
        file.writestr(f"logos/{logo.pk}", bytes(logo.image))


def _package(rows: Mapping[str, int], now: dt.datetime) -> str:
    resources = [
        {
            "name": title,
            "path": f"{title}.csv",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "rows": rows[title],
            "schema": _schema(model),
        }
        for title, model in FILES.items()
    ]
    package = {
        "name": "unitbook-export",
        "created": now.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "resources": resources,
    }
    return json.dumps(package, ensure_ascii=False, indent=1)


def _schema(model: type[models.Model]) -> dict[str, Any]:
    names = {model: title for title, model in FILES.items()}
    fields = [_described(field) for field in _fields(model)]
    if model is company.User:
        fields.append({"name": "full_name", "type": "string"})
    refers = [
        {
            "fields": field.attname,
            "reference": {
                "resource": "" if field.related_model is model else names[field.related_model],
                "fields": field.target_field.attname,
            },
        }
        for field in _fields(model)
        if field.is_relation and field.related_model in names
    ]
    return {
        "fields": fields,
        "missingValues": [""],
        "primaryKey": [field.attname for field in _key(model)],
        "foreignKeys": refers,
    }


def _described(field: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"name": field.attname, "type": _type(field)}
    constraints: dict[str, Any] = {}
    if not field.null and told["type"] != "string":
        constraints["required"] = True
    if field.choices and told["type"] == "string":
        values = [value for value, _ in field.flatchoices if value is not None]
        constraints["enum"] = [*values, ""] if field.blank and "" not in values else values
    return told | ({"constraints": constraints} if constraints else {})


README = """\
Everything of this shop that people entered, and what the program made of it.

Each .csv is one kind of thing: UTF-8, commas, a head, quotes where they are needed, dates as
2026-11-23, moments in UTC as 2026-11-23T09:00:00.000000Z, decimals with a point. datapackage.json
describes every column, and what refers to what, as Frictionless Table Schema.

The heart of it: products.csv has what is sold, serials.csv every unit with the place where it is
now (places.csv), ledger_entries.csv every movement of it, postings.csv when and by whom;
documents.csv, document_lines.csv and document_serials.csv what people wrote; warranty_terms.csv
and warranty_cards.csv the warranties, warranty_adjustments.csv what changed them. photos/ and
logos/ have the pictures.

The texts are exactly what was entered. To look at a file in a spreadsheet program, import it with
every column as text: opened by a double click, serial numbers may lose their zeros, and a text that
begins with = + - or @ may be taken for a formula.

Passwords, second factors, sessions and the addresses of the cards' public pages are not in it.
"""
