"""Reads of terms, cards and print runs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection
from typing import cast

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from company.access import Access
from products.models import Period
from serials.second_numbers import second_numbers
from serials.text import SerialText

from .design_models import CardDesign
from .looks import BUILT_IN, CardLook, look_of
from .models import Card, CardPrint, PrintRun
from .public import public_address, public_url
from .reasons import Custody
from .terms import Cover, cover_on, days_left


@dataclasses.dataclass(frozen=True, slots=True)
class CardView:
    """All that one printed card says; `copy` 1 is the original, more are reprints.

    `sold_until` is the end that the sale gave, where repairs or an admin have changed it since.
    """

    language: str
    store_name: str
    store_address: str
    store_phone: str
    number: str
    product_name: str
    sku: str
    serial_text: str
    sale_number: str
    starts_on: dt.date
    ends_on: dt.date
    period: Period
    paper: str
    printed_on: dt.date
    copy: int = 1
    unit: int = 1
    units: int = 1
    customer_name: str = ""
    customer_phone: str = ""
    void_on: dt.date | None = None
    sold_until: dt.date | None = None
    public_url: str = ""
    look: CardLook = BUILT_IN
    second_text: str = ""


def cards_of_posting(posting_id: int) -> QuerySet[Card]:
    """The cards of a sale with their terms, in the order of its lines."""
    return (
        Card.objects.filter(term__posting_id=posting_id)
        .select_related("term")
        .order_by("term__line", "term_id", "unit")
    )


def cards_visible_to(access: Access) -> QuerySet[Card]:
    """Cards of the person's own stores, with what their page shows."""
    return Card.objects.filter(term__posting__store_id__in=access.store_ids).select_related(
        "term__posting__store",
        "term__posting__posted_by",
        "term__sale",
        "term__customer",
        "term__serial",
        "term__voided_by__reverses",
        "voided_by__reverses",
    )


def cards_numbered(numbers: Collection[str]) -> set[str]:
    """Of these numbers those that a card has, anybody's: one statement."""
    return set(Card.objects.filter(number__in=numbers).values_list("number", flat=True))


def runs_visible_to(access: Access) -> QuerySet[PrintRun]:
    """Print runs of the person's own stores, without the bytes of their PDFs."""
    return (
        PrintRun.objects.filter(posting__store_id__in=access.store_ids)
        .select_related("posting__store")
        .defer("pdf")
    )


@dataclasses.dataclass(frozen=True, slots=True)
class CoverView:
    """What a card means on a day: words, days, and a bar of 1000 parts.

    `days_more` are the last of its days, those that adjustments added. An end that `is_projected`
    is the one it would have if it was handed back that day.
    """

    cover: Cover
    ends_on: dt.date
    days_left: int
    days_total: int
    days_gone: int
    days_more: int
    void_on: dt.date | None
    is_projected: bool = False

    @property
    def elapsed(self) -> int:
        """How much of the term has passed, of 1000."""
        return self.days_gone * 1000 // self.days_total

    @property
    def extra(self) -> int:
        """How much of the term was added to it, of 1000."""
        return self.days_more * 1000 // self.days_total

    @property
    def extra_from(self) -> int:
        """Where on the bar the days begin that were added."""
        return 1000 - self.extra

    @property
    def pill(self) -> str:
        """The code of its pill."""
        return {
            Cover.COVERED: "in_warranty",
            Cover.NOT_YET: "in_warranty",
            Cover.ENDS_SOON: "ends_soon",
            Cover.OVER: "over",
            Cover.VOID: "void",
        }[self.cover]

    @property
    def label(self) -> str:
        """The word on its pill."""
        return {
            Cover.COVERED: _("In warranty"),
            Cover.NOT_YET: _("Not begun"),
            Cover.ENDS_SOON: _("Ends soon"),
            Cover.OVER: _("Over"),
            Cover.VOID: _("Void"),
        }[self.cover]


def cover_of_card(card: Card, *, today: dt.date, custody: Custody | None = None) -> CoverView:
    """What a card means today; a card can be void while its term goes on under another.

    In a repair that extends it, it ends as if it was handed back today.
    """
    term = card.term
    void_on = card.void_on or term.void_on
    ends_on = card.ends_on if custody is None else custody.ends_on
    total = (ends_on - term.starts_on).days + 1
    return CoverView(
        cover=cover_on(term.starts_on, ends_on, today, void_on=void_on),
        ends_on=ends_on,
        days_left=days_left(ends_on, today),
        days_total=total,
        days_gone=min(max((today - term.starts_on).days, 0), total),
        days_more=max((ends_on - term.ends_on).days, 0),
        void_on=void_on,
        is_projected=ends_on != card.ends_on,
    )


def card_views(run: PrintRun) -> list[CardView]:
    """The cards of a print run as they are printed: four statements, whatever their number.

    Each has the design that it was sold with.
    """
    prints = (
        CardPrint.objects.filter(run_id=run.pk)
        .select_related(
            "card__term__posting__store",
            "card__term__sale",
            "card__term__customer",
            "card__term__product__type",
        )
        .order_by("card__term__line", "card__term_id", "card__unit")
    )
    used = {printed.card.term.design_id for printed in prints} - {None}
    designs = CardDesign.objects.select_related("logo").in_bulk(used) if used else {}
    looks = {pk: look_of(design) for pk, design in designs.items()}
    address = public_address()
    units = {pk for printed in prints if (pk := printed.card.term.serial_id) is not None}
    seconds = second_numbers(units)
    return [
        _card_view(
            printed,
            second=seconds.get(printed.card.term.serial_id or 0),
            design=designs.get(printed.card.term.design_id),
            look=looks.get(printed.card.term.design_id, BUILT_IN),
            public_url=public_url(printed.card.token, at=address),
            requested_at=run.requested_at,
        )
        for printed in prints
    ]


def _card_view(
    printed: CardPrint,
    *,
    second: SerialText | None,
    design: CardDesign | None,
    look: CardLook,
    public_url: str,
    requested_at: dt.datetime,
) -> CardView:
    card = printed.card
    term = card.term
    store = term.posting.store
    return CardView(
        language=(design.language if design else "") or store.language,
        store_name=store.name,
        store_address=store.address,
        store_phone=store.phone,
        number=card.number,
        product_name=term.product_name,
        sku=term.sku,
        serial_text=term.serial_text,
        sale_number=term.sale.reference,
        starts_on=term.starts_on,
        ends_on=card.ends_on,
        period=term.period,
        paper=(design.paper if design else "") or term.product.type.card_paper,
        printed_on=store.date_of(requested_at),
        copy=cast(int, printed.copy),  # a run being made has numbered its copies
        unit=card.unit,
        units=term.quantity,
        customer_name=term.customer.name if term.customer else "",
        customer_phone=term.customer.phone if term.customer else "",
        void_on=card.void_on,
        sold_until=term.ends_on if term.ends_on != card.ends_on else None,
        public_url=public_url,
        look=look,
        second_text=second.text if second else "",
    )


def prints_of_card(card: Card) -> QuerySet[CardPrint]:
    """Who printed the card and when, newest first; what failed was not printed."""
    printed = card.prints.filter(copy__isnull=False)
    return printed.select_related("run__requested_by").defer("run__pdf").order_by("-copy")
