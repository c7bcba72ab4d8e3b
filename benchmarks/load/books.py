"""The books before and after a run, read past the program: what is to be compared with a diary."""

from __future__ import annotations

import dataclasses

from benchmarks.loading import rows_of

Place = tuple[int, str]
"""A store's key, 0 for none, and the kind of place."""


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """A posted document as the books have it: by which posting, and by which it was undone."""

    number: str
    kind: str
    store: int
    posting: int
    undone_by: int
    units: frozenset[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Books:
    """Where every unit is and how much lies where; documents only those that are new.

    `wrong` is what the books themselves say is wrong: gaps in numbers, half-written documents,
    jobs that failed.
    """

    places: dict[str, Place]
    products: dict[str, str]
    balances: dict[tuple[str, Place], int]
    last_posting: int
    documents: dict[str, Written] = dataclasses.field(default_factory=dict)
    wrong: list[str] = dataclasses.field(default_factory=list)


def read_books(*, since: int | None = None) -> Books:
    """The books of the database at hand; with the documents posted after posting `since`."""
    units = rows_of(
        """SELECT serial.text, product.sku, coalesce(place.store_id, 0), place.kind
           FROM serials_serial serial JOIN products_product product ON product.id = product_id
           JOIN serials_place place ON place.id = place_id WHERE is_verified"""
    )
    balances = rows_of(
        """SELECT product.sku, coalesce(place.store_id, 0), place.kind, quantity
           FROM serials_balance JOIN products_product product ON product.id = product_id
           JOIN serials_place place ON place.id = place_id WHERE quantity <> 0"""
    )
    return Books(
        {text: (store, kind) for text, _sku, store, kind in units},
        {text: sku for text, sku, *_place in units},
        {(sku, (store, kind)): quantity for sku, store, kind, quantity in balances},
        rows_of("SELECT coalesce(max(id), 0) FROM serials_posting")[0][0],
        {} if since is None else _documents(since),
        [] if since is None else [*_gaps(), *_halves(since), *_jobs()],
    )


def _documents(since: int) -> dict[str, Written]:
    rows = rows_of(
        """SELECT document.number, document.kind, document.store_id, document.posting_id,
                  coalesce(document.cancellation_id, 0),
                  array(SELECT DISTINCT serial.text FROM serials_ledgerentry entry
                        JOIN serials_serial serial ON serial.id = entry.serial_id
                        WHERE entry.posting_id = document.posting_id)
           FROM documents_document document WHERE document.posting_id > %s""",
        since,
    )
    return {
        number: Written(number, kind, store, posting, undone_by, frozenset(units))
        for number, kind, store, posting, undone_by, units in rows
    }


def _gaps() -> list[str]:
    """Series whose numbers are not 1, 2, 3 … up to the last one given."""
    rows = rows_of(
        r"""
        WITH given AS (
            SELECT number FROM documents_document WHERE number IS NOT NULL
            UNION ALL SELECT number FROM warranty_card
            UNION ALL SELECT number FROM inventory_count
            UNION ALL SELECT number FROM repairs_repair
        ), found AS (
            SELECT part[1] AS prefix, part[2] AS series, part[3]::int AS year, part[4]::int AS nth
            FROM given, regexp_match(number, '^(.+)-([A-Z]+)(\d{4})-(\d+)$') part
        )
        SELECT prefix || '-' || series || year, last, count(nth), count(DISTINCT nth), max(nth)
        FROM company_numbersequence JOIN company_store store ON store.id = store_id
        LEFT JOIN found USING (prefix, series, year)
        GROUP BY prefix, series, year, last
        HAVING NOT (last = count(nth) AND last = count(DISTINCT nth) AND last = max(nth))
        """
    )
    return [
        f"numbers {series}: {last} given, {count} there, {distinct} different, the last {highest}"
        for series, last, count, distinct, highest in rows
    ]


def _halves(since: int) -> list[str]:
    """Documents whose lines and ledger entries are not of the same size, or that nobody owns."""
    rows = rows_of(
        """
        SELECT posting.reference, posting.kind,
               (SELECT sum(quantity) FROM documents_line line WHERE line.document_id = document.id),
               (SELECT sum(quantity) FROM serials_ledgerentry entry
                WHERE entry.posting_id = posting.id)
        FROM serials_posting posting
        LEFT JOIN documents_document document ON document.posting_id = posting.id
        WHERE posting.id > %s AND posting.reverses_id IS NULL
        """,
        since,
    )
    return [
        f"{reference} ({kind}): {lines} on its lines, {entries} in the ledger"
        for reference, kind, lines, entries in rows
        if (kind != "correction" and lines != entries) or not entries
    ]


def _jobs() -> list[str]:
    rows = rows_of(
        "SELECT task_name, status::text, count(*) FROM procrastinate_jobs"
        " WHERE status NOT IN ('succeeded', 'cancelled') AND scheduled_at IS NULL GROUP BY 1, 2"
    )
    return [f"{count} jobs {task} are {status}" for task, status, count in rows]
