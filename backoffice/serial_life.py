"""A unit's whole life as its page tells it: movements, documents, terms and cards."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.db.models import Min, Sum
from django.utils.translation import gettext as _

from company.access import Access
from documents.models import Document, LineSerial
from serials.models import LedgerEntry, Movement, PlaceKind, Serial
from serials.states import State, state_of
from warranty.models import Card, CardPrint, Term
from warranty.queries import CoverView, cover_of_card
from warranty.reasons import EndOfCard, ends_of
from warranty.stories import TermStory, stories_of

from .serial_events import Event, OtherSide, movement_event


@dataclasses.dataclass(frozen=True, slots=True)
class TermOfUnit:
    """A warranty the unit was sold with: what it means today, its story, its card and its end."""

    term: Term
    card: Card
    cover: CoverView
    story: TermStory
    end: EndOfCard


@dataclasses.dataclass(frozen=True, slots=True)
class Life:
    """Everything the serial page shows.

    `sold_by` is the store that handed the unit to the customer who has it now, `on_its_way` the
    transfer it is on, when the person may see that.
    """

    serial: Serial
    state: State
    events: Sequence[Event]
    terms: Sequence[TermOfUnit]
    sold_by: int | None
    on_its_way: Document | None


def life_of(serial: Serial, *, access: Access, today: dt.date) -> Life:
    """Read a unit's life: the number of statements does not grow with it."""
    entries = [
        entry
        for entry in LedgerEntry.objects.filter(serial=serial)
        .select_related(
            "posting__store", "posting__posted_by", "posting__reversed_by__posted_by",
            "from_place", "to_place",
        )
        .order_by("-seq")
        if entry.posting.kind != Movement.CANCELLATION  # told by the movement it took back
    ]  # fmt: skip
    documents = _documents(entries, access=access)
    entered = _entered(serial, documents.values())
    others = _other_sides(serial, documents.values())
    events = [
        movement_event(
            entry,
            documents.get(entry.posting_id),
            entered.get(entry.posting_id),
            others.get((entry.posting_id, entry.to_place.kind == PlaceKind.CUSTOMER)),
        )
        for entry in entries
    ]
    terms = _terms(serial, access=access, today=today)
    events += _prints(terms)
    events.sort(key=lambda event: event.at, reverse=True)
    last = next((entry for entry in entries if not _is_cancelled(entry)), None)
    kind = serial.place.kind
    return Life(
        serial=serial,
        state=state_of(kind),
        events=events,
        terms=terms,
        sold_by=last.posting.store_id if last and kind == PlaceKind.CUSTOMER else None,
        on_its_way=_transfer(documents.get(last.posting_id))
        if last and kind == PlaceKind.TRANSIT
        else None,
    )


def _transfer(moved: Document | None) -> Document | None:
    """The transfer that put the unit on its way, also when its serial was entered or put right."""
    indirect = {Movement.IDENTIFICATION, Movement.CORRECTION}
    return moved.origin if moved and moved.kind in indirect else moved


def _is_cancelled(entry: LedgerEntry) -> bool:
    return getattr(entry.posting, "reversed_by", None) is not None


def _documents(entries: Sequence[LedgerEntry], *, access: Access) -> dict[int | None, Document]:
    """The documents of these movements that the person may see, by posting."""
    found = Document.objects.visible_to(access).filter(
        posting_id__in={entry.posting_id for entry in entries}
    )
    related = found.select_related("supplier", "customer", "to_store", "origin__to_store")
    return {document.posting_id: document for document in related}


def _entered(serial: Serial, documents: Collection[Document]) -> dict[int | None, LineSerial]:
    """The unit as it stands on these documents, by posting, each with its line."""
    rows = LineSerial.objects.filter(
        document__in=documents, product=serial.product_id, key=serial.key
    )
    related = rows.select_related("line", "document", "acknowledged")
    return {row.document.posting_id: row for row in related}


def _other_sides(
    serial: Serial, documents: Collection[Document]
) -> Mapping[tuple[int, bool], OtherSide]:
    """What the unit was exchanged for, or mixed up with, by (posting, whether it was handed over).

    The other one of a correction is found under both: it need not be with a customer at all.
    """
    exchanges = [
        document.posting_id
        for document in documents
        if document.kind in {Movement.EXCHANGE, Movement.CORRECTION}
    ]
    if not exchanges:
        return {}
    rows = (
        LedgerEntry.objects.filter(posting__in=exchanges)
        .exclude(serial=serial)
        .values_list("posting_id", "to_place__kind", "posting__kind")
        .annotate(Sum("quantity"), Min("serial"), Min("serial__text"), Min("product__name"))
    )
    sides: dict[tuple[int, bool], OtherSide] = {}
    for posting_id, went_to, kind, pieces, serial_id, text, product in rows:
        if kind == Movement.CORRECTION:
            one = OtherSide(1, text, serial_id)
            sides[posting_id, True] = sides[posting_id, False] = one
            continue
        side = posting_id, went_to != PlaceKind.CUSTOMER
        if side in sides:  # what came back in good condition, and what came back defective
            sides[side] = OtherSide(sides[side].pieces + pieces, "", None)
        else:
            is_one = pieces == 1
            sides[side] = OtherSide(pieces, text or product, serial_id if is_one else None)
    return sides


def _terms(serial: Serial, *, access: Access, today: dt.date) -> list[TermOfUnit]:
    found = list(
        Term.objects.visible_to(access)
        .filter(serial=serial)
        .select_related("posting", "sale", "voided_by__reverses")
        .prefetch_related("cards")
        .order_by("-starts_on", "-id")
    )
    stories = stories_of(found, access=access)
    cards = [(term, card) for term in found for card in term.cards.all()]  # one of a unit
    ends = ends_of([card for _, card in cards], today=today)
    return [
        TermOfUnit(
            term=term,
            card=card,
            cover=cover_of_card(card, today=today, custody=ends[card.pk].custody),
            story=stories[term.pk],
            end=ends[card.pk],
        )
        for term, card in cards
    ]


def _prints(terms: Sequence[TermOfUnit]) -> list[Event]:
    cards = [each.card.pk for each in terms]
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
        is_first = printed.copy == 1
        title = _("Warranty card printed") if is_first else _("Warranty card reprinted")
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
                notes=() if is_first else (_("Copy %(copy)d") % {"copy": printed.copy},),
            )
        )
    return events
