"""What does not fit among serials that were only recorded: nobody compared them with the ledger.

Entries decide, not the present accounting of their product. An entry is judged by where the last
movement of its serial that still stands had put the unit, in whatever store and whether that one
was verified or not. What was cancelled, and what cancelled it, never happened here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from company.exporting import CHUNK, Cell, Column
from company.models import User
from serials.models import COUNTED, IN_STORE, Movement
from serials.stock import fetched

PAGE = 30
MOST_EXPORTED = 20_000
"""Mismatches in one file; more is for a job that shows its progress."""


class Mismatch(models.TextChoices):
    """What is wrong with a movement."""

    SOLD = "sold", gettext_lazy("Sold, never received")
    RECEIVED = "received", gettext_lazy("Received twice")
    RETURNED = "returned", gettext_lazy("Returned, never sold")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which mismatches: in these stores, and where given only of these products, days or kind.

    `own` are the stores whose documents the person may open.
    """

    stores: Sequence[int]
    own: Sequence[int] = ()
    products: Sequence[int] | None = None
    what: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Moved:
    """A movement in words; `document_id` leads to its document where the person may see it."""

    kind: str
    reference: str
    on: dt.date
    store: str
    document_id: int | None

    def __str__(self) -> str:
        return _("%(kind)s %(reference)s, %(date)s, %(store)s") % {
            "kind": Movement(self.kind).label,
            "reference": self.reference,
            "date": date_format(self.on, "SHORT_DATE_FORMAT"),
            "store": self.store,
        }

    @property
    def kind_name(self) -> str:
        return str(Movement(self.kind).label)


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """One movement that does not fit, and the one before it, if there is any."""

    entry_id: int
    what: Mismatch
    serial_id: int
    serial: str
    product_id: int
    product: str
    sku: str
    moved: Moved
    who: str
    before: Moved | None


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """Some mismatches, newest first; the ids are where the next pages begin, None at the ends."""

    rows: Sequence[Found]
    older: int | None
    newer: int | None


# Entries are walked from the newest on, in an index that has all that tells whether they may be
# wrong, and those that may look their predecessor up by the index that keeps the chain: a page is
# read as soon as it is full. A window over every serial would read all of them for each page. Of a
# few days the postings are few, so that their entries are looked up instead.
_MAY_BE_WRONG = """
    SELECT id, posting_id, product_id, serial_id, seq, from_place_id, to_place_id
    FROM serials_ledgerentry
    WHERE NOT verified AND serial_id IS NOT NULL
      AND posting_id NOT IN (SELECT id FROM undone)
      AND (%(products)s::bigint[] IS NULL OR product_id = ANY(%(products)s::bigint[]))
      AND (
          to_place_id = ANY(ARRAY(SELECT id FROM serials_place WHERE kind = 'customer'))
              AND coalesce(%(what)s, 'sold') = 'sold'
          OR from_place_id = ANY(ARRAY(
                  SELECT id FROM serials_place WHERE kind IN ('outside', 'supplier', 'transit')
             )) AND seq > 1 AND coalesce(%(what)s, 'received') = 'received'
          OR from_place_id = ANY(ARRAY(SELECT id FROM serials_place WHERE kind = 'customer'))
              AND coalesce(%(what)s, 'returned') = 'returned'
      )
      AND (%(before)s::bigint IS NULL OR id < %(before)s)
      AND (%(after)s::bigint IS NULL OR id > %(after)s)
"""
_POSTED = """
    SELECT id, kind, store_id, effective_on FROM serials_posting
    WHERE store_id = ANY(%(stores)s)
      AND (%(since)s::date IS NULL OR effective_on >= %(since)s)
      AND (%(until)s::date IS NULL OR effective_on <= %(until)s)
"""
# OFFSET keeps one thing being looked up after the other.
_WALKED = f"""
    ({_MAY_BE_WRONG} ORDER BY id {{order}} OFFSET 0) entry
    CROSS JOIN LATERAL ({_POSTED} AND id = entry.posting_id OFFSET 0) posting
"""
_OF_DAYS = f"""
    ({_POSTED}) posting
    CROSS JOIN LATERAL ({_MAY_BE_WRONG} AND posting_id = posting.id OFFSET 0) entry
"""
FEW_DAYS = 31
"""Whose postings are looked through one by one."""

# What was cancelled is little of all that was posted: it is read once, not asked for each entry.
_WRONG = """
    WITH undone AS MATERIALIZED (
        SELECT unnest(ARRAY[id, reverses_id]) AS id FROM serials_posting
        WHERE reverses_id IS NOT NULL
    )
    SELECT entry.id, entry.serial_id, entry.product_id, entry.posting_id,
           previous.posting_id AS previous_id, judged.what, posting.store_id, posting.effective_on
    FROM {entries}
    JOIN serials_place source ON source.id = entry.from_place_id
    JOIN serials_place target ON target.id = entry.to_place_id
    LEFT JOIN LATERAL (
        SELECT posting_id, (SELECT kind FROM serials_place WHERE id = to_place_id) AS kind
        FROM serials_ledgerentry
        WHERE serial_id = entry.serial_id AND seq < entry.seq
          AND posting_id NOT IN (SELECT id FROM undone)
        ORDER BY seq DESC LIMIT 1
    ) previous ON true
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN target.kind = 'customer' AND (previous.kind = ANY(%(in_hand)s)) IS NOT TRUE
                THEN 'sold'
            WHEN source.kind IN ('outside', 'supplier') AND target.kind = ANY(%(in_hand)s)
                 AND previous.kind = ANY(%(in_hand)s) THEN 'received'
            WHEN posting.kind = 'arrival' AND previous.kind = ANY(%(in_store)s) THEN 'received'
            WHEN source.kind = 'customer' AND target.kind = ANY(%(in_hand)s)
                 AND previous.kind IS DISTINCT FROM 'customer' THEN 'returned'
        END AS what
    ) judged
    WHERE judged.what IS NOT NULL
    ORDER BY entry.id {order} LIMIT %(limit)s
"""

_NAMED = """
    SELECT wrong.id, wrong.what, serial.id, serial.text, product.id, product.name, product.sku,
           posting.posted_by_id,
           posting.kind, posting.reference, posting.effective_on, store.name, document.id,
           before.kind, before.reference, before.effective_on, before_store.name, before_document.id
    FROM ({wrong}) wrong
    JOIN serials_serial serial ON serial.id = wrong.serial_id
    JOIN products_product product ON product.id = wrong.product_id
    JOIN serials_posting posting ON posting.id = wrong.posting_id
    JOIN company_store store ON store.id = posting.store_id
    LEFT JOIN documents_document document ON document.posting_id = posting.id
    LEFT JOIN serials_posting before ON before.id = wrong.previous_id
    LEFT JOIN company_store before_store ON before_store.id = before.store_id
    LEFT JOIN documents_document before_document
        ON before_document.posting_id = before.id AND before.store_id = ANY(%(own)s)
    ORDER BY wrong.id {order}
"""


def mismatches_page(chosen: Chosen, *, before: int | None = None, after: int | None = None) -> Page:
    """The mismatches older than entry `before`, or newer than entry `after`, or the newest."""
    if after is not None:
        found = _read(chosen, limit=PAGE + 1, after=after)
        rows, more_newer, more_older = found[:PAGE][::-1], len(found) > PAGE, True
    else:
        found = _read(chosen, limit=PAGE + 1, before=before)
        rows, more_newer, more_older = found[:PAGE], before is not None, len(found) > PAGE
    return Page(
        rows,
        rows[-1].entry_id if rows and more_older else None,
        rows[0].entry_id if rows and more_newer else None,
    )


def is_too_long(chosen: Chosen) -> bool:
    """Whether there are more mismatches than one file takes; counts no further than that."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({_wrong(chosen)}) wrong",  # noqa: S608 - constants
            _parameters(chosen, limit=MOST_EXPORTED + 1),
        )
        (count,) = cursor.fetchone()
    return bool(count > MOST_EXPORTED)


_COUNTED = """
    SELECT store_id, count(*), min(effective_on) FROM ({wrong}) wrong GROUP BY store_id
"""


def mismatches_by_store(chosen: Chosen) -> Mapping[int, tuple[int, dt.date]]:
    """How many mismatches each store has, and the day of the oldest: one statement."""
    return {
        store: (number, since)
        for store, number, since in fetched(
            _COUNTED.format(wrong=_wrong(chosen)), _parameters(chosen, limit=None)
        )
    }


def export_columns() -> list[Column]:
    return [
        Column(_("Serial number"), width=24),
        Column(_("Product"), width=34),
        Column(_("SKU"), width=18),
        Column(_("What is wrong"), width=24),
        Column(_("Movement"), width=22),
        Column(_("Document"), width=22),
        Column(_("Date"), Cell.DAY, width=12),
        Column(_("Store"), width=20),
        Column(_("Posted by"), width=22),
        Column(_("Movement before"), width=50),
    ]


def export_rows(chosen: Chosen) -> Iterator[Sequence[object]]:
    """A row for each mismatch, newest first; two statements for each chunk of them."""
    before = None
    rows: Sequence[Found] = ()
    while before is None or len(rows) == CHUNK:
        rows = _read(chosen, limit=CHUNK, before=before)
        for row in rows:
            yield (
                row.serial,
                row.product,
                row.sku,
                row.what.label,
                row.moved.kind_name,
                row.moved.reference,
                row.moved.on,
                row.moved.store,
                row.who,
                row.before and str(row.before),
            )
        before = rows[-1].entry_id if rows else 0


def _read(
    chosen: Chosen, *, limit: int, before: int | None = None, after: int | None = None
) -> list[Found]:
    """Up to `limit` mismatches, newest first, or after an entry the oldest first."""
    order = "DESC" if after is None else "ASC"
    statement = _NAMED.format(wrong=_wrong(chosen, order), order=order)
    with connection.cursor() as cursor:
        cursor.execute(statement, _parameters(chosen, limit=limit, before=before, after=after))
        rows = cursor.fetchall()
    people = User.objects.in_bulk({row[7] for row in rows})
    return [_found(row, people) for row in rows]


def _wrong(chosen: Chosen, order: str = "DESC") -> str:
    """The statement that finds them, by entries or by the postings of a few days."""
    entries = _WALKED.format(order=order)
    if chosen.since is not None:
        until = chosen.until or timezone.localdate()
        if until - chosen.since <= dt.timedelta(FEW_DAYS):
            entries = _OF_DAYS
    return _WRONG.format(entries=entries, order=order)


def _parameters(
    chosen: Chosen, *, limit: int | None, before: int | None = None, after: int | None = None
) -> dict[str, Any]:
    return {
        "stores": list(chosen.stores),
        "own": list(chosen.own),
        "products": None if chosen.products is None else list(chosen.products),
        "what": chosen.what,
        "since": chosen.since,
        "until": chosen.until,
        "in_hand": sorted(COUNTED),
        "in_store": sorted(IN_STORE),
        "limit": limit,
        "before": before,
        "after": after,
    }


def _found(row: Sequence[Any], people: Mapping[int, User]) -> Found:
    """A row of the statement `_NAMED`, in the order of its columns."""
    entry, what, serial_id, serial, product_id, product, sku, person = row[:8]
    return Found(
        entry_id=entry,
        what=Mismatch(what),
        serial_id=serial_id,
        serial=serial,
        product_id=product_id,
        product=product,
        sku=sku,
        moved=Moved(*row[8:13]),
        who=str(people[person]),
        before=Moved(*row[13:]) if row[13] else None,
    )
