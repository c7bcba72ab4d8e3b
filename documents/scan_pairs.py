"""Receiving units that have two numbers: they are scanned in pairs, the first and then the second.

Nothing is guessed: a person says that the units of a line come in pairs (the next receipt of the
product begins as the last one was), and of a unit that has only one number says that too.
"""

from __future__ import annotations

from django.db import transaction

from company.access import Access
from products.models import Product
from serials.second_numbers import second_numbers
from serials.stock import KnownSerial
from serials.text import SerialText

from .drafting import lock_draft
from .kinds import spec_of, takes_seconds
from .models import Document, Line, LineSerial


@transaction.atomic
def scan_in_pairs(pk: int, line_pk: int, *, on: bool, by: Access) -> None:
    """Say whether the units of a receipt's line have two numbers each.

    The one that was scanned last waits for its second from now on. Raises Line.DoesNotExist.
    """
    document = lock_draft(pk, by=by)
    line = document.lines.select_related("product__type").get(pk=line_pk)
    line.in_pairs = on and takes_seconds(spec_of(document.kind), line.product)
    last = line.serials.order_by("-pk").first() if line.in_pairs else None
    line.awaits_second_of = last.key if last and not last.second_key else ""
    line.save(update_fields=["in_pairs", "awaits_second_of"])
    document.active_line = line
    document.save(update_fields=["active_line"])


def await_second(line: Line, serial: SerialText, known: KnownSerial | None) -> bool:
    """Wait for the second number of a unit just scanned, unless it has none to wait for."""
    if not line.in_pairs or (known and second_numbers([known.id])):
        return False
    _await(line, serial.key)
    return True


def awaited(document: Document, product: Product) -> LineSerial | None:
    """The unit of a product on a draft whose second number is scanned next."""
    line = document.lines.filter(product=product, in_pairs=True).exclude(awaits_second_of="")
    found = line.values_list("pk", "awaits_second_of").first()
    if found is None:
        return None
    line_pk, key = found
    units = LineSerial.objects.filter(document=document, product=product, line=line_pk, key=key)
    return units.select_related("line__product").filter(second_key="").first()


def take_second(first: LineSerial, second: SerialText) -> None:
    """Put a second number beside the one it belongs to."""
    first.second_text, first.second_key = second
    first.save(update_fields=["second_text", "second_key"])
    _await(first.line, "")


def has_only_one(first: LineSerial) -> None:
    """A unit of such a line that has no second number."""
    _await(first.line, "")


def _await(line: Line, key: str) -> None:
    line.awaits_second_of = key
    line.save(update_fields=["awaits_second_of"])
