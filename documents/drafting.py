"""Making and editing drafts. Every verb locks its document, so two people never mix their edits."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from company.access import Access
from company.models import Store
from partners.models import Customer
from partners.saving import CUSTOMER_ERASED, CUSTOMER_FIELDS, hold_customer, save_customer
from products.models import Product

from .kinds import asks_reason, spec_of, takes_seconds
from .models import Document, Kind, Line, LineSerial, Status


class NotADraft(Exception):
    """Somebody posted or discarded the document meanwhile."""


def require_right(document: Document, by: Access) -> None:
    """Refuse a person who sees the document but may not work on its kind."""
    if not by.can(spec_of(document.kind).right, document.store_id):
        raise PermissionDenied


def lock_draft(pk: int, *, by: Access) -> Document:
    """The draft, locked until the transaction ends.

    Raises Document.DoesNotExist for another store's, PermissionDenied without the right, and
    NotADraft when it was posted meanwhile.
    """
    document = (
        Document.objects.visible_to(by)
        .select_related("store")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=pk)
    )
    require_right(document, by)
    if not document.is_draft:
        raise NotADraft
    return document


@transaction.atomic
def start_draft(kind: str, *, store: Store, by: Access) -> Document:
    """A new draft, or the person's own one of this kind and store that is still empty."""
    if not by.can(spec_of(kind).right, store.pk) or not spec_of(kind).starts_alone:
        raise PermissionDenied
    empty = (
        Document.objects.filter(
            kind=kind, store=store, author=by.user, status=Status.DRAFT, lines__isnull=True
        )
        .filter(note="", customer=None, supplier=None, effective_on=None, is_opening=False)
        .filter(to_store=None)
        .order_by("-id")
        .first()
    )
    return empty or Document.objects.create(kind=kind, store=store, author=by.user)


HEADER_FIELDS = frozenset({"effective_on", "note", "supplier", "is_opening", "to_store"})
LINE_FIELDS = frozenset({"quantity", "unit_price", "remark", "is_defective"})


@transaction.atomic
def edit_header(pk: int, *, by: Access, changed: Mapping[str, Any]) -> Document:
    """Save what was changed of a draft's header: the fields of HEADER_FIELDS.

    Whether the date is allowed is judged when it is posted. Opening stock has no supplier.
    """
    document = lock_draft(pk, by=by)
    for name in HEADER_FIELDS & changed.keys():
        setattr(document, name, changed[name])
    if changed.get("is_opening"):
        document.supplier = None
    elif changed.get("supplier"):
        document.is_opening = False
    document.save(update_fields=sorted(HEADER_FIELDS))
    return document


@transaction.atomic
def choose_customer(pk: int, *, by: Access, customer: Customer | None) -> Document:
    """Name the customer of a draft, or nobody.

    Raises ValidationError for a customer who was erased.
    """
    document = lock_draft(pk, by=by)
    document.customer = hold_customer(customer.pk) if customer else None
    if customer and document.customer is None:
        raise ValidationError({"customer": CUSTOMER_ERASED})
    document.save(update_fields=["customer"])
    return document


@transaction.atomic
def choose_new_customer(pk: int, data: Mapping[str, Any], *, by: Access) -> Document:
    """Enter a new customer and name them on the draft; a double press enters one."""
    document = lock_draft(pk, by=by)
    now = document.customer
    if now is None or any(getattr(now, name) != data[name] for name in CUSTOMER_FIELDS):
        document.customer = save_customer(data, by=by)
        document.save(update_fields=["customer"])
    return document


def line_for(
    document: Document, product: Product, *, origin: Line | None = None
) -> tuple[Line, bool]:
    """The document's line of a product, made when it has none: (line, whether it is new).

    `origin` is the earlier line that it settles: a line for each. What is scanned next is good
    until somebody says otherwise, so it never joins a line of defective goods. Where every line
    gives a reason, a new one takes over the last one's.
    """
    same = document.lines.filter(product=product, origin=origin, is_defective=False)
    if line := same.order_by("position").first():
        return line, False
    spec = spec_of(document.kind)
    last = document.lines.order_by("-position").first()
    price = Decimal("0.00")
    if origin is not None:
        price = origin.unit_price
    elif spec.sells:
        price = product.price
    line = document.lines.create(
        product=product,
        position=last.position + 1 if last else 1,
        unit_price=price,
        origin=origin,
        remark=last_reason(document) if asks_reason(spec, origin) else "",
        in_pairs=takes_seconds(spec, product) and _came_in_pairs(product),
    )
    return line, True


def _came_in_pairs(product: Product) -> bool:
    """Whether units of this product had two numbers each when they were received last."""
    received = Line.objects.filter(
        product=product, document__kind=Kind.RECEIPT, document__status=Status.POSTED
    )
    return bool(received.order_by("-pk").values_list("in_pairs", flat=True).first())


def last_reason(document: Document) -> str:
    """The reason given last on a document: people seldom take several things for several ones."""
    given = document.lines.exclude(remark="").order_by("-position")
    return given.values_list("remark", flat=True).first() or ""


@transaction.atomic
def edit_line(pk: int, line_pk: int, *, by: Access, changed: Mapping[str, Any]) -> Line:
    """Save what was changed of a line, the fields of LINE_FIELDS, and nothing else.

    A page that has been open for a while must not put back what a colleague changed since.
    """
    document = lock_draft(pk, by=by)
    line = document.lines.select_related("product").get(pk=line_pk)
    for name in LINE_FIELDS & changed.keys():
        setattr(line, name, changed[name])
    line.save(update_fields=sorted(LINE_FIELDS & changed.keys()))
    return line


@transaction.atomic
def remove_line(pk: int, line_pk: int, *, by: Access) -> None:
    """Take a line and its serials off a draft; nothing happens when it is gone already."""
    document = lock_draft(pk, by=by)
    LineSerial.objects.filter(line_id=line_pk, document=document).delete()
    document.lines.filter(pk=line_pk).delete()


def _shrink(line: Line, *, entered_before: int, taken: int) -> None:
    """Lower the quantity with the serials when it said just as many; drop the line at none."""
    if line.quantity != entered_before:
        return
    if taken == entered_before:
        line.delete()
        return
    line.quantity -= taken
    line.save(update_fields=["quantity"])


@transaction.atomic
def remove_serials(pk: int, line_pk: int, keys: list[str], *, by: Access) -> int:
    """Take serials off a line, by key; the number taken off.

    The quantity follows when it was the count of serials, and a line left with none goes too.
    """
    document = lock_draft(pk, by=by)
    line = document.lines.filter(pk=line_pk).first()
    if line is None:
        return 0
    entered = line.serials.count()
    taken, _ = line.serials.filter(key__in=keys).delete()
    if taken:
        _shrink(line, entered_before=entered, taken=taken)
    return taken


@transaction.atomic
def discard(pk: int, *, by: Access) -> None:
    """Delete a draft for good; a posted document stays."""
    document = lock_draft(pk, by=by)
    LineSerial.objects.filter(document=document).delete()
    document.delete()
