"""Doing what a shop does, in one line each, through the product's own verbs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from company.access import access_of
from company.models import Store, User
from documents import drafting, models
from documents.cancelling import cancel_document
from documents.continuing import start_arrival, start_identification
from documents.models import Document, Kind
from documents.pasting import paste_serials
from documents.posting import post_document
from documents.scan_steps import Answer, Outcome
from documents.scanning import scan
from partners.models import Supplier
from products.models import Product, ProductType
from products.modes import Mode


@dataclasses.dataclass(frozen=True)
class Goods:
    """One product in each mode."""

    strict: Product
    recorded: Product
    period: Product
    plain: Product


def make_goods() -> Goods:
    phones = ProductType.objects.create(name="Phones", period_count=12, period_unit="months")
    products = {
        mode: Product.objects.create(
            sku=f"SKU-{mode}".upper(), name=f"Product {mode}", type=phones, mode=mode, price=100
        )
        for mode in Mode.values
    }
    return Goods(
        strict=products["strict"],
        recorded=products["recorded"],
        period=products["period"],
        plain=products["none"],
    )


Line = tuple[Product, Sequence[str] | int]
"""A product with its serials, or with a quantity."""


def draft(
    kind: str,
    store: Store,
    by: User,
    lines: Sequence[Line],
    *,
    on: dt.date | None = None,
    reason: str = "because",
    to_store: Store | None = None,
    defective: bool = False,
) -> Document:
    """A draft with these lines; where its kind wants a reason or a supplier, it has one."""
    document = Document.objects.create(
        kind=kind,
        store=store,
        author=by,
        effective_on=on,
        is_opening=kind == Kind.RECEIPT,
        to_store=to_store,
        supplier=supplier() if kind == Kind.SUPPLIER_RETURN else None,
    )
    for product, what in lines:
        put(document, by, product, what)
    said = {"remark": reason} if kind in REASONS else {}
    document.lines.update(is_defective=defective, **said)
    return document


REASONS = {
    Kind.CUSTOMER_RETURN, Kind.EXCHANGE, Kind.SUPPLIER_RETURN, Kind.WRITE_OFF, Kind.SHORTAGE,
    Kind.SURPLUS, Kind.SET_ASIDE, Kind.PARTS,
}  # fmt: skip


def supplier() -> Supplier:
    return Supplier.objects.get_or_create(name="Wholesale")[0]


def put(
    document: Document,
    by: User,
    product: Product,
    what: Sequence[str] | int,
    *,
    origin: models.Line | None = None,
) -> models.Line:
    """A line with serials, or with a quantity, on a draft."""
    line, _ = drafting.line_for(document, product, origin=origin)
    if isinstance(what, int):
        line.quantity = what
        line.save()
    else:
        paste_serials(document.pk, line.pk, "\n".join(what), by=access_of(by))
        line.refresh_from_db()
    return line


def post(document: Document, by: User, *, now: dt.datetime | None = None) -> Document:
    return post_document(document.pk, by=access_of(by), now=now or timezone.now())


def receive(
    store: Store, by: User, *lines: Line, on: dt.date | None = None, now: dt.datetime | None = None
) -> Document:
    return post(draft(Kind.RECEIPT, store, by, lines, on=on), by, now=now)


def sell(
    store: Store, by: User, *lines: Line, on: dt.date | None = None, now: dt.datetime | None = None
) -> Document:
    return post(draft(Kind.SALE, store, by, lines, on=on), by, now=now)


def give_back(
    sale: Document,
    store: Store,
    by: User,
    *lines: Line,
    on: dt.date | None = None,
    now: dt.datetime | None = None,
    defective: bool = False,
    kind: str = Kind.CUSTOMER_RETURN,
) -> Document:
    """A customer return against the lines of a sale with these products."""
    back = bring_back(sale, store, by, *lines, on=on, kind=kind)
    back.lines.update(is_defective=defective)
    return post(back, by, now=now)


def bring_back(
    sale: Document,
    store: Store,
    by: User,
    *lines: Line,
    on: dt.date | None = None,
    kind: str = Kind.CUSTOMER_RETURN,
) -> Document:
    """The draft of a return, or of the first half of an exchange."""
    back = draft(kind, store, by, [], on=on)
    for product, what in lines:
        put(back, by, product, what, origin=sale.lines.get(product=product))
    back.lines.update(remark="changed their mind")
    return back


def exchange(
    sale: Document,
    store: Store,
    by: User,
    back: Sequence[Line],
    out: Sequence[Line],
    *,
    on: dt.date | None = None,
    now: dt.datetime | None = None,
) -> Document:
    """Some of a sale comes back, something else is handed over."""
    document = bring_back(sale, store, by, *back, on=on, kind=Kind.EXCHANGE)
    for product, what in out:
        put(document, by, product, what)
    return post(document, by, now=now)


def return_to_supplier(
    store: Store, by: User, *lines: Line, reason: str = "dead pixel", **more: Any
) -> Document:
    return post(draft(Kind.SUPPLIER_RETURN, store, by, lines, reason=reason, **more), by)


def write_off(store: Store, by: User, *lines: Line, **more: Any) -> Document:
    return post(draft(Kind.WRITE_OFF, store, by, lines, reason="fell down", **more), by)


def set_aside(store: Store, by: User, *lines: Line, **more: Any) -> Document:
    return post(draft(Kind.SET_ASIDE, store, by, lines, reason="for a repair", **more), by)


def put_back(store: Store, by: User, *lines: Line, **more: Any) -> Document:
    return post(draft(Kind.PUT_BACK, store, by, lines, **more), by)


def transfer(store: Store, to_store: Store, by: User, *lines: Line, **more: Any) -> Document:
    return post(draft(Kind.TRANSFER, store, by, lines, to_store=to_store, **more), by)


def arrive(sent: Document, by: User, *lines: Line, on: dt.date | None = None) -> Document:
    """Receive these of a transfer."""
    arrival = start_arrival(sent.pk, by=access_of(by))
    Document.objects.filter(pk=arrival.pk).update(effective_on=on)
    for product, what in lines:
        put(arrival, by, product, what, origin=sent.lines.get(product=product))
    return post(arrival, by)


def identify(moved: Document, by: User, *lines: Line) -> Document:
    """Enter serials of what a document moved without them."""
    entering = start_identification(moved.pk, by=access_of(by))
    for product, what in lines:
        put(entering, by, product, what, origin=moved.lines.get(product=product))
    return post(entering, by)


def cancel(document: Document, by: User, *, now: dt.datetime | None = None) -> Document:
    connection.check_constraints()  # what was posted before was a transaction of its own
    return cancel_document(
        document.pk, by=access_of(by), reason="a mistake", now=now or timezone.now()
    )


def scanned(document: Document, by: User, text: str, **answer: Any) -> Outcome:
    """Scan a text on a draft; what came of it."""
    chosen = Answer(**answer) if answer else None
    return scan(document.pk, text, by=access_of(by), now=timezone.now(), answer=chosen).outcome
