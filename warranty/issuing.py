"""Starts the warranty terms of a sale and gives their cards numbers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.db import connection

from company.models import Store
from company.numbering import printed_number, take_numbers
from products.models import Period, Product

from .terms import last_covered_day

CARD_SERIES = "W"


@dataclasses.dataclass(frozen=True, slots=True)
class SoldUnit:
    """One ledger entry of a sale: one serial, or a quantity of a product without serials.

    `product` comes with its type loaded.
    """

    entry_id: int
    line: int
    product: Product
    serial_id: int | None = None
    serial_text: str = ""
    quantity: int = 1


_ISSUE = """
WITH issued AS (
    INSERT INTO warranty_term (
        posting_id, customer_id, starts_on, entry_id, line, serial_id, serial_text, quantity,
        product_id, product_name, sku, period_count, period_unit, ends_on
    )
    SELECT %(posting)s, %(customer)s, %(on)s,
           sold.entry, sold.line, sold.serial, sold.serial_text, sold.quantity,
           kind.product, kind.name, kind.sku, kind.count, kind.unit, kind.ends_on
    FROM unnest(
        %(entries)s::bigint[], %(lines)s::int[], %(serials)s::bigint[],
        %(serial_texts)s::text[], %(quantities)s::int[], %(unit_products)s::bigint[]
    ) AS sold (entry, line, serial, serial_text, quantity, product)
    JOIN unnest(
        %(products)s::bigint[], %(names)s::text[], %(skus)s::text[],
        %(counts)s::int[], %(units)s::text[], %(ends)s::date[]
    ) AS kind (product, name, sku, count, unit, ends_on) USING (product)
    RETURNING id, entry_id
)
INSERT INTO warranty_card (number, term_id, unit)
SELECT card.number, issued.id, card.unit
FROM unnest(%(numbers)s::text[], %(card_entries)s::bigint[], %(card_units)s::int[])
    AS card (number, entry, unit)
JOIN issued ON issued.entry_id = card.entry
"""


def issue_terms(
    *,
    posting_id: int,
    store: Store,
    sold: Sequence[SoldUnit],
    customer_id: int | None,
    on: dt.date,
) -> list[str]:
    """Start a term for each sold unit under warranty, with one card for each piece.

    Runs inside the transaction that posts the sale, after its ledger entries: at most two
    statements whatever is sold. The posting itself may be written later. `on` is the store's
    own day of the sale. Products whose period is None start no term. Card numbers come back in
    the order of `sold`; they lock the store's series of cards until the transaction ends.
    """
    periods = {unit.product.pk: unit.product.period for unit in sold}
    covered = [unit for unit in sold if periods[unit.product.pk] is not None]
    if not covered:
        return []
    products = {unit.product.pk: unit.product for unit in covered}
    terms = {pk: period for pk, period in periods.items() if period is not None}
    ends = _last_days(set(terms.values()), on)
    pieces = [(unit.entry_id, piece) for unit in covered for piece in range(1, unit.quantity + 1)]
    taken = take_numbers(store, CARD_SERIES, year=on.year, count=len(pieces))
    numbers = [printed_number(store, CARD_SERIES, year=on.year, number=number) for number in taken]
    with connection.cursor() as cursor:
        cursor.execute(
            _ISSUE,
            {
                "posting": posting_id,
                "customer": customer_id,
                "on": on,
                "entries": [unit.entry_id for unit in covered],
                "lines": [unit.line for unit in covered],
                "serials": [unit.serial_id for unit in covered],
                "serial_texts": [unit.serial_text for unit in covered],
                "quantities": [unit.quantity for unit in covered],
                "unit_products": [unit.product.pk for unit in covered],
                "products": list(terms),
                "names": [products[pk].name for pk in terms],
                "skus": [products[pk].sku for pk in terms],
                "counts": [period.count for period in terms.values()],
                "units": [str(period.unit) for period in terms.values()],
                "ends": [ends[period] for period in terms.values()],
                "numbers": numbers,
                "card_entries": [entry_id for entry_id, _ in pieces],
                "card_units": [piece for _, piece in pieces],
            },
        )
    return numbers


def _last_days(periods: set[Period], on: dt.date) -> dict[Period, dt.date]:
    """The last covered day of each distinct period that starts on a day."""
    return {period: last_covered_day(on, period.count, period.unit) for period in periods}
