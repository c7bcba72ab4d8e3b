"""The statements that find units: which are gone through, which of them fit, what is told of them.

A statement goes through a fixed number of units in the order of the list and gives those that fit,
so that its cost is bounded whatever is asked. Gone through are the places asked for, or what the
beginning or ending of a serial names when that is little, or for a day gone by all units.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from documents.supplier_cover import RECEIPT_OF, supplier_ends_on
from products.models import Period
from serials.models import PlaceKind
from serials.states import State, state_of
from serials.stock import fetched
from warranty.terms import Cover, cover_on

from .stock_choice import Chosen, Warranty

FEW = 5_000
"""So many units are looked up one by one rather than by going through all of a place."""
SHORTEST = 3
"""Characters of a text that may be the beginning or the ending of a serial; fewer are all of it."""

Place = tuple[int, str]
"""A place in the list: a product's id and a key."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit where it is, or was on the day asked for.

    `since` is the day that put it there by the document `reference`. Of what is sold the card and
    what it means on that day, of what the company holds the supplier's warranty. It `is_open` to
    these stores when one of them moved it; what is only on its way to one is not yet.
    """

    serial_id: int
    product_id: int
    key: str
    text: str
    second: str
    product: str
    sku: str
    kind: str
    store: str
    to_store: str
    is_open: bool
    since: dt.date | None
    reference: str
    received_on: dt.date | None
    age: int | None
    supplier_ends_on: dt.date | None
    card: str
    ends_on: dt.date | None
    cover: Cover | None

    @property
    def place(self) -> Place:
        return self.product_id, self.key

    @property
    def state(self) -> State:
        return state_of(self.kind)


_LAST = """
    SELECT entry.to_place_id AS place_id, posting.id AS posting_id, posting.store_id,
           posting.effective_on, posting.reference
    FROM (
        SELECT posting_id, to_place_id, verified, seq FROM serials_ledgerentry
        WHERE serial_id = unit.id ORDER BY seq DESC OFFSET 0
    ) entry
    CROSS JOIN LATERAL (
        -- OFFSET, here and above, keeps it one unit after the other: the first few tens of many are
        -- asked for, and joined as the planner likes all postings are read for them.
        SELECT * FROM serials_posting WHERE id = entry.posting_id {day} OFFSET 0
    ) posting
    -- What was taken back is passed over, and what took it back. A serial that is recorded only is
    -- where its last movement says, that being all there is to go by.
    WHERE NOT entry.verified OR posting.kind <> 'cancellation' AND NOT EXISTS (
        SELECT FROM serials_posting reversal WHERE reversal.reverses_id = posting.id {reversed}
    )
    ORDER BY entry.seq DESC LIMIT 1
"""
# The transfer that put a unit on its way, also when its serial was entered or put right later.
_TO = """
    SELECT coalesce(document.to_store_id, origin.to_store_id) AS store_id
    FROM documents_document document
    LEFT JOIN documents_document origin ON origin.id = document.origin_id
    WHERE document.posting_id = last.posting_id AND place.kind = 'transit' OFFSET 0
"""
_CARD = """
    SELECT card.number, card.ends_on, term.starts_on
    FROM warranty_term term JOIN warranty_card card ON card.term_id = term.id
    WHERE term.serial_id = unit.id AND place.kind = 'customer' AND term.starts_on <= %(day)s
      AND (card.void_on IS NULL {void})
    ORDER BY term.starts_on DESC, term.id DESC LIMIT 1
"""
_SUPPLIER_END = """
    CASE came.supplier_period_unit
        WHEN 'days' THEN came.received_on + came.supplier_period_count
        WHEN 'weeks' THEN came.received_on + 7 * came.supplier_period_count
        WHEN 'months'
            THEN (came.received_on + make_interval(months => came.supplier_period_count))::date
        WHEN 'years'
            THEN (came.received_on + make_interval(years => came.supplier_period_count))::date
    END
"""
_WARRANTY = {
    Warranty.COVERED: "place.kind = 'customer' AND card.ends_on >= %(day)s",
    Warranty.OVER: "place.kind = 'customer' AND card.ends_on < %(day)s",
    Warranty.BY_SUPPLIER: f"place.kind = ANY(%(held)s) AND {_SUPPLIER_END} >= %(day)s",
    Warranty.SUPPLIER_OVER: f"place.kind = ANY(%(held)s) AND {_SUPPLIER_END} < %(day)s",
}
_HELD = [PlaceKind.SHELF, PlaceKind.DEFECTIVE, PlaceKind.BLOCKED, PlaceKind.TRANSIT]

_NAMED = """
SELECT unit.id, unit.product_id, unit.key, unit.text, coalesce(second.text, ''),
       product.name, product.sku, place.kind,
       coalesce(own.name, put_by.name, ''), coalesce(to_store.name, ''),
       place.store_id IS NOT NULL OR unit.put_by_id = ANY(%(own)s),
       last.effective_on, coalesce(last.reference, ''),
       came.received_on, came.supplier_period_count, came.supplier_period_unit,
       card.number, card.ends_on, card.starts_on
FROM ({fitting}) unit
LEFT JOIN LATERAL (SELECT unit.posting_id, unit.effective_on, unit.reference) last ON true
JOIN serials_place place ON place.id = unit.at_id
JOIN products_product product ON product.id = unit.product_id
LEFT JOIN serials_secondnumber second ON second.serial_id = unit.id AND second.removed_at IS NULL
LEFT JOIN company_store own ON own.id = place.store_id
LEFT JOIN company_store put_by ON put_by.id = unit.put_by_id
LEFT JOIN LATERAL ({to}) dest ON true
LEFT JOIN company_store to_store ON to_store.id = dest.store_id
LEFT JOIN LATERAL ({came}) came ON true
LEFT JOIN LATERAL ({card}) card ON true
ORDER BY unit.product_id {order}, unit.key {order}
"""
_TOLD = (
    "serial_id", "product_id", "key", "text", "second", "product", "sku", "kind", "store",
    "to_store", "is_open", "since", "reference", "received_on",
)  # fmt: skip


class Search:
    """The statements of one choice, forwards or backwards through the list."""

    def __init__(self, chosen: Chosen, *, backwards: bool = False) -> None:
        self._chosen = chosen
        self._order, self._beyond = ("DESC", "<") if backwards else ("ASC", ">")
        places = chosen.places()
        self._parameters: dict[str, Any] = {
            "day": chosen.day,
            "stores": list(chosen.stores),
            "places": [place.pk for place in places],
            "products": None if chosen.products is None else list(chosen.products),
            "held": _HELD,
            "own": list(chosen.own),
        }
        self._ids = self._few_by_text()
        self._fits = self._conditions()

    # -- which units are gone through

    def _few_by_text(self) -> list[int] | None:
        """The units one of whose numbers fits the text; None, when they are many: by their places
        those whose own number does.
        """
        text = self._chosen.text
        if not text:
            return None
        if len(text) < SHORTEST:
            conditions = ["key = %(key)s"]
        else:
            conditions = ["key LIKE %(beginning)s", 'reverse(key) COLLATE "C" LIKE %(ending)s']
        self._parameters |= {
            "key": text,
            "beginning": _escaped(text) + "%",
            "ending": _escaped(text[::-1]) + "%",
        }
        self._by_text = f"({' OR '.join(conditions)})"
        # Each by its own index, and no further than matters: together all that fit are gathered.
        ways = " UNION ALL ".join(
            f"""
            (SELECT id FROM serials_serial WHERE {condition} LIMIT {FEW + 1})
            UNION ALL
            (SELECT serial_id FROM serials_secondnumber
             WHERE {condition} AND removed_at IS NULL LIMIT {FEW + 1})
            """  # noqa: S608
            for condition in conditions
        )
        found = {pk for (pk,) in fetched(ways, self._parameters)}
        return sorted(found) if len(found) <= FEW else None

    def _candidates(self, place: Place | None, look: int | None) -> str:
        """Units in the order of the list after a place: no more than `look` of them."""
        conditions = []
        if self._chosen.products is not None:
            conditions.append("product_id = ANY(%(products)s)")
        if place is not None:
            self._parameters |= {"product": place[0], "place_key": place[1]}
            conditions.append(
                f"(product_id, key) {self._beyond} (%(product)s::bigint, %(place_key)s)"
            )
        order = f"ORDER BY product_id {self._order}, key {self._order}"
        limit = "" if look is None else f"LIMIT {look:d}"
        columns = "id, product_id, key, text, place_id"
        if self._ids is not None:
            self._parameters["ids"] = self._ids
            conditions.append("id = ANY(%(ids)s)")
        elif not self._chosen.is_past:
            conditions.append("place_id = lying.in_id")
            return f"""
                SELECT one.* FROM unnest(%(places)s::bigint[]) AS lying (in_id)
                CROSS JOIN LATERAL (
                    SELECT {columns} FROM serials_serial
                    WHERE {" AND ".join(conditions)} {order} {limit}
                ) one {order} {limit}
            """  # noqa: S608
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {columns} FROM serials_serial {where} {order} {limit}"  # noqa: S608

    # -- which of them fit

    def _conditions(self) -> str:
        chosen = self._chosen
        own = "place.store_id = ANY(%(stores)s)"
        elsewhere = "place.store_id IS NULL"
        if not chosen.everywhere:
            elsewhere += (
                " AND (last.store_id = ANY(%(stores)s) OR EXISTS"
                f" (SELECT FROM ({_TO}) dest WHERE dest.store_id = ANY(%(stores)s)))"
            )
        conditions = ["place.id = ANY(%(places)s)", f"({own} OR {elsewhere})"]
        if chosen.text and self._ids is None:
            conditions.append(self._by_text)
        if chosen.older_than is not None:
            self._parameters["older_than"] = chosen.older_than
            conditions.append("%(day)s - came.received_on > %(older_than)s")
        if chosen.warranty:
            conditions.append(_WARRANTY[Warranty(chosen.warranty)])
        return " AND ".join(conditions)

    def _fitting(self, place: Place | None, look: int, *, counts: bool = False) -> str:
        """The tables and conditions of the units that fit; what only `counts` them tells less."""
        chosen = self._chosen
        at = "last" if chosen.is_past else "unit"
        tables = [f"({self._candidates(place, look)}) unit"]
        if chosen.is_past or not (counts and chosen.everywhere):
            tables.append(f"LEFT JOIN LATERAL ({self._last}) last ON true")
        tables.append(f"JOIN serials_place place ON place.id = {at}.place_id")
        asks_supplier = chosen.warranty in {Warranty.BY_SUPPLIER, Warranty.SUPPLIER_OVER}
        if chosen.older_than is not None or asks_supplier:
            tables.append(f"CROSS JOIN LATERAL ({self._came}) came")
        if chosen.warranty in {Warranty.COVERED, Warranty.OVER}:
            tables.append(f"CROSS JOIN LATERAL ({self._card}) card")
        return f"{' '.join(tables)} WHERE {self._fits}"

    @property
    def _last(self) -> str:
        past = self._chosen.is_past
        return _LAST.format(
            day="AND effective_on <= %(day)s" if past else "",
            reversed="AND reversal.effective_on <= %(day)s" if past else "",
        )

    @property
    def _came(self) -> str:
        by_then = "receipt.effective_on <= %(day)s" if self._chosen.is_past else "true"
        return RECEIPT_OF.format(serial="unit.id", condition=by_then)

    @property
    def _card(self) -> str:
        return _CARD.format(void="OR card.void_on > %(day)s" if self._chosen.is_past else "")

    # -- asking

    def fitting(self, place: Place | None, *, look: int, limit: int) -> list[Unit]:
        """What fits of the next `look` units after a place, in the order it is gone through."""
        order = f"{self._order}, unit.key {self._order}"
        fitting = f"""
            SELECT unit.id, unit.product_id, unit.key, unit.text, place.id AS at_id,
                   last.posting_id, last.store_id AS put_by_id, last.effective_on, last.reference
            FROM {self._fitting(place, look)}
            ORDER BY unit.product_id {order} LIMIT {limit:d}
        """  # noqa: S608
        statement = _NAMED.format(
            fitting=fitting, to=_TO, came=self._came, card=self._card, order=self._order
        )
        return [self._unit(row) for row in fetched(statement, self._parameters)]

    def end_of(self, place: Place | None, *, look: int) -> Place | None:
        """The last of the next `look` units; None when there are fewer."""
        candidates = self._candidates(place, look)
        rows = fetched(
            f"SELECT product_id, key FROM ({candidates}) unit OFFSET {look - 1:d}",  # noqa: S608
            self._parameters,
        )
        return rows[0][0:2] if rows else None

    def count(self, place: Place | None, *, most: int | None) -> int:
        """How many units there are to go through after a place; no further than `most`."""
        candidates = self._candidates(place, most)
        ((count,),) = fetched(
            f"SELECT count(*) FROM ({candidates}) unit",  # noqa: S608
            self._parameters,
        )
        return int(count)

    def kinds(self, *, look: int, limit: int) -> dict[str, int]:
        """How many fit of the first `look` units, by the kind of their place."""
        rows = fetched(
            f"""
            SELECT kind, count(*) FROM (
                SELECT place.kind FROM {self._fitting(None, look, counts=True)} LIMIT {limit:d}
            ) fitting GROUP BY kind
            """,  # noqa: S608
            self._parameters,
        )
        return dict(rows)

    def _unit(self, row: Sequence[Any]) -> Unit:
        """A row of `_NAMED`, in the order of its columns."""
        told = dict(zip(_TOLD, row, strict=False))
        count, unit, card, ends_on, starts_on = row[len(_TOLD) :]
        day, received_on = self._chosen.day, told["received_on"]
        period = Period(count, unit) if count and told["kind"] in _HELD else None
        return Unit(
            **told,
            age=(day - received_on).days if received_on else None,
            supplier_ends_on=supplier_ends_on(period, received_on),
            card=card or "",
            ends_on=ends_on,
            cover=cover_on(starts_on, ends_on, day) if card else None,
        )


def _escaped(text: str) -> str:
    """The text as a pattern that fits nothing but itself."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
