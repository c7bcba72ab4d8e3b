"""What many serials would meet on a draft, before they are added to it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from products.models import Product
from serials import checking
from serials.refusals import Refusal
from serials.stock import Unit, fetched, integers, known_serials
from serials.text import SerialText

from .judging import with_reasons
from .kinds import spec_of
from .models import Document, Kind

Wanted = tuple[Product, SerialText]


@dataclasses.dataclass(frozen=True, slots=True)
class Foreseen:
    """Which units are on the document already, and why others can't be on it."""

    entered: frozenset[Unit]
    refused: dict[Unit, Refusal]


def foresee(
    document: Document, wanted: Sequence[Wanted], *, now: dt.datetime, comes_back: bool = False
) -> Foreseen:
    """Judge these serials as new ones of this draft: a constant number of SQL statements.

    What goes on from an earlier document (`comes_back`) is judged beside its line only, by the
    line that it names.
    """
    units = [(product.pk, serial.key) for product, serial in wanted]
    entered = _entered(document, units)
    known = known_serials(units)
    refused: dict[Unit, Refusal] = {}
    found = []
    spec = spec_of(document.kind)
    on = document.effective_on or document.store.date_of(now)
    judges_places = not comes_back and spec.kind != Kind.IDENTIFICATION
    for unit, (product, serial) in zip(units, wanted, strict=True):
        ours = known.get(unit)
        # What the ledger knows was judged when it came: barcode and format may be newer.
        if ours is None and (wrong := checking.check_text(serial, product, refuse_only=True)):
            refused[unit] = wrong
        elif judges_places:
            finding = checking.check_known(
                spec.movement, product, ours, store=document.store, on=on
            )
            if finding:
                found.append((unit, serial, finding.code, ours))
    postings = checking.last_postings([ours for *_, ours in found if ours])
    told = [
        checking.explain(code, serial, ours, postings.get(ours.id) if ours else None)
        for _unit, serial, code, ours in found
    ]
    for (unit, *_rest), why in zip(found, with_reasons(told), strict=True):
        refused[unit] = why
    return Foreseen(entered, refused)


def _entered(document: Document, units: Sequence[Unit]) -> frozenset[Unit]:
    """Those of the units that are on the document, by either number."""
    rows = fetched(
        """
        SELECT serial.product_id, serial.key
        FROM unnest(%s::bigint[], %s::text[]) AS wanted (product_id, key)
        JOIN documents_lineserial serial ON serial.document_id = %s
          AND serial.product_id = wanted.product_id AND serial.key = wanted.key
        UNION
        SELECT serial.product_id, serial.second_key
        FROM documents_lineserial serial
        WHERE serial.document_id = %s AND serial.second_key <> ''
          AND (serial.product_id, serial.second_key) IN (
              SELECT product_id, key FROM unnest(%s::bigint[], %s::text[]) AS of (product_id, key)
          )
        """,
        [
            integers(product for product, _ in units),
            [key for _, key in units],
            document.pk,
            document.pk,
            integers(product for product, _ in units),
            [key for _, key in units],
        ],
    )
    return frozenset((product_id, key) for product_id, key in rows)
