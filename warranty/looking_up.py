"""Looks up, at the counter, what is under warranty: by serial, card, sale number or phone."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from django.db.models import F, Q, QuerySet

from company.access import Access
from partners.models import Customer
from serials.models import LedgerEntry, Movement, PlaceKind, Posting, Serial
from serials.reading_scans import Reading
from serials.scanned import read_scan
from serials.states import state_of
from serials.stock import fetched
from serials.text import LONGEST

from .models import Card, Claim
from .pieces import LookedUp, Piece
from .queries import cards_numbered
from .reasons import EndOfCard, ends_of
from .scanned_cards import number_of_card
from .terms import cover_on, days_left
from .why import reasons_of_cards, reasons_without_card

MOST = 12
"""Pieces in one answer; what is left out are the oldest."""
LOOKED_AT = 400
"""How many serials with a common ending are looked at for those the person may see."""
SHORTEST_ENDING = 4
"""Characters of a serial's ending that are enough to look it up by."""
MOST_CUSTOMERS = 20
NEWEST = 60
"""Terms of each customer that are looked at: some of their cards may not be told."""


def look_up(text: str, *, access: Access, today: dt.date) -> LookedUp:
    """Everything a text may mean: a constant number of statements, whatever it is.

    A serial, or its last characters when nothing else fits; the number of a card, or of a sale or
    an exchange; a customer's phone. Of a unit that has several warranties all that are not void
    are told, else the last one. A GS1 code means the unit of its own product.
    """
    reading = read_scan(number_of_card(text) or text, also=[cards_numbered])
    if reading.wrong:
        return LookedUp(reading.serial.text[:LONGEST], note=reading.wrong)
    found = _look_up(reading, access=access, today=today)
    if not found.pieces and reading.other is not None:
        by_keys = _look_up(reading.other, access=access, today=today)
        reading, found = (reading.other, by_keys) if by_keys.pieces else (reading, found)
    return dataclasses.replace(found, note=reading.note) if found.pieces else found


def _look_up(reading: Reading, *, access: Access, today: dt.date) -> LookedUp:
    wanted = reading.serial
    if not wanted.key or len(wanted.key) > LONGEST:
        return LookedUp(wanted.text[:LONGEST])
    own = Serial.objects.visible_to(access)
    if reading.is_unit:
        own = own.filter(product__gtin14=reading.gtin)
    serials = _with_places(own.called(wanted.key))
    if reading.is_unit:
        return _told(wanted.text, serials, access=access, today=today)
    numbered = _own_cards(access).filter(number=wanted.key).values_list("pk", flat=True)
    card_ids = list(numbered)
    sale = _sale_numbered(wanted.key, access=access)
    customers = _customers(wanted.text, access=access)
    if not (serials or card_ids or sale or customers) and len(wanted.key) >= SHORTEST_ENDING:
        serials = _ending(wanted.key, own)
    return _told(
        wanted.text, serials, card_ids, sale, customers, access=access, today=today
    )  # fmt: skip


def _told(
    text: str,
    serials: Sequence[Serial],
    card_ids: Sequence[int] = (),
    sale: Posting | None = None,
    customers: Sequence[int] = (),
    *,
    access: Access,
    today: dt.date,
) -> LookedUp:
    """The pieces that were found in one way or another."""
    found = _cards_found(access, serials=serials, card_ids=card_ids, sale=sale, customers=customers)
    handed = _handed_over(serials)
    told, bare = _of_serials(serials, found, handed, card_ids=card_ids)
    named = [one.card_id for one in found if one.card_id in told][: MOST + 1]
    pieces = [
        *_with_cards(_cards(named), access=access, today=today),
        *(_without_card(serial, entry, access=access) for serial, entry in bare),
        *_sold_without_card(sale, found, access=access),
    ]
    pieces.sort(key=_newest_first)
    shown = _with_claims(pieces[:MOST], today=today)
    return LookedUp(text, shown, more=len(pieces) > MOST)


def _own_cards(access: Access) -> QuerySet[Card]:
    return Card.objects.filter(term__posting__store_id__in=access.store_ids)


def _sale_numbered(number: str, *, access: Access) -> Posting | None:
    sales = Posting.objects.filter(
        kind__in=[Movement.SALE, Movement.EXCHANGE], store_id__in=access.store_ids
    )
    return sales.filter(reference=number).select_related("store", "reversed_by").first()


def _customers(text: str, *, access: Access) -> list[int]:
    """Ids of the customers with this phone number; of none to somebody without a store."""
    if not access.store_ids:
        return []
    found = Customer.objects.with_phone(text).order_by("-pk")
    return list(found.values_list("pk", flat=True)[:MOST_CUSTOMERS])


def _ending(key: str, own: QuerySet[Serial]) -> list[Serial]:
    """Serials that end like this and the person may see, of the first so many."""
    return _with_places(own.filter(pk__in=Serial.objects.ids_ending_with(key, LOOKED_AT)))


def _with_places(serials: QuerySet[Serial]) -> list[Serial]:
    """The newest of these units with where they are: two statements, or one when there is none."""
    ids = list(serials.order_by("-pk").values_list("pk", flat=True)[: MOST + 1])
    named = Serial.objects.select_related("product", "place__store").filter(pk__in=ids)
    return list(named.order_by("-pk")) if ids else []


# Each way to a card goes by an index of its own. Terms that started later than their sale, when
# serials were entered or units put right, are found from it: few sales have any, and only these
# are looked for by `sale_id`. What replaced a sold unit is of the same sale to its customer.
_CARDS = """
WITH RECURSIVE of_sale AS (
    SELECT id FROM warranty_term WHERE posting_id = %(sale)s
    UNION
    SELECT id FROM warranty_term
    WHERE sale_id = %(sale)s AND sale_id <> posting_id
      AND (SELECT bool_or(unidentified) FROM serials_ledgerentry WHERE posting_id = %(sale)s)
    UNION
    SELECT next.id FROM warranty_term next JOIN of_sale ON next.replaces_id = of_sale.id
),
found AS (
    SELECT unnest(%(cards)s::bigint[]) AS id
    UNION
    SELECT card.id FROM warranty_card card JOIN of_sale ON of_sale.id = card.term_id
    UNION
    SELECT card.id FROM warranty_term term JOIN warranty_card card ON card.term_id = term.id
    WHERE term.serial_id = ANY(%(serials)s::bigint[])
    UNION
    SELECT card.id FROM unnest(%(customers)s::bigint[]) AS known (customer_id)
    CROSS JOIN LATERAL (
        SELECT term.id FROM warranty_term term
        CROSS JOIN LATERAL
            (SELECT store_id FROM serials_posting WHERE id = term.posting_id OFFSET 0) posting
        WHERE term.customer_id = known.customer_id AND posting.store_id = ANY(%(stores)s::bigint[])
        ORDER BY term.starts_on DESC, term.id DESC LIMIT %(newest)s
    ) newest
    JOIN warranty_card card ON card.term_id = newest.id
)
SELECT card.id, card.void_on IS NOT NULL, voided_by.kind, term.serial_id, term.entry_id,
    term.product_id, term.sale_id, term.posting_id, term.replaces_id
FROM found
JOIN warranty_card card ON card.id = found.id
JOIN warranty_term term ON term.id = card.term_id
JOIN serials_posting posting ON posting.id = term.posting_id
LEFT JOIN serials_posting voided_by
    ON voided_by.id = COALESCE(card.voided_by_id, term.voided_by_id)
WHERE posting.store_id = ANY(%(stores)s::bigint[])
ORDER BY term.starts_on DESC, term.id DESC, card.unit
LIMIT %(limit)s
"""


@dataclasses.dataclass(frozen=True, slots=True)
class _FoundCard:
    """A card that may be told of, as far as choosing needs it."""

    card_id: int
    is_void: bool
    ended_by: str | None
    serial_id: int | None
    entry_id: int
    product_id: int
    sale_id: int
    posting_id: int
    replaces_id: int | None

    @property
    def was_mixed_up(self) -> bool:
        return self.ended_by == Movement.CORRECTION


def _cards_found(
    access: Access,
    *,
    serials: Sequence[Serial],
    card_ids: Sequence[int],
    sale: Posting | None,
    customers: Sequence[int],
) -> list[_FoundCard]:
    """The newest cards of all these: one statement."""
    rows = fetched(
        _CARDS,
        {
            "sale": sale.pk if sale else None,
            "cards": list(card_ids),
            "serials": [serial.pk for serial in serials],
            "customers": list(customers),
            "stores": list(access.store_ids),
            "newest": NEWEST,
            "limit": LOOKED_AT,
        },
    )
    return [_FoundCard(*row) for row in rows]


def _cards(ids: Sequence[int]) -> list[Card]:
    """Cards with what a piece tells of them."""
    related = Card.objects.filter(pk__in=ids).select_related(
        "term__posting",
        "term__sale__store",
        "term__product",
        "term__customer",
        "term__serial__place",
    )
    # Few are void: joined, the planner would weigh four more tables for every answer.
    voided = related.prefetch_related("term__voided_by__reverses", "voided_by__reverses")
    return list(voided.order_by("-term__starts_on", "-term_id", "unit"))


def _handed_over(serials: Sequence[Serial]) -> dict[int | None, LedgerEntry]:
    """What last handed each unit to a customer and still stands, by serial: one statement."""
    entries = (
        LedgerEntry.objects.filter(
            serial__in=serials,
            to_place__kind=PlaceKind.CUSTOMER,
            posting__reverses=None,
            posting__reversed_by=None,
        )
        .select_related("posting__store", "term")
        .order_by("serial_id", "-seq")
        .distinct("serial_id")
    )
    return {entry.serial_id: entry for entry in entries}


def _of_serials(
    serials: Sequence[Serial],
    cards: Sequence[_FoundCard],
    handed: dict[int | None, LedgerEntry],
    *,
    card_ids: Sequence[int],
) -> tuple[set[int], list[tuple[Serial, LedgerEntry | None]]]:
    """Which cards tell of what was asked, and the units that none tells of, with their sale.

    A card that was found by a unit's serial is told when it is not void; when all of them are,
    the last one is, unless the unit has been sold anew without one. Of two units that were mixed
    up, a sale's number or a phone finds the one that went.
    """
    asked = {serial.pk for serial in serials}
    others = [card for card in cards if card.serial_id not in asked]
    told = {card.card_id for card in others if not card.was_mixed_up} | set(card_ids)
    cards_of: dict[int | None, list[_FoundCard]] = {}
    for card in cards:
        cards_of.setdefault(card.serial_id, []).append(card)
    bare: list[tuple[Serial, LedgerEntry | None]] = []
    for serial in serials:
        own = cards_of.get(serial.pk, [])
        valid = {card.card_id for card in own if not card.is_void}
        told |= valid
        entry = handed.get(serial.pk)
        is_out = serial.place.kind == PlaceKind.CUSTOMER and entry is not None
        if is_out and entry is not None and all(card.entry_id != entry.pk for card in own):
            bare.append((serial, entry))
        elif own and not valid:
            told.add(own[0].card_id)
        elif not own:
            bare.append((serial, None))
    return told, bare


def _with_cards(cards: Sequence[Card], *, access: Access, today: dt.date) -> list[Piece]:
    why = reasons_of_cards(cards, access=access)
    return [_with_card(card, why[card.pk], access=access, today=today) for card in cards]


def _with_card(card: Card, why: Sequence[str], *, access: Access, today: dt.date) -> Piece:
    term = card.term
    void_on = card.void_on or term.void_on
    return Piece(
        product=term.product,
        name=term.product_name,
        sku=term.sku,
        serial=term.serial,
        card=card,
        term=term,
        unit=card.unit,
        units=term.quantity,
        sale=term.sale,
        sold_on=term.starts_on,
        is_own_sale=access.sees(term.sale.store_id),
        customer=term.customer,
        state=state_of(term.serial.place.kind) if term.serial else None,
        cover=cover_on(term.starts_on, card.ends_on, today, void_on=void_on),
        ends_on=card.ends_on,
        void_on=void_on,
        days_left=days_left(card.ends_on, today),
        why=why,
    )


def _without_card(serial: Serial, entry: LedgerEntry | None, *, access: Access) -> Piece:
    """A unit that no card tells of; `entry` handed it to the customer who has it."""
    sale = entry.posting if entry else None
    is_own = sale is not None and access.sees(sale.store_id)
    return Piece(
        product=serial.product,
        name=serial.product.name,
        sku=serial.product.sku,
        serial=serial,
        sale=sale,
        sold_on=sale.effective_on if sale else None,
        is_own_sale=is_own,
        state=state_of(serial.place.kind),
        why=reasons_without_card(serial.place.kind, sale, is_own=is_own),
    )


def _sold_without_card(
    sale: Posting | None, cards: Sequence[_FoundCard], *, access: Access
) -> list[Piece]:
    """What a sale handed over without a warranty, or without the serials that one begins with.

    Pieces whose serials were entered later have cards, and are taken off: one statement.
    """
    if sale is None:
        return []
    entries = (
        LedgerEntry.objects.filter(posting=sale, to_place__kind=PlaceKind.CUSTOMER, term=None)
        .select_related("product", "serial__place__store")
        .order_by("line", "pk")[: MOST + 1]
    )
    pieces = []
    for entry in entries:
        entered = [
            card for card in cards
            if entry.unidentified
            and card.sale_id == sale.pk
            and card.posting_id != sale.pk
            and card.product_id == entry.product_id
            and card.replaces_id is None
        ]  # fmt: skip
        left = entry.quantity - len(entered)
        if left < 1:
            continue
        pieces.append(
            Piece(
                product=entry.product,
                name=entry.product.name,
                sku=entry.product.sku,
                serial=entry.serial,
                pieces=left,
                sale=sale,
                sold_on=sale.effective_on,
                is_own_sale=access.sees(sale.store_id),
                state=state_of(entry.serial.place.kind) if entry.serial else None,
                why=reasons_without_card(
                    PlaceKind.CUSTOMER, sale, is_own=True, unidentified=entry.unidentified
                ),
            )
        )
    return pieces


def _newest_first(piece: Piece) -> tuple[int, int, int, int]:
    """What was never sold comes last; within one sale the order of its cards."""
    day = piece.sold_on.toordinal() if piece.sold_on else 0
    sale = piece.sale.pk if piece.sale else 0
    serial = piece.serial.pk if piece.serial else 0
    return -day, -sale, piece.card.pk if piece.card else 0, -serial


def _with_claims(pieces: Sequence[Piece], *, today: dt.date) -> list[Piece]:
    """The same pieces with their claims: one statement, two more if any is in repair."""
    serials = {piece.serial.pk for piece in pieces if piece.serial}
    cards = {piece.card.pk for piece in pieces if piece.card}
    claims = Claim.objects.filter(Q(serial__in=serials) | Q(card__in=cards))
    newest = list(claims.select_related("store").order_by(F("closed_on").desc(nulls_first=True)))
    found = [_with_own_claims(piece, newest) for piece in pieces]
    paused = [piece.card for piece in found if piece.card and piece.open_claim]
    if not paused:
        return found
    ends = ends_of(paused, today=today)
    return [_with_projected_end(piece, ends) for piece in found]


def _with_own_claims(piece: Piece, claims: Sequence[Claim]) -> Piece:
    own = [claim for claim in claims if _is_of(claim, piece)]
    under_way = next((claim for claim in own if claim.closed_on is None), None)
    closed = sum(claim.closed_on is not None for claim in own)
    return dataclasses.replace(piece, open_claim=under_way, claims=closed)


def _with_projected_end(piece: Piece, ends: Mapping[int, EndOfCard]) -> Piece:
    end = ends.get(piece.card.pk) if piece.card else None
    if end is None or end.custody is None or end.custody.ends_on == end.ends_on:
        return piece
    return dataclasses.replace(piece, projected_on=end.custody.ends_on)


def _is_of(claim: Claim, piece: Piece) -> bool:
    """Whether a claim is of this piece: by its card, or by its serial where no other card is."""
    if piece.card is not None and claim.card_id is not None:
        return claim.card_id == piece.card.pk
    return piece.serial is not None and claim.serial_id == piece.serial.pk
