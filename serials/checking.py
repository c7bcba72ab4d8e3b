"""Judging what is about to be posted: every reason against it, in words."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils import formats

from company.models import Store
from products.models import OnBadFormat, Product, SerialFormat
from products.serial_format import example, fits

from .models import COUNTED, Movement, Posting
from .places import where
from .policies import ARRIVAL, POLICIES, RECEIPT, Finding
from .refusals import Refusal, refusal
from .stock import KnownSerial, LineToPost, Seconds, Stock, fetched, integers
from .text import SerialText

_TAKES_BACK = frozenset({Movement.CUSTOMER_RETURN, Movement.EXCHANGE})

_Found = tuple[int, SerialText, str, KnownSerial | None]


def check(stock: Stock, *, on: dt.date) -> list[Refusal]:
    """Every reason why these lines can't be posted on this day, in the order of the lines."""
    refusals: list[Refusal] = []
    explained: list[_Found] = []
    came_by = _came_by(stock)
    for line in stock.lines:
        if line.is_counterpart:
            continue
        refusals += _check_line(line, stock.products[line.product_id])
        for serial, code, known in _check_serials(line, stock, came_by, on=on):
            if isinstance(code, Refusal):
                refusals.append(code)
            else:
                explained.append((line.number, serial, code, known))
    refusals += _explain(explained)
    refusals += _short_stock(stock)
    return sorted(refusals, key=lambda found: found.line or 0)


def _check_line(line: LineToPost, product: Product) -> list[Refusal]:
    """What is wrong with a line as a whole."""
    refusals = []
    if not product.is_active and line.movement == RECEIPT:
        refusals.append(refusal("product_inactive", line=line.number, product=product.name))
    count = len(line.serials)
    finding = POLICIES[product.mode].check_line(quantity=line.quantity, serials=count)
    if finding and not (finding.code == "serials_missing" and line.may_lack_serials):
        refusals.append(
            refusal(
                finding.code,
                line=line.number,
                serials=count,
                quantity=line.quantity,
                field="serials",
            )
        )
    return refusals


def _check_serials(
    line: LineToPost, stock: Stock, came_by: Mapping[int, tuple[int, int]], *, on: dt.date
) -> Iterator[tuple[SerialText, str | Refusal, KnownSerial | None]]:
    """The serials of a line that are refused, each with why."""
    product = stock.products[line.product_id]
    by_text = _judges_text(product)
    for serial in line.serials:
        known = stock.serials.get((line.product_id, serial.key))
        if known is not None and known.key != serial.key:
            yield serial, _is_second(serial, known, line=line.number), known
            continue
        if second := line.seconds.get(serial.key):
            wrong = check_second(serial, second, product, known, stock.seconds, line=line.number)
            if wrong:
                yield serial, wrong, known
        # What the ledger knows was judged when it came; barcode and format may be newer.
        if (
            by_text
            and known is None
            and (wrong := check_text(serial, product, line=line.number, refuse_only=True))
        ):
            yield serial, wrong, known
            continue
        code = check_on_line(
            line,
            serial,
            product,
            known,
            came_by=came_by.get(known.id) if known else None,
            store=stock.store,
            on=on,
        )
        if code:
            yield serial, code, known


def _is_second(serial: SerialText, known: KnownSerial, *, line: int | None = None) -> Refusal:
    """A number that has become the second one of a unit since it was entered."""
    return refusal("is_second_number", line=line, serial=serial, own=known.text)


def check_second(
    serial: SerialText,
    second: SerialText,
    product: Product,
    known: KnownSerial | None,
    seconds: Seconds,
    *,
    line: int | None = None,
) -> Refusal | None:
    """What stops `second` from being the second number of a unit of this product.

    `known` is what the ledger has of the unit, `seconds` what it has of the second numbers.
    """
    facts: dict[str, Any] = {"line": line, "serial": serial, "second": second.text}
    if second.key == serial.key:
        return refusal("second_is_first", **facts)
    named = seconds.named.get((product.pk, second.key))
    if named is not None and (known is None or named.id != known.id):
        return refusal("second_is_taken", **facts, other=named.text)
    has = seconds.own.get(known.id) if known else None
    if has is not None and has.key != second.key:
        return refusal("second_differs", **facts, has=has.text)
    if named is None and (wrong := check_text(second, product, refuse_only=True)):
        return dataclasses.replace(wrong, line=line, serial=serial.text, key=serial.key)
    return None


def check_on_line(
    line: LineToPost,
    serial: SerialText,
    product: Product,
    known: KnownSerial | None,
    *,
    came_by: tuple[int, int] | None,
    store: Store,
    on: dt.date,
) -> str | None:
    """The code of what stops this serial on this line, or None.

    `came_by` is the (posting id, line) of its last movement; only asked for by lines that name
    what has to have put the serial there, or that acknowledge an earlier return.
    """
    verifies = POLICIES[product.mode].verifies
    if line.sold_unseen and is_unknown(product, known):
        return "moved_later" if verifies and known and known.moved_on > on else None
    finding = check_known(line.movement, product, known, store=store, on=on)
    if finding is None:
        if not (verifies and known):
            return None
        if line.put_there_by is not None and came_by not in line.put_there_by:
            return "other_transfer" if line.movement == ARRIVAL else "other_sale"
        if line.from_source and known.trusted_place not in (line.source, None):
            return "not_from_there"
        return None
    if (
        finding.code == "returned_to_supplier_before"
        and came_by is not None
        and line.acknowledged.get(serial.key) == came_by[0]
    ):
        return "moved_later" if known and known.moved_on > on else None
    return finding.code


def is_unknown(product: Product, known: KnownSerial | None) -> bool:
    """Whether a unit is one that nobody has seen: not at all, or not so that it was verified."""
    return known is None or (POLICIES[product.mode].verifies and known.trusted_place is None)


def _came_by(stock: Stock) -> dict[int, tuple[int, int]]:
    """By serial id the (posting id, line) that put it where it is, where a line asks for that:
    one query at most.
    """
    ids = [
        known.id
        for line in stock.lines
        if line.put_there_by is not None or line.acknowledged
        for serial in line.serials
        if (known := stock.serials.get((line.product_id, serial.key)))
    ]
    return last_movements(ids)


def last_movements(serial_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The (posting id, line) of the last movement of each serial that was not cancelled: one
    query at most.
    """
    if not serial_ids:
        return {}
    rows = fetched(
        """
        SELECT wanted.id, last.posting_id, last.line
        FROM unnest(%s::bigint[]) AS wanted (id)
        CROSS JOIN LATERAL (
            SELECT entry.posting_id, entry.line FROM (
                -- OFFSET keeps it by serial, whatever the planner thinks of a new table.
                SELECT posting_id, line, seq FROM serials_ledgerentry
                WHERE serial_id = wanted.id OFFSET 0
            ) entry
            JOIN serials_posting posting ON posting.id = entry.posting_id
            WHERE posting.kind <> 'cancellation'
              AND NOT EXISTS (SELECT FROM serials_posting WHERE reverses_id = posting.id)
            ORDER BY entry.seq DESC LIMIT 1
        ) last
        """,
        [integers(serial_ids)],
    )
    return {pk: (posting_id, line) for pk, posting_id, line in rows}


def _judges_text(product: Product) -> bool:
    """Whether any text could be refused for this product at all."""
    return bool(product.barcode) or product.type.on_bad_format == OnBadFormat.REFUSE


def check_barcode(
    serial: SerialText, product: Product, *, line: int | None = None
) -> Refusal | None:
    """Whether the text is the product's own barcode: scanned by mistake, never a serial."""
    if product.barcode and serial.key.zfill(14) == product.gtin14:
        return refusal("own_barcode", line=line, serial=serial, product=product.name)
    return None


def check_text(
    serial: SerialText, product: Product, *, line: int | None = None, refuse_only: bool = False
) -> Refusal | None:
    """What is wrong with the text itself: the product's own barcode, or not its type's format."""
    if wrong := check_barcode(serial, product, line=line):
        return wrong
    kind = product.type
    if refuse_only and kind.on_bad_format != OnBadFormat.REFUSE:
        return None
    if fits(serial.key, serial_format=kind.serial_format, mask=kind.serial_mask):
        return None
    if kind.serial_format == SerialFormat.IMEI:
        return refusal("bad_imei", line=line, serial=serial)
    return refusal(
        "bad_format", line=line, serial=serial, type=kind.name, like=example(kind.serial_mask)
    )


def check_known(
    movement: str, product: Product, known: KnownSerial | None, *, store: Store, on: dt.date
) -> Finding | None:
    """Whether this serial may make the movement on this day, from where the ledger has it."""
    policy = POLICIES[product.mode]
    place = known.place if known else None
    if policy.verifies and known:
        place = known.trusted_place
    if finding := policy.check_serial(movement, where(place), store_id=store.pk):
        return finding
    if policy.verifies and known and known.moved_on > on:
        return Finding("moved_later")
    return None


def _explain(found: Sequence[_Found]) -> list[Refusal]:
    """Put findings into words with the document that put each serial where it is: one query."""
    postings = last_postings([known for *_, known in found if known])
    return [
        explain(code, serial, known, postings.get(known.id) if known else None, line=line)
        for line, serial, code, known in found
    ]


def last_postings(serials: Sequence[KnownSerial]) -> dict[int, Posting]:
    """The posting that put each serial where it is, by the serial's id: two queries at most."""
    last = last_movements([known.id for known in serials])
    postings = Posting.objects.in_bulk({posting_id for posting_id, _ in last.values()})
    return {pk: postings[posting_id] for pk, (posting_id, _) in last.items()}


_USED = {"written_off": "used_in_repair", "received_but_written_off": "received_but_used"}
"""What is said of a unit that went into a repair instead of what is said of a write-off."""


def explain(
    code: str,
    serial: SerialText,
    known: KnownSerial | None,
    posting: Posting | None,
    *,
    line: int | None = None,
) -> Refusal:
    """One finding about a serial in words."""
    if code == "not_sold" and posting and posting.kind in _TAKES_BACK:
        code = "already_returned"
    if posting and posting.kind == Movement.PARTS:
        code = _USED.get(code, code)
    facts: dict[str, Any] = {}
    if known and posting:
        facts = {
            "reference": posting.reference,
            "date": formats.date_format(known.moved_on, "SHORT_DATE_FORMAT"),
            "state": str(known.place),
            "store": str(known.place.store or ""),
        }
    return refusal(
        code,
        line=line,
        serial=serial,
        posting_id=posting.pk if posting else None,
        store_id=posting.store_id if posting else None,
        **facts,
    )


def _short_stock(stock: Stock) -> list[Refusal]:
    """Lines that ask for more pieces than lie there.

    Of strict units fewer may lie there than the ledger has serials: others left unidentified.
    """
    asked: Counter[tuple[int, int]] = Counter()
    refusals = []
    for line in stock.lines:
        if line.is_counterpart or line.from_source:
            continue  # what is identified goes out and comes back at once
        wanted = _wanted(line, stock)
        for place_id, pieces in wanted.items():
            where_from = line.product_id, place_id
            asked[where_from] += pieces
            available = stock.balances.get(where_from, 0)
            if asked[where_from] > available:
                verifies = POLICIES[stock.products[line.product_id].mode].verifies
                refusals.append(
                    refusal(
                        "not_enough_identified" if verifies else "not_enough",
                        line=line.number,
                        available=available,
                        quantity=asked[where_from],
                        field="quantity",
                    )
                )
    return refusals


def _wanted(line: LineToPost, stock: Stock) -> Counter[int]:
    """How many pieces a line takes out of each counted place, by the place's id.

    Verified units that are not in one of the line's places are refused one by one instead.
    """
    sources = {place.pk for place in (line.source, *line.others) if place.kind in COUNTED}
    wanted: Counter[int] = Counter()
    if POLICIES[stock.products[line.product_id].mode].verifies:
        for serial in line.serials:
            known = stock.serials.get((line.product_id, serial.key))
            if known and known.is_verified and known.place.pk in sources:
                wanted[known.place.pk] += 1
        if line.loose > 0 and line.source.pk in sources and line.may_lack_serials:
            wanted[line.source.pk] += line.loose
    elif line.source.pk in sources:
        wanted[line.source.pk] = line.quantity
    return wanted
