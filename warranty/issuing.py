"""Starts the warranty terms of a sale and gives their cards numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import connection

from company.models import Company, Store
from company.numbering import printed_number, take_numbers
from products.models import Period, Product
from serials.stock import run

from .policies import policies_for
from .terms import last_covered_day

CARD_SERIES = "W"

# The units are read from the ledger itself: only what is copied of each product comes from here.
_START_TERMS = """
WITH kinds AS MATERIALIZED (
    SELECT *, warranty_design_of(type) AS design FROM unnest(
        %(products)s::bigint[], %(types)s::bigint[], %(names)s::text[], %(skus)s::text[],
        %(counts)s::int[], %(units)s::text[], %(ends)s::date[],
        %(repairs)s::text[], %(months)s::int[], %(replacements)s::text[], %(days)s::int[]
    ) AS kind (
        product, type, name, sku, count, unit, ends_on, on_repair, months, on_replacement, days
    )
), started AS (
    INSERT INTO warranty_term (
        posting_id, sale_id, customer_id, starts_on, entry_id, line, serial_id, serial_text,
        quantity, product_id, product_name, sku, period_count, period_unit, ends_on,
        on_repair, on_repair_months, on_replacement, on_replacement_days, design_id
    )
    SELECT entry.posting_id, %(sale)s, %(customer)s, %(on)s, entry.id, entry.line, entry.serial_id,
           coalesce(serial.text, ''), entry.quantity,
           kind.product, kind.name, kind.sku, kind.count, kind.unit, kind.ends_on,
           kind.on_repair, kind.months, kind.on_replacement, kind.days, kind.design
    FROM serials_ledgerentry entry
    JOIN kinds kind ON kind.product = entry.product_id
    JOIN serials_place target ON target.id = entry.to_place_id AND target.kind = 'customer'
    LEFT JOIN serials_serial serial ON serial.id = entry.serial_id
    WHERE entry.posting_id = %(posting)s AND NOT entry.unidentified
    RETURNING quantity
)
SELECT coalesce(sum(quantity), 0) FROM started
"""

_NUMBER_CARDS = """
WITH pieces AS (
    SELECT term.id, term.ends_on, unit,
           row_number() OVER (ORDER BY term.line, term.entry_id, unit) AS nth
    FROM warranty_term term, generate_series(1, term.quantity) AS unit
    WHERE term.posting_id = %s
)
INSERT INTO warranty_card (number, term_id, unit, ends_on)
SELECT card.number, pieces.id, pieces.unit, pieces.ends_on
FROM unnest(%s::text[]) WITH ORDINALITY AS card (number, nth)
JOIN pieces USING (nth)
"""


def issue_terms(
    *,
    posting_id: int,
    store: Store,
    products: Iterable[Product],
    company: Company,
    customer_id: int | None,
    on: dt.date,
    sale_id: int | None = None,
    replaced: Mapping[int, Period] | None = None,
) -> list[str]:
    """Start a term for each sold unit under warranty, with one card for each piece.

    Runs inside the transaction that posts a sale, after its ledger entries were written: three
    statements, whatever is sold. `products` are those moved, with their types loaded; the ones
    whose period is None start no term, nor does what comes back on the same posting, or moves
    without a serial it should have. The policies of `company` and of the products' types are
    copied to each term and hold for it, whatever is decided later; so does the design of its cards
    that is in use now. `on` is the store's own day of the sale, `sale_id` its posting when that is
    an earlier one, whose serials are entered now. `replaced` has by product the period of what
    comes back on the posting: a product that is sold without a warranty by now has this one when
    it is handed over instead. The numbers of the cards come back in the order of the lines; they
    lock the store's series of cards until the transaction ends.
    """
    old = replaced or {}
    covered = [(product, product.period or old.get(product.pk)) for product in products]
    kinds = [(product, period) for product, period in covered if period is not None]
    if not kinds:
        return []
    policies = [policies_for(product.type, company) for product, _ in kinds]
    with connection.cursor() as cursor:
        cursor.execute(
            _START_TERMS,
            {
                "posting": posting_id,
                "sale": sale_id or posting_id,
                "customer": customer_id,
                "on": on,
                "products": [product.pk for product, _ in kinds],
                "types": [product.type_id for product, _ in kinds],
                "names": [product.name for product, _ in kinds],
                "skus": [product.sku for product, _ in kinds],
                "counts": [period.count for _, period in kinds],
                "units": [str(period.unit) for _, period in kinds],
                "ends": [_ends(on, period) for _, period in kinds],
                "repairs": [policy.on_repair for policy in policies],
                "months": [policy.on_repair_months for policy in policies],
                "replacements": [policy.on_replacement for policy in policies],
                "days": [policy.on_replacement_days for policy in policies],
            },
        )
        (pieces,) = cursor.fetchone()
    if not pieces:
        return []
    return number_cards(posting_id, store=store, year=on.year, pieces=pieces)


def number_cards(posting_id: int, *, store: Store, year: int, pieces: int) -> list[str]:
    """Give each piece that the terms of a posting cover its card: two statements.

    The numbers are of the year of the sale; they come back in the order of the lines.
    """
    taken = take_numbers(store, CARD_SERIES, year=year, count=pieces)
    numbers = [printed_number(store, CARD_SERIES, year=year, number=nth) for nth in taken]
    run(_NUMBER_CARDS, [posting_id, numbers])
    return numbers


def _ends(on: dt.date, period: Period) -> dt.date:
    return last_covered_day(on, period.count, period.unit)
