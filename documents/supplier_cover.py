"""How long the supplier stands for a unit: from the receipt that brought it in (section 6).

Which receipt that was is looked up in the ledger, so that a number entered later, or put right
because it was mistyped, has the day, the line and the supplier of the receipt itself.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from company.access import Access
from products.models import Period
from serials.models import PlaceKind, Serial
from serials.stock import fetched, integers
from warranty.terms import last_covered_day


@dataclasses.dataclass(frozen=True, slots=True)
class SupplierCover:
    """What the receipt of a unit says: its document, day and supplier, and how long that covers.

    Opening stock has no supplier, and without a period nobody knows an end: then both are empty.
    """

    document_id: int
    number: str
    store_id: int
    received_on: dt.date
    supplier_id: int | None
    supplier: str
    period: Period | None

    @property
    def ends_on(self) -> dt.date | None:
        """The last day on which the supplier stands for the unit."""
        return supplier_ends_on(self.period, self.received_on)

    def covers(self, day: dt.date) -> bool:
        """Whether the supplier stands for the unit on a day."""
        return self.ends_on is not None and self.received_on <= day <= self.ends_on

    def as_told_to(self, access: Access) -> SupplierCover:
        """The same without the supplier, for who doesn't see the receipt's store (decision 4)."""
        if access.sees(self.store_id):
            return self
        return dataclasses.replace(self, supplier_id=None, supplier="")


def supplier_ends_on(period: Period | None, received_on: dt.date | None) -> dt.date | None:
    """The last day of a supplier's warranty that begins with a receipt; None without one."""
    if period is None or received_on is None:
        return None
    return last_covered_day(received_on, period.count, period.unit)


# What is received as opening stock a second time never left: the accounting of its product was
# changed (decision 8), and its own receipt is the earlier one.
RECEIPT_OF = """
    SELECT receipt.id AS document_id, receipt.number, receipt.store_id,
           receipt.effective_on AS received_on, receipt.supplier_id,
           line.supplier_period_count, line.supplier_period_unit
    FROM (
        -- OFFSET keeps it by serial, whatever the planner thinks of a new table.
        SELECT posting_id, line, seq, from_place_id FROM serials_ledgerentry
        WHERE serial_id = {serial} OFFSET 0
    ) entry
    JOIN serials_place source
        ON source.id = entry.from_place_id AND source.kind IN ('outside', 'supplier')
    JOIN documents_document document
        ON document.posting_id = entry.posting_id AND document.status = 'posted'
    JOIN documents_line written
        ON written.document_id = document.id AND written.position = entry.line
    JOIN documents_line line ON line.id =
        CASE WHEN document.kind IN ('identification', 'correction')
             THEN written.origin_id ELSE written.id END
    JOIN documents_document receipt
        ON receipt.id = line.document_id AND receipt.kind = 'receipt'
    WHERE {condition}
    ORDER BY receipt.is_opening, entry.seq DESC LIMIT 1
"""
"""The last receipt that brought in the unit whose id is in the place of `{serial}`, of those for
which the `{condition}` on `receipt` is true."""

_COVERS = f"""
    SELECT wanted.id, came.document_id, came.number, came.store_id, came.received_on,
           came.supplier_id, coalesce(supplier.name, ''),
           came.supplier_period_count, came.supplier_period_unit
    FROM unnest(%s::bigint[]) AS wanted (id)
    CROSS JOIN LATERAL ({RECEIPT_OF.format(serial="wanted.id", condition="true")}) came
    LEFT JOIN partners_supplier supplier ON supplier.id = came.supplier_id
"""  # noqa: S608 - the only part put in is a constant of this module


def supplier_covers(serial_ids: Collection[int]) -> Mapping[int, SupplierCover]:
    """The receipt of each of these units, by its id: one statement, and none for no unit.

    A unit that nobody received, such as one a customer brought back that was sold before its
    product had serial numbers, is not there.
    """
    if not serial_ids:
        return {}
    return {
        pk: SupplierCover(
            document_id=document_id,
            number=number,
            store_id=store_id,
            received_on=received_on,
            supplier_id=supplier_id,
            supplier=supplier,
            period=Period(count, unit) if count else None,
        )
        for (
            pk, document_id, number, store_id, received_on, supplier_id, supplier, count, unit,
        ) in fetched(_COVERS, [integers(serial_ids)])
    }  # fmt: skip


def supplier_cover_of(unit: Serial) -> SupplierCover | None:
    """The receipt of one unit, read with its place; None for a unit that is unknown by now."""
    if unit.place.kind == PlaceKind.OUTSIDE:
        return None
    return supplier_covers([unit.pk]).get(unit.pk)


@dataclasses.dataclass(frozen=True, slots=True)
class EndingClaim:
    """A unit that can't be sold and may still be claimed from its supplier, until `ends_on`."""

    serial: Serial
    cover: SupplierCover
    ends_on: dt.date

    @property
    def is_set_aside(self) -> bool:
        return self.serial.place.kind == PlaceKind.BLOCKED


# Of the periods that receipts have there are a few: each leads to the days on which what ends soon
# was received. A unit set aside is looked up among the lines of these receipts alone, or of the
# documents that put them right. OFFSET keeps one thing being looked up after the other.
_ENDING = """
    WITH RECURSIVE period AS (
        (SELECT supplier_period_unit AS unit, supplier_period_count AS count FROM documents_line
         WHERE supplier_period_count IS NOT NULL ORDER BY 1, 2 LIMIT 1)
        UNION ALL
        SELECT next.* FROM period CROSS JOIN LATERAL (
            SELECT supplier_period_unit, supplier_period_count FROM documents_line
            WHERE supplier_period_count IS NOT NULL
              AND (supplier_period_unit, supplier_period_count) > (period.unit, period.count)
            ORDER BY 1, 2 LIMIT 1
        ) next
    ),
    lasting AS (
        -- No longer than there are dates.
        SELECT unit, count,
               (least(count, CASE unit WHEN 'years' THEN 2000 ELSE 36500 END) || ' ' || unit)
                   ::interval AS long
        FROM period
    ),
    ending AS MATERIALIZED (
        SELECT line.id, line.position, receipt.posting_id
        FROM lasting
        CROSS JOIN LATERAL (
            SELECT id, posting_id FROM documents_document
            WHERE effective_on BETWEEN %(since)s::date - 3 - lasting.long
                                   AND %(until)s::date + 3 - lasting.long + interval '3 days'
              AND kind = 'receipt' AND status = 'posted' OFFSET 0
        ) receipt
        CROSS JOIN LATERAL (
            SELECT id, position FROM documents_line
            WHERE document_id = receipt.id AND supplier_period_unit = lasting.unit
              AND supplier_period_count = lasting.count OFFSET 0
        ) line
    ),
    brought AS (
        SELECT posting_id, position FROM ending
        UNION ALL
        SELECT document.posting_id, written.position
        FROM ending
        CROSS JOIN LATERAL (
            SELECT document_id, position FROM documents_line WHERE origin_id = ending.id OFFSET 0
        ) written
        JOIN documents_document document ON document.id = written.document_id
    )
    SELECT unit.id
    FROM serials_place place
    CROSS JOIN LATERAL (
        SELECT id FROM serials_serial WHERE place_id = place.id OFFSET 0
    ) unit
    CROSS JOIN LATERAL (
        SELECT posting_id, line FROM serials_ledgerentry WHERE serial_id = unit.id OFFSET 0
    ) entry
    WHERE place.kind IN ('defective', 'blocked') AND place.store_id = ANY(%(stores)s)
      AND (entry.posting_id, entry.line) IN (SELECT posting_id, position FROM brought)
"""


def supplier_claims_ending(
    todays: Mapping[int, dt.date], *, days: int
) -> Mapping[int, Sequence[EndingClaim]]:
    """Defective or set-aside units whose supplier's warranty ends within so many days, by store.

    `todays` is today in each store, by its id. The soonest first: three statements. What has no
    serial number can't be told from the others. PostgreSQL finds who may be meant, give or take
    the end of a month; the one reckoning of terms says who is.
    """
    found: dict[int, list[EndingClaim]] = {store_id: [] for store_id in todays}
    if not todays:
        return found
    until = max(todays.values()) + dt.timedelta(days=days)
    asked = {"stores": list(todays), "since": min(todays.values()), "until": until}
    near = [pk for (pk,) in fetched(_ENDING, asked)]
    units = Serial.objects.filter(pk__in=near).select_related("product__type", "place__store")
    covers = supplier_covers(near)
    for unit in units:
        cover, today = covers[unit.pk], todays[unit.place.store_id or 0]
        ends_on = cover.ends_on
        if ends_on is not None and today <= ends_on <= today + dt.timedelta(days=days):
            found[unit.place.store_id or 0].append(EndingClaim(unit, cover, ends_on))
    for claims in found.values():
        claims.sort(key=lambda one: (one.ends_on, one.serial.key, one.serial.pk))
    return found
