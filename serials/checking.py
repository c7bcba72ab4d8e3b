"""Judging what is about to be posted: every reason against it, in words."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils import formats

from company.models import Store
from products.models import OnBadFormat, Product, SerialFormat
from products.serial_format import example, fits

from .models import COUNTED, LedgerEntry, Posting
from .places import where
from .policies import POLICIES, RECEIPT, Finding
from .refusals import Refusal, refusal
from .stock import KnownSerial, Stock
from .text import SerialText

_Found = tuple[int, SerialText, str, KnownSerial | None]


def check(stock: Stock, *, on: dt.date) -> list[Refusal]:
    """Every reason why these lines can't be posted on this day, in the order of the lines."""
    refusals: list[Refusal] = []
    explained: list[_Found] = []
    for line in stock.lines:
        product = stock.products[line.product_id]
        policy = POLICIES[product.mode]
        if not product.is_active and line.movement == RECEIPT:
            refusals.append(refusal("product_inactive", line=line.number, product=product.name))
        count = len(line.serials)
        if finding := policy.check_line(quantity=line.quantity, serials=count):
            refusals.append(
                refusal(
                    finding.code,
                    line=line.number,
                    serials=count,
                    quantity=line.quantity,
                    field="serials",
                )
            )
        by_text = _judges_text(product)
        for serial in line.serials:
            known = stock.serials.get((line.product_id, serial.key))
            # What the ledger knows was judged when it came; barcode and format may be newer.
            if (
                by_text
                and known is None
                and (wrong := check_text(serial, product, line=line.number, refuse_only=True))
            ):
                refusals.append(wrong)
                continue
            finding = check_known(line.movement, product, known, store=stock.store, on=on)
            if finding:
                explained.append((line.number, serial, finding.code, known))
    refusals += _explain(explained)
    refusals += _short_stock(stock)
    return sorted(refusals, key=lambda found: found.line or 0)


def _judges_text(product: Product) -> bool:
    """Whether any text could be refused for this product at all."""
    return bool(product.barcode) or product.type.on_bad_format == OnBadFormat.REFUSE


def check_text(
    serial: SerialText, product: Product, *, line: int | None = None, refuse_only: bool = False
) -> Refusal | None:
    """What is wrong with the text itself: the product's own barcode, or not its type's format."""
    if product.barcode and serial.key.zfill(14) == product.gtin14:
        return refusal("own_barcode", line=line, serial=serial, product=product.name)
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
    """The posting that put each serial where it is, by the serial's id: one query at most."""
    if not serials:
        return {}
    last = LedgerEntry.objects.filter(
        serial__in=[known.id for known in serials], seq=models.F("serial__seq")
    )
    return {
        entry.serial_id: entry.posting
        for entry in last.select_related("posting")
        if entry.serial_id is not None
    }


def explain(
    code: str,
    serial: SerialText,
    known: KnownSerial | None,
    posting: Posting | None,
    *,
    line: int | None = None,
) -> Refusal:
    """One finding about a serial in words."""
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
    """Lines that ask for more pieces than lie there; strict units are checked one by one."""
    asked: Counter[tuple[int, int]] = Counter()
    refusals = []
    for line in stock.lines:
        verifies = POLICIES[stock.products[line.product_id].mode].verifies
        if verifies or line.source.kind not in COUNTED:
            continue
        where_from = line.product_id, line.source.pk
        asked[where_from] += line.quantity
        available = stock.balances.get(where_from, 0)
        if asked[where_from] > available:
            refusals.append(
                refusal(
                    "not_enough",
                    line=line.number,
                    available=available,
                    quantity=asked[where_from],
                    field="quantity",
                )
            )
    return refusals
