"""Goods in custody for repair, and the documents that have to wait until it has ended.

Custody moves nothing in the ledger. But while a claim is open its unit, or its piece, is not
taken back, exchanged, put back on the shelf or mixed up with another, and what sold it is not
cancelled: the repair ends first. Migration 0008 keeps a card from becoming void meanwhile.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from products.modes import SERIAL_MODES
from serials.refusals import Refusal
from serials.stock import Unit, fetched, integers
from serials.text import SerialText

from .kinds import KindSpec
from .models import Kind, Line, ReturnedCard
from .refusals import line_refusal, serial_refusal
from .settling import Left


class Custody(NamedTuple):
    """An open claim: the number of its repair, and the store that took the goods in."""

    reference: str
    store_id: int


def units_in_repair(units: Collection[Unit]) -> dict[Unit, Custody]:
    """Those of these units that are in custody: one statement, and none for no unit."""
    if not units:
        return {}
    rows = fetched(
        """
        SELECT serial.product_id, serial.key, claim.reference, claim.store_id
        FROM warranty_claim claim
        LEFT JOIN warranty_card card ON card.id = claim.card_id
        LEFT JOIN warranty_term term ON term.id = card.term_id
        JOIN serials_serial serial ON serial.id = coalesce(claim.serial_id, term.serial_id)
        WHERE claim.closed_on IS NULL AND (serial.product_id, serial.key) IN (
            SELECT product_id, key FROM unnest(%s::bigint[], %s::text[]) AS wanted (product_id, key)
        )
        """,
        [integers(product_id for product_id, _ in units), [key for _, key in units]],
    )
    return {(product_id, key): Custody(*claim) for product_id, key, *claim in rows}


def moved_and_in_repair(posting_id: int) -> list[tuple[str, str]]:
    """What a posting moved, or covered by warranty, and is in custody now: one statement.

    Each with its serial number, or the number of its card, and that of the repair.
    """
    rows = fetched(
        """
        SELECT coalesce(serial.text, card.number, ''), claim.reference
        FROM warranty_claim claim
        LEFT JOIN warranty_card card ON card.id = claim.card_id
        LEFT JOIN warranty_term term ON term.id = card.term_id
        LEFT JOIN serials_serial serial ON serial.id = coalesce(claim.serial_id, term.serial_id)
        WHERE claim.closed_on IS NULL AND (
            term.posting_id = %s OR EXISTS (
                SELECT FROM serials_ledgerentry entry
                WHERE entry.posting_id = %s AND entry.serial_id = serial.id
            )
        )
        ORDER BY claim.id
        """,
        [posting_id, posting_id],
    )
    return [(unit, number) for unit, number in rows]


def about_repairs(
    spec: KindSpec,
    lines: Sequence[Line],
    serials: Mapping[int, Sequence[SerialText]],
    *,
    sold_by: Mapping[int, Sequence[tuple[int, int]]],
    left: Mapping[int, Left],
) -> list[Refusal]:
    """What of a document is in repair: three statements at most."""
    if spec.kind == Kind.PUT_BACK:
        return _about_units(lines, serials)
    if not spec.takes_back:
        return []
    back = [line for line in lines if line.origin_id is not None]
    bare = [line for line in back if line.product.mode not in SERIAL_MODES]
    return [
        *_about_units(back, serials),
        *_about_cards(bare),
        *_about_pieces(bare, sold_by, left),
    ]


def _about_units(
    lines: Sequence[Line], serials: Mapping[int, Sequence[SerialText]]
) -> list[Refusal]:
    there = [(line, serial) for line in lines for serial in serials.get(line.pk, ())]
    custody = units_in_repair([(line.product_id, serial.key) for line, serial in there])
    return [
        serial_refusal("in_repair", line, serial, number=claim.reference)
        for line, serial in there
        if (claim := custody.get((line.product_id, serial.key)))
    ]


def _about_cards(lines: Sequence[Line]) -> list[Refusal]:
    """Cards named on these lines whose pieces are in custody."""
    positions = {line.pk: line for line in lines}
    if not positions:
        return []
    named = ReturnedCard.objects.filter(
        line__in=positions, card__claims__isnull=False, card__claims__closed_on=None
    )
    rows = named.order_by("pk").values_list("line_id", "card__number", "card__claims__reference")
    return [
        line_refusal("card_in_repair", positions[line_id], card=card, number=number)
        for line_id, card, number in rows
    ]


def _about_pieces(
    lines: Sequence[Line],
    sold_by: Mapping[int, Sequence[tuple[int, int]]],
    left: Mapping[int, Left],
) -> list[Refusal]:
    """Lines that ask for more pieces than their origins have left that are not in custody."""
    origins = {line.origin_id for line in lines if line.origin_id is not None}
    custody = _pieces_in_repair((moved, pk) for pk in origins for moved in sold_by.get(pk, ()))
    asked: Counter[int] = Counter()
    found = []
    for line in lines:
        if line.origin_id is None or line.origin is None:
            continue
        asked[line.origin_id] += line.quantity
        numbers, there = custody.get(line.origin_id, ()), left.get(line.origin_id, Left(0))
        # More than may come back at all is refused for that alone.
        if numbers and there.pieces - len(numbers) < asked[line.origin_id] <= there.pieces:
            found.append(
                line_refusal(
                    "pieces_in_repair",
                    line,
                    field="quantity",
                    left=max(there.pieces - len(numbers), 0),
                    number=line.origin.document.number,
                    repairs=", ".join(numbers),
                )
            )
    return found


def _pieces_in_repair(
    moved: Iterable[tuple[tuple[int, int], int]],
) -> Mapping[int, Sequence[str]]:
    """By sold line the repairs its pieces are in, by the lines of postings that moved them."""
    of_line = dict(moved)
    if not of_line:
        return {}
    rows = fetched(
        """
        SELECT term.posting_id, term.line, claim.reference
        FROM warranty_claim claim
        JOIN warranty_card card ON card.id = claim.card_id AND card.void_on IS NULL
        JOIN warranty_term term ON term.id = card.term_id
        WHERE claim.closed_on IS NULL AND (term.posting_id, term.line) IN (
            SELECT posting_id, line FROM unnest(%s::bigint[], %s::int[]) AS sold (posting_id, line)
        )
        ORDER BY claim.id
        """,
        [
            integers(posting_id for posting_id, _ in of_line),
            integers(line for _, line in of_line),
        ],
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for posting_id, line, reference in rows:
        found[of_line[posting_id, line]].append(reference)
    return found
