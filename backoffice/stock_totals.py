"""How much lies where: pieces by product and state, goods without serials among them.

Balances tell how much there is now. Of a day gone by they are taken back to it by the entries of
later days, which are few for yesterday and all there are for a day before the first. What is on
its way belongs to nobody's balance: it is read from the transfers of the stores, unless these are
all stores. How many pieces have no serial number is told beside: the others are units.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from company.parameters import whole_number
from serials.models import IN_STORE, PlaceKind
from serials.states import State, state_of
from serials.stock import fetched

from .stock_choice import KINDS, Chosen
from .stock_units import counted

PAGE = 30
MOST_COUNTED = 5_000
"""Units that fit beyond this are told as more than it."""
LOOK = 10_000
"""Units gone through to count those that fit; if they are more, what was found is at least."""
ORDER = (
    PlaceKind.SHELF, PlaceKind.DEFECTIVE, PlaceKind.BLOCKED, PlaceKind.TRANSIT, PlaceKind.CUSTOMER,
    PlaceKind.SUPPLIER, PlaceKind.WRITTEN_OFF, PlaceKind.MISSING,
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class StateTotal:
    """Pieces in one state, and how many of them are not known by a serial number."""

    kind: str
    pieces: int
    without: int = 0

    @property
    def state(self) -> State:
        return state_of(self.kind)

    @property
    def showing(self) -> str:
        """The filter that shows these."""
        return next(str(each) for each, kinds in KINDS.items() if kinds == {self.kind})

    @property
    def units(self) -> int:
        return self.pieces - self.without


@dataclasses.dataclass(frozen=True, slots=True)
class Totals:
    """What fits, by state; `at_least` when there was too much to count it all.

    `some_recorded` when there are goods among it whose serials are only recorded: the list may
    have them elsewhere than the pieces are.
    """

    states: Sequence[StateTotal]
    at_least: bool = False
    some_recorded: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class ProductTotal:
    """One product's pieces by state, and those without a serial number."""

    product_id: int
    name: str
    sku: str
    in_stock: int
    defective: int
    set_aside: int
    in_transit: int
    without: int

    @property
    def pieces(self) -> int:
        return self.in_stock + self.defective + self.set_aside + self.in_transit

    @property
    def units(self) -> int:
        return self.pieces - self.without

    @property
    def cursor(self) -> str:
        return f"{self.product_id}.{self.name}"


@dataclasses.dataclass(frozen=True, slots=True)
class ProductPage:
    """Some products, and the cursors of the pages beside them, None at the ends."""

    rows: Sequence[ProductTotal]
    before: str | None
    after: str | None


def named_place_of(cursor: str | None) -> tuple[str, int] | None:
    """The (name, id) a cursor from an address names; None when it makes no sense."""
    pk, dot, name = (cursor or "").partition(".")
    number = whole_number(pk)
    return (name, number) if dot and number is not None and "\0" not in name else None


def totals_of(chosen: Chosen) -> Totals:
    """What fits, by state: from the balances where they can tell, else by counting units."""
    if chosen.is_of_pieces:
        parts = _Pieces(chosen)
        rows = fetched(_BY_KIND.format(ends=parts.ends), parts.parameters)
        found = {
            kind: StateTotal(kind, int(pieces), int(loose))
            for kind, pieces, loose, _some_recorded in rows
        }
        states = [found.get(kind, StateTotal(kind, 0)) for kind in _shown(chosen)]
        return Totals(states, some_recorded=any(row[3] for row in rows))
    units, is_all = counted(chosen, most=MOST_COUNTED, look=LOOK)
    states = [StateTotal(kind, units[kind]) for kind in ORDER if kind in units]
    return Totals(states, at_least=not is_all)


def _shown(chosen: Chosen) -> list[PlaceKind]:
    return [kind for kind in ORDER if kind in chosen.kinds]


def products_page(
    chosen: Chosen, *, after: tuple[str, int] | None = None, before: tuple[str, int] | None = None
) -> ProductPage:
    """Products with pieces, by name, after or before a (name, id): one statement."""
    if before is not None and after is None:
        found = _read(chosen, place=before, limit=PAGE + 1, backwards=True)
        rows, more_before, more_after = found[:PAGE][::-1], len(found) > PAGE, True
    else:
        found = _read(chosen, place=after, limit=PAGE + 1)
        rows, more_before, more_after = found[:PAGE], after is not None, len(found) > PAGE
    return ProductPage(
        rows,
        rows[0].cursor if rows and more_before else None,
        rows[-1].cursor if rows and more_after else None,
    )


def all_products(chosen: Chosen) -> Iterator[ProductTotal]:
    """Every product with pieces, by name: for a file."""
    yield from _read(chosen)


_BY_KIND = """
SELECT place.kind, sum(pieces), sum(without), bool_or(some_recorded)
FROM (
    SELECT ends.place_id, sum(pieces) AS pieces,
           sum(CASE WHEN product.mode IN ('strict', 'recorded') THEN loose ELSE pieces END)
               AS without,
           bool_or(product.mode = 'recorded') AS some_recorded
    FROM ({ends}) ends JOIN products_product product ON product.id = ends.product_id
    GROUP BY ends.place_id
) summed JOIN serials_place place ON place.id = summed.place_id
GROUP BY place.kind
"""
_SUMS = """
    SELECT coalesce(sum(pieces) FILTER (WHERE kind = 'shelf'), 0) AS in_stock,
           coalesce(sum(pieces) FILTER (WHERE kind = 'defective'), 0) AS defective,
           coalesce(sum(pieces) FILTER (WHERE kind = 'blocked'), 0) AS set_aside,
           coalesce(sum(pieces) FILTER (WHERE kind = 'transit'), 0) AS in_transit,
           sum(pieces) AS pieces, sum(loose) AS loose {product_id}
    FROM ({ends}) ends JOIN serials_place place ON place.id = ends.place_id
"""
# A page of balances is read product by product; what else there is, is added up for all at once.
_ONE_BY_ONE = f"""
    (SELECT id, name, sku, mode FROM products_product product
     WHERE {{of_product}} {{beyond}} ORDER BY name {{order}}, id {{order}} OFFSET 0) product
    CROSS JOIN LATERAL ({_SUMS} WHERE ends.product_id = product.id) summed
"""  # noqa: S608 - constants
_ALL_AT_ONCE = f"""
    ({_SUMS} GROUP BY product_id) summed
    JOIN (SELECT id, name, sku, mode FROM products_product product WHERE {{of_product}} {{beyond}})
        product ON product.id = summed.product_id
"""  # noqa: S608 - constants
_BY_PRODUCT = """
SELECT product.id, product.name, product.sku, in_stock, defective, set_aside, in_transit,
       CASE WHEN product.mode IN ('strict', 'recorded') THEN loose ELSE pieces END
FROM {summed}
WHERE in_stock <> 0 OR defective <> 0 OR set_aside <> 0 OR in_transit <> 0
ORDER BY product.name {order}, product.id {order} {limit}
"""


def _read(
    chosen: Chosen,
    *,
    place: tuple[str, int] | None = None,
    limit: int | None = None,
    backwards: bool = False,
) -> list[ProductTotal]:
    parts = _Pieces(chosen)
    order = "DESC" if backwards else "ASC"
    beyond = ""
    if place is not None:
        parts.parameters |= {"name": place[0], "id": place[1]}
        beyond = f"AND (name, id) {'<' if backwards else '>'} (%(name)s, %(id)s)"
    one_by_one = parts.are_balances and limit is not None
    summed = (_ONE_BY_ONE if one_by_one else _ALL_AT_ONCE).format(
        ends=parts.ends,
        product_id="" if one_by_one else ", product_id",
        of_product="true" if chosen.products is None else "id = ANY(%(products)s)",
        beyond=beyond,
        order=order,
    )
    statement = _BY_PRODUCT.format(
        summed=summed, order=order, limit="" if limit is None else f"LIMIT {limit:d}"
    )
    rows = fetched(statement, parts.parameters)
    return [ProductTotal(pk, name, sku, *map(int, sums)) for pk, name, sku, *sums in rows]


class _Pieces:
    """The rows (product, place, pieces, of them unidentified) of which all totals are sums.

    They `are_balances` when nothing has to be looked up beside these and what is unidentified.
    """

    def __init__(self, chosen: Chosen) -> None:
        places = chosen.places()
        on_the_way = [place.pk for place in places if place.kind == PlaceKind.TRANSIT]
        self.parameters: dict[str, Any] = {
            "day": chosen.day,
            "stores": list(chosen.stores),
            "places": [place.pk for place in places if place.kind in IN_STORE or chosen.everywhere],
            "transit": on_the_way,
            "products": None if chosen.products is None else list(chosen.products),
        }
        self._of_product = (
            "" if chosen.products is None else "AND {}.product_id = ANY(%(products)s)"
        )
        parts = [self._balances(), self._loose(chosen)]
        if chosen.is_past:
            parts.append(self._later())
        if on_the_way and not chosen.everywhere:
            parts.append(self._on_the_way(chosen))
        self.are_balances = len(parts) == 2
        self.ends = " UNION ALL ".join(parts)

    def _only(self, table: str) -> str:
        return self._of_product.format(table)

    def _balances(self) -> str:
        return f"""
            SELECT balance.product_id, balance.place_id, balance.quantity AS pieces, 0 AS loose
            FROM serials_balance balance
            WHERE balance.place_id = ANY(%(places)s) {self._only("balance")}
        """  # noqa: S608

    def _later(self) -> str:
        return f"""
            SELECT entry.product_id, way.place_id, way.pieces, 0
            FROM serials_posting posting
            JOIN serials_ledgerentry entry ON entry.posting_id = posting.id
            CROSS JOIN LATERAL (
                VALUES (entry.to_place_id, -entry.quantity), (entry.from_place_id, entry.quantity)
            ) way (place_id, pieces)
            WHERE posting.effective_on > %(day)s AND way.place_id = ANY(%(places)s)
              {self._only("entry")}
        """  # noqa: S608

    def _loose(self, chosen: Chosen) -> str:
        """Pieces of goods with serials that moved without: few, in an index of their own."""
        until = ""
        if chosen.is_past:
            until = (
                "JOIN serials_posting posting"
                " ON posting.id = entry.posting_id AND posting.effective_on <= %(day)s"
            )
        return f"""
            SELECT entry.product_id, way.place_id, 0, way.pieces
            FROM serials_ledgerentry entry
            CROSS JOIN LATERAL (
                VALUES (entry.to_place_id, entry.quantity), (entry.from_place_id, -entry.quantity)
            ) way (place_id, pieces)
            {until}
            WHERE entry.unidentified AND way.place_id = ANY(%(places)s) {self._only("entry")}
        """  # noqa: S608

    def _on_the_way(self, chosen: Chosen) -> str:
        """What transfers from or to the stores put on the way and nothing took off it by then."""
        open_only, until = "", "AND posting.effective_on <= %(day)s"
        if not chosen.is_past:
            until = ""
            # An array, found first: few are open, and of the transfers of a store most are not.
            open_only = """
                AND id = ANY(ARRAY(
                    SELECT line.document_id FROM documents_outstanding outstanding
                    JOIN documents_line line ON line.id = outstanding.line_id
                    WHERE outstanding.purpose = 'arrive'
                      AND outstanding.settled < outstanding.quantity
                ))
            """
        return f"""
            SELECT * FROM (
                WITH RECURSIVE sent AS (
                    SELECT id, posting_id, cancellation_id FROM documents_document
                    WHERE kind = 'transfer' AND posting_id IS NOT NULL {open_only}
                      AND (store_id = ANY(%(stores)s) OR to_store_id = ANY(%(stores)s))
                    UNION
                    SELECT next.id, next.posting_id, next.cancellation_id
                    FROM documents_document next JOIN sent ON sent.id = next.origin_id
                )
                SELECT entry.product_id,
                       CASE WHEN entry.to_place_id = ANY(%(transit)s)
                            THEN entry.to_place_id ELSE entry.from_place_id END,
                       way.sign * entry.quantity,
                       CASE WHEN entry.unidentified THEN way.sign * entry.quantity ELSE 0 END
                FROM sent
                CROSS JOIN LATERAL unnest(ARRAY[posting_id, cancellation_id]) AS moved (posting_id)
                JOIN serials_posting posting ON posting.id = moved.posting_id {until}
                JOIN serials_ledgerentry entry ON entry.posting_id = posting.id
                CROSS JOIN LATERAL (
                    SELECT CASE WHEN entry.to_place_id = ANY(%(transit)s) THEN 1 ELSE -1 END AS sign
                ) way
                WHERE (entry.to_place_id = ANY(%(transit)s)
                       OR entry.from_place_id = ANY(%(transit)s))
                  {self._only("entry")}
            ) on_the_way
        """  # noqa: S608
