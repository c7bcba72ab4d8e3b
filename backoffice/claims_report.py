"""Warranty claims and failures: how often what was sold comes back for repair, and how that ends.

Two sets, side by side (decision 19). *Failures* are of the units sold on the chosen days, and of
their claims up to today: so many of them came at least once. *Claims* are those taken in on the
chosen days, whenever the goods were sold: who pays, how long they take, how many are open. What
was taken in by mistake, a repair that was cancelled, is in neither.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from company.exporting import Cell, Column, Sheet
from serials.stock import fetched


class By(enum.StrEnum):
    """What the rows of a table are."""

    PRODUCT = "product"
    TYPE = "type"
    SUPPLIER = "supplier"
    MONTH = "month"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Days, both counted, and where given only these products or this supplier.

    `own` are all stores of the person: of receipts elsewhere the supplier is not told.
    """

    stores: Sequence[int]
    own: Sequence[int]
    since: dt.date
    until: dt.date
    today: dt.date
    products: Sequence[int] | None = None
    supplier: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One product, type, supplier or month: `key` and `name` are None for an unknown supplier.

    `days` is the sum over the claims, of open ones up to today.
    """

    key: int | dt.date | None
    name: str | None
    sold: int = 0
    failed: int = 0
    claims: int = 0
    warranty: int = 0
    paid: int = 0
    refused: int = 0
    open: int = 0
    days: int = 0
    longest: int = 0

    @property
    def rate(self) -> float | None:
        """The failed of the sold, in per cent; None when none was sold."""
        return _percent(self.failed, self.sold)

    @property
    def warranty_share(self) -> float | None:
        return _percent(self.warranty, self.claims)

    @property
    def paid_share(self) -> float | None:
        return _percent(self.paid, self.claims)

    @property
    def refused_share(self) -> float | None:
        return _percent(self.refused, self.claims)

    @property
    def undecided(self) -> int:
        """Claims of which nobody has said yet who pays."""
        return self.claims - self.warranty - self.paid - self.refused

    @property
    def average(self) -> float | None:
        """Days in repair of a claim on average."""
        return round(self.days / self.claims, 1) if self.claims else None

    @property
    def month(self) -> str:
        return date_format(self.key, "F Y") if isinstance(self.key, dt.date) else ""


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


# What was sold is read from an index of terms alone: they have as many cards as they cover pieces.
# A cancelled sale never was, and a unit that was mixed up is told by the term of the other one;
# these cards, and those that came back, are few and are taken off by their term.
_SOLD = """
    SELECT term.id, term.product_id, term.starts_on, term.quantity, term.serial_id
    FROM warranty_term term
    JOIN serials_posting posting ON posting.id = term.posting_id
    WHERE posting.store_id = ANY(%(stores)s) AND posting.effective_on >= %(since)s
      AND term.starts_on BETWEEN %(since)s AND %(until)s
      AND (%(products)s::bigint[] IS NULL OR term.product_id = ANY(%(products)s::bigint[]))
"""
_CLAIMED = """
    SELECT claim.product_id, claim.card_id, claim.serial_id, claim.claimed_on, claim.is_warranty,
           repair.result, claim.closed_on,
           coalesce(claim.closed_on, %(today)s) - claim.claimed_on AS days
    FROM warranty_claim claim
    LEFT JOIN repairs_repair repair ON repair.claim_id = claim.id
    WHERE claim.store_id = ANY(%(stores)s)
      AND claim.claimed_on BETWEEN %(since)s AND %(until)s
      AND repair.status IS DISTINCT FROM 'cancelled'
      AND (%(products)s::bigint[] IS NULL OR claim.product_id = ANY(%(products)s::bigint[]))
"""

# The supplier is that of the last receipt before the sale; pieces without a serial have none. What
# came in again as opening stock never left: its accounting was changed (decision 8). A unit's first
# movement was before its sale: only of later receipts is that looked up. OFFSET keeps one unit
# being looked up after the other.
_LAST_RECEIPT = """
    LEFT JOIN LATERAL (
        SELECT document.supplier_id
        FROM (
            SELECT posting_id, seq FROM serials_ledgerentry
            WHERE serial_id = {unit} AND from_place_id = ANY(ARRAY(
                SELECT id FROM serials_place WHERE kind IN ('outside', 'supplier')
            )) OFFSET 0
        ) came
        JOIN serials_posting receipt ON receipt.id = came.posting_id
        JOIN documents_document document ON document.posting_id = receipt.id
        WHERE receipt.kind = 'receipt' AND receipt.store_id = ANY(%(own)s)
          AND NOT EXISTS (SELECT FROM serials_posting WHERE reverses_id = receipt.id)
          AND came.seq < coalesce((
              SELECT sale.seq FROM warranty_term of_sale
              JOIN serials_ledgerentry sale ON sale.id = of_sale.entry_id
              WHERE of_sale.id = {term} AND came.seq > 1
          ), 2147483647)
        ORDER BY document.is_opening, came.seq DESC LIMIT 1
    ) brought ON true
"""
_OF_TERM = _LAST_RECEIPT.format(unit="term.serial_id", term="term.id")
_OF_CLAIM = _LAST_RECEIPT.format(
    unit="claim.serial_id", term="(SELECT term_id FROM warranty_card WHERE id = claim.card_id)"
)

_TABLE = """
WITH came_back AS (
    SELECT claim.card_id, claim.serial_id, claim.claimed_on FROM warranty_claim claim
    LEFT JOIN repairs_repair repair ON repair.claim_id = claim.id
    WHERE repair.status IS DISTINCT FROM 'cancelled'
),
failed AS (
    SELECT card_id AS id FROM came_back WHERE card_id IS NOT NULL
    UNION
    SELECT card.id FROM came_back
    JOIN warranty_term term
        ON term.serial_id = came_back.serial_id AND term.starts_on <= came_back.claimed_on
    JOIN warranty_card card ON card.term_id = term.id
    WHERE came_back.card_id IS NULL
),
never AS (
    SELECT card.id, card.term_id FROM serials_posting ended
    JOIN warranty_card card ON card.voided_by_id = ended.id
    WHERE ended.kind IN ('cancellation', 'correction')
),
never_sold AS (SELECT term_id, count(*)::int AS pieces FROM never GROUP BY term_id),
came_once AS (
    SELECT card.term_id, count(*)::int AS pieces
    FROM (SELECT id FROM failed EXCEPT SELECT id FROM never) one
    JOIN warranty_card card ON card.id = one.id
    GROUP BY card.term_id
),
brought_by AS MATERIALIZED (
    SELECT came.serial_id FROM documents_document document
    JOIN serials_ledgerentry came ON came.posting_id = document.posting_id
    WHERE document.supplier_id = %(supplier)s AND came.serial_id IS NOT NULL
),
sold AS (
    SELECT term.product_id, date_trunc('month', term.starts_on::timestamp)::date AS month,
           {supplier} AS supplier, came_once.pieces AS failed,
           term.quantity - coalesce(never_sold.pieces, 0) AS pieces
    FROM ({sold}) term
    LEFT JOIN never_sold ON never_sold.term_id = term.id
    LEFT JOIN came_once ON came_once.term_id = term.id
    {of_term}
    WHERE term.quantity > coalesce(never_sold.pieces, 0) {of_supplier}
),
claimed AS (
    SELECT claim.*, date_trunc('month', claimed_on::timestamp)::date AS month,
           {supplier} AS supplier
    FROM ({claimed}) claim
    {of_claim}
    WHERE true {of_supplier}
),
counted AS (
    SELECT GROUPING(product_id) AS no_product, GROUPING(supplier) AS no_supplier,
           GROUPING(month) AS no_month, product_id, supplier, month,
           sum(pieces) AS sold, coalesce(sum(failed), 0) AS failed, 0 AS claims,
           0 AS warranty, 0 AS paid, 0 AS refused, 0 AS open, 0 AS days, 0 AS longest
    FROM sold GROUP BY GROUPING SETS ((product_id), (month), (supplier))
    UNION ALL
    SELECT GROUPING(product_id), GROUPING(supplier), GROUPING(month), product_id, supplier, month,
           0, 0, count(*),
           count(*) FILTER (WHERE is_warranty AND result IS DISTINCT FROM 'refused'),
           count(*) FILTER (WHERE NOT is_warranty AND result IS DISTINCT FROM 'refused'),
           count(*) FILTER (WHERE result = 'refused'),
           count(*) FILTER (WHERE closed_on IS NULL), sum(days), max(days)
    FROM claimed GROUP BY GROUPING SETS ((product_id), (month), (supplier))
),
summed AS (
    SELECT no_product, 1 AS no_type, no_supplier, no_month,
           product_id, NULL::bigint AS type_id, supplier, month,
           sum(sold)::int AS sold, sum(failed)::int AS failed, sum(claims)::int AS claims,
           sum(warranty)::int AS warranty, sum(paid)::int AS paid, sum(refused)::int AS refused,
           sum(open)::int AS open, sum(days)::int AS days, max(longest) AS longest
    FROM counted GROUP BY no_product, no_supplier, no_month, product_id, supplier, month
),
every AS (
    SELECT * FROM summed
    UNION ALL
    SELECT 1, 0, 1, 1, NULL, product.type_id, NULL, NULL,
           sum(sold)::int, sum(failed)::int, sum(claims)::int, sum(warranty)::int, sum(paid)::int,
           sum(refused)::int, sum(open)::int, sum(days)::int, max(longest)
    FROM summed JOIN products_product product ON product.id = summed.product_id
    WHERE no_product = 0 GROUP BY product.type_id
)
SELECT product.name, type.name, supplier.name, every.*
FROM every
LEFT JOIN products_product product ON product.id = every.product_id
LEFT JOIN products_producttype type ON type.id = every.type_id
LEFT JOIN partners_supplier supplier ON supplier.id = every.supplier
"""
_ORDER = (By.PRODUCT, By.TYPE, By.SUPPLIER, By.MONTH)
"""In which the statement has the keys of the tables."""


# Only what came from the supplier at least once, so that the others need not be looked up.
_BROUGHT_BY = (
    "SELECT * FROM ({rows}) one WHERE serial_id IN (SELECT serial_id FROM brought_by) OFFSET 0"
)


def tables_of(chosen: Chosen, *, suppliers: bool) -> dict[By, list[Row]]:
    """The rows of every table: what failed most often first, months in their order.

    One statement goes through what was sold and claimed once for all tables. That of `suppliers`
    looks up for each unit who brought it, which takes longer than everything else.
    """
    only = chosen.supplier is not None
    needs_supplier = suppliers or only
    statement = _TABLE.format(
        sold=_BROUGHT_BY.format(rows=_SOLD) if only else _SOLD,
        claimed=_BROUGHT_BY.format(rows=_CLAIMED) if only else _CLAIMED,
        supplier="brought.supplier_id" if needs_supplier else "NULL::bigint",
        of_term=_OF_TERM if needs_supplier else "",
        of_claim=_OF_CLAIM if needs_supplier else "",
        of_supplier="AND brought.supplier_id = %(supplier)s" if only else "",
    )
    tables: dict[By, list[Row]] = {by: [] for by in _ORDER if by is not By.SUPPLIER or suppliers}
    for row in fetched(statement, _parameters(chosen)):
        names, missing, keys, figures = (*row[:3], None), row[3:7], row[7:11], row[11:]
        nth = missing.index(0)
        if _ORDER[nth] in tables:
            tables[_ORDER[nth]].append(Row(keys[nth], names[nth], *figures))
    for by, rows in tables.items():
        rows.sort(key=_by_month if by is By.MONTH else _worst_first)
    return tables


def _by_month(row: Row) -> dt.date:
    return row.key if isinstance(row.key, dt.date) else dt.date.min


def _worst_first(row: Row) -> tuple[int, int, int, str]:
    return -row.failed, -row.claims, -row.sold, row.name or ""


def table_by(by: By, chosen: Chosen) -> list[Row]:
    """The rows of one table."""
    return tables_of(chosen, suppliers=by is By.SUPPLIER)[by]


def total_of(rows: Iterable[Row]) -> Row:
    """All rows of a table together."""
    found = list(rows)
    sums = {
        field.name: sum(getattr(row, field.name) for row in found)
        for field in dataclasses.fields(Row)
        if field.name not in {"key", "name", "longest"}
    }
    return Row(None, None, **sums, longest=max((row.longest for row in found), default=0))


def _parameters(chosen: Chosen) -> dict[str, Any]:
    return {
        "stores": list(chosen.stores),
        "own": list(chosen.own),
        "since": chosen.since,
        "until": chosen.until,
        "today": chosen.today,
        "products": None if chosen.products is None else list(chosen.products),
        "supplier": chosen.supplier,
    }


def sheets_of(tables: Sequence[tuple[By, Sequence[Row]]]) -> list[Sheet]:
    """The tables as sheets of one workbook."""
    return [Sheet(words_of(by), _columns(by), _cells(by, rows)) for by, rows in tables]


def words_of(by: By) -> str:
    """The title of a table."""
    return {
        By.PRODUCT: _("By product"),
        By.TYPE: _("By type"),
        By.SUPPLIER: _("By supplier"),
        By.MONTH: _("By month"),
    }[by]


def _columns(by: By) -> list[Column]:
    heads = {
        By.PRODUCT: _("Product"),
        By.TYPE: _("Type"),
        By.SUPPLIER: _("Supplier"),
        By.MONTH: _("Month"),
    }
    return [
        Column(heads[by], width=34),
        Column(_("Sold"), Cell.WHOLE, width=10),
        Column(_("Of them with a claim"), Cell.WHOLE, width=20),
        Column(_("Failure rate, %"), Cell.MONEY, width=16),
        Column(_("Claims"), Cell.WHOLE, width=10),
        Column(_("Under warranty"), Cell.WHOLE, width=16),
        Column(_("Paid by the customer"), Cell.WHOLE, width=20),
        Column(_("Refused"), Cell.WHOLE, width=10),
        Column(_("Not decided"), Cell.WHOLE, width=12),
        Column(_("Days in repair, average"), Cell.MONEY, width=22),
        Column(_("Days in repair, longest"), Cell.WHOLE, width=22),
        Column(_("Open now"), Cell.WHOLE, width=10),
    ]


def _cells(by: By, rows: Sequence[Row]) -> list[Sequence[object]]:
    return [
        (
            row.month if by is By.MONTH else row.name or _("Unknown"),
            row.sold,
            row.failed,
            _decimal(row.rate),
            row.claims,
            row.warranty,
            row.paid,
            row.refused,
            row.undecided,
            _decimal(row.average),
            row.longest if row.claims else None,
            row.open,
        )
        for row in rows
    ]


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
