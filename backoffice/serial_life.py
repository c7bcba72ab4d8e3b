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
from warranty.queries import CoverView, cover_of_term


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
class TermOfUnit:
    """A warranty the unit was sold with: what it means today, and its cards."""

    term: Term
    cover: CoverView
    cards: Sequence[Card]


@dataclasses.dataclass(frozen=True, slots=True)
class Life:
    """Everything the serial page shows."""

    serial: Serial
    state: State
    events: Sequence[Event]
    terms: Sequence[TermOfUnit]


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


def _terms(serial: Serial, *, access: Access, today: dt.date) -> list[TermOfUnit]:
    found = (
        Term.objects.visible_to(access)
        .filter(serial=serial)
        .select_related("posting")
        .prefetch_related("cards")
        .order_by("-starts_on", "-id")
    )
    return [
        TermOfUnit(term, cover_of_term(term, today=today), list(term.cards.all())) for term in found
    ]


def _prints(terms: Sequence[TermOfUnit], *, access: Access) -> list[Event]:
    cards = [card.pk for each in terms for card in each.cards]
    if not cards:
        return []
    prints = (
        CardPrint.objects.filter(card__in=cards, copy__isnull=False)  # what failed was not printed
        .select_related("card", "run__requested_by", "run__posting__store")
        .defer("run__pdf")
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
