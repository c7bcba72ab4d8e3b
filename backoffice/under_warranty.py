"""Who holds what under warranty, and until when: a report in pages, with its totals, and a file.

Pages follow each other by (end, id), found in the index `warranty_card_by_end`: the thousandth
costs what the first one does. When the filters leave few units, the cards are looked up from
these instead: for twenty of one product the ends of a million cards would be walked.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from company.exporting import CHUNK, Cell, Column
from serials.stock import fetched
from warranty.terms import ENDS_SOON_DAYS, Cover, cover_on, days_left

PAGE = 30
MOST_COUNTED = 1_000
"""Totals beyond this are told as more than it."""
LOOK = 20_000
"""Cards gone through to count those that fit; if they are more, what was found is at least."""
MOST_EXPORTED = 20_000
FEW = 5_000
"""So many terms are looked up one by one rather than by walking all the ends."""


class Showing(models.TextChoices):
    """Which cards."""

    COVERED = "covered", gettext_lazy("In warranty")
    SOON = "soon", gettext_lazy("Ends soon")
    OVER = "over", gettext_lazy("Over")
    IN_REPAIR = "in_repair", gettext_lazy("In repair")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Cards of these stores, as they are on a day; where given only of these products or people.

    `within` are the days from `today` on in which the warranty ends.
    """

    stores: Sequence[int]
    today: dt.date
    products: Sequence[int] | None = None
    customers: Sequence[int] | None = None
    showing: str = Showing.COVERED
    within: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """One card that is not void, with what is known of its piece."""

    card_id: int
    number: str
    unit: int
    units: int
    product: str
    sku: str
    serial_id: int | None
    serial: str
    customer: str
    phone: str
    store: str
    sale: str
    sold_on: dt.date
    ends_on: dt.date
    repair: str
    cover: Cover
    days_left: int

    @property
    def cursor(self) -> str:
        """Where the next page begins when this is the last row of one."""
        return f"{self.ends_on.isoformat()}.{self.card_id}"

    @property
    def days_over(self) -> int:
        return -self.days_left

    @property
    def pill(self) -> str:
        return {Cover.ENDS_SOON: "ends_soon", Cover.OVER: "over"}.get(self.cover, "in_warranty")

    @property
    def label(self) -> str:
        """The word on its pill."""
        words = {
            Cover.ENDS_SOON: _("Ends soon"),
            Cover.OVER: _("Over"),
            Cover.NOT_YET: _("Not begun"),
        }
        return words.get(self.cover) or _("In warranty")


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """Some cards, and the cursors of the pages beside them, None at the ends."""

    rows: Sequence[Held]
    before: str | None
    after: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Totals:
    """How many cards fit the filters, whatever state is shown; at most one more than is counted.

    `at_least` says that what is covered was counted among the first cards only.
    """

    covered: int
    soon: int
    in_repair: int
    at_least: bool = False


Place = tuple[dt.date, int]
"""Where a page begins: an end and the id of a card."""


def place_of(cursor: str | None) -> Place | None:
    """The place that a cursor from an address names; None when it makes no sense."""
    day, dot, pk = (cursor or "").partition(".")
    try:
        ends_on = dt.date.fromisoformat(day)
    except ValueError:
        return None
    return (ends_on, int(pk)) if dot and pk.isascii() and pk.isdigit() and len(pk) < 19 else None


def page_of(chosen: Chosen, *, after: Place | None = None, before: Place | None = None) -> Page:
    """The page after or before a place, or the first: two statements.

    What ends first comes first; of what is over, what ended last.
    """
    if before is not None and after is None:
        found = _read(chosen, limit=PAGE + 1, place=before, backwards=True)
        rows, more_before, more_after = found[:PAGE][::-1], len(found) > PAGE, True
    else:
        found = _read(chosen, limit=PAGE + 1, place=after)
        rows, more_before, more_after = found[:PAGE], after is not None, len(found) > PAGE
    return Page(
        rows,
        rows[0].cursor if rows and more_before else None,
        rows[-1].cursor if rows and more_after else None,
    )


def totals_of(chosen: Chosen) -> Totals:
    """How much fits in each state: two statements, neither counts beyond MOST_COUNTED."""
    covered, in_repair = (
        dataclasses.replace(chosen, showing=showing, within=None)
        for showing in (Showing.COVERED, Showing.IN_REPAIR)
    )
    ends = _Statement(covered, _driver(covered), look=LOOK)
    repairs = _Statement(in_repair, _OPEN_CLAIMS)
    soon = chosen.today + dt.timedelta(days=ENDS_SOON_DAYS)
    parameters = [*ends.parameters, MOST_COUNTED + 1, soon, *repairs.parameters, MOST_COUNTED + 1]
    ((found, ending, mending),) = fetched(
        _TOTALS.format(ends=ends.sql, repairs=repairs.sql), parameters
    )
    at_least = ends.walks and found <= MOST_COUNTED and _reach_beyond(chosen.today)
    return Totals(found, ending, mending, at_least=at_least)


def _reach_beyond(today: dt.date) -> bool:
    """Whether more cards end from today on than are gone through to count those that fit."""
    beyond = """
        SELECT FROM warranty_card WHERE void_on IS NULL AND ends_on >= %s
        ORDER BY ends_on, id OFFSET %s LIMIT 1
    """
    return bool(fetched(beyond, [today, LOOK]))


def is_too_long(chosen: Chosen) -> bool:
    """Whether more fits than one file takes; counts no further than that."""
    statement = _Statement(chosen, _driver(chosen))
    counted = f"SELECT count(*) FROM (SELECT {statement.sql} LIMIT %s) cards"  # noqa: S608
    ((count,),) = fetched(counted, [*statement.parameters, MOST_EXPORTED + 1])
    return bool(count > MOST_EXPORTED)


def export_columns() -> list[Column]:
    return [
        Column(_("Card"), width=20),
        Column(_("Product"), width=34),
        Column(_("SKU"), width=18),
        Column(_("Serial number"), width=24),
        Column(_("Unit"), width=10),
        Column(_("Customer"), width=26),
        Column(_("Phone"), width=18),
        Column(_("Store"), width=20),
        Column(_("Sale"), width=20),
        Column(_("Sold on"), Cell.DAY, width=12),
        Column(_("Ends on"), Cell.DAY, width=12),
        Column(_("Days left"), Cell.WHOLE, width=10),
        Column(_("State"), width=16),
        Column(_("In repair"), width=18),
    ]


def export_rows(chosen: Chosen) -> Iterator[Sequence[object]]:
    """A row for each card in the order of the pages; two statements for each chunk of them."""
    place: Place | None = None
    rows: Sequence[Held] = ()
    while place is None or len(rows) == CHUNK:
        rows = _read(chosen, limit=CHUNK, place=place)
        for row in rows:
            yield (
                row.number,
                row.product,
                row.sku,
                row.serial,
                f"{row.unit} / {row.units}" if row.units > 1 else None,
                row.customer,
                row.phone,
                row.store,
                row.sale,
                row.sold_on,
                row.ends_on,
                row.days_left,
                row.label,
                row.repair,
            )
        if not rows:
            return
        place = (rows[-1].ends_on, rows[-1].card_id)


# What leads to few terms, each by an index: by products and the end that the sale gave, by the
# postings of a store, by a customer, by open claims. A card whose end is on the other side of
# today than its term's has an adjustment that went past today.
_ENDS_OF_PRODUCTS = """
    SELECT id, posting_id, product_id, customer_id FROM warranty_term
    WHERE product_id = ANY(%s) AND ends_on {side} %s
"""
_TERM_OF_CARD = """
    CROSS JOIN LATERAL (
        SELECT term.id, term.posting_id, term.product_id, term.customer_id
        FROM warranty_card card JOIN warranty_term term ON term.id = card.term_id
        WHERE card.id = {card} OFFSET 0
    ) term
"""
_OF_PRODUCTS = f"""
    {_ENDS_OF_PRODUCTS}
    UNION
    SELECT term.* FROM warranty_adjustment adjustment
    {_TERM_OF_CARD.format(card="adjustment.card_id")}
    WHERE adjustment.ends_on {{side}} %s AND NOT adjustment.ends_before {{side}} %s
"""  # noqa: S608 - constants
_OF_STORES = """
    SELECT term.id, term.posting_id, term.product_id, term.customer_id
    FROM serials_posting sale JOIN warranty_term term ON term.posting_id = sale.id
    WHERE sale.store_id = ANY(%s)
"""
_OF_CUSTOMERS = """
    SELECT id, posting_id, product_id, customer_id FROM warranty_term WHERE customer_id = ANY(%s)
"""
_OF_OPEN_CLAIMS = f"""
    SELECT term.* FROM warranty_claim claim
    {_TERM_OF_CARD.format(card="claim.card_id")} WHERE claim.closed_on IS NULL
"""  # noqa: S608 - constants
# What ends first is counted first, so what ends soon is counted whole.
_TOTALS = """
WITH ends AS (SELECT {ends} ORDER BY card.ends_on, card.id LIMIT %s)
SELECT (SELECT count(*) FROM ends), (SELECT count(*) FROM ends WHERE ends_on <= %s),
       (SELECT count(*) FROM (SELECT {repairs} LIMIT %s) cards)
"""

Driver = tuple[str, list[Any]]
_OPEN_CLAIMS: Driver = (_OF_OPEN_CLAIMS, [])


def _driver(chosen: Chosen) -> Driver | None:
    """Where to begin when the filters leave little; None to walk the ends. Two statements."""
    if chosen.customers is not None:
        return _OF_CUSTOMERS, [list(chosen.customers)]
    if chosen.showing == Showing.IN_REPAIR:
        return _OPEN_CLAIMS
    if chosen.products is not None:
        products, today = list(chosen.products), chosen.today
        side = "<" if chosen.showing == Showing.OVER else ">="
        if _are_few(_ENDS_OF_PRODUCTS.format(side=side), [products, today]):
            return _OF_PRODUCTS.format(side=side), [products, today, today, today]
    stores = list(chosen.stores)
    return (_OF_STORES, [stores]) if _are_few(_OF_STORES, [stores]) else None


def _are_few(terms: str, parameters: list[Any]) -> bool:
    counted = f"SELECT count(*) FROM ({terms} LIMIT %s) terms"  # noqa: S608 - constants
    ((count,),) = fetched(counted, [*parameters, FEW + 1])
    return bool(count <= FEW)


class _Statement:
    """The columns, tables and conditions of a selection; `sql` is what follows SELECT."""

    _COLUMNS = "card.id, card.number, card.unit, card.ends_on, term.id AS term_id, posting.store_id"

    def __init__(self, chosen: Chosen, driver: Driver | None, *, look: int | None = None) -> None:
        """Goes through the first `look` cards that have not ended, where no driver names few."""
        self.parameters: list[Any] = []
        self.walks = driver is None
        # OFFSET keeps one thing being looked up after the other: joined as the planner likes, whole
        # tables are read and sorted for the first few thousand.
        posting = "(SELECT * FROM serials_posting WHERE id = {by} OFFSET 0) posting"
        if driver is None:
            walked = "warranty_card card"
            if look is not None:
                walked = (
                    "(SELECT * FROM warranty_card WHERE void_on IS NULL AND ends_on >= %s"
                    " ORDER BY ends_on, id LIMIT %s) card"
                )
                self.parameters += [chosen.today, look]
            self._tables = (
                f"{walked} CROSS JOIN LATERAL (SELECT * FROM warranty_term"  # noqa: S608
                f" WHERE id = card.term_id OFFSET 0) term"
                f" CROSS JOIN LATERAL {posting.format(by='term.posting_id')}"
            )
        else:
            # By way of the card: of many terms the cards are over, and need no posting.
            self._tables = (
                f"({driver[0]} OFFSET 0) term CROSS JOIN LATERAL"  # noqa: S608
                " (SELECT *, term.posting_id AS begun_by FROM warranty_card"
                " WHERE term_id = term.id AND void_on IS NULL OFFSET 0) card"
                f" CROSS JOIN LATERAL {posting.format(by='card.begun_by')}"
            )
            self.parameters += driver[1]
        self._conditions = ["card.void_on IS NULL"]
        self.add("posting.store_id = ANY(%s)", list(chosen.stores))
        if chosen.products is not None:
            self.add("term.product_id = ANY(%s)", list(chosen.products))
        if chosen.customers is not None:
            self.add("term.customer_id = ANY(%s)", list(chosen.customers))
        self._show(chosen)

    def add(self, condition: str, *parameters: Any) -> None:
        self._conditions.append(condition)
        self.parameters += parameters

    def _show(self, chosen: Chosen) -> None:
        if chosen.showing == Showing.OVER:
            self.add("card.ends_on < %s", chosen.today)
            return
        if chosen.showing == Showing.IN_REPAIR:
            self._conditions.append(
                "EXISTS (SELECT FROM warranty_claim WHERE card_id = card.id AND closed_on IS NULL)"
            )
        else:
            self.add("card.ends_on >= %s", chosen.today)
        days = [chosen.within] if chosen.within is not None else []
        if chosen.showing == Showing.SOON:
            days.append(ENDS_SOON_DAYS)
        if days:
            self.add("card.ends_on <= %s", chosen.today + dt.timedelta(days=min(days)))

    @property
    def sql(self) -> str:
        return f"{self._COLUMNS} FROM {self._tables} WHERE {' AND '.join(self._conditions)}"


_NAMED = """
SELECT card.id, card.number, card.unit, term.quantity, term.product_name, term.sku, term.serial_id,
       term.serial_text, coalesce(customer.name, ''), coalesce(customer.phone, ''), store.name,
       sale.reference, term.starts_on, card.ends_on, coalesce(claim.reference, '')
FROM (SELECT {selection} ORDER BY card.ends_on {order}, card.id {order} LIMIT %s) card
JOIN warranty_term term ON term.id = card.term_id
JOIN serials_posting sale ON sale.id = term.sale_id
JOIN company_store store ON store.id = card.store_id
LEFT JOIN partners_customer customer ON customer.id = term.customer_id
LEFT JOIN warranty_claim claim ON claim.card_id = card.id AND claim.closed_on IS NULL
ORDER BY card.ends_on {order}, card.id {order}
"""


def _read(
    chosen: Chosen, *, limit: int, place: Place | None = None, backwards: bool = False
) -> list[Held]:
    statement = _Statement(chosen, _driver(chosen))
    descends = (chosen.showing == Showing.OVER) != backwards
    if place is not None:
        statement.add(f"(card.ends_on, card.id) {'<' if descends else '>'} (%s, %s)", *place)
    rows = fetched(
        _NAMED.format(selection=statement.sql, order="DESC" if descends else "ASC"),
        [*statement.parameters, limit],
    )
    return [_held(row, chosen.today) for row in rows]


def _held(row: Sequence[Any], today: dt.date) -> Held:
    """A row of the statement `_NAMED`, in the order of its columns."""
    sold_on, ends_on = row[12], row[13]
    values = [*row, cover_on(sold_on, ends_on, today), days_left(ends_on, today)]
    return Held(*values)
