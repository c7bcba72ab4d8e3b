"""Finding what was sold: the lines that may come back, by serial, card, sale number or customer."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django.db.models import F, QuerySet, prefetch_related_objects

from company.access import Access
from partners.models import Customer
from serials.models import LedgerEntry, PlaceKind, Posting
from serials.stock import integers
from serials.text import SerialText
from warranty.models import Card

from .models import Document, Kind, Line, LineSerial, Outstanding
from .moved_units import PUT_BACK, UNITS_OF_LINE
from .settling import left_of

TAKING_BACK = (Kind.CUSTOMER_RETURN, Kind.EXCHANGE)
RETURN = Outstanding.Purpose.RETURN


@dataclasses.dataclass(frozen=True, slots=True)
class Sold:
    """Pieces of one sold line that may come back: `left` of them; `serial` when one is meant."""

    line: Line
    left: int
    serial: SerialText | None = None


def _lines() -> QuerySet[Line]:
    return Line.objects.select_related("product__type", "document__store", "document__customer")


def returnable(access: Access) -> QuerySet[Outstanding]:
    """What is left to come back of the sales of the person's own stores."""
    return (
        Outstanding.objects.filter(purpose=RETURN, settled__lt=F("quantity"))
        .filter(line__document__store_id__in=access.store_ids)
        .select_related("line__product__type", "line__document__store", "line__document__customer")
    )


def sold_on(document: Document, *, access: Access) -> list[Sold]:
    """What is left to come back of one sale, in the order of its lines."""
    rows = returnable(access).filter(line__document=document).order_by("line__position")
    return [Sold(row.line, row.left) for row in rows]


def units_left(
    lines: Sequence[Line], *, limit: int, kinds: Sequence[str] = TAKING_BACK
) -> list[LineSerial]:
    """The first units of these posted lines that no posted document of these kinds settled.

    Each unit is looked up by the index of its document's serials: a line may have thousands.
    """
    ids = integers(line.pk for line in lines)
    units = list(LineSerial.objects.raw(_UNITS_LEFT, [ids, list(kinds), limit]))
    prefetch_related_objects(units, "product__type", "line")
    return units


_UNITS_LEFT = f"""
    SELECT unit.* FROM unnest(%s::bigint[]) AS moved (id)
    CROSS JOIN LATERAL ({UNITS_OF_LINE.format(line="moved.id")}) unit
    WHERE NOT EXISTS (
        SELECT FROM documents_line later
        JOIN documents_document document ON document.id = later.document_id
        JOIN documents_lineserial settled
            ON settled.document_id = later.document_id
            AND settled.product_id = unit.product_id AND settled.key = unit.key
            AND settled.line_id = later.id
        WHERE later.origin_id = moved.id AND document.status = 'posted'
          AND document.kind = ANY(%s::text[])
    ) AND NOT {PUT_BACK.format(line="moved.id", unit="unit")}
    ORDER BY unit.id LIMIT %s
"""  # noqa: S608 - constants of this package


def sale_numbered(number: str, *, access: Access) -> Document | None:
    """The sale or exchange with this number, of the person's own stores."""
    sales = Document.objects.filter(
        kind__in=[Kind.SALE, Kind.EXCHANGE], store_id__in=access.store_ids
    )
    return sales.filter(number=number).first()


def sold_with_card(number: str, *, access: Access) -> tuple[Card, Sold | None] | None:
    """The card with this number and what it was for; None when no such card is the person's."""
    card = (
        Card.objects.filter(number=number, term__posting__store_id__in=access.store_ids)
        .select_related("term__serial", "term__posting")
        .first()
    )
    if card is None:
        return None
    line = line_of(card.term.posting_id, card.term.line)
    if line is None:
        return card, None
    unit = card.term.serial
    serial = SerialText(unit.text, unit.key) if unit else None
    left = left_of([line], purpose=RETURN).get(line.pk, 0)
    return card, Sold(line, left, serial)


def line_of(posting_id: int, position: int) -> Line | None:
    """The sold line of a posting; the one whose serials it entered or put right, if it did that."""
    line = _lines().filter(document__posting_id=posting_id, position=position).first()
    if line is not None and line.document.kind in {Kind.IDENTIFICATION, Kind.CORRECTION}:
        return _lines().get(pk=line.origin_id) if line.origin_id else None
    return line


def last_sale_of(serial_id: int) -> tuple[Posting, int] | None:
    """The posting, and the line, that last handed a unit to a customer for a sale."""
    entry = (
        LedgerEntry.objects.filter(
            serial_id=serial_id,
            to_place__kind=PlaceKind.CUSTOMER,
            posting__reverses=None,
            posting__reversed_by=None,
        )
        .select_related("posting__store")
        .order_by("-seq")
        .first()
    )
    return (entry.posting, entry.line) if entry else None


def sold_to(customer: Customer, *, access: Access, limit: int) -> list[Sold]:
    """What a customer bought and may bring back, the newest first."""
    rows = returnable(access).filter(line__document__customer=customer)
    newest = rows.order_by("-line__document_id", "line__position")[:limit]
    return [Sold(row.line, row.left) for row in newest]
