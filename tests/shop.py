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
from documents.scan_answers import Answer, Outcome
from documents.scanning import scan
from partners.models import Customer, Supplier
from products.models import Product, ProductType
from products.modes import Mode
from repairs import charging, handing_back, lending, taking_in, working
from repairs.models import Charge, Loan, Repair
from repairs.subjects import Subject, SubjectKind
from serials.models import Serial
from warranty.models import Card


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


def customer(name: str = "Olena Koval", phone: str = "067 123 45 67") -> Customer:
    return Customer.objects.get_or_create(name=name, phone=phone)[0]


def subject_of(what: str | Card | models.Line | Product, *, own: bool = False) -> Subject:
    """What is taken in: a serial's key, a card, a sold line, or a product of our own stock."""
    if isinstance(what, Card):
        return Subject(SubjectKind.CARD, what.pk)
    if isinstance(what, models.Line):
        return Subject(SubjectKind.LINE, what.pk)
    if isinstance(what, Product):
        return Subject(SubjectKind.OWN_PRODUCT, what.pk)
    kind = SubjectKind.OWN_SERIAL if own else SubjectKind.SERIAL
    return Subject(kind, Serial.objects.get(key=what).pk)


def take_in(
    store: Store,
    by: User,
    what: str | Card | models.Line | Product,
    *,
    own: bool = False,
    now: dt.datetime | None = None,
    **more: Any,
) -> Repair:
    """Take something in for repair, with a complaint and a customer unless these are given."""
    subject = subject_of(what, own=own)
    more.setdefault("complaint", "does not switch on")
    if not subject.is_own and "new_customer" not in more:
        more.setdefault("customer", customer())
    return taking_in.take_in(
        store, subject=subject, by=access_of(by), now=now or timezone.now(), **more
    )


def hand_back(
    repair: Repair, by: User, result: str = "", *, now: dt.datetime | None = None, **more: Any
) -> Repair:
    """Hand a repair back as it is now."""
    connection.check_constraints()  # what was done before was a transaction of its own
    repair.refresh_from_db()
    more.setdefault("version", repair.version)
    return handing_back.hand_back(
        repair.pk, result=result, by=access_of(by), now=now or timezone.now(), **more
    )


def set_status(repair: Repair, by: User, to: str, **more: Any) -> Repair:
    """Move a repair on, as it is now."""
    repair.refresh_from_db()
    more.setdefault("version", repair.version)
    return working.change_status(repair.pk, to=to, by=access_of(by), now=timezone.now(), **more)


def decide(repair: Repair, by: User, payer: str | None = None, **more: Any) -> Repair:
    """Decide who pays; as the term says, unless said otherwise."""
    repair.refresh_from_db()
    more.setdefault("version", repair.version)
    payer = repair.proposed if payer is None else payer
    return working.decide(repair.pk, payer=payer, by=access_of(by), now=timezone.now(), **more)


def lend(repair: Repair, by: User, product: Product, serial: str = "", **more: Any) -> Loan:
    return lending.lend(
        repair.pk, product=product, serial=serial, by=access_of(by), now=timezone.now(), **more
    )


def take_loaner_back(loan: Loan, by: User, **more: Any) -> Loan:
    return lending.take_loaner_back(
        loan.repair_id, loan.pk, by=access_of(by), now=timezone.now(), **more
    )


def use_part(repair: Repair, by: User, product: Product, what: Sequence[str] | int = 1) -> Charge:
    """Use a part from stock: so many pieces, or these serials."""
    serials = () if isinstance(what, int) else what
    return charging.add_stock_part(
        repair.pk,
        product=product,
        quantity=what if isinstance(what, int) else len(what),
        serials=serials,
        by=access_of(by),
        now=timezone.now(),
    )
