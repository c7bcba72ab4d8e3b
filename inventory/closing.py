"""Closing a count: what was not found goes to *missing*, and the books of its stock are settled.

One transaction. The count is locked first, so nothing is scanned meanwhile; then the products and
the stock of what it is about, in the order in which postings lock them, so nothing of it moves.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from company.retrying import retried
from company.rights import Right
from documents.models import Document, Kind
from documents.posting import refusal_of
from documents.writing import NewLine, write_document
from products.models import Product
from serials.counted import stock_was_counted
from serials.refusals import PostingRefused, Refusal
from serials.stock import fetched, run
from serials.text import SerialText

from .holding import lock_count, require_under_way
from .models import Count, CountStatus, ProductResult, Scan, Scope
from .outcome import MissingUnit, Outcome, Side, read_outcome
from .standing import EXPLAINED, IN_SCOPE, LIVE, STILL_UNKNOWN


class CountNotClosed(Exception):
    """The count stays as it was: nothing was written.

    `unknown` are the counted units that are in no record of the store, every one of them;
    `refusals` what stopped the documents. Both may be empty: then the message says it all.
    """

    def __init__(
        self, message: str, *, unknown: Sequence[Scan] = (), refusals: Sequence[Refusal] = ()
    ) -> None:
        self.unknown = unknown
        self.refusals = refusals
        super().__init__(message)


def close_count(
    pk: int, *, by: Access, now: dt.datetime, zero_uncounted: int | None = None
) -> Count:
    """Close a count, once: a closed one is returned as it is.

    Stock without serial numbers that nobody counted stays as it is; with `zero_uncounted`, the
    number of its pieces that the person was told, it is taken as not there. The number of
    statements is the same whatever was counted.

    Raises CountNotClosed, NotUnderWay for an abandoned count, Count.DoesNotExist for another
    store's, PermissionDenied without the right.
    """
    try:
        return retried(lambda: _close(pk, by=by, now=now, zero_uncounted=zero_uncounted))
    except PostingRefused as refused:
        raise _not_posted(refused) from refused
    except IntegrityError as error:
        refusal = refusal_of(error)
        if not isinstance(refusal, PostingRefused):
            raise
        raise _not_posted(refusal) from error


def _not_posted(refused: PostingRefused) -> CountNotClosed:
    return CountNotClosed(
        _("What is missing could not be written down."), refusals=refused.refusals
    )


@transaction.atomic
def _close(pk: int, *, by: Access, now: dt.datetime, zero_uncounted: int | None) -> Count:
    count = lock_count(pk, by=by, right=Right.CLOSE_COUNT)
    if count.status == CountStatus.CLOSED:
        return count
    require_under_way(count)
    on = count.store.date_of(now)
    product_ids = _lock_stock(count)
    if unknown := unknown_scans(count):
        raise CountNotClosed(how_many_unknown(len(unknown)), unknown=unknown)
    run(_EXPLAIN, [count.pk])
    outcome = _settled(read_outcome(count, on=on), zero_uncounted)
    count.shortage = _shortage(outcome, by=by, now=now)
    count.surplus = _surplus(outcome, by=by, now=now)
    results = _record(outcome)
    covered = None if count.scope == Scope.ALL else product_ids
    stock_was_counted(count.store_id, covered, on=on)
    _end(count, results, by=by, now=now, on=on)
    return count


_PRODUCTS = f"""
    SELECT product.id FROM inventory_count counting JOIN products_product product ON {IN_SCOPE}
    WHERE counting.id = %s ORDER BY product.id FOR SHARE OF product
"""  # noqa: S608 - constants of this package
_BALANCES = """
    SELECT balance.id FROM serials_balance balance
    JOIN serials_place place ON place.id = balance.place_id
    WHERE place.store_id = %s AND balance.product_id = ANY(%s)
    ORDER BY balance.product_id, balance.place_id FOR NO KEY UPDATE OF balance
"""


def _lock_stock(count: Count) -> list[int]:
    """Hold still all that the count is about; the ids of its products.

    Products stay as they are, and whatever would move the store's stock of them waits.
    """
    product_ids = [pk for (pk,) in fetched(_PRODUCTS, [count.pk])]
    fetched(_BALANCES, [count.store_id, product_ids])
    return product_ids


_UNKNOWN = f"""
    SELECT scan.* FROM inventory_scan scan
    JOIN inventory_count counting ON counting.id = scan.count_id
    WHERE counting.id = %s AND {LIVE} AND {STILL_UNKNOWN}
    ORDER BY scan.id
"""  # noqa: S608 - constants of this package


def unknown_scans(count: Count) -> list[Scan]:
    """The counted units that are in no record of the store: a constant number of statements."""
    found = Scan.objects.raw(_UNKNOWN, [count.pk])
    return list(found.prefetch_related("product", "scanned_by", "serial__place__store"))


def how_many_unknown(number: int) -> str:
    """Why a count with so many unknown units is not closed."""
    words = ngettext(
        "%(count)d counted unit is in no record of this store. Resolve it first.",
        "%(count)d counted units are in no record of this store. Resolve them first.",
        number,
    )
    return words % {"count": number}


_EXPLAIN = f"""
    UPDATE inventory_scan explained SET explained_by_id = found.posting_id
    FROM (
        SELECT scan.id, came.posting_id FROM inventory_scan scan
        JOIN inventory_count counting ON counting.id = scan.count_id
        {EXPLAINED}
        WHERE counting.id = %s AND {LIVE} AND scan.key <> '' AND NOT scan.was_here
    ) found
    WHERE explained.id = found.id
"""  # noqa: S608 - constants of this package


def _settled(outcome: Outcome, zero_uncounted: int | None) -> Outcome:
    """What closing does about stock that nobody counted: nothing, or as the person said."""
    if zero_uncounted is None:
        return outcome
    if outcome.uncounted_pieces > zero_uncounted:
        words = _("There are %(now)d pieces now that nobody counted, not %(then)d. Look again.")
        raise CountNotClosed(words % {"now": outcome.uncounted_pieces, "then": zero_uncounted})
    return outcome.with_uncounted_as_none()


def _shortage(outcome: Outcome, *, by: Access, now: dt.datetime) -> Document | None:
    """Post what was not found to *missing*; None when everything was."""
    pieces = {(side.product_id, side.is_defective): side.short for side in outcome.pieces}
    units: dict[Side, list[MissingUnit]] = {}
    for unit in outcome.missing:
        units.setdefault(unit.side, []).append(unit)
    quantities = pieces | {side: len(of_side) for side, of_side in units.items()}
    return _post(
        outcome.count,
        Kind.SHORTAGE,
        quantities,
        outcome.missing,
        products=outcome.products,
        by=by,
        now=now,
    )


def _surplus(outcome: Outcome, *, by: Access, now: dt.datetime) -> Document | None:
    """Post the pieces that were too many; None when there were none."""
    pieces = {(side.product_id, side.is_defective): side.over for side in outcome.pieces}
    return _post(outcome.count, Kind.SURPLUS, pieces, (), products=outcome.products, by=by, now=now)


def _post(
    count: Count,
    kind: str,
    quantities: dict[Side, int],
    units: Sequence[MissingUnit],
    *,
    products: Mapping[int, Product],
    by: Access,
    now: dt.datetime,
) -> Document | None:
    """A posted document with a line for each of these sides; None when there is nothing on it."""
    wanted = {side: quantity for side, quantity in quantities.items() if quantity}
    if not wanted:
        return None
    with translation.override(count.store.language):
        remark = _("Count %(number)s") % {"number": count.number}
    serials: defaultdict[Side, list[SerialText]] = defaultdict(list)
    for unit in units:
        serials[unit.side].append(SerialText(unit.text, unit.key))
    lines = [
        NewLine(product_id, wanted[side], serials[side], remark, is_defective=is_defective)
        for side in sorted(wanted, key=lambda side: (products[side[0]].sku, side))
        for product_id, is_defective in [side]
    ]
    return write_document(kind, store=count.store, lines=lines, by=by, now=now)


def _record(outcome: Outcome) -> Sequence[ProductResult]:
    """Keep what was found, product by product."""
    missing = Counter(unit.product_id for unit in outcome.missing)
    left = Counter(unit.product_id for unit in outcome.left)
    units = (
        ProductResult(
            count=outcome.count,
            product_id=product_id,
            in_units=True,
            expected=found.expected,
            counted=found.counted,
            short=missing[product_id],
            over=found.unknown,
            left=left[product_id],
            loose=found.loose,
        )
        for product_id, found in outcome.units.items()
    )
    pieces = (
        ProductResult(
            count=outcome.count,
            product_id=side.product_id,
            in_units=False,
            is_defective=side.is_defective,
            expected=side.expected,
            counted=side.counted,
            short=side.short,
            over=side.over,
            left=side.left,
        )
        for side in outcome.pieces
    )
    return ProductResult.objects.bulk_create([*units, *pieces])


def _end(
    count: Count, results: Sequence[ProductResult], *, by: Access, now: dt.datetime, on: dt.date
) -> None:
    """Mark the count closed, with the sums of what was found: what nobody counted is in none."""
    units = [found for found in results if found.in_units]
    pieces = [found for found in results if not found.in_units and found.counted is not None]
    count.units_expected = sum(found.expected for found in units)
    count.units_counted = sum(found.counted or 0 for found in units)
    count.units_missing = sum(found.short for found in units)
    count.units_unknown = sum(found.over for found in units)
    count.pieces_expected = sum(found.expected for found in pieces)
    count.pieces_counted = sum(found.counted or 0 for found in pieces)
    count.pieces_short = sum(found.short for found in pieces)
    count.pieces_over = sum(found.over for found in pieces)
    count.status = CountStatus.CLOSED
    count.ended_at, count.ended_by, count.closed_on = now, by.user, on
    count.save()
