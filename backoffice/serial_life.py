"""A unit's whole life as its page tells it: movements, documents, terms and cards."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from company.access import Access
from documents.models import Document, Line
from serials.models import LedgerEntry, Movement, Serial
from serials.states import State, state_of
from warranty.models import Card, CardPrint, Term
from warranty.terms import Cover, days_left


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to the unit. Documents of other stores are named, not linked."""

    icon: str
    tone: str
    title: str
    on: dt.date
    at: dt.datetime
    who: str
    where: str
    reference: str
    document: Document | None
    amount: Decimal | None
    text: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class TermView:
    """A warranty term on a day: what it means, how much is left, and a bar of 1000 parts."""

    term: Term
    cover: Cover
    days_left: int
    elapsed: int
    days_total: int
    days_gone: int
    cards: Sequence[Card]

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
        return {
            Cover.COVERED: _("In warranty"),
            Cover.NOT_YET: _("Not begun"),
            Cover.ENDS_SOON: _("Ends soon"),
            Cover.OVER: _("Over"),
            Cover.VOID: _("Void"),
        }[self.cover]


@dataclasses.dataclass(frozen=True, slots=True)
class Life:
    """Everything the serial page shows."""

    serial: Serial
    state: State
    events: Sequence[Event]
    terms: Sequence[TermView]


def life_of(serial: Serial, *, access: Access, today: dt.date) -> Life:
    """Read a unit's life: the number of statements does not grow with it."""
    entries = list(
        LedgerEntry.objects.filter(serial=serial)
        .select_related("posting__store", "posting__posted_by", "from_place", "to_place__store")
        .order_by("-seq")
    )
    postings = {entry.posting_id for entry in entries}
    documents = {
        document.posting_id: document
        for document in Document.objects.visible_to(access)
        .filter(posting_id__in=postings)
        .select_related("supplier", "customer")
    }
    prices = {
        (posting_id, position): price
        for posting_id, position, price in Line.objects.filter(
            document__in=documents.values(), product=serial.product_id
        ).values_list("document__posting_id", "position", "unit_price")
    }
    events = [_event(entry, documents.get(entry.posting_id), prices) for entry in entries]
    terms = _terms(serial, access=access, today=today)
    events += _prints(terms, access=access)
    events.sort(key=lambda event: event.at, reverse=True)
    return Life(serial, state_of(serial.place.kind), events, terms)


def _event(
    entry: LedgerEntry,
    document: Document | None,
    prices: dict[tuple[int, int], Decimal],
) -> Event:
    posting = entry.posting
    partner = (document.customer or document.supplier) if document else None
    if posting.kind == Movement.SALE:
        icon, tone = "sale", "info"
        title = _("Sold to %(name)s") % {"name": partner.name} if partner else _("Sold")
    elif document and document.is_opening:
        icon, tone, title = "receipt", "good", _("Entered as opening stock")
    else:
        icon, tone = "receipt", "good"
        title = _("Received from %(name)s") % {"name": partner.name} if partner else _("Received")
    return Event(
        icon=icon,
        tone=tone,
        title=title,
        on=posting.effective_on,
        at=posting.posted_at,
        who=str(posting.posted_by) if document else "",
        where=posting.store.name,
        reference=posting.reference,
        document=document,
        amount=prices.get((entry.posting_id, entry.line)),
    )


def _terms(serial: Serial, *, access: Access, today: dt.date) -> list[TermView]:
    found = (
        Term.objects.visible_to(access)
        .filter(serial=serial)
        .select_related("posting__store", "customer")
        .prefetch_related("cards")
        .order_by("-starts_on", "-id")
    )
    return [term_view(term, today=today) for term in found]


def term_view(term: Term, *, today: dt.date) -> TermView:
    """A term as it looks on a day."""
    total = (term.ends_on - term.starts_on).days + 1
    gone = min(max((today - term.starts_on).days, 0), total)
    return TermView(
        term=term,
        cover=term.cover_on(today),
        days_left=days_left(term.ends_on, today),
        elapsed=gone * 1000 // total,
        days_total=total,
        days_gone=gone,
        cards=list(term.cards.all()),
    )


def _prints(terms: Sequence[TermView], *, access: Access) -> list[Event]:
    cards = [card.pk for view in terms for card in view.cards]
    if not cards:
        return []
    prints = CardPrint.objects.filter(card__in=cards).select_related(
        "card", "run__requested_by", "run__posting__store"
    )
    events = []
    for printed in prints:
        run = printed.run
        title = _("Warranty card printed") if printed.copy == 1 else _("Warranty card reprinted")
        text = "" if printed.copy == 1 else _("Copy %(copy)d") % {"copy": printed.copy}
        events.append(
            Event(
                icon="print",
                tone="neutral",
                title=title,
                on=run.posting.store.date_of(run.requested_at),
                at=run.requested_at,
                who=str(run.requested_by),
                where=run.posting.store.name,
                reference=printed.card.number,
                document=None,
                amount=None,
                text=text,
            )
        )
    return events
