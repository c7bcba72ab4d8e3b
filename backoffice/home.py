"""What the home page tells a person about the store they work in."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Count, DecimalField, F, Sum

from company.access import Access
from company.models import Store
from documents.listing import DocumentPage, documents_page
from documents.models import Document, Kind, Line, Status
from serials.models import Balance, PlaceKind
from warranty.models import Term
from warranty.terms import ENDS_SOON_DAYS


@dataclasses.dataclass(frozen=True, slots=True)
class Today:
    """A store's day in figures."""

    sales: int
    pieces: int
    amount: Decimal
    in_stock: int
    ends_soon: int


def figures(store: Store, *, today: dt.date) -> Today:
    """The day's sales, the stock on the shelf, and the warranties about to end."""
    sold = Line.objects.filter(
        document__store=store,
        document__kind=Kind.SALE,
        document__status=Status.POSTED,
        document__effective_on=today,
    ).aggregate(
        sales=Count("document", distinct=True),
        pieces=Sum("quantity"),
        amount=Sum(F("quantity") * F("unit_price"), output_field=DecimalField()),
    )
    shelf = Balance.objects.filter(place__store=store, place__kind=PlaceKind.SHELF)
    ending = Term.objects.filter(
        posting__store=store,
        void_on=None,
        ends_on__range=(today, today + dt.timedelta(days=ENDS_SOON_DAYS)),
    )
    return Today(
        sales=sold["sales"],
        pieces=sold["pieces"] or 0,
        amount=sold["amount"] or Decimal("0.00"),
        in_stock=shelf.aggregate(pieces=Sum("quantity"))["pieces"] or 0,
        ends_soon=ending.count(),
    )


def drafts_of(store: Store, *, access: Access) -> Sequence[Document]:
    """The person's own drafts in the store, newest first."""
    drafts = Document.objects.filter(store=store, author=access.user, status=Status.DRAFT)
    with_lines = drafts.annotate(entered=Count("lines")).filter(entered__gt=0)
    return list(with_lines.select_related("customer", "supplier").order_by("-pk")[:10])


def latest(store: Store, *, access: Access) -> DocumentPage:
    """The newest documents posted in the store."""
    return documents_page(
        Document.objects.visible_to(access).filter(store=store, status=Status.POSTED)
    )
