"""What the home page tells a person about the store they work in."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Q, Sum

from company.access import Access
from company.models import Store
from documents.listing import DocumentPage, documents_page
from documents.models import Document, Kind, Line, Status
from serials.models import Balance, PlaceKind
from serials.stock import fetched
from warranty.terms import ENDS_SOON_DAYS

MOST_ENDING = 1_000
"""Warranties that end soon, beyond which only that there are more is told."""


@dataclasses.dataclass(frozen=True, slots=True)
class Today:
    """A store's day in figures; what was given back is told beside what was sold.

    Returns and what comes back in an exchange are given back, what is handed over in one is
    sold. A cancelled document counts nowhere.
    """

    sales: int
    pieces: int
    amount: Decimal
    returns: int
    pieces_back: int
    amount_back: Decimal
    in_stock: int
    defective: int
    ends_soon: int

    @property
    def most_ending(self) -> int | None:
        """How many end soon at least, where they are too many to count."""
        return MOST_ENDING if self.ends_soon > MOST_ENDING else None

    @property
    def net(self) -> Decimal:
        """What was sold less what was given back."""
        return self.amount - self.amount_back


def figures(store: Store, *, today: dt.date) -> Today:
    """The day's trade, the stock in the store, and the warranties about to end.

    Three statements.
    """
    trade = _trade(store, today)
    stock = Balance.objects.filter(place__store=store).aggregate(
        shelf=Sum("quantity", filter=Q(place__kind=PlaceKind.SHELF)),
        defective=Sum("quantity", filter=Q(place__kind=PlaceKind.DEFECTIVE)),
    )
    return Today(
        sales=trade["sales"],
        pieces=trade["pieces"] or 0,
        amount=trade["amount"] or Decimal("0.00"),
        returns=trade["returns"],
        pieces_back=trade["pieces_back"] or 0,
        amount_back=trade["amount_back"] or Decimal("0.00"),
        in_stock=stock["shelf"] or 0,
        defective=stock["defective"] or 0,
        ends_soon=_ending(store, today),
    )


# OFFSET keeps one card being looked up after the other, until there are enough: joined as the
# planner likes, all the terms that there are are read for the few cards of a month.
_ENDING = """
SELECT count(*) FROM (
    SELECT FROM warranty_card card
    CROSS JOIN LATERAL (SELECT * FROM warranty_term WHERE id = card.term_id OFFSET 0) term
    CROSS JOIN LATERAL
        (SELECT * FROM serials_posting WHERE id = term.posting_id OFFSET 0) posting
    WHERE card.void_on IS NULL AND card.ends_on BETWEEN %s AND %s AND posting.store_id = %s
    LIMIT %s
) ending
"""


def _ending(store: Store, today: dt.date) -> int:
    """How many cards of the store end soon; no more than one over MOST_ENDING is counted."""
    until = today + dt.timedelta(days=ENDS_SOON_DAYS)
    ((count,),) = fetched(_ENDING, [today, until, store.pk, MOST_ENDING + 1])
    return int(count)


def _trade(store: Store, day: dt.date) -> dict[str, Any]:
    lines = Line.objects.filter(
        document__store=store,
        document__kind__in=[Kind.SALE, Kind.CUSTOMER_RETURN, Kind.EXCHANGE],
        document__status=Status.POSTED,
        document__effective_on=day,
    )
    out, back = Q(origin=None), Q(origin__isnull=False)
    amount = F("quantity") * F("unit_price")
    trade: dict[str, Any] = lines.aggregate(
        sales=Count("document", distinct=True, filter=out),
        pieces=Sum("quantity", filter=out),
        amount=Sum(amount, output_field=DecimalField(), filter=out),
        returns=Count("document", distinct=True, filter=back),
        pieces_back=Sum("quantity", filter=back),
        amount_back=Sum(amount, output_field=DecimalField(), filter=back),
    )
    return trade


def drafts_of(store: Store, *, access: Access) -> Sequence[Document]:
    """The person's own drafts in the store, newest first."""
    drafts = Document.objects.filter(store=store, author=access.user, status=Status.DRAFT)
    with_lines = drafts.annotate(entered=Count("lines")).filter(entered__gt=0)
    related = with_lines.select_related("customer", "supplier", "to_store", "origin")
    return list(related.order_by("-pk")[:10])


def latest(store: Store, *, access: Access) -> DocumentPage:
    """The newest documents posted in the store, those cancelled since among them."""
    return documents_page(
        Document.objects.visible_to(access).filter(store=store).exclude(status=Status.DRAFT)
    )
