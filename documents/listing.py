"""The list of documents: a page of it, and all of it as a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.db.models import (
    Case,
    DecimalField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from company.exporting import CHUNK, Cell, Column
from company.models import User

from .models import Document, Kind, Line, Status

PAGE = 30
MOST_EXPORTED = 20_000
"""Documents in one file: more than a few seconds' work is for a job that shows its progress."""


@dataclasses.dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page of a list, newest first; the ids are where the next pages begin, None at the ends."""

    documents: Sequence[Document]
    older: int | None
    newer: int | None


def documents_page(
    documents: QuerySet[Document], *, before: int | None = None, after: int | None = None
) -> DocumentPage:
    """A page by key: documents older than id `before`, or newer than id `after`, or the newest.

    The cost is the same on page 1 and page 1,000.
    """
    documents = _with_names(documents).annotate(amount=_amount())
    if after is not None:
        newer_first = list(documents.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        more_newer = len(newer_first) > PAGE
        rows = newer_first[:PAGE][::-1]
        more_older = True
    else:
        if before is not None:
            documents = documents.filter(pk__lt=before)
        found = list(documents.order_by("-pk")[: PAGE + 1])
        rows, more_older = found[:PAGE], len(found) > PAGE
        more_newer = before is not None
    return DocumentPage(
        rows,
        rows[-1].pk if rows and more_older else None,
        rows[0].pk if rows and more_newer else None,
    )


def _with_names(documents: QuerySet[Document]) -> QuerySet[Document]:
    return documents.select_related("store", "to_store", "supplier", "customer", "author")


def _amount() -> Coalesce:
    """The money of a document; worked out for the rows shown, not for all that fit a filter.

    Of an exchange it is the difference, less than 0 when the customer is given something back.
    """
    is_back = Q(document__kind=Kind.EXCHANGE, origin__isnull=False)
    sign = Case(When(is_back, then=Value(-1)), default=Value(1))
    amount = Sum(F("quantity") * F("unit_price") * sign, output_field=DecimalField())
    return Coalesce(_of_lines(amount, DecimalField()), Decimal("0.00"))


def _pieces() -> Coalesce:
    return Coalesce(_of_lines(Sum("quantity"), IntegerField()), 0)


def _of_lines(sum_of: Sum, field: DecimalField | IntegerField) -> Subquery:
    lines = Line.objects.filter(document=OuterRef("pk")).order_by().values("document")
    return Subquery(lines.annotate(of_lines=sum_of).values("of_lines"), output_field=field)


def is_too_long(documents: QuerySet[Document]) -> bool:
    """Whether there are more documents than one file takes; counts no further than that."""
    return documents.order_by()[: MOST_EXPORTED + 1].count() > MOST_EXPORTED


def export_columns(currency: str) -> list[Column]:
    """The columns of the file; `currency` is of three letters."""
    return [
        Column(_("Number"), width=22),
        Column(_("Kind"), width=22),
        Column(_("State"), width=12),
        Column(_("Date"), Cell.DAY, width=12),
        Column(_("Store"), width=20),
        Column(_("To store"), width=20),
        Column(_("Partner"), width=30),
        Column(_("Phone"), width=18),
        Column(_("Pieces"), Cell.WHOLE, width=10),
        Column(_("Total, %(currency)s") % {"currency": currency}, Cell.MONEY, width=16),
        Column(_("Author"), width=22),
        Column(_("Note"), width=40),
    ]


_EXPORTED = (
    "number", "kind", "status", "effective_on", "store__name", "to_store__name",
    "supplier__name", "customer__name", "supplier__phone", "customer__phone",
    "pieces", "amount", "author_id", "note",
)  # fmt: skip


def export_rows(documents: QuerySet[Document]) -> Iterator[Sequence[object]]:
    """A row for each document, newest first, read in chunks: two statements, however many rows.

    Plain values: making objects of a row's six tables took four times as long as reading them.
    What is added meanwhile is not in it: all chunks are of the moment the first one is read.
    """
    people = {person.pk: str(person) for person in User.objects.all()}
    kinds, states = dict(Kind.choices), dict(Status.choices)
    summed = documents.annotate(amount=_amount(), pieces=_pieces()).order_by("-pk")
    for row in summed.values_list(*_EXPORTED).iterator(chunk_size=CHUNK):
        number, kind, status, on, store, to_store = row[:6]
        supplier, customer, supplier_phone, customer_phone, pieces, amount, author, note = row[6:]
        yield (
            number,
            kinds[kind],
            states[status],
            on,
            store,
            to_store,
            supplier or customer,
            supplier_phone if supplier else customer_phone,
            pieces,
            amount,
            people[author],
            note,
        )
