"""What the records have of goods that are brought for repair, and what is in the way."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q
from django.utils.formats import date_format

from company.access import Access
from company.models import Store
from documents.models import Kind, Line, Outstanding
from products.models import Product
from products.modes import SERIAL_MODES, Mode
from serials.models import IN_STORE, LedgerEntry, PlaceKind, Serial
from serials.states import state_of
from serials.stock import fetched, integers
from warranty.models import Card, Claim
from warranty.terms import Cover, cover_on

from .models import Payer
from .refusals import Refused, refused
from .subjects import Subject, SubjectKind

_RETURN = Outstanding.Purpose.RETURN


@dataclasses.dataclass(frozen=True, slots=True)
class Goods:
    """One thing that may be taken in, as the records have it.

    `card` is the warranty card it has now, `sold_on` the line that sold it, `last` the movement
    that put a unit where it is. `claim` is the open claim it is in; `pieces_left` are those of a
    sold line that neither came back nor are in repair.
    """

    subject: Subject
    product: Product
    serial: Serial | None = None
    card: Card | None = None
    sold_on: Line | None = None
    last: LedgerEntry | None = None
    claim: Claim | None = None
    pieces_left: int = 1

    @property
    def what(self) -> str:
        """What people call it: its serial number, else its product."""
        return self.serial.text if self.serial else self.product.name

    @property
    def sold_day(self) -> dt.date | None:
        """The day it was sold, when that is known."""
        if self.sold_on is not None:
            return self.sold_on.document.effective_on
        return self.card.term.starts_on if self.card else None

    def proposed(self, day: dt.date) -> str:
        """The Payer that the term says on a day."""
        if self.card is None or self.subject.is_own:
            return Payer.CUSTOMER
        cover = cover_on(
            self.card.term.starts_on, self.card.ends_on, day, void_on=self.card.void_on
        )
        covered = cover in {Cover.COVERED, Cover.ENDS_SOON}
        return Payer.WARRANTY if covered else Payer.CUSTOMER

    @property
    def _is_verified(self) -> bool:
        """Whether the ledger, rather than people, says where a unit is."""
        return self.product.mode == Mode.STRICT


def read_goods(subjects: Iterable[Subject]) -> list[Goods]:
    """These as the records have them: a constant number of statements; unknown ones are left out.

    A unit is the one that was sold last, with the card of that sale.
    """
    wanted = list(dict.fromkeys(subjects))
    cards = _cards(_ids(wanted, SubjectKind.CARD))
    serial_ids = _ids(wanted, SubjectKind.SERIAL) | _ids(wanted, SubjectKind.OWN_SERIAL)
    serials = _serials(
        serial_ids | {card.term.serial_id for card in cards.values() if card.term.serial_id}
    )
    lines = _lines(_ids(wanted, SubjectKind.LINE))
    products = Product.objects.select_related("type").in_bulk(_ids(wanted, SubjectKind.OWN_PRODUCT))
    of_serials, of_lines = _cards_of_serials(serials), _next_cards(lines)
    sales = _sales(serials)
    placed = _placed(sales.values(), cards.values(), of_serials.values())
    last, left = _last_movements(serials), _left(lines)
    found: list[Goods] = []
    for subject in wanted:
        card: Card | None = None
        serial: Serial | None = None
        match subject.kind:
            case SubjectKind.CARD if subject.pk in cards:
                card = cards[subject.pk]
                serial = serials.get(card.term.serial_id or 0)
                sale = (card.term.posting_id, card.term.line)
                goods = Goods(subject, card.term.product, serial, card, placed.get(sale))
            case SubjectKind.SERIAL if subject.pk in serials:
                serial = serials[subject.pk]
                card = of_serials.get(serial.pk)
                sold = sales.get(serial.pk)
                goods = Goods(
                    subject, serial.product, serial, card, placed.get(sold) if sold else None
                )
            case SubjectKind.OWN_SERIAL if subject.pk in serials:
                serial = serials[subject.pk]
                goods = Goods(subject, serial.product, serial)
            case SubjectKind.LINE if subject.pk in lines:
                line = lines[subject.pk]
                goods = Goods(
                    subject, line.product, None, of_lines.get(line.pk), line,
                    pieces_left=left.get(line.pk, 0),
                )  # fmt: skip
            case SubjectKind.OWN_PRODUCT if subject.pk in products:
                goods = Goods(subject, products[subject.pk])
            case _:
                continue
        if serial is not None:
            goods = dataclasses.replace(goods, last=last.get(serial.pk))
        found.append(goods)
    return _with_claims(found)


def may_be_named(goods: Goods, *, access: Access) -> bool:
    """Whether a person may ask for these: a line is found by the number of a sale of their own."""
    line = goods.sold_on
    if goods.subject.kind != SubjectKind.LINE or line is None:
        return True
    return access.sees(line.document.store_id)


def what_is_in_the_way(goods: Goods, *, store: Store, access: Access) -> list[Refused]:
    """Why this store can't take it in for repair; of where a unit is, the first reason alone."""
    found: list[Refused] = []
    if goods.claim is not None:
        found.append(in_repair(goods.what, goods.claim, access=access))
    elif goods.serial is not None:
        found += _about_place(goods, store=store)
    elif goods.subject.kind == SubjectKind.LINE:
        found += _about_line(goods)
    elif goods.subject.kind == SubjectKind.OWN_PRODUCT and goods.product.mode in SERIAL_MODES:
        found.append(refused("scan_the_unit", field="subject", product=goods.product.name))
    card = goods.card
    if not found and card is not None and card.void_on is not None:
        found.append(
            refused("card_void", field="subject", card=card.number, date=date_format(card.void_on))
        )
    return found


def in_repair(what: str, claim: Claim, *, access: Access) -> Refused:
    """That it is in repair already, with the order when the person may open it."""
    own = access.sees(claim.store_id)
    return refused(
        "in_repair",
        field="subject",
        repair=getattr(claim, "repair", None) if own else None,
        what=what,
        number=claim.reference,
        date=date_format(claim.claimed_on),
        store=claim.store.name,
    )


def _about_place(goods: Goods, *, store: Store) -> list[Refused]:
    """Where a unit has to be: with a customer, or, of our own stock, in this store."""
    serial = goods.serial
    if serial is None:
        return []
    place = serial.place
    if goods._is_verified and place.kind in IN_STORE and not serial.is_verified:
        return [refused("never_seen", field="subject", what=goods.what)]
    here = place.kind in IN_STORE and place.store_id == store.pk
    code = ""
    if goods.subject.is_own:
        if place.kind == PlaceKind.BLOCKED:
            code = "set_aside_already" if here else "own_elsewhere"
        elif not here:
            code = "own_elsewhere" if place.kind in IN_STORE else "not_own"
    elif place.kind == PlaceKind.WRITTEN_OFF:
        code = "written_off"
    elif goods._is_verified and place.kind != PlaceKind.CUSTOMER:
        if place.kind == PlaceKind.OUTSIDE:
            code = "never_seen"
        elif place.kind in IN_STORE:
            code = "in_stock_here" if here else "own_elsewhere"
        else:
            code = "not_sold"
    return [_about_unit(code, goods)] if code else []


def _about_unit(code: str, goods: Goods) -> Refused:
    """A reason with the words of the movement that put the unit where it is."""
    serial, last = goods.serial, goods.last
    place = serial.place if serial else None
    return refused(
        code,
        field="subject",
        posting_id=last.posting_id if last else None,
        store_id=last.posting.store_id if last else None,
        what=goods.what,
        store=place.store.name if place and place.store else "",
        state=str(state_of(place.kind if place else None).label).lower(),
        reference=last.posting.reference if last else "",
        date=date_format(last.posting.effective_on) if last else "",
    )


def _about_line(goods: Goods) -> list[Refused]:
    """Pieces of a sold line come in as long as some are with the customer."""
    line = goods.sold_on
    if line is None:
        return []
    if (line.mode or goods.product.mode) in SERIAL_MODES:
        return [refused("scan_the_unit", field="subject", product=goods.product.name)]
    if goods.pieces_left < 1:
        return [refused("all_in_repair", field="subject", number=line.document.number)]
    return []


def _ids(subjects: Sequence[Subject], kind: SubjectKind) -> set[int]:
    return {subject.pk for subject in subjects if subject.kind == kind}


def _cards(ids: set[int]) -> dict[int, Card]:
    return Card.objects.select_related("term__product__type", "term__posting").in_bulk(ids)


def _serials(ids: set[int]) -> dict[int, Serial]:
    return Serial.objects.select_related("product__type", "place__store").in_bulk(ids)


def _lines(ids: set[int]) -> dict[int, Line]:
    sold = Line.objects.filter(
        document__kind__in=[Kind.SALE, Kind.EXCHANGE], document__status="posted", origin=None
    )
    return sold.select_related(
        "product__type", "document__store", "document__customer"
    ).in_bulk(ids)  # fmt: skip


def _cards_of_serials(serials: Mapping[int, Serial]) -> dict[int, Card]:
    """By unit the card of its last sale that is not void."""
    rows = Card.objects.filter(term__serial__in=serials, void_on=None).select_related(
        "term__product__type", "term__posting"
    )
    return {card.term.serial_id or 0: card for card in rows.order_by("term__serial", "pk")}


def _sales(serials: Mapping[int, Serial]) -> dict[int, tuple[int, int]]:
    """By unit the (posting id, line) that last handed it to a customer and stands."""
    rows = (
        LedgerEntry.objects.filter(
            serial__in=serials,
            to_place__kind=PlaceKind.CUSTOMER,
            posting__reverses=None,
            posting__reversed_by=None,
        )
        .order_by("serial", "-seq")
        .distinct("serial")
    )
    return {
        serial_id or 0: (posting_id, line)
        for serial_id, posting_id, line in rows.values_list("serial_id", "posting_id", "line")
    }


def _placed(
    sales: Iterable[tuple[int, int]], *cards: Iterable[Card]
) -> dict[tuple[int, int], Line]:
    """By (posting id, position) the sold line; the one whose units it entered, or put right."""
    wanted = set(sales) | {
        (card.term.posting_id, card.term.line) for some in cards for card in some
    }
    lines = Line.objects.filter(document__posting__in={posting for posting, _ in wanted})
    rows = lines.filter(position__in={position for _, position in wanted}).select_related(
        "product__type", "document__store", "document__customer",
        "origin__product__type", "origin__document__store", "origin__document__customer",
    )  # fmt: skip
    found: dict[tuple[int, int], Line] = {}
    for line in rows:
        key = (line.document.posting_id or 0, line.position)
        later = line.document.kind in {Kind.IDENTIFICATION, Kind.CORRECTION}
        sold = line.origin if later and line.origin is not None else line
        if key in wanted:
            found[key] = sold
    return found


def _last_movements(serials: Mapping[int, Serial]) -> dict[int, LedgerEntry]:
    rows = (
        LedgerEntry.objects.filter(serial__in=serials)
        .select_related("posting__store")
        .order_by("serial", "-seq")
        .distinct("serial")
    )
    return {entry.serial_id or 0: entry for entry in rows}


def _next_cards(lines: Mapping[int, Line]) -> dict[int, Card]:
    """By sold line the first card of its pieces that is neither void nor in repair."""
    rows = fetched(
        """
        SELECT line.id, card.id FROM documents_line line
        JOIN documents_document document ON document.id = line.document_id
        CROSS JOIN LATERAL (
            SELECT card.id FROM warranty_term term
            JOIN warranty_card card ON card.term_id = term.id AND card.void_on IS NULL
            WHERE term.posting_id = document.posting_id AND term.line = line.position
              AND NOT EXISTS (
                  SELECT FROM warranty_claim claim
                  WHERE claim.card_id = card.id AND claim.closed_on IS NULL
              )
            ORDER BY term.id, card.unit LIMIT 1
        ) card
        WHERE line.id = ANY(%s::bigint[])
        """,
        [integers(lines)],
    )
    cards = _cards({card_id for _, card_id in rows})
    return {line_id: cards[card_id] for line_id, card_id in rows}


def _left(lines: Mapping[int, Line]) -> dict[int, int]:
    """By sold line the pieces that neither came back nor are in repair."""
    rows = fetched(
        """
        SELECT line.id, coalesce(outstanding.quantity - outstanding.settled, 0) - (
            SELECT count(*) FROM repairs_repair repair
            WHERE repair.sold_on_id = line.id
              AND repair.status NOT IN ('handed_back', 'cancelled')
        )
        FROM documents_line line
        LEFT JOIN documents_outstanding outstanding
            ON outstanding.line_id = line.id AND outstanding.purpose = %s
        WHERE line.id = ANY(%s::bigint[])
        """,
        [_RETURN, integers(lines)],
    )
    return dict(rows)


def _with_claims(found: Sequence[Goods]) -> list[Goods]:
    """The same with the open claims they are in: one statement."""
    serials = {goods.serial.pk for goods in found if goods.serial}
    cards = {goods.card.pk for goods in found if goods.card}
    claims = Claim.objects.open().filter(Q(serial__in=serials) | Q(card__in=cards))
    by_serial: dict[int | None, Claim] = {}
    by_card: dict[int | None, Claim] = {}
    for claim in claims.select_related("store", "repair"):
        by_serial[claim.serial_id], by_card[claim.card_id] = claim, claim
    return [
        dataclasses.replace(
            goods,
            claim=(by_serial.get(goods.serial.pk) if goods.serial else None)
            or (by_card.get(goods.card.pk) if goods.card else None),
        )
        for goods in found
    ]
