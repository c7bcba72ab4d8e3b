"""Doing what a shop does, in one line each, through the product's own verbs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from company.access import access_of
from company.models import Store, User
from documents import drafting
from documents.models import Document, Kind
from documents.pasting import paste_serials
from documents.posting import post_document
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
    kind: str, store: Store, by: User, lines: Sequence[Line], *, on: dt.date | None = None
) -> Document:
    """A draft with these lines."""
    access = access_of(by)
    document = Document.objects.create(
        kind=kind,
        store=store,
        author=by,
        effective_on=on,
        is_opening=kind == Kind.RECEIPT,
    )
    for product, what in lines:
        line, _ = drafting.line_for(document, product)
        if isinstance(what, int):
            line.quantity = what
            line.save()
        else:
            paste_serials(document.pk, line.pk, "\n".join(what), by=access)
            line.refresh_from_db()
    return document


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
